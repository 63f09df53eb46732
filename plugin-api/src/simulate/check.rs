//! The checks of what a strategy proposes and finds, before anything is done with it.

use super::cost::check_plan;
use super::curves::Good;
use super::drive::{Host, refused};
use super::network::Resolved;
use crate::message::{Finding, Initialisation, Network, Trial, TrialId, Work};
use crate::space::Mask;
use crate::{Error, Result};

impl Host<'_> {
    /// Checks a trial, and gives the network that it trains.
    pub(super) fn check(&self, trial: &Trial) -> Result<Option<(Resolved, Mask)>> {
        if trial.limit == Some(0) {
            return Err(refused("its limit is 0: expected at least 1, or none"));
        }
        if trial.limit.is_none() && trial.limit_unit.is_some() {
            return Err(refused("it has a limit_unit and no limit: give the limit, too"));
        }
        if let Some(of) = source(trial) {
            self.check_source(of)?;
        }
        match &trial.work {
            Work::Train { network, plan, .. } => {
                plan.validate()?;
                check_plan(plan, &self.simulation.setup.data)?;
                let resolved = self.networks.of_trial(network, plan, &self.remaining)?;
                Ok(Some((resolved, self.remaining.clone())))
            }
            Work::Score { weights_of, masks, batch, validation_batches, .. } => {
                if masks.is_empty() || *batch == 0 || *validation_batches == Some(0) {
                    return Err(refused(format!(
                        "a score of {} masks in batches of {batch}: expected at least 1 of each, and of validation_batches",
                        masks.len()
                    )));
                }
                if self.trial(*weights_of).is_some_and(|of| !trains_supernet(of)) {
                    return Err(only_supernets(*weights_of));
                }
                Ok(None)
            }
        }
    }

    /// Checks what was found, and gives how good the best is.
    pub(super) fn check_finding(&self, finding: &Finding) -> Result<Good> {
        for candidate in std::iter::once(&finding.best).chain(&finding.others) {
            self.networks.of_finding(&candidate.network).map_err(|error| error.context("the finding"))?;
            if let Some(trial) = candidate.trial.filter(|trial| self.trial(*trial).is_none()) {
                return Err(refused(format!("the finding names trial {trial}, which was never proposed")));
            }
        }
        self.networks.of_finding(&finding.best.network)
    }

    /// Refuses weights that no trial can ever leave. That it has not completed yet shows when they are needed.
    fn check_source(&self, of: TrialId) -> Result<()> {
        match self.trial(of) {
            None => Err(no_weights(of, "there is no such trial")),
            Some(_) if self.dropped.contains(&of) => Err(no_weights(of, "it was discarded")),
            Some(Trial { work: Work::Score { .. }, .. }) => Err(no_weights(of, "it is no training that completed")),
            Some(_) => Ok(()),
        }
    }

    /// A trial that was proposed.
    pub(super) fn trial(&self, id: TrialId) -> Option<&Trial> {
        self.trials.get(usize::try_from(id.0).ok()?)
    }
}

/// The trial whose weights a trial needs.
pub(super) fn source(trial: &Trial) -> Option<TrialId> {
    match &trial.work {
        Work::Train { init: Initialisation::Inherit { trial } | Initialisation::Continue { trial }, .. } => {
            Some(*trial)
        }
        Work::Train { init: Initialisation::Fresh, .. } => None,
        Work::Score { weights_of, .. } => Some(*weights_of),
    }
}

/// Whether a trial trains a supernet.
pub(super) const fn trains_supernet(trial: &Trial) -> bool {
    matches!(trial.work, Work::Train { network: Network::Supernet { .. }, .. })
}

/// What is said of weights that nobody has.
pub(super) fn no_weights(of: TrialId, why: &str) -> Error {
    refused(format!("the weights of trial {of} cannot be used: {why}"))
}

/// What is said of a score of weights that are not a supernet's.
pub(super) fn only_supernets(of: TrialId) -> Error {
    refused(format!("trial {of} trained an architecture: parts of a supernet alone can be scored"))
}
