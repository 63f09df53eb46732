//! Brackets, one after the other: all architectures of a rung are trained, the best share goes on to the next rung.

use serde::{Deserialize, Serialize};

use super::{ArchitectureResult, Ended, RungScheduler, RungTrial, RunningTrials, best_first};
use crate::message::{Ask, Discard, Discards, Proposal, Report, Trial, TrialId};
use crate::{Error, Result, Strategy};

/// One bracket: how many architectures start, and the total resource at the end of each rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// How many architectures start.
    pub architectures: usize,
    /// How much of the resource an architecture has had in total at the end of each rung.
    pub amounts: Vec<u64>,
}

impl Bracket {
    /// How many architectures each rung has, where one of `eta` goes on, and at least one.
    pub fn sizes(&self, eta: usize) -> Vec<usize> {
        let sizes = std::iter::successors(Some(self.architectures), |&size| Some(survivors(size, eta)));
        sizes.take(self.amounts.len()).collect()
    }

    /// What all its trials may spend together.
    pub fn cost(&self, eta: usize) -> u128 {
        let mut had = 0;
        let rungs = self.sizes(eta).into_iter().zip(&self.amounts).map(|(size, &amount)| {
            let more = amount.saturating_sub(std::mem::replace(&mut had, amount));
            size as u128 * u128::from(more)
        });
        rungs.sum()
    }
}

/// How many of a rung go on.
const fn survivors(size: usize, eta: usize) -> usize {
    match size.checked_div(eta) {
        None | Some(0) => 1,
        Some(size) => size,
    }
}

/// A search in brackets. All trials of a rung are proposed at once, those of the best architectures first. Once all of
/// them ended, the weights of the losers are freed; those of a trial that is continued are freed once its continuation
/// ended.
///
/// It ends after the last bracket, when the space has no new architecture, or with the budget. It finds the architecture
/// that had the most of the resource, of those the one with the best score.
#[derive(Debug)]
pub struct Brackets {
    scheduler: RungScheduler,
    eta: usize,
    /// One pass through all brackets.
    pass: Vec<Bracket>,
    again: bool,
}

/// What changes during a search in [`Brackets`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct BracketsState {
    /// Brackets that began.
    begun: usize,
    /// Architectures that were drawn.
    drawn: usize,
    /// The rung of the bracket that is trained or will be, and how many architectures were proposed for it.
    rung: usize,
    size: usize,
    /// What will be proposed for it: architectures with the trials that they continue.
    next: Vec<(usize, Option<TrialId>)>,
    #[serde(rename = "under_way")]
    running: RunningTrials,
    /// Trials of the rung that completed.
    completed: Vec<RungTrial>,
    /// The best amount, score and trial of each architecture that has one.
    #[serde(rename = "standings")]
    results: Vec<(usize, u64, f64, TrialId)>,
    /// How many there were when the last pass through all brackets began.
    #[serde(rename = "standings_before")]
    results_before: usize,
    failure: Option<String>,
    /// Still to be handed to the host.
    #[serde(default, skip_serializing_if = "Discards::is_empty")]
    discards: Discards,
}

impl Brackets {
    /// Goes through `brackets` once. One of `eta` architectures survives a rung, rounded down, and at least one.
    ///
    /// # Errors
    ///
    /// There is nothing to train, `eta` is below 2, or amounts do not grow.
    pub fn new(scheduler: RungScheduler, eta: usize, brackets: Vec<Bracket>) -> Result<Self> {
        if eta < 2 {
            return Err(Error::invalid(format!("brackets in which one of {eta} survives: expected one of 2 or more")));
        }
        if brackets.is_empty() {
            return Err(Error::invalid("a search in no brackets: expected at least one"));
        }
        for (number, Bracket { architectures, amounts }) in (1..).zip(&brackets) {
            let grow = amounts.is_sorted() && amounts.first().is_some_and(|&amount| amount > 0);
            if *architectures == 0 || !grow {
                let amounts = amounts.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
                return Err(Error::invalid(format!(
                    "bracket {number} of {} has {architectures} architectures and the amounts [{amounts}]: expected at least one architecture, and amounts that begin at 1 or more and grow",
                    brackets.len()
                )));
            }
        }
        let top = brackets.iter().filter_map(|bracket| bracket.amounts.last().copied()).max().unwrap_or(1);
        Ok(Self { scheduler: scheduler.ending_at(top), eta, pass: brackets, again: false })
    }

    /// Goes through the brackets again and again, with new architectures, as long as the budget lasts and not all
    /// trials of a pass failed.
    #[must_use]
    pub fn again(self) -> Self {
        Self { again: true, ..self }
    }

    /// The brackets.
    pub fn brackets(&self) -> &[Bracket] {
        &self.pass
    }

    /// The amounts of the bracket that is trained.
    fn amounts(&self, state: &BracketsState) -> &[u64] {
        let at = state.begun.saturating_sub(1) % self.pass.len();
        self.pass.get(at).map_or(&[], |bracket| &bracket.amounts)
    }

    /// Draws the architectures of the next bracket, if there is one.
    fn begin_bracket(&self, state: &mut BracketsState) {
        let position = state.begun % self.pass.len();
        if position == 0 && state.begun > 0 {
            if !self.again || state.results.len() == state.results_before {
                return;
            }
            state.results_before = state.results.len();
        }
        let wanted = self.pass.get(position).map_or(0, |bracket| bracket.architectures);
        for architecture in state.drawn..state.drawn.saturating_add(wanted) {
            if !self.scheduler.has(architecture) {
                break;
            }
            state.next.push((architecture, None));
        }
        state.drawn += state.next.len();
        state.begun += 1;
        state.rung = 0;
    }

    /// The trials of the rung that is to be trained.
    fn rung(&self, state: &mut BracketsState, first: TrialId) -> Vec<Trial> {
        let (rung, amounts) = (state.rung, self.amounts(state));
        let had = rung.checked_sub(1).and_then(|below| amounts.get(below).copied()).unwrap_or(0);
        let amount = amounts.get(rung).copied().unwrap_or(had);
        let next = std::mem::take(&mut state.next);
        state.size = next.len();
        let trials = next.into_iter().zip(first.0..).map(|((architecture, from), id)| {
            state.running.begin(RungTrial { trial: TrialId(id), architecture, rung, from, score: None });
            self.scheduler.trial(architecture, from, had, amount)
        });
        trials.collect()
    }

    /// Takes in a trial that ended. Returns the trials whose weights nobody needs any more.
    fn end(&self, state: &mut BracketsState, Ended { trial, failure }: Ended) -> Vec<TrialId> {
        let dropped = Vec::from_iter(trial.from);
        let reached = self.amounts(state).get(trial.rung).copied().unwrap_or(0);
        if let Some(score) = trial.score {
            state.results.retain(|(architecture, ..)| *architecture != trial.architecture);
            state.results.push((trial.architecture, reached, score, trial.trial));
        }
        match failure {
            Some(reason) => state.failure = Some(reason),
            None => state.completed.push(trial),
        }
        dropped
    }

    /// Decides which architectures go on to the next rung, once all trials of a rung ended. Returns the trials of the
    /// others.
    fn decide(&self, state: &mut BracketsState) -> Vec<TrialId> {
        let mut ranked = std::mem::take(&mut state.completed);
        best_first(&mut ranked);
        state.rung += 1;
        let is_last = state.rung >= self.amounts(state).len();
        let most = if is_last { 0 } else { survivors(state.size, self.eta) };
        let mut dropped = Vec::new();
        for (rank, trial) in ranked.iter().enumerate() {
            if rank < most && trial.score.is_some() {
                state.next.push((trial.architecture, Some(trial.trial)));
            } else {
                dropped.push(trial.trial);
            }
        }
        dropped
    }
}

impl Strategy for Brackets {
    type State = BracketsState;

    fn propose(&self, state: &mut BracketsState, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 {
            if !state.running.is_empty() {
                return Ok(Proposal::Wait);
            }
            if state.next.is_empty() {
                self.begin_bracket(state);
            }
            let trials = self.rung(state, ask.next_trial);
            if !trials.is_empty() {
                return Ok(Proposal::Trials { trials });
            }
        }
        let results = state.results.iter().map(|&(architecture, reached, score, trial)| ArchitectureResult {
            architecture,
            reached,
            score,
            trial,
        });
        self.scheduler.finish(results.collect(), ask.remaining, state.failure.as_deref())
    }

    fn update(&self, state: &mut BracketsState, report: &Report) -> Result<()> {
        let Some(ended) = state.running.update(report, self.scheduler.metric()) else {
            return Ok(());
        };
        let mut dropped = self.end(state, ended);
        if state.running.is_empty() {
            dropped.extend(self.decide(state));
        }
        state.discards.extend(dropped.into_iter().map(Discard::trial));
        Ok(())
    }

    fn discard(&self, state: &mut BracketsState, _: &Report) -> Result<Vec<Discard>> {
        Ok(state.discards.hand_over())
    }
}
