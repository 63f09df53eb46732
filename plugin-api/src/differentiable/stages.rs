//! The stages of a search: a supernet is trained, something is dropped, a smaller one is trained, and at the end an
//! architecture is derived.

use serde::{Deserialize, Serialize};

use super::Learned;
use super::learned::forget;
use crate::message::{
    Alphas, Ask, Candidate, Discard, Finding, Initialisation, Mixing, Network, Outcome, Plan, Proposal, Report, Setup,
    Trial, TrialId, Work,
};
use crate::space::{Selection, Space};
use crate::{Error, Result, Strategy, seed, state};

/// What to drop after a stage, counted from 0, that another one follows.
type Dropping = Box<dyn Fn(usize, &Learned<'_>) -> Vec<Discard> + Send>;
/// The architectures to finish with, the best first.
type Deriving = Box<dyn Fn(&Learned<'_>) -> Vec<Selection> + Send>;

/// A search in stages, each one supernet of what remains of the space, mixed by softmax.
///
/// A stage may spend the share of the budget that its epochs are of all epochs. After it the options and edges go that
/// [`dropping`](Self::dropping) names, unless a node would be left without any. If the budget ends earlier, the
/// architecture is derived from the latest alphas, and where none were ever reported it is drawn from the seed. A stage
/// that fails ends the search with its reason.
pub struct Stages {
    space: Space,
    seed: u64,
    plans: Vec<Plan>,
    inherit: bool,
    dropping: Vec<Dropping>,
    deriving: Deriving,
    state: State,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Stages that ended.
    ended: usize,
    /// The trial of the latest stage.
    trial: Option<TrialId>,
    /// Whether that trial has not ended yet.
    running: bool,
    /// The latest alphas, without what was dropped since, and the trial that they are of.
    alphas: Alphas,
    learned_by: Option<TrialId>,
    /// Still to be handed to the host.
    dropped: Vec<Discard>,
    failure: Option<String>,
}

impl Stages {
    /// A search with a stage a plan, which drops nothing and derives [`Learned::selection`].
    ///
    /// # Errors
    ///
    /// The space has no decisions, or a plan cannot be used.
    pub fn new(setup: &Setup, plans: Vec<Plan>) -> Result<Self> {
        let space = setup.space.clone();
        if space.decisions.is_empty() {
            return Err(Error::invalid(format!(
                "space '{}' has no decisions, so there is nothing to search: train it as it is, or give a space with decisions",
                space.name
            )));
        }
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
            state: State::default(),
        })
    }

    /// Says what is dropped after each stage but the last, beside what was said before: a function of the stage, counted
    /// from 0, and of what it learned.
    #[must_use]
    pub fn dropping(mut self, what: impl Fn(usize, &Learned<'_>) -> Vec<Discard> + Send + 'static) -> Self {
        self.dropping.push(Box::new(what));
        self
    }

    /// Says what is found at the end, the best first.
    #[must_use]
    pub fn deriving(self, what: impl Fn(&Learned<'_>) -> Vec<Selection> + Send + 'static) -> Self {
        Self { deriving: Box::new(what), ..self }
    }

    /// Lets every stage begin with the weights and alphas of the stage before it.
    #[must_use]
    pub fn inheriting(self) -> Self {
        Self { inherit: true, ..self }
    }

    /// The trial of the next stage.
    fn stage(&self, ask: &Ask) -> Option<Trial> {
        let plan = self.plans.get(self.state.ended)?;
        let init = match self.state.trial.filter(|_| self.inherit) {
            Some(trial) => Initialisation::Inherit { trial },
            None => Initialisation::Fresh,
        };
        let network = Network::Supernet { mask: None, mixing: Mixing::Softmax };
        let limit = share(ask.budget.amount, plan.epochs, self.plans.iter().map(|plan| plan.epochs));
        Some(Trial::of(Work::Train { network, plan: plan.clone(), init }).with_limit(limit))
    }

    fn finding(&self) -> Result<Finding> {
        let candidate = |selection, trial| Candidate { network: Network::Selection { selection }, trial };
        if self.state.alphas.is_empty() {
            let drawn = self.space.sample(&mut seed::stream(self.seed, "architecture", 0));
            return Ok(Finding { best: candidate(drawn, None), others: Vec::new() });
        }
        let learned = Learned::new(&self.space, &self.state.alphas)?;
        let mut found = (self.deriving)(&learned).into_iter().map(|found| candidate(found, self.state.learned_by));
        let best = found.next().unwrap_or_else(|| candidate(learned.selection(), self.state.learned_by));
        Ok(Finding { best, others: found.collect() })
    }

    /// A stage ended as it should.
    fn end_stage(&mut self, report: &Report) -> Result<()> {
        let stage = self.state.ended;
        self.state.ended += 1;
        // Nothing follows, and dropping would only take choices away from the derivation.
        if report.remaining == 0 {
            return Ok(());
        }
        if self.state.learned_by != self.state.trial {
            return Err(Error::new(format!(
                "stage {} of {} ended and no report had its alphas: expected them after every epoch and at the end",
                stage + 1,
                self.plans.len()
            )));
        }
        if self.state.ended == self.plans.len() {
            return Ok(());
        }
        let learned = Learned::new(&self.space, &self.state.alphas)?;
        let named: Vec<Discard> = self.dropping.iter().flat_map(|what| what(stage, &learned)).collect();
        let mut left = learned.mask();
        let (mut edges, mut dropped): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|discard| matches!(discard, Discard::Edge { .. }));
        // A node needs an input even where a rule over the edges of several nodes could do without this one.
        edges.retain(|edge| left.discard(&self.space, edge).is_ok());
        // An edge that goes takes its options with it.
        let gone = |id: &String| learned.edge(id).is_some() && !left.0.contains_key(id);
        dropped.retain(|discard| !matches!(discard, Discard::Option { decision, .. } if gone(decision)));
        dropped.append(&mut edges);
        self.state.dropped = dropped;
        forget(&mut self.state.alphas, &self.state.dropped);
        Ok(())
    }
}

impl Strategy for Stages {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if let Some(reason) = &self.state.failure {
            let (stage, stages) = (self.state.ended + 1, self.plans.len());
            return Err(Error::new(format!("the supernet of stage {stage} of {stages} failed: {reason}")));
        }
        if ask.remaining > 0 && self.state.running {
            return Ok(Proposal::Wait);
        }
        if let Some(trial) = self.stage(ask).filter(|_| ask.remaining > 0) {
            self.state.trial = Some(ask.next_trial);
            self.state.running = true;
            return Ok(Proposal::trial(trial));
        }
        Ok(Proposal::Finish { finding: self.finding()? })
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        if !self.state.running || self.state.trial != Some(report.trial) {
            return Ok(());
        }
        if !report.alphas.is_empty() {
            Learned::new(&self.space, &report.alphas)?;
            self.state.alphas = report.alphas.clone();
            self.state.learned_by = Some(report.trial);
        }
        let Some(end) = &report.end else {
            return Ok(());
        };
        self.state.running = false;
        match &end.outcome {
            Outcome::Completed { .. } => self.end_stage(report)?,
            Outcome::Failed { reason } => self.state.failure = Some(reason.clone()),
            Outcome::Discarded => self.state.failure = Some("it was dropped before its end".to_owned()),
        }
        Ok(())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        Ok(if self.state.trial == Some(report.trial) { std::mem::take(&mut self.state.dropped) } else { Vec::new() })
    }

    fn save(&self) -> Result<Vec<u8>> {
        state::save(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        state::load(bytes).map(|state| self.state = state)
    }
}

/// The part of `amount` that `epochs` are of `all` epochs, rounded up.
fn share(amount: u64, epochs: u32, all: impl Iterator<Item = u32>) -> u64 {
    let all: u128 = all.map(u128::from).sum();
    let part = (u128::from(amount) * u128::from(epochs)).div_ceil(all.max(1));
    // A part is at most the whole, which is a u64.
    u64::try_from(part).unwrap_or(amount).max(1)
}
