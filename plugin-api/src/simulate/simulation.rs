//! A simulated run as it is set up, and what came of it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{AlphaOf, Curves};
use crate::Result;
use crate::message::{
    Ask, Budget, Cost, DataInfo, Discard, Finding, PROTOCOL, Report, Setup, Task, Trial, TrialId, Unit,
};
use crate::space::{Mask, Space};

/// A made-up run: the space, the budget and the seed that a strategy is given.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(super) setup: Setup,
    pub(super) fails: Fails,
    pub(super) alphas: Option<fn(&AlphaOf<'_>) -> f64>,
    pub(super) stray_reports: bool,
    pub(super) slots: u32,
    pub(super) curves: Option<Arc<dyn Curves>>,
    pub(super) both_strands: bool,
}

/// Which trials fail.
#[derive(Clone, Debug)]
pub(super) enum Fails {
    Where(fn(TrialId) -> bool),
    These(Vec<TrialId>),
}

impl Default for Fails {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Fails {
    pub(super) fn is(&self, trial: TrialId) -> bool {
        match self {
            Self::Where(fails) => fails(trial),
            Self::These(trials) => trials.contains(&trial),
        }
    }
}

/// What came of a simulated run.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// What the strategy found.
    pub finding: Finding,
    /// Every report that it was given, in order.
    pub reports: Vec<Report>,
    /// Every trial that it proposed; the id of a trial is its position.
    pub trials: Vec<Trial>,
    /// What its discards left of the space.
    pub remaining: Mask,
    /// Everything that it dropped, in order, with the trial whose report it answered.
    pub discards: Vec<(TrialId, Discard)>,
    /// What the trials cost.
    pub used: Cost,
    /// The share of random architectures of the space that are no better than the one found, between 0 and 1; with
    /// [curves](Simulation::curves) and where the space is small, of all its architectures.
    pub quality: f64,
    /// What the strategy did wrong, in order. None of it ends a run, neither here nor in the real host: a trial that
    /// cannot be done fails, and the rest is let pass. [`conformance`](super::conformance) refuses a strategy that makes a mistake.
    pub mistakes: Vec<String>,
}

impl Simulation {
    /// A run on `space`, whose windows and labels the data has: 10 000 training rows, 1 000 validation rows, seed 1
    /// and a budget of 200 000 samples.
    ///
    /// # Errors
    ///
    /// The space is not valid.
    pub fn new(space: Space) -> Result<Self> {
        space.validate()?;
        let labels = space.supernet_layers()?.output_shape().iter().product();
        let [_, length] = space.graph.input;
        let (train_rows, valid_rows, reversible) = (10_000, 1_000, true);
        let data = DataInfo { length, labels, task: Task::MultiLabel, train_rows, valid_rows, reversible };
        let setup = Setup {
            protocol: PROTOCOL.to_owned(),
            seed: 1,
            parameters: Map::new(),
            space,
            data,
            budget: Budget { amount: 200_000, unit: Unit::Samples },
            threads: 1,
        };
        Ok(Self {
            setup,
            fails: Fails::default(),
            alphas: None,
            stray_reports: false,
            slots: 1,
            curves: None,
            both_strands: false,
        })
    }

    /// Sets the seed of the strategy and of the landscape.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.setup.seed = seed;
        self
    }

    /// Sets the budget. Seconds pass at a thousand million multiply-adds each.
    #[must_use]
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.setup.budget = budget;
        self
    }

    /// Sets the rows of the training and of the validation split.
    #[must_use]
    pub const fn rows(mut self, train: u64, valid: u64) -> Self {
        self.setup.data.train_rows = train;
        self.setup.data.valid_rows = valid;
        self
    }

    /// Sets the bases of a window, the labels and the task of the data, to which a baseline fits its network. The space
    /// stays as it is: a search fits it no more.
    #[must_use]
    pub const fn data(mut self, length: usize, labels: usize, task: Task) -> Self {
        self.setup.data.length = length;
        self.setup.data.labels = labels;
        self.setup.data.task = task;
        self
    }

    /// Sets whether a window on its other strand has the same labels, which is so if not set. Where it has not, plans that
    /// show, score or shift what would have other labels fail.
    #[must_use]
    pub const fn reversible(mut self, reversible: bool) -> Self {
        self.setup.data.reversible = reversible;
        self
    }

    /// Sets whether the training split holds both strands of each window, which is not so if not set. A share of its rows
    /// is then one of whole windows.
    #[must_use]
    pub const fn both_strands(mut self, both_strands: bool) -> Self {
        self.both_strands = both_strands;
        self
    }

    /// Sets a parameter of the strategy.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.setup.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Sets parameters of the strategy.
    #[must_use]
    pub fn parameters(mut self, parameters: &Map<String, Value>) -> Self {
        self.setup.parameters.extend(parameters.clone());
        self
    }

    /// Lets the trials fail for which `fails` is true, before their first epoch.
    #[must_use]
    pub fn failing(mut self, fails: fn(TrialId) -> bool) -> Self {
        self.fails = Fails::Where(fails);
        self
    }

    /// Lets these trials fail, before their first epoch.
    #[must_use]
    pub fn failing_these(mut self, trials: &[TrialId]) -> Self {
        self.fails = Fails::These(trials.to_vec());
        self
    }

    /// Lets supernets that mix by alphas report these after every epoch, in place of those that the landscape teaches.
    #[must_use]
    pub fn alphas(mut self, alphas: fn(&AlphaOf<'_>) -> f64) -> Self {
        self.alphas = Some(alphas);
        self
    }

    /// Sends reports of trials that were never proposed before and after each of the others.
    #[must_use]
    pub const fn stray_reports(mut self) -> Self {
        self.stray_reports = true;
        self
    }

    /// Sets how many trials are under way at once, 1 if not set. They take turns, an epoch or a mask each: always the
    /// one that has spent the fewest multiply-adds, of several the one with the lowest id.
    #[must_use]
    pub fn slots(mut self, slots: u32) -> Self {
        self.slots = slots.max(1);
        self
    }

    /// Lets architectures learn along these curves, and takes the quality of what is found from them.
    #[must_use]
    pub fn curves(mut self, curves: impl Curves + 'static) -> Self {
        self.curves = Some(Arc::new(curves));
        self
    }

    /// What a strategy is asked first.
    pub(super) fn first_ask(&self) -> Ask {
        let Setup { budget, .. } = self.setup;
        let (used, in_flight, slots) = (Cost::default(), Vec::new(), self.slots);
        Ask { budget, remaining: budget.amount, used, next_trial: TrialId(0), in_flight, slots }
    }

    /// What the strategy is built from.
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }
}
