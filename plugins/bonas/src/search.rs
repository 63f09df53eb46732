//! The search: rounds of architectures, random at first, and then those that the predictor promises most of.

use std::collections::BTreeMap;

use genomenas_plugin::message::{Cost, DataInfo};
use genomenas_plugin::prelude::*;
use serde::{Deserialize, Serialize};

use crate::candidates::Candidates;
use crate::rounds::{Rates, Rounds, Scoring, reserve};
use crate::settings::Settings;
use crate::store::Store;
use crate::{evaluate, predict};

/// Rounds in a row without a score after which the search is given up.
const MOST_BARREN: u32 = 3;

/// BONAS.
#[derive(Debug)]
pub struct Bonas {
    space: Space,
    settings: Settings,
    metric: Metric,
    seed: u64,
    data: DataInfo,
    rounds: Rounds,
    candidates: Candidates,
}

/// All that a search has learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    store: Store,
    /// Rounds that began, that of the finalists included.
    begun: usize,
    phase: Phase,
    /// The finalists with their scores in one supernet.
    finals: Vec<(usize, f64, TrialId)>,
    /// Rounds in a row without a score, and why the last trial of them failed.
    barren: u32,
    failure: Option<String>,
    /// Still to be handed to the host.
    #[serde(default, skip_serializing_if = "Discards::is_empty")]
    discards: Discards,
}

/// What is under way. Architectures stand for their number in the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Phase {
    /// Nothing.
    #[default]
    Idle,
    /// A supernet trains; the round may spend `share`.
    Training { supernet: TrialId, batch: Vec<usize>, share: u64 },
    /// It was trained at this cost, and is to be scored.
    Trained { supernet: TrialId, batch: Vec<usize>, share: u64, cost: Cost },
    /// Its parts are scored.
    Scoring { supernet: TrialId, trial: TrialId, batch: Vec<usize>, scores: u32 },
    /// Networks train by themselves, each with its best score so far.
    Alone { open: BTreeMap<TrialId, (usize, Option<f64>)>, scores: u32 },
}

impl Bonas {
    /// A search as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// Settings contradict each other, or the space has no decisions.
    pub fn new(setup: &Setup, settings: Settings) -> Result<Self> {
        settings.check()?;
        let candidates = Candidates::new(&setup.space, setup.seed)?;
        let drawn = setup.space.sample(&mut seed::stream(setup.seed, "architecture", 0));
        let forward = setup.space.architecture(&drawn)?.layers()?.multiply_adds();
        Ok(Self {
            rounds: Rounds::new(&settings, setup.budget, forward),
            space: setup.space.clone(),
            metric: settings.metric()?,
            settings,
            seed: setup.seed,
            data: setup.data.clone(),
            candidates,
        })
    }

    /// The trials of the next round; `None` where none is left.
    fn next_round(&self, state: &mut State, ask: &Ask) -> Result<Option<Vec<Trial>>> {
        let planned = self.rounds.sizes.len();
        let (mut round, mut batch) = (state.begun, Vec::new());
        if let Some(size) = self.rounds.sizes.get(round).copied() {
            batch = self.choose(state, round, size)?;
        }
        if batch.is_empty() && round <= planned {
            // Nothing is planned any more, or nothing is new.
            (round, batch) = (planned, self.finalists(state));
        }
        if batch.is_empty() {
            return Ok(None);
        }
        state.begun = round + 1;
        let share = self.rounds.share_of(round, ask.remaining);
        let selections = state.store.selections(&batch);
        if self.settings.shares_weights() {
            let wish = Scoring::wish(&self.settings, self.data.train_rows, self.data.valid_rows);
            let rates = Rates::new(ask.budget.unit, self.forward(&selections)?, None);
            let kept = reserve(share, batch.len(), rates, wish);
            state.phase = Phase::Training { supernet: ask.next_trial, batch, share };
            let cycle = self.settings.mode == "cycle";
            let limit = (share - kept).max(1);
            return Ok(Some(vec![evaluate::supernet(selections, self.settings.plan(), cycle, limit)]));
        }
        let limit = (share / batch.len() as u64).max(1);
        let ids = (ask.next_trial.0..).map(TrialId);
        let open = ids.zip(&batch).map(|(trial, number)| (trial, (*number, None))).collect();
        state.phase = Phase::Alone { open, scores: 0 };
        let plan = self.settings.plan();
        Ok(Some(selections.into_iter().map(|selection| evaluate::alone(selection, plan.clone(), limit)).collect()))
    }

    /// The numbers of at most `size` architectures that were never tried.
    fn choose(&self, state: &mut State, round: usize, size: usize) -> Result<Vec<usize>> {
        let (store, index) = (&state.store, round as u64);
        let (known, scored) = (store.known(), store.scored());
        let count = self.settings.generate_num;
        let random = |count| self.candidates.random(count, &known, "random candidates", index);
        if round < self.rounds.random || scored.is_empty() {
            // Nobody judges them: the first that are new are taken, and more are drawn only where these are not enough.
            let mut store = state.store.clone();
            let batch = self.add(&mut store, random(size.saturating_mul(2).min(count)), size)?;
            if batch.len() == size {
                state.store = store;
                return Ok(batch);
            }
            let drawn = random(count);
            return self.add(&mut state.store, drawn, size);
        }
        // More than are judged need not be drawn.
        let encoder = self.candidates.encoder();
        let most = scored.first().map_or(count, |(one, _)| predict::most_judged(encoder, one));
        let count = count.min(most.max(size));
        let candidates = if self.settings.candidates == "evolution" {
            self.candidates.evolved(count, &scored, &known, index)
        } else {
            random(count)
        };
        let ranked = predict::rank(encoder, &self.settings, &scored, candidates, (self.seed, index));
        self.add(&mut state.store, ranked, size)
    }

    /// Adds the first `size` of `selections` that were never tried. Returns their numbers.
    fn add(&self, store: &mut Store, selections: Vec<Selection>, size: usize) -> Result<Vec<usize>> {
        let mut batch = Vec::with_capacity(size);
        for selection in selections {
            if batch.len() == size {
                break;
            }
            batch.extend(store.add(&self.space, selection)?);
        }
        Ok(batch)
    }

    /// The best architectures, if there is more than one to compare.
    fn finalists(&self, state: &State) -> Vec<usize> {
        let best = state.store.best(self.rounds.finalists);
        if best.len() > 1 { best } else { Vec::new() }
    }

    /// The scores of a supernet that was trained.
    fn scores(&self, ask: &Ask, supernet: TrialId, parts: &[Selection], left: u64, cost: &Cost) -> Result<Trial> {
        let rates = Rates::new(ask.budget.unit, self.forward(parts)?, Some(cost));
        let wish = Scoring::wish(&self.settings, self.data.train_rows, self.data.valid_rows);
        Ok(evaluate::score(supernet, parts, wish.within(left, rates, parts.len())))
    }

    /// The most multiply-adds of a forward pass of any of these.
    fn forward(&self, selections: &[Selection]) -> Result<u64> {
        let of = |selection| Ok(self.space.architecture(selection)?.layers()?.multiply_adds());
        selections.iter().map(of).try_fold(0, |most: u64, of: Result<u64>| Ok(most.max(of?)))
    }

    /// The best architecture, or one that was to be tried, or any.
    fn finish(&self, state: &State) -> Proposal {
        let store = &state.store;
        let named = |number: usize| Some((store.get(number)?.selection.clone(), store.get(number)?.measured?.1));
        // Of equals the first, as everywhere.
        let first = |best: Option<(usize, f64, TrialId)>, next: &(usize, f64, TrialId)| {
            best.filter(|best| best.1 >= next.1).or(Some(*next))
        };
        let last = state.finals.iter().fold(None, first);
        let best = match last {
            Some((number, _, trial)) => store.get(number).map(|tried| (tried.selection.clone(), trial)),
            None => store.best(1).first().copied().and_then(named),
        };
        let (selection, trial) = best.map_or_else(
            || {
                let drawn = || self.space.sample(&mut seed::stream(self.seed, "architecture", 0));
                (store.get(0).map_or_else(drawn, |tried| tried.selection.clone()), None)
            },
            |(selection, trial)| (selection, Some(trial)),
        );
        Proposal::finish(Candidate { network: Network::Selection { selection }, trial })
    }

    /// Takes note of a round that ended with this number of scores.
    fn end_round(&self, state: &mut State, scores: u32, failure: Option<String>) {
        state.phase = Phase::Idle;
        if scores > 0 {
            state.barren = 0;
        } else {
            state.barren += 1;
            state.failure = failure.or_else(|| Some(format!("nothing had a defined {}", self.metric)));
        }
    }
}

impl Strategy for Bonas {
    type State = State;

    fn propose(&self, state: &mut State, ask: &Ask) -> Result<Proposal> {
        if ask.remaining == 0 {
            return Ok(self.finish(state));
        }
        match std::mem::take(&mut state.phase) {
            Phase::Idle => {}
            Phase::Trained { supernet, batch, share, cost } => {
                let left = share.saturating_sub(cost.in_unit(ask.budget.unit)).min(ask.remaining);
                let trial = self.scores(ask, supernet, &state.store.selections(&batch), left, &cost)?;
                state.phase = Phase::Scoring { supernet, trial: ask.next_trial, batch, scores: 0 };
                return Ok(Proposal::trial(trial));
            }
            under_way => {
                state.phase = under_way;
                return Ok(Proposal::Wait);
            }
        }
        if state.barren >= MOST_BARREN {
            let reason = state.failure.as_deref().unwrap_or("the host did not say why");
            return if state.store.best(1).is_empty() {
                Err(Error::new(format!("{MOST_BARREN} rounds in a row gave no score: {reason}")))
            } else {
                Ok(self.finish(state))
            };
        }
        Ok(self.next_round(state, ask)?.map_or_else(|| self.finish(state), |trials| Proposal::Trials { trials }))
    }

    fn update(&self, state: &mut State, report: &Report) -> Result<()> {
        match std::mem::take(&mut state.phase) {
            Phase::Training { supernet, batch, share } if supernet == report.trial => match reason(report) {
                None => state.phase = Phase::Training { supernet, batch, share },
                Some(None) => state.phase = Phase::Trained { supernet, batch, share, cost: report.cost },
                Some(failure) => self.end_round(state, 0, failure),
            },
            Phase::Scoring { supernet, trial, batch, mut scores } if trial == report.trial => {
                if let Some(score) = &report.score
                    && let Some(number) = batch.get(score.mask as usize)
                    && let Some(value) = score.score(self.metric)
                {
                    let value = evaluate::normalised(self.metric, value);
                    scores += 1;
                    if state.begun > self.rounds.sizes.len() {
                        state.finals.push((*number, value, trial));
                    } else {
                        state.store.measure(*number, value, trial);
                    }
                }
                if let Some(failure) = reason(report) {
                    state.discards.push(Discard::trial(supernet));
                    self.end_round(state, scores, failure);
                } else {
                    state.phase = Phase::Scoring { supernet, trial, batch, scores };
                }
            }
            Phase::Alone { mut open, mut scores } if open.contains_key(&report.trial) => {
                let score = report.epoch.as_ref().and_then(|epoch| epoch.score(self.metric));
                if let Some((_, best)) = open.get_mut(&report.trial) {
                    let score = score.map(|score| evaluate::normalised(self.metric, score));
                    *best = [*best, score].into_iter().flatten().reduce(f64::max);
                }
                let ended = reason(report);
                if ended.is_some()
                    && let Some((number, best)) = open.remove(&report.trial)
                    && let (Some(None), Some(best)) = (&ended, best)
                {
                    scores += 1;
                    let worse = measured_alone(&mut state.store, number, best, report.trial);
                    state.discards.extend(worse.map(Discard::trial));
                }
                if open.is_empty() {
                    self.end_round(state, scores, ended.flatten());
                } else {
                    state.phase = Phase::Alone { open, scores };
                }
            }
            other => state.phase = other,
        }
        Ok(())
    }

    fn discard(&self, state: &mut State, _: &Report) -> Result<Vec<Discard>> {
        Ok(state.discards.hand_over())
    }
}

/// Notes the score of a network that was trained by itself. Returns the trial of the worse of this and the best before,
/// whose weights nobody needs any more.
fn measured_alone(store: &mut Store, number: usize, score: f64, trial: TrialId) -> Option<TrialId> {
    let before = store.best(1).first().and_then(|number| store.get(*number)?.measured);
    store.measure(number, score, trial);
    match before {
        Some((most, other)) if most < score => Some(other),
        Some(_) => Some(trial),
        None => None,
    }
}

/// Of the report of an end why the trial failed, if it did; `None` where it goes on.
#[expect(clippy::option_option, reason = "whether it ended, and whether with a failure")]
fn reason(report: &Report) -> Option<Option<String>> {
    let end = report.end.as_ref()?;
    Some(match &end.outcome {
        Outcome::Completed { .. } => None,
        Outcome::Failed { reason } => Some(reason.clone()),
        _ => Some("it was dropped before its end".to_owned()),
    })
}
