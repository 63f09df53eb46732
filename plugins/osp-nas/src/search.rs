//! The strategy: train, score what is missing, drop, train on; at the end score the architectures that are left.

use genomenas_plugin::space::Mask;
use genomenas_plugin::{prelude::*, serde_json, state};

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
    sharing: Sharing,
    state: State,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(crate = "genomenas_plugin::serde", deny_unknown_fields)]
struct State {
    /// What of the space is left.
    remaining: Mask,
    /// Whether the host was told what the first supernet lacks.
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
    /// Still to be handed to the host.
    dropped: Vec<Discard>,
    failure: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "genomenas_plugin::serde")]
enum Stage {
    /// What remains trains.
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
        if space.decisions.is_empty() {
            return Err(Error::invalid(format!(
                "space '{}' has no decisions, so there is nothing to search: train it as it is, or give a space with decisions",
                space.name
            )));
        }
        settings.plan(0, 1).validate()?;
        let metric = serde_json::from_value(settings.metric.as_str().into())?;
        let cells = cells::cells(&space);
        let remaining = draw::initial(&space, &cells, settings.operations, setup.seed);
        let sharing = Sharing::new(setup, &settings, &cells, &remaining)?;
        let state = State {
            remaining,
            narrowed: false,
            rounds: 0,
            stage: Stage::Train,
            trial: None,
            running: false,
            supernet: None,
            scores: Scores::new(),
            dropped: Vec::new(),
            failure: None,
        };
        Ok(Self { space, seed: setup.seed, settings, metric, cells, sharing, state })
    }

    /// The next trial; none when the search is over.
    fn next(&mut self, ask: &Ask) -> Result<Option<Trial>> {
        if self.state.stage == Stage::Train {
            if let Some(trial) = self.training(ask) {
                return Ok(Some(trial));
            }
            self.state.stage = Stage::Draw;
        }
        if self.state.stage == Stage::Draw {
            let mut rng = seed::stream(self.seed, "candidates", self.state.rounds.into());
            let Settings { candidates, jointly, .. } = self.settings;
            let remaining = &self.state.remaining;
            let round = Round::draw(&self.space, &self.cells, remaining, candidates, jointly, &mut rng);
            let masks = round.masks(remaining);
            if !masks.is_empty() {
                self.state.stage = Stage::Score(round);
                return self.score(ask, masks).map(Some);
            }
            let last = draw::last(&self.space, &self.cells, remaining, self.seed);
            let masks: Vec<Mask> = last.iter().map(Mask::from).collect();
            self.state.stage = Stage::Last(last);
            self.state.scores.clear();
            if masks.len() > 1 {
                return self.score(ask, masks).map(Some);
            }
        }
        Ok(None)
    }

    /// Training of what remains; none where its share of the budget is less than a step, so that a budget which is too
    /// small for all trainings is not spent on the first of them.
    fn training(&self, ask: &Ask) -> Option<Trial> {
        let State { rounds, supernet, remaining, .. } = &self.state;
        let share = self.sharing.share(ask, &self.ahead(Some(*rounds)));
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

    fn score(&self, ask: &Ask, masks: Vec<Mask>) -> Result<Trial> {
        let weights_of = self.state.supernet.ok_or_else(|| Error::new("there is no supernet to score"))?;
        let size = self.sharing.score(self.sharing.share(ask, &self.ahead(None)).scale);
        Ok(Trial::of(Work::Score {
            weights_of,
            masks,
            recalibrate_batch_norm: size.recalibrate,
            batch: size.batch,
            validation_batches: Some(size.validation_batches),
        }))
    }

    fn ahead(&self, training: Option<u32>) -> Vec<Job> {
        ahead(&self.settings, &self.cells, &self.state.remaining, training)
    }

    /// The best of the architectures that were scored at the end, or one drawn from what remains.
    fn finding(&self) -> Finding {
        let mut scored = Vec::new();
        if let Stage::Last(last) = &self.state.stage {
            let score = |at: u32| self.state.scores.get(&at).copied().flatten();
            scored.extend((0..).zip(last).filter_map(|(at, selection)| Some((score(at)?, selection))));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let candidate = |selection, trial| Candidate { network: Network::Selection { selection }, trial };
        let mut found = scored.into_iter().map(|(_, selection)| candidate(selection.clone(), self.state.trial));
        let best = found.next().unwrap_or_else(|| candidate(self.drawn(), None));
        Finding { best, others: found.collect() }
    }

    fn drawn(&self) -> Selection {
        let mut rng = seed::stream(self.seed, "guess", 0);
        match self.space.masked(&self.state.remaining) {
            Ok(left) => left.sample(&mut rng),
            Err(_) => self.space.sample(&mut rng),
        }
    }

    /// The latest trial completed.
    fn complete(&mut self, Report { trial, remaining, .. }: &Report) -> Result<()> {
        match &self.state.stage {
            Stage::Train => {
                // Nothing needs the weights any more that it went on from.
                let before = self.state.supernet.replace(*trial);
                self.state.dropped.extend(before.map(|trial| Discard::Trial { trial }));
                self.state.stage = Stage::Draw;
            }
            Stage::Score(round) => {
                let round = round.clone();
                if self.state.scores.len() == round.masks(&self.state.remaining).len() {
                    self.decide(&round)?;
                } else if *remaining > 0 {
                    self.state.failure = Some("it ended before all of its masks were scored".to_owned());
                }
            }
            Stage::Draw | Stage::Last(_) => {}
        }
        Ok(())
    }

    /// Drops what a round shows not to be needed.
    fn decide(&mut self, round: &Round) -> Result<()> {
        let number = self.state.rounds + 1;
        if self.state.scores.values().all(Option::is_none) {
            return Err(Error::new(format!(
                "no mask of round {number} has a defined {}: set `metric` to another one, or validate on more rows",
                self.settings.metric
            )));
        }
        for pair in round.losers(&self.state.scores) {
            let discard = remove(&mut self.state.remaining, &pair);
            self.state.dropped.push(discard);
        }
        self.state.rounds = number;
        self.state.scores.clear();
        self.state.stage = Stage::Train;
        Ok(())
    }

    /// What the latest trial does.
    fn what(&self) -> String {
        let round = self.state.rounds;
        match &self.state.stage {
            Stage::Train if round == 0 => "the training of the first supernet".to_owned(),
            Stage::Train | Stage::Draw => format!("the training after round {round}"),
            Stage::Score(_) => format!("the score of round {}", round + 1),
            Stage::Last(_) => "the score of the last architectures".to_owned(),
        }
    }
}

impl Strategy for OspNas {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if ask.remaining == 0 {
            return Ok(Proposal::Finish { finding: self.finding() });
        }
        if let Some(reason) = &self.state.failure {
            return Err(Error::new(format!("{} failed: {reason}", self.what())));
        }
        if self.state.running {
            return Ok(Proposal::Wait);
        }
        Ok(match self.next(ask)? {
            Some(trial) => {
                self.state.trial = Some(ask.next_trial);
                self.state.running = true;
                Proposal::trial(trial)
            }
            None => Proposal::Finish { finding: self.finding() },
        })
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        if !self.state.running || self.state.trial != Some(report.trial) {
            return Ok(());
        }
        if !self.state.narrowed {
            self.state.dropped = narrow(&self.space, &self.state.remaining);
            self.state.narrowed = true;
        }
        if let Some(score) = &report.score {
            self.state.scores.insert(score.mask, score.score(self.metric));
        }
        let Some(end) = &report.end else {
            return Ok(());
        };
        self.state.running = false;
        match &end.outcome {
            Outcome::Completed { .. } => self.complete(report)?,
            Outcome::Failed { reason } => self.state.failure = Some(reason.clone()),
            _ => self.state.failure = Some("it was dropped before its end".to_owned()),
        }
        Ok(())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let ours = self.state.trial == Some(report.trial);
        Ok(if ours { std::mem::take(&mut self.state.dropped) } else { Vec::new() })
    }

    fn save(&self) -> Result<Vec<u8>> {
        state::save(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        state::load(bytes).map(|state| self.state = state)
    }
}
