//! The training of one trial, which takes no time: learning curves that rise with the samples.

use std::rc::Rc;

use super::AlphaOf;
use super::cost::Pace;
use super::curves::{Good, Truth};
use super::landscape::Landscape;
use super::supernet::Supernet;
use crate::engine::{Bound, Data, PlanRows, StepOutcome, Turn, reached};
use crate::message::{Alphas, Cost, DrawnAnew, Epoch, Plan, Stopped, TrialId};
use crate::space::Shape;

/// The weights that a trial begins with or leaves to others.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    /// Samples that they have seen, as far as these still count.
    pub(super) samples: f64,
    pub(super) alphas: Alphas,
}

impl Weights {
    /// As another network inherits them: half of what they saw counts, since it was learned elsewhere.
    pub(super) fn inherited(self) -> Self {
        Self { samples: self.samples / 2.0, ..self }
    }
}

/// The alphas that a test dictates, and the number of the supernet.
pub(super) type Dictated = (usize, fn(&AlphaOf<'_>) -> f64);

/// What a network is to the landscape.
#[derive(Debug)]
pub(super) enum Network {
    /// An architecture, and how good it is.
    Architecture(Good),
    /// A supernet, which is as good as its alphas make it.
    Supernet(Supernet),
}

/// What a training is made of.
#[derive(Debug)]
pub(super) struct TrainingJob {
    pub(super) trial: TrialId,
    pub(super) network: Network,
    /// Multiply-adds of one sample's forward pass.
    pub(super) forward: u64,
    pub(super) plan: Plan,
    pub(super) data: Data,
    pub(super) rows: PlanRows,
    pub(super) dictated: Option<Dictated>,
    /// The names and shapes of its weights.
    pub(super) weights: Vec<(String, Shape)>,
    /// What it did not find in the weights that it began with.
    pub(super) drawn_anew: Option<DrawnAnew>,
}

/// A training under way; a copy of it is what it saves.
#[derive(Clone, Debug)]
pub(super) struct Training {
    job: Rc<TrainingJob>,
    /// The alphas at the beginning, and as they are.
    start: Vec<Vec<f64>>,
    alphas: Vec<Vec<f64>>,
    /// Samples of weight steps, those of the weights at the beginning included.
    samples: f64,
    /// Samples of architecture steps.
    searched: f64,
    without_improvement: u32,
    spent: Cost,
    lowest: f64,
    last: Option<Epoch>,
    stopped: Option<Stopped>,
}

impl Training {
    /// A training from its beginning.
    pub(super) fn new(job: Rc<TrainingJob>, weights: &Weights, landscape: Landscape) -> Self {
        let start = match &job.network {
            Network::Architecture(_) => Vec::new(),
            Network::Supernet(supernet) => supernet.fresh(job.trial, &weights.alphas, landscape),
        };
        Self {
            job,
            alphas: start.clone(),
            start,
            samples: weights.samples,
            searched: 0.0,
            without_improvement: 0,
            spent: Cost::default(),
            lowest: f64::INFINITY,
            last: None,
            stopped: None,
        }
    }

    /// Trains the next epoch after those that were reported, or comes to the end.
    pub(super) fn step(&mut self, turn: &Turn<'_>, truth: &Truth<'_>) -> StepOutcome {
        loop {
            // An epoch may have been saved before it was reported.
            if let Some(epoch) = self.last.clone().filter(|last| last.number > turn.trial.reported) {
                return StepOutcome::Epoch { epoch, alphas: self.alphas(), last: self.stopped.is_some() };
            }
            if let Some(stopped) = self.stopped.or_else(|| reached(turn.bounds, &self.spent)) {
                self.stopped = Some(stopped);
                return StepOutcome::End { stopped, alphas: self.alphas() };
            }
            self.next_epoch(turn.bounds, truth);
        }
    }

    /// What it has cost.
    pub(super) const fn cost(&self) -> Cost {
        self.spent
    }

    /// What it did not find in the weights that it began with.
    pub(super) fn drawn_anew(&self) -> Option<DrawnAnew> {
        self.job.drawn_anew.clone()
    }

    /// The names and shapes of its weights.
    pub(super) fn names(&self) -> &[(String, Shape)] {
        &self.job.weights
    }

    /// What it leaves to others.
    pub(super) fn weights(&self) -> Weights {
        Weights { samples: self.samples, alphas: self.alphas() }
    }

    /// Trains and scores the next epoch.
    fn next_epoch(&mut self, bounds: &[Bound], truth: &Truth<'_>) {
        let TrainingJob { trial, network, forward, plan, data, rows, dictated, .. } = &*self.job;
        let before = self.last.as_ref().map_or(0, |last| last.number);
        let pace = Pace { plan, rows, valid_rows: data.info.valid_rows, forward: *forward, bounds };
        let (steps, cost) = pace.epoch(before, self.spent);
        self.spent += cost;
        let (batch, number, train_rows) = (f64::from(plan.batch), before + 1, data.info.train_rows);
        self.samples += batch * steps.weights as f64;
        self.searched += batch * steps.architecture as f64;
        let epoch = match network {
            Network::Architecture(good) => truth.epoch(good, self.samples, train_rows, *trial, number),
            Network::Supernet(supernet) => {
                let landscape = truth.landscape;
                let part = Landscape::learned(self.searched, train_rows);
                self.alphas = dictated.map_or_else(
                    || supernet.learned(*trial, &self.start, part, landscape),
                    |(supernets, alpha)| supernet.dictated(*trial, supernets, alpha),
                );
                let good = supernet.good(&self.alphas, landscape);
                landscape.epoch(good, self.samples, train_rows, *trial, number)
            }
        };
        let needed = plan.early_stopping.map_or(0.0, |early| early.minimum_improvement);
        self.without_improvement =
            if epoch.valid_loss < self.lowest - needed { 0 } else { self.without_improvement + 1 };
        self.lowest = self.lowest.min(epoch.valid_loss);
        let tired = plan.early_stopping.is_some_and(|early| self.without_improvement >= early.patience);
        self.stopped = reached(bounds, &self.spent)
            .or_else(|| (number >= plan.epochs).then_some(Stopped::Epochs))
            .or_else(|| tired.then_some(Stopped::EarlyStopping));
        self.last = Some(epoch);
    }

    /// The alphas as they are; none of a network that has none.
    fn alphas(&self) -> Alphas {
        match &self.job.network {
            Network::Architecture(_) => Alphas::default(),
            Network::Supernet(supernet) => supernet.report(&self.alphas),
        }
    }
}
