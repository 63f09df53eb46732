//! The training of one trial, which takes no time: learning curves that rise with the samples.

use super::AlphaOf;
use super::cost::Pace;
use super::landscape::Landscape;
use super::network::{Kind, Resolved};
use crate::message::{Alphas, Cost, Epoch, Stopped, TrialId};

/// What a trial that ended leaves to those that inherit.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    /// Samples that they have seen, inherited ones included.
    pub(super) samples: f64,
    pub(super) alphas: Alphas,
}

/// The alphas that a test dictates, and the number of the supernet.
pub(super) type Dictated = (usize, fn(&AlphaOf<'_>) -> f64);

/// A training under way.
#[derive(Debug)]
pub(super) struct Training<'a> {
    trial: TrialId,
    network: &'a Resolved,
    pace: Pace<'a>,
    landscape: Landscape,
    dictated: Option<Dictated>,
    /// The alphas at the beginning, and as they are.
    start: Vec<Vec<f64>>,
    alphas: Vec<Vec<f64>>,
    /// Samples of weight steps, half of those that were inherited included: learned elsewhere, they are worth less.
    samples: f64,
    /// Samples of architecture steps.
    searched: f64,
    epochs: u32,
    without_improvement: u32,
    pub(super) spent: Cost,
    pub(super) best: Option<Epoch>,
}

impl<'a> Training<'a> {
    pub(super) fn new(
        trial: TrialId,
        network: &'a Resolved,
        pace: Pace<'a>,
        inherited: &Weights,
        landscape: Landscape,
        dictated: Option<Dictated>,
    ) -> Self {
        let start = match &network.kind {
            Kind::Architecture(_) => Vec::new(),
            Kind::Supernet(supernet) => supernet.fresh(trial, &inherited.alphas, landscape),
        };
        Self {
            trial,
            network,
            pace,
            landscape,
            dictated,
            alphas: start.clone(),
            start,
            samples: inherited.samples / 2.0,
            searched: 0.0,
            epochs: 0,
            without_improvement: 0,
            spent: Cost::default(),
            best: None,
        }
    }

    /// The end that it has come to, if any.
    pub(super) fn stopped(&self) -> Option<Stopped> {
        let plan = self.pace.plan;
        let tired = plan.early_stopping.is_some_and(|early| self.without_improvement >= early.patience);
        self.pace
            .bound
            .reached(&self.spent)
            .or_else(|| (self.epochs == plan.epochs).then_some(Stopped::Epochs))
            .or_else(|| tired.then_some(Stopped::EarlyStopping))
    }

    /// Trains and scores the next epoch. Gives what it cost, too.
    pub(super) fn next_epoch(&mut self) -> (Epoch, Cost) {
        let (steps, cost) = self.pace.epoch(self.epochs, self.spent);
        self.epochs += 1;
        self.spent += cost;
        let batch = f64::from(self.pace.plan.batch);
        self.samples += batch * steps.weights as f64;
        self.searched += batch * steps.architecture as f64;
        let rows = self.pace.data.train_rows;
        let good = match &self.network.kind {
            Kind::Architecture(good) => *good,
            Kind::Supernet(supernet) => {
                let part = Landscape::learned(self.searched, rows);
                self.alphas = self.dictated.map_or_else(
                    || supernet.learned(self.trial, &self.start, part, self.landscape),
                    |(number, alpha)| supernet.dictated(self.trial, number, alpha),
                );
                supernet.good(&self.alphas, self.landscape)
            }
        };
        let epoch = self.landscape.epoch(good, self.samples, rows, self.trial, self.epochs);
        self.keep_best(&epoch);
        (epoch, cost)
    }

    /// The alphas as they are; none of a network that has none.
    pub(super) fn alphas(&self) -> Alphas {
        match &self.network.kind {
            Kind::Architecture(_) => Alphas::default(),
            Kind::Supernet(supernet) => supernet.report(&self.alphas),
        }
    }

    /// What it leaves to those that inherit.
    pub(super) fn weights(&self) -> Weights {
        Weights { samples: self.samples, alphas: self.alphas() }
    }

    fn keep_best(&mut self, epoch: &Epoch) {
        let lowest = self.best.as_ref().map_or(f64::INFINITY, |best| best.valid_loss);
        let needed = self.pace.plan.early_stopping.map_or(0.0, |early| early.minimum_improvement);
        self.without_improvement = if epoch.valid_loss < lowest - needed { 0 } else { self.without_improvement + 1 };
        if epoch.valid_loss < lowest {
            self.best = Some(epoch.clone());
        }
    }
}
