//! A search in stages: a supernet is trained, something is dropped, a smaller one is trained, and at the end an
//! architecture is derived.

use serde::{Deserialize, Serialize};

use super::LearnedAlphas;
use super::learned::forget;
use crate::message::{
    Alphas, Ask, Candidate, Discard, Discards, Finding, Initialisation, Mixing, Network, Outcome, Plan, Proposal,
    Report, Setup, Trial, TrialId, Work,
};
use crate::space::{Selection, Space};
use crate::{Error, Result, Strategy, seed};

/// What to drop after a stage, counted from 0, that is not the last.
type Dropping = Box<dyn Fn(usize, &LearnedAlphas<'_>) -> Vec<Discard> + Send>;
/// The architectures to finish with, the best first.
type Deriving = Box<dyn Fn(&LearnedAlphas<'_>) -> Vec<Selection> + Send>;

/// A search in stages, each one supernet of what remains of the space, mixed by softmax.
///
/// Each stage may spend a share of the budget in proportion to its epochs. After a stage, the options and edges that
/// [`dropping`](Self::dropping) names are dropped, unless a node would have no edge left. If the budget ends earlier, the
/// architecture is derived from the latest alphas; if none were ever reported, it is drawn from the seed. A stage that
/// fails ends the search with its reason.
pub struct StagedSearch {
    space: Space,
    seed: u64,
    plans: Vec<Plan>,
    inherit: bool,
    dropping: Vec<Dropping>,
    deriving: Deriving,
}

/// What changes during a [`StagedSearch`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct StagedState {
    /// Stages that ended.
    ended: usize,
    /// The trial of the latest stage.
    trial: Option<TrialId>,
    /// Whether that trial has not ended yet.
    running: bool,
    /// The latest alphas, without what was dropped since, and the trial that reported them.
    alphas: Alphas,
    learned_by: Option<TrialId>,
    failure: Option<String>,
    /// Still to be handed to the host.
    #[serde(default, skip_serializing_if = "Discards::is_empty")]
    discards: Discards,
}

impl StagedSearch {
    /// A search with one stage a plan, which drops nothing and derives [`LearnedAlphas::selection`].
    ///
    /// # Errors
    ///
    /// The space has no decisions, or a plan cannot be used.
    pub fn new(setup: &Setup, plans: Vec<Plan>) -> Result<Self> {
        let space = setup.space.clone();
        space.expect_decisions()?;
        if plans.is_empty() {
            return Err(Error::invalid("a search of no stages: expected at least one"));
        }
        for (stage, plan) in plans.iter().enumerate() {
            plan.validate().map_err(|error| error.context(format!("stage {} of {}", stage + 1, plans.len())))?;
        }
        Ok(Self {
            space,
            seed: setup.seed,
            plans,
            inherit: false,
            dropping: Vec::new(),
            deriving: Box::new(|learned| vec![learned.selection()]),
        })
    }

    /// Adds what to drop after each stage but the last: a function of the stage, counted from 0, and of what it learned.
    #[must_use]
    pub fn dropping(mut self, what: impl Fn(usize, &LearnedAlphas<'_>) -> Vec<Discard> + Send + 'static) -> Self {
        self.dropping.push(Box::new(what));
        self
    }

    /// Sets what is found at the end, the best first.
    #[must_use]
    pub fn deriving(self, what: impl Fn(&LearnedAlphas<'_>) -> Vec<Selection> + Send + 'static) -> Self {
        Self { deriving: Box::new(what), ..self }
    }

    /// Lets every stage begin with the weights and alphas of the stage before it.
    #[must_use]
    pub fn inheriting(self) -> Self {
        Self { inherit: true, ..self }
    }

    /// The trial of the next stage.
    fn stage(&self, state: &StagedState, ask: &Ask) -> Option<Trial> {
        let plan = self.plans.get(state.ended)?;
        let init = match state.trial.filter(|_| self.inherit) {
            Some(trial) => Initialisation::Inherit { trial },
            None => Initialisation::Fresh,
        };
        let network = Network::Supernet { mask: None, mixing: Mixing::Softmax };
        let limit = share(ask.budget.amount, plan.epochs, self.plans.iter().map(|plan| plan.epochs));
        Some(Trial::of(Work::Train { network, plan: plan.clone(), init }).with_limit(limit))
    }

    fn finding(&self, state: &StagedState) -> Result<Finding> {
        let candidate = |selection, trial| Candidate { network: Network::Selection { selection }, trial };
        if state.alphas.is_empty() {
            let drawn = self.space.sample(&mut seed::stream(self.seed, "architecture", 0));
            return Ok(Finding { best: candidate(drawn, None), others: Vec::new() });
        }
        let learned = LearnedAlphas::new(&self.space, &state.alphas)?;
        let mut found = (self.deriving)(&learned).into_iter().map(|found| candidate(found, state.learned_by));
        let best = found.next().unwrap_or_else(|| candidate(learned.selection(), state.learned_by));
        Ok(Finding { best, others: found.collect() })
    }

    /// Takes note of a stage that completed. Returns what to drop before the next one.
    fn end_stage(&self, state: &mut StagedState, report: &Report) -> Result<Vec<Discard>> {
        let stage = state.ended;
        state.ended += 1;
        // Nothing follows, and dropping would only take choices away from the derivation.
        if report.remaining == 0 {
            return Ok(Vec::new());
        }
        if state.learned_by != state.trial {
            return Err(Error::new(format!(
                "stage {} of {} ended and no report had its alphas: expected them after every epoch and at the end",
                stage + 1,
                self.plans.len()
            )));
        }
        if state.ended == self.plans.len() {
            return Ok(Vec::new());
        }
        let learned = LearnedAlphas::new(&self.space, &state.alphas)?;
        let named: Vec<Discard> = self.dropping.iter().flat_map(|what| what(stage, &learned)).collect();
        let mut left = learned.mask();
        let (mut edges, mut dropped): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|discard| matches!(discard, Discard::Edge { .. }));
        // A node needs an input even where a rule over the edges of several nodes could do without this one.
        edges.retain(|edge| left.discard(&self.space, edge).is_ok());
        // Dropping an edge drops its options, too.
        let gone = |id: &String| learned.edge(id).is_some() && !left.0.contains_key(id);
        dropped.retain(|discard| !matches!(discard, Discard::Option { decision, .. } if gone(decision)));
        dropped.append(&mut edges);
        forget(&mut state.alphas, &dropped);
        Ok(dropped)
    }
}

impl Strategy for StagedSearch {
    type State = StagedState;

    fn propose(&self, state: &mut StagedState, ask: &Ask) -> Result<Proposal> {
        if let Some(reason) = &state.failure {
            let (stage, stages) = (state.ended + 1, self.plans.len());
            return Err(Error::new(format!("the supernet of stage {stage} of {stages} failed: {reason}")));
        }
        if ask.remaining > 0 && state.running {
            return Ok(Proposal::Wait);
        }
        if let Some(trial) = self.stage(state, ask).filter(|_| ask.remaining > 0) {
            state.trial = Some(ask.next_trial);
            state.running = true;
            return Ok(Proposal::trial(trial));
        }
        Ok(Proposal::Finish { finding: self.finding(state)? })
    }

    fn update(&self, state: &mut StagedState, report: &Report) -> Result<()> {
        if !state.running || state.trial != Some(report.trial) {
            return Ok(());
        }
        if !report.alphas.is_empty() {
            LearnedAlphas::new(&self.space, &report.alphas)?;
            state.alphas = report.alphas.clone();
            state.learned_by = Some(report.trial);
        }
        let Some(end) = &report.end else {
            return Ok(());
        };
        state.running = false;
        match &end.outcome {
            Outcome::Completed { .. } => {
                let dropped = self.end_stage(state, report)?;
                state.discards.extend(dropped);
            }
            Outcome::Failed { reason } => state.failure = Some(reason.clone()),
            Outcome::Discarded => state.failure = Some("it was dropped before its end".to_owned()),
        }
        Ok(())
    }

    fn discard(&self, state: &mut StagedState, _: &Report) -> Result<Vec<Discard>> {
        Ok(state.discards.hand_over())
    }
}

/// The share of `amount` for `epochs` of `all` epochs, rounded up.
fn share(amount: u64, epochs: u32, all: impl Iterator<Item = u32>) -> u64 {
    let all: u128 = all.map(u128::from).sum();
    let part = (u128::from(amount) * u128::from(epochs)).div_ceil(all.max(1));
    // A part is at most the whole, which is a u64.
    u64::try_from(part).unwrap_or(amount).max(1)
}
