//! What all trials of a search have in common, its proposals, and what it finds.

use super::{Evaluated, History, TrialSettings};
use crate::halving::best_first;
use crate::message::{Ask, Candidate, Finding, Metric, Plan, Proposal, Report, Setup, Trial};
use crate::space::{Draws, Selection, Space};
use crate::{Error, Result};

/// How many architectures beside the best one are reported.
const RUNNERS_UP: usize = 10;
/// Failed trials in a row after which the search ends: they cost nothing, so no budget would end it.
const MAX_FAILURES: usize = 50;
/// Draws in a row that are known after which a space counts as drawn out.
const MAX_KNOWN: usize = 1000;

/// What all trials of a search have in common: where architectures come from, how they are trained and ranked.
#[derive(Clone, Debug)]
pub struct TrialScheduler {
    space: Space,
    draws: Draws,
    seed: u64,
    plan: Plan,
    trials: u64,
    /// What each trial may spend.
    share: u64,
    metric: Metric,
}

impl TrialScheduler {
    /// A scheduler as the settings say.
    ///
    /// # Errors
    ///
    /// The space has no decisions, or the settings cannot be used.
    pub fn new(setup: &Setup, settings: &TrialSettings) -> Result<Self> {
        setup.space.expect_decisions()?;
        let plan = settings.plan();
        plan.validate()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1; saturates")]
        let all = (setup.space.architectures() as u64).max(1);
        let trials = settings.trials.min(all);
        Ok(Self {
            draws: Draws::new(setup.space.clone(), setup.seed),
            space: setup.space.clone(),
            seed: setup.seed,
            plan,
            trials,
            share: setup.budget.amount.div_ceil(trials.max(1)),
            metric: settings.metric.parse()?,
        })
    }

    /// The space.
    pub const fn space(&self) -> &Space {
        &self.space
    }

    /// The seed of the run.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// How many architectures are trained.
    pub const fn trials(&self) -> u64 {
        self.trials
    }

    /// The answer of a strategy that wants `next` to be trained: a trial, or what was found once there is nothing to
    /// train. `next` returns none where there is nothing new before another trial ends, or at all.
    ///
    /// # Errors
    ///
    /// Nothing has a score although there is budget left.
    pub fn propose(
        &self,
        history: &mut History,
        ask: &Ask,
        next: impl FnOnce(&mut History) -> Option<Selection>,
    ) -> Result<Proposal> {
        if ask.remaining > 0 {
            let more = history.begun < self.trials && history.failures < MAX_FAILURES;
            if let Some(selection) = more.then(|| next(history)).flatten() {
                history.begun += 1;
                history.running.push((ask.next_trial, selection.clone()));
                return Ok(Proposal::trial(Trial::train(selection, self.plan.clone()).with_limit(self.share)));
            }
            if !ask.in_flight.is_empty() {
                return Ok(Proposal::Wait);
            }
        }
        self.finish(history, ask.remaining)
    }

    /// The next architecture drawn uniformly that is not known, which then is [claimed](Self::claim). The first are those
    /// that random search draws with the same seed. None where the space is drawn out.
    pub fn draw(&self, history: &mut History) -> Option<Selection> {
        for _ in 0..MAX_KNOWN {
            let selection = self.draws.get(history.drawn)?;
            history.drawn += 1;
            if self.claim(history, &selection) {
                return Some(selection);
            }
        }
        None
    }

    /// Whether an architecture is new: it can be built, and no equal one was claimed. From then on it is known. Two
    /// selections are equal if their [canonical hashes](crate::space::Architecture::canonical_hash) are.
    pub fn claim(&self, history: &mut History, selection: &Selection) -> bool {
        let hash = self.space.architecture(selection).and_then(|architecture| architecture.canonical_hash());
        hash.is_ok_and(|hash| history.claimed.insert(hash))
    }

    /// Takes in the report of any trial. Returns the trial that it ends, if it is one of the history.
    pub fn update(&self, history: &mut History, report: &Report) -> Option<Evaluated> {
        history.update(report, self.metric)
    }

    /// The end of a search: the best of all, and its runners-up. Where none has a score and the budget is spent, the first
    /// that random search draws is as good a guess as any.
    fn finish(&self, history: &History, remaining: u64) -> Result<Proposal> {
        let mut ranked: Vec<Evaluated> = history.scored().cloned().collect();
        best_first(&mut ranked);
        let of = |one: Evaluated| Candidate { network: one.selection.into(), trial: Some(one.trial) };
        let mut candidates = ranked.into_iter().take(1 + RUNNERS_UP).map(of);
        match (candidates.next(), remaining) {
            (Some(best), _) => Ok(Proposal::Finish { finding: Finding { best, others: candidates.collect() } }),
            (None, 0) => {
                let selection = self.draws.get(0).unwrap_or_default();
                Ok(Proposal::finish(Candidate { network: selection.into(), trial: None }))
            }
            (None, _) => Err(Error::new(match &history.failure {
                Some(reason) => format!(
                    "no trial completed with a defined {} to rank by; the last one that failed: {reason}",
                    self.metric
                ),
                None => format!("no trial completed with a defined {} to rank by", self.metric),
            })),
        }
    }
}
