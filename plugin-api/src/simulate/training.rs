//! The training of one trial, which takes no time: learning curves that rise with the samples.

use super::AlphaOf;
use super::bound::Bounds;
use super::cost::Pace;
use super::curves::Truth;
use super::landscape::Landscape;
use super::network::{Kind, Resolved};
use crate::message::{Alphas, Cost, DataInfo, Epoch, Plan, Stopped, TrialId};

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

/// A training under way.
#[derive(Debug)]
pub(super) struct Training {
    trial: TrialId,
    network: Resolved,
    plan: Plan,
    data: DataInfo,
    dictated: Option<Dictated>,
    /// The alphas at the beginning, and as they are.
    start: Vec<Vec<f64>>,
    alphas: Vec<Vec<f64>>,
    /// Samples of weight steps, those of the weights at the beginning included.
    samples: f64,
    /// Samples of architecture steps.
    searched: f64,
    epochs: u32,
    without_improvement: u32,
    pub(super) spent: Cost,
    pub(super) best: Option<Epoch>,
}

/// What a training is made of.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) trial: TrialId,
    pub(super) network: Resolved,
    pub(super) plan: &'a Plan,
    pub(super) data: &'a DataInfo,
    pub(super) weights: Weights,
    pub(super) dictated: Option<Dictated>,
}

impl Training {
    pub(super) fn new(job: Job<'_>, landscape: Landscape) -> Self {
        let Job { trial, network, plan, data, weights, dictated } = job;
        let start = match &network.kind {
            Kind::Architecture(_) => Vec::new(),
            Kind::Supernet(supernet) => supernet.fresh(trial, &weights.alphas, landscape),
        };
        Self {
            trial,
            network,
            plan: plan.clone(),
            data: data.clone(),
            dictated,
            alphas: start.clone(),
            start,
            samples: weights.samples,
            searched: 0.0,
            epochs: 0,
            without_improvement: 0,
            spent: Cost::default(),
            best: None,
        }
    }

    /// The end that it has come to, if any.
    pub(super) fn stopped(&self, bounds: &Bounds) -> Option<Stopped> {
        let tired = self.plan.early_stopping.is_some_and(|early| self.without_improvement >= early.patience);
        bounds
            .reached(&self.spent)
            .or_else(|| (self.epochs == self.plan.epochs).then_some(Stopped::Epochs))
            .or_else(|| tired.then_some(Stopped::EarlyStopping))
    }

    /// Trains and scores the next epoch.
    pub(super) fn next_epoch(&mut self, bounds: &Bounds, truth: &Truth<'_>) -> Epoch {
        let forward = self.network.layers.multiply_adds();
        let pace = Pace { plan: &self.plan, data: &self.data, forward, bounds };
        let (steps, cost) = pace.epoch(self.epochs, self.spent);
        self.epochs += 1;
        self.spent += cost;
        let batch = f64::from(self.plan.batch);
        self.samples += batch * steps.weights as f64;
        self.searched += batch * steps.architecture as f64;
        let rows = self.data.train_rows;
        let epoch = match &self.network.kind {
            Kind::Architecture(good) => truth.epoch(good, self.samples, rows, self.trial, self.epochs),
            Kind::Supernet(supernet) => {
                let landscape = truth.landscape;
                let part = Landscape::learned(self.searched, rows);
                self.alphas = self.dictated.map_or_else(
                    || supernet.learned(self.trial, &self.start, part, landscape),
                    |(number, alpha)| supernet.dictated(self.trial, number, alpha),
                );
                let good = supernet.good(&self.alphas, landscape);
                landscape.epoch(good, self.samples, rows, self.trial, self.epochs)
            }
        };
        self.keep_best(&epoch);
        epoch
    }

    /// The alphas as they are; none of a network that has none.
    pub(super) fn alphas(&self) -> Alphas {
        match &self.network.kind {
            Kind::Architecture(_) => Alphas::default(),
            Kind::Supernet(supernet) => supernet.report(&self.alphas),
        }
    }

    /// What it leaves to others.
    pub(super) fn weights(&self) -> Weights {
        Weights { samples: self.samples, alphas: self.alphas() }
    }

    fn keep_best(&mut self, epoch: &Epoch) {
        let lowest = self.best.as_ref().map_or(f64::INFINITY, |best| best.valid_loss);
        let needed = self.plan.early_stopping.map_or(0.0, |early| early.minimum_improvement);
        self.without_improvement = if epoch.valid_loss < lowest - needed { 0 } else { self.without_improvement + 1 };
        if epoch.valid_loss < lowest {
            self.best = Some(epoch.clone());
        }
    }
}
