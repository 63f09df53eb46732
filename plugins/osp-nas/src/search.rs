//! The strategy: train, score what is missing, drop, train on; at the end score the architectures that are left.

use genomenas_plugin::message::Mixing;
use genomenas_plugin::prelude::*;
use genomenas_plugin::space::Mask;
use serde::{Deserialize, Serialize};

use crate::Settings;
use crate::cells::{self, Cell, narrow, remove};
use crate::draw;
use crate::round::{Round, Scores};
use crate::sharing::{Job, Sharing, ahead};

/// The strategy.
#[derive(Debug)]
pub struct OspNas {
    space: Space,
    seed: u64,
    settings: Settings,
    metric: Metric,
    cells: Vec<Cell>,
    /// What of the space the first supernet has.
    initial: Mask,
    sharing: Sharing,
}

/// What changes during a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// What of the space is left.
    remaining: Mask,
    /// Whether the discards of what the first supernet lacks were reported to the host.
    narrowed: bool,
    /// Rounds that are decided.
    rounds: u32,
    /// What is done now, or next.
    stage: Stage,
    /// The latest trial, and whether it has not ended yet.
    trial: Option<TrialId>,
    running: bool,
    /// The latest training that completed.
    supernet: Option<TrialId>,
    /// Of the masks of the latest score.
    scores: Scores,
    failure: Option<String>,
    /// Still to be handed to the host.
    #[serde(default, skip_serializing_if = "Discards::is_empty")]
    discards: Discards,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Stage {
    /// What remains trains.
    #[default]
    Train,
    /// A round is due.
    Draw,
    /// A round is scored.
    Score(Round),
    /// The architectures that are left are scored, or were.
    Last(Vec<Selection>),
}

impl OspNas {
    /// A search as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// The space has no decisions, or the settings make no plan.
    pub fn new(setup: &Setup, settings: Settings) -> Result<Self> {
        let space = setup.space.clone();
        space.expect_decisions()?;
        settings.plan(0, 1).validate()?;
        let metric = settings.metric.parse()?;
        let cells = cells::cells(&space);
        let initial = draw::initial(&space, &cells, settings.operations, setup.seed);
        let sharing = Sharing::new(setup, &settings, &cells, &initial)?;
        Ok(Self { space, seed: setup.seed, settings, metric, cells, initial, sharing })
    }

    /// The next trial; none when the search is over.
    fn next(&self, state: &mut State, ask: &Ask) -> Result<Option<Trial>> {
        if state.stage == Stage::Train {
            if let Some(trial) = self.training(state, ask) {
                return Ok(Some(trial));
            }
            state.stage = Stage::Draw;
        }
        if state.stage == Stage::Draw {
            let mut rng = seed::stream(self.seed, "candidates", state.rounds.into());
            let Settings { candidates, jointly, .. } = self.settings;
            let remaining = &state.remaining;
            let round = Round::draw(&self.space, &self.cells, remaining, candidates, jointly, &mut rng);
            let masks = round.masks(remaining);
            if !masks.is_empty() {
                state.stage = Stage::Score(round);
                return self.score(state, ask, masks).map(Some);
            }
            let last = draw::last(&self.space, &self.cells, remaining, self.seed);
            let masks: Vec<Mask> = last.iter().map(Mask::from).collect();
            state.stage = Stage::Last(last);
            state.scores.clear();
            if masks.len() > 1 {
                return self.score(state, ask, masks).map(Some);
            }
        }
        Ok(None)
    }

    /// Training of what remains; none where its share of the budget is less than a step, so that a budget which is too
    /// small for all trainings is not spent on the first of them.
    fn training(&self, state: &State, ask: &Ask) -> Option<Trial> {
        let State { rounds, supernet, remaining, .. } = state;
        let share = self.sharing.share(ask, &self.ahead(state, Some(*rounds)));
        let (mask, init) = match supernet {
            Some(_) if share.steps < 1.0 => return None,
            Some(trial) => (None, Initialisation::Continue { trial: *trial }),
            // The host does not know yet what was not drawn.
            None => (Some(remaining.clone()), Initialisation::Fresh),
        };
        let plan = self.settings.plan(*rounds, self.sharing.validation_batches(share.scale));
        let network = Network::Supernet { mask, mixing: Mixing::Sum };
        let trial = Trial::of(Work::Train { network, plan, init }).with_limit(share.limit);
        Some(Trial { limit_unit: Some(share.unit), ..trial })
    }

    fn score(&self, state: &State, ask: &Ask, masks: Vec<Mask>) -> Result<Trial> {
        let weights_of = state.supernet.ok_or_else(|| Error::new("there is no supernet to score"))?;
        let size = self.sharing.score(self.sharing.share(ask, &self.ahead(state, None)).scale);
        Ok(Trial::of(Work::Score {
            weights_of,
            masks,
            recalibrate_batch_norm: size.recalibrate,
            batch: size.batch,
            validation_batches: Some(size.validation_batches),
        }))
    }

    fn ahead(&self, state: &State, training: Option<u32>) -> Vec<Job> {
        ahead(&self.settings, &self.cells, &state.remaining, training)
    }

    /// The best of the architectures that were scored at the end, or one drawn from what remains.
    fn finding(&self, state: &State) -> Finding {
        let mut scored = Vec::new();
        if let Stage::Last(last) = &state.stage {
            let score = |at: u32| state.scores.get(&at).copied().flatten();
            scored.extend((0..).zip(last).filter_map(|(at, selection)| Some((score(at)?, selection))));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let candidate = |selection, trial| Candidate { network: Network::Selection { selection }, trial };
        let mut found = scored.into_iter().map(|(_, selection)| candidate(selection.clone(), state.trial));
        let best = found.next().unwrap_or_else(|| candidate(self.drawn(state), None));
        Finding { best, others: found.collect() }
    }

    fn drawn(&self, state: &State) -> Selection {
        let mut rng = seed::stream(self.seed, "guess", 0);
        match self.space.masked(&state.remaining) {
            Ok(left) => left.sample(&mut rng),
            Err(_) => self.space.sample(&mut rng),
        }
    }

    /// Takes note that the latest trial completed. Returns what to drop.
    fn complete(&self, state: &mut State, Report { trial, remaining, .. }: &Report) -> Result<Vec<Discard>> {
        match &state.stage {
            Stage::Train => {
                // Nothing needs the weights any more that it went on from.
                let before = state.supernet.replace(*trial);
                state.stage = Stage::Draw;
                Ok(before.map(Discard::trial).into_iter().collect())
            }
            Stage::Score(round) => {
                let round = round.clone();
                if state.scores.len() == round.masks(&state.remaining).len() {
                    return self.decide(state, &round);
                }
                if *remaining > 0 {
                    state.failure = Some("it ended before all of its masks were scored".to_owned());
                }
                Ok(Vec::new())
            }
            Stage::Draw | Stage::Last(_) => Ok(Vec::new()),
        }
    }

    /// Drops what a round shows not to be needed.
    fn decide(&self, state: &mut State, round: &Round) -> Result<Vec<Discard>> {
        let number = state.rounds + 1;
        if state.scores.values().all(Option::is_none) {
            return Err(Error::new(format!(
                "no mask of round {number} has a defined {}: set `metric` to another one, or validate on more rows",
                self.metric
            )));
        }
        let losers = round.losers(&state.scores);
        let dropped = losers.iter().map(|pair| remove(&mut state.remaining, pair)).collect();
        state.rounds = number;
        state.scores.clear();
        state.stage = Stage::Train;
        Ok(dropped)
    }
}

impl State {
    /// What the latest trial does.
    fn what(&self) -> String {
        let round = self.rounds;
        match &self.stage {
            Stage::Train if round == 0 => "the training of the first supernet".to_owned(),
            Stage::Train | Stage::Draw => format!("the training after round {round}"),
            Stage::Score(_) => format!("the score of round {}", round + 1),
            Stage::Last(_) => "the score of the last architectures".to_owned(),
        }
    }
}

impl Strategy for OspNas {
    type State = State;

    fn start(&self) -> State {
        State { remaining: self.initial.clone(), ..State::default() }
    }

    fn propose(&self, state: &mut State, ask: &Ask) -> Result<Proposal> {
        if ask.remaining == 0 {
            return Ok(Proposal::Finish { finding: self.finding(state) });
        }
        if let Some(reason) = &state.failure {
            return Err(Error::new(format!("{} failed: {reason}", state.what())));
        }
        if state.running {
            return Ok(Proposal::Wait);
        }
        Ok(match self.next(state, ask)? {
            Some(trial) => {
                state.trial = Some(ask.next_trial);
                state.running = true;
                Proposal::trial(trial)
            }
            None => Proposal::Finish { finding: self.finding(state) },
        })
    }

    fn update(&self, state: &mut State, report: &Report) -> Result<()> {
        if !state.running || state.trial != Some(report.trial) {
            return Ok(());
        }
        if !state.narrowed {
            state.discards.extend(narrow(&self.space, &state.remaining));
            state.narrowed = true;
        }
        if let Some(score) = &report.score {
            state.scores.insert(score.mask, score.score(self.metric));
        }
        let Some(end) = &report.end else {
            return Ok(());
        };
        state.running = false;
        match &end.outcome {
            Outcome::Completed { .. } => {
                let dropped = self.complete(state, report)?;
                state.discards.extend(dropped);
            }
            Outcome::Failed { reason } => state.failure = Some(reason.clone()),
            _ => state.failure = Some("it was dropped before its end".to_owned()),
        }
        Ok(())
    }

    fn discard(&self, state: &mut State, _: &Report) -> Result<Vec<Discard>> {
        Ok(state.discards.hand_over())
    }
}
