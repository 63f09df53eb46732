//! A trial from its start to its end, as a strategy hears of it.

use super::cost::{Bound, Pace};
use super::drive::Host;
use super::network::Resolved;
use super::training::{Training, Weights};
use crate::message::{
    Alphas, Cost, End, Epoch, Initialisation, Network, Outcome, Report, Stopped, Trial, TrialId, Unit, Work,
};
use crate::space::Mask;
use crate::{Result, Strategy};

/// A trial that the host has checked.
pub(super) struct Ready {
    pub(super) id: TrialId,
    pub(super) trial: Trial,
    pub(super) network: Resolved,
    /// What remained when it was checked.
    pub(super) remaining: Mask,
}

/// How a trial ended.
struct Ended {
    outcome: Outcome,
    spent: Cost,
    best: Option<Epoch>,
    alphas: Alphas,
}

impl Host<'_> {
    /// Runs a trial to its end.
    pub(super) fn run(&mut self, mut ready: Ready, strategy: &mut dyn Strategy) -> Result<Outcome> {
        let Work::Train { network, plan, .. } = &ready.trial.work;
        let end = if self.dropped.contains(&ready.id) {
            Err(Outcome::Discarded)
        } else if self.left() == 0 {
            Err(Outcome::Completed { stopped: Stopped::Budget })
        } else if ready.remaining == self.remaining {
            Ok(())
        } else {
            // Trials before it in the proposal led to discards.
            self.networks
                .of_trial(network, plan, &self.remaining)
                .map(|network| ready.network = network)
                .map_err(failed)
        };
        let end = end.and_then(|()| self.inherited(&ready));
        let Ended { outcome, spent, best, alphas } = match end {
            Err(outcome) => Ended { outcome, spent: Cost::default(), best: None, alphas: Alphas::default() },
            Ok(inherited) => self.train(&ready, &inherited, strategy)?,
        };
        let layers = &ready.network.layers;
        let parameters = layers.parameters();
        let held = layers.activations().saturating_mul(plan.batch.into()).saturating_add(3 * parameters);
        let end = End {
            outcome: outcome.clone(),
            best,
            parameters,
            multiply_adds: layers.multiply_adds(),
            peak_memory: held.saturating_mul(4),
        };
        let remaining = self.left();
        let report = Report { trial: ready.id, cost: spent, remaining, epoch: None, alphas, end: Some(end) };
        self.tell(&report, strategy)?;
        Ok(outcome)
    }

    /// The weights that a trial begins with, unless it fails before.
    fn inherited(&self, ready: &Ready) -> std::result::Result<Weights, Outcome> {
        if (self.simulation.fails)(ready.id) {
            return Err(failed("the simulation lets this trial fail"));
        }
        let Work::Train { init, .. } = &ready.trial.work;
        match init {
            Initialisation::Fresh => Ok(Weights::default()),
            Initialisation::Inherit { trial } => {
                let weights = usize::try_from(trial.0).ok().and_then(|id| self.weights.get(id)?.clone());
                weights.ok_or_else(|| {
                    failed(format!("the weights of trial {trial} cannot be inherited: it has none, or lost them"))
                })
            }
        }
    }

    /// Trains, and reports every epoch.
    fn train(&mut self, ready: &Ready, inherited: &Weights, strategy: &mut dyn Strategy) -> Result<Ended> {
        let simulation = self.simulation;
        let Work::Train { plan, .. } = &ready.trial.work;
        let forward = ready.network.layers.multiply_adds();
        let pace = Pace { plan, data: &simulation.setup.data, forward, bound: self.bound(ready.trial.limit) };
        let dictated = simulation.alphas.map(|alpha| (self.supernets_before(ready.id), alpha));
        let mut training = Training::new(ready.id, &ready.network, pace, inherited, self.networks.landscape, dictated);
        loop {
            if self.dropped.contains(&ready.id) {
                let Training { spent, best, .. } = training;
                return Ok(Ended { outcome: Outcome::Discarded, spent, best, alphas: Alphas::default() });
            }
            if let Some(stopped) = training.stopped() {
                let weights = training.weights();
                let alphas = weights.alphas.clone();
                if let Some(slot) = usize::try_from(ready.id.0).ok().and_then(|id| self.weights.get_mut(id)) {
                    *slot = Some(weights);
                }
                let Training { spent, best, .. } = training;
                return Ok(Ended { outcome: Outcome::Completed { stopped }, spent, best, alphas });
            }
            let (epoch, cost) = training.next_epoch();
            self.used += cost;
            let (cost, epoch, alphas) = (training.spent, Some(epoch), training.alphas());
            let remaining = self.left();
            self.tell(&Report { trial: ready.id, cost, remaining, epoch, alphas, end: None }, strategy)?;
        }
    }

    fn bound(&self, limit: Option<u64>) -> Bound {
        let budget = self.simulation.setup.budget;
        let left = match budget.unit {
            Unit::Seconds => budget.amount as f64 - self.used.seconds,
            _ => self.left() as f64,
        };
        match limit.map(|limit| limit as f64).filter(|limit| *limit <= left) {
            Some(amount) => Bound { unit: budget.unit, amount, stopped: Stopped::Limit },
            None => Bound { unit: budget.unit, amount: left, stopped: Stopped::Budget },
        }
    }

    fn supernets_before(&self, id: TrialId) -> usize {
        let is_supernet = |trial: &&Trial| {
            let Work::Train { network, .. } = &trial.work;
            matches!(network, Network::Supernet { .. })
        };
        self.trials.iter().take(usize::try_from(id.0).unwrap_or(usize::MAX)).filter(is_supernet).count()
    }
}

fn failed(why: impl std::fmt::Display) -> Outcome {
    Outcome::Failed { reason: format!("{why}") }
}
