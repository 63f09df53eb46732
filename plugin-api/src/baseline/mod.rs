//! The strategy of every baseline: one trial of a fixed architecture, and then that architecture is what was found.

pub mod blocks;
mod linear;
mod settings;

use serde::{Deserialize, Serialize};

use crate::message::{Ask, Candidate, Network, Outcome, Plan, Proposal, Report, Trial, TrialId};
use crate::space::Architecture;
use crate::{Error, Result, Strategy};

pub use linear::LinearSettings;
pub use settings::BaselineSettings;

/// Trains one architecture once and finishes with it.
///
/// Use it as the strategy of a [`register!`](crate::register!) with `kind = baseline`.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    architecture: Architecture,
    plan: Plan,
}

/// What changes during the run of a [`Baseline`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineState {
    /// The trial, once it is proposed.
    trial: Option<TrialId>,
    /// Why it failed, if it did.
    failed: Option<String>,
}

impl Baseline {
    /// A baseline that trains `architecture` as `plan` says.
    pub const fn new(architecture: Architecture, plan: Plan) -> Self {
        Self { architecture, plan }
    }

    /// The architecture.
    pub const fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// A published count of filters or units times a width, to the nearest whole number and at least 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
    pub fn scaled(published: usize, width: f64) -> usize {
        ((published as f64 * width).round() as usize).max(1)
    }

    /// Refuses windows shorter than the network `name` can read.
    pub fn expect_length(name: &str, shortest: usize, length: usize) -> Result<()> {
        if length < shortest {
            return Err(Error::invalid(format!(
                "{name} needs windows of at least {shortest} bases, the data has windows of {length}"
            )));
        }
        Ok(())
    }

    fn network(&self) -> Network {
        self.architecture.clone().into()
    }
}

impl Strategy for Baseline {
    type State = BaselineState;

    fn propose(&self, state: &mut BaselineState, ask: &Ask) -> Result<Proposal> {
        if let Some(reason) = state.failed.as_ref().filter(|_| ask.remaining > 0) {
            return Err(Error::new(format!("the only trial of this baseline failed: {reason}")));
        }
        match state.trial {
            None if ask.remaining > 0 => {
                state.trial = Some(ask.next_trial);
                Ok(Proposal::trial(Trial::train(self.network(), self.plan.clone())))
            }
            Some(trial) if ask.in_flight.contains(&trial) && ask.remaining > 0 => Ok(Proposal::Wait),
            trial => Ok(Proposal::finish(Candidate { network: self.network(), trial })),
        }
    }

    fn update(&self, state: &mut BaselineState, report: &Report) -> Result<()> {
        if let Some(end) = &report.end
            && state.trial == Some(report.trial)
            && let Outcome::Failed { reason } = &end.outcome
        {
            state.failed = Some(reason.clone());
        }
        Ok(())
    }
}
