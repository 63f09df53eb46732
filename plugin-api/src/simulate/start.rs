//! The beginning of a trial: its work, the weights that it needs, and what it may spend.

use super::bound::{Bound, Bounds};
use super::check::{no_weights, only_supernets, source, trains_supernet};
use super::drive::{Host, refused};
use super::scoring::Scoring;
use super::training::{Job, Training};
use super::trial::{Doing, Left, Ready, Size, UnderWay};
use crate::Result;
use crate::message::{Initialisation, Stopped, Trial, TrialId, Unit, Work};

impl Host<'_> {
    /// What a trial does, unless it fails before.
    pub(super) fn start(&self, trial: &mut UnderWay) -> Result<Doing> {
        let Ready { id, trial: proposed, network } = &mut trial.ready;
        if (self.simulation.fails)(*id) {
            return Err(refused("the simulation lets this trial fail"));
        }
        let left = self.weights_for(proposed, trial.orphaned)?;
        let setup = &self.simulation.setup;
        match &proposed.work {
            Work::Train { network: named, plan, init } => {
                let resolved = match network.take() {
                    Some((resolved, remaining)) if remaining == trial.remaining => resolved,
                    // Trials before it led to discards.
                    _ => self.networks.of_trial(named, plan, &trial.remaining)?,
                };
                trial.size = Size::of(&resolved.layers, plan.batch);
                let weights = left.map(|left| left.weights.clone()).unwrap_or_default();
                let weights =
                    if matches!(init, Initialisation::Inherit { .. }) { weights.inherited() } else { weights };
                let dictated = self.simulation.alphas.map(|alpha| (self.supernets_before(*id), alpha));
                let job = Job { trial: *id, network: resolved, plan, data: &setup.data, weights, dictated };
                Ok(Doing::Training(Box::new(Training::new(job, self.networks.truth.landscape))))
            }
            Work::Score { weights_of, batch, .. } => {
                let left = left.and_then(|left| Some((left, left.supernet.as_ref()?)));
                let (left, trained) = left.ok_or_else(|| only_supernets(*weights_of))?;
                let space = setup.space.of_supernet(None, &trained.mask, &trained.mixing)?;
                trial.size = Size::of(&space.supernet_layers()?, *batch);
                let weights = left.weights.clone();
                let scoring = Scoring::new(setup, &proposed.work, trained, weights, &self.networks.truth)?;
                Ok(Doing::Scoring(Box::new(scoring)))
            }
        }
    }

    /// What the trial left whose weights this one needs.
    fn weights_for(&self, trial: &Trial, orphaned: bool) -> Result<Option<&Left>> {
        let Some(of) = source(trial) else { return Ok(None) };
        match self.left_by.get(&of) {
            _ if orphaned => Err(no_weights(of, "it was discarded")),
            None => Err(no_weights(of, "it is no training that completed")),
            left => Ok(left),
        }
    }

    /// What a trial that is taken out of those under way may spend from its beginning on: its own limit, and what the
    /// others leave of the budget.
    pub(super) fn bounds(&self, trial: &UnderWay) -> Bounds {
        let budget = self.simulation.setup.budget;
        let Trial { limit, limit_unit, .. } = trial.ready.trial;
        let unit = limit_unit.unwrap_or(budget.unit);
        let limit = limit.map(|limit| Bound { unit, amount: limit as f64, stopped: Stopped::Limit });
        let others = self.spent();
        let amount = match budget.unit {
            Unit::Seconds => budget.amount as f64 - others.seconds,
            unit => budget.amount.saturating_sub(others.in_unit(unit)) as f64,
        };
        let left = Bound { unit: budget.unit, amount, stopped: Stopped::Budget };
        Bounds(limit.into_iter().chain([left]).collect())
    }

    fn supernets_before(&self, id: TrialId) -> usize {
        let before = self.trials.iter().take(usize::try_from(id.0).unwrap_or(usize::MAX));
        before.filter(|trial| trains_supernet(trial)).count()
    }
}
