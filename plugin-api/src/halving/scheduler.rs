//! The trials that take architectures from rung to rung, and what is found at the end.

use super::ranking::ranked;
use super::{ArchitectureResult, HalvingSettings, ResourceBudget};
use crate::message::{
    Candidate, Finding, Initialisation, Metric, Network, Plan, Proposal, Setup, Trial, TrialId, Work,
};
use crate::space::Draws;
use crate::{Error, Result};

/// How many architectures beside the best one are reported.
const RUNNERS_UP: usize = 10;

/// What all trials of a search have in common: where architectures come from, how they are trained and ranked.
#[derive(Clone, Debug)]
pub struct RungScheduler {
    draws: Draws,
    /// How many architectures the space has.
    all: usize,
    plan: Plan,
    budget: ResourceBudget,
    metric: Metric,
    /// The amount at the end of the highest rung.
    top: u64,
}

impl RungScheduler {
    /// A scheduler as the settings say. [`ending_at`](Self::ending_at) sets where its rungs end.
    ///
    /// # Errors
    ///
    /// The settings contradict each other, or cannot be used.
    pub fn new(setup: &Setup, settings: &HalvingSettings) -> Result<Self> {
        let draws = Draws::new(setup.space.clone(), setup.seed);
        let budget = ResourceBudget::new(setup, &settings.resource, settings.minimum, settings.batch)?;
        let metric = settings.metric.parse()?;
        let plan = settings.plan(budget.resource);
        plan.validate()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1; saturates")]
        let all = setup.space.architectures() as usize;
        Ok(Self { draws, all: all.max(1), plan, budget, metric, top: 1 })
    }

    /// Sets the amount at the end of the highest rung, over which the schedules of every architecture run.
    #[must_use]
    pub fn ending_at(self, top: u64) -> Self {
        Self { top, ..self }
    }

    /// How long rungs are.
    pub const fn budget(&self) -> &ResourceBudget {
        &self.budget
    }

    /// What architectures are ranked by.
    pub const fn metric(&self) -> Metric {
        self.metric
    }

    /// `wanted`, or as many architectures as the space has.
    pub const fn at_most(&self, wanted: usize) -> usize {
        if wanted < self.all { wanted } else { self.all }
    }

    /// Whether the space has an architecture at this position of the draws.
    pub fn has(&self, architecture: usize) -> bool {
        self.draws.get(architecture).is_some()
    }

    /// The trial that takes an architecture from the amount it had to the amount of its next rung: from fresh weights,
    /// or where the trial `from` ended.
    pub fn trial(&self, architecture: usize, from: Option<TrialId>, had: u64, amount: u64) -> Trial {
        let init = from.map_or(Initialisation::Fresh, |trial| Initialisation::Continue { trial });
        let work = Work::Train { network: self.network(architecture), plan: self.plan.clone(), init };
        self.budget.resource.trial(work, amount.saturating_sub(had).max(1), self.top)
    }

    /// The end of a search: the architecture that got furthest, of those the one of the best score, and its
    /// runners-up. Where none has a score and the budget is spent (`remaining` is 0), the first that was drawn is as
    /// good a guess as any.
    ///
    /// # Errors
    ///
    /// None has a score although there is budget left; `failure` is the reason of the last trial that failed.
    pub fn finish(&self, results: Vec<ArchitectureResult>, remaining: u64, failure: Option<&str>) -> Result<Proposal> {
        let mut candidates = ranked(results)
            .into_iter()
            .take(1 + RUNNERS_UP)
            .map(|result| Candidate { network: self.network(result.architecture), trial: Some(result.trial) });
        match (candidates.next(), remaining) {
            (Some(best), _) => Ok(Proposal::Finish { finding: Finding { best, others: candidates.collect() } }),
            (None, 0) => Ok(Proposal::finish(Candidate { network: self.network(0), trial: None })),
            (None, _) => Err(Error::new(match failure {
                Some(reason) => format!(
                    "no trial completed with a defined {} to rank by; the last one that failed: {reason}",
                    self.metric
                ),
                None => format!("no trial completed with a defined {} to rank by", self.metric),
            })),
        }
    }

    fn network(&self, architecture: usize) -> Network {
        // Callers ask `has` first, so every position that is proposed exists.
        let selection = self.draws.get(architecture).unwrap_or_default();
        Network::Selection { selection }
    }
}
