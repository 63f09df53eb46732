//! Training to the optimum of a convex loss.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Trains to the one optimum of a convex loss, by passes over all training rows rather than by steps on batches.
///
/// For networks whose loss has one optimum: a dense layer that ends the network, on values that no weight has a part in
/// (the bases themselves, a [`KmerSpectrum`](crate::space::Op::KmerSpectrum), pools of them). A plan with it uses
/// neither optimizers nor clipping.
///
/// What is minimised is the mean over rows of the loss, summed over labels, and an L2 penalty:
///
/// ```text
/// 1/N Σᵢ loss(xᵢ) + s/2 · Σ w²
/// ```
///
/// over all weights and not the biases, so that s = 1/(C·N) for the C of scikit-learn. Each strength s is an epoch: it
/// begins from the weights of the one before it, ends at the optimum, and is scored on the validation split. The best
/// epoch is that of the best strength, and early stopping ends a list of strengths that
/// fall once weaker ones are worse.
///
/// The final training of what such a trial found is done by the trial's own plan, in place of the run's recipe: the
/// optimum is a part of the model, and does not depend on how it was reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Optimum {
    /// The strength of the L2 penalty in each epoch, as many as the plan has epochs.
    pub l2: Vec<f64>,
    /// The optimum is reached where the last iterations lowered what is minimised by less than this part of it each.
    pub tolerance: f64,
    /// Iterations of L-BFGS at most, for each strength; each is at least one pass over the rows.
    pub iterations: u32,
}

impl Default for Optimum {
    fn default() -> Self {
        Self { l2: Vec::new(), tolerance: 1e-7, iterations: 1000 }
    }
}

impl Optimum {
    pub(super) fn validate(&self) -> Result<()> {
        if let Some(strength) = self.l2.iter().find(|strength| !(**strength >= 0.0 && **strength < 1e12)) {
            return Err(Error::invalid(format!(
                "the plan's optimum has an L2 strength of {strength}: expected at least 0 and below 1e12"
            )));
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(Error::invalid(format!(
                "the plan's optimum has a tolerance of {}: expected more than 0 and less than 1",
                self.tolerance
            )));
        }
        if self.iterations == 0 {
            return Err(Error::invalid("the plan's optimum has 0 iterations: expected at least 1"));
        }
        Ok(())
    }
}
