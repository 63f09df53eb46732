//! How the alphas of a supernet are trained: the architecture steps of differentiable search.

use serde::{Deserialize, Serialize};

use super::Optimizer;
use crate::{Error, Result};

/// How the alphas of a supernet are trained. Before each weight step comes an architecture step, which changes alphas
/// and nothing else; no weight optimizer ever sees an alpha.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Arch {
    /// The optimizer of the alphas.
    pub optimizer: Optimizer,
    /// The largest norm of the gradient of all alphas together that is left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// Epochs at the beginning that train weights only; where a limit will end the training before its last epoch,
    /// the same part of the limit.
    #[serde(default)]
    pub warm_up: u32,
    /// How the gradient is approximated.
    #[serde(default)]
    pub order: Order,
    /// The rows of architecture steps.
    #[serde(default)]
    pub data: ArchData,
}

/// The approximation of the gradient of the alphas (Liu et al. 2019, eq. 6 to 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Order {
    /// ∇α L(w, α) at the weights as they are.
    #[default]
    First,
    /// The gradient after one unrolled weight step, its implicit term by a finite difference. With g the gradient of
    /// the weights on a training batch, k ≤ 1 the factor by which it is clipped, η the learning rate, and M the loss on
    /// that batch:
    ///
    /// ```text
    /// w' = w − η(k·g + weight_decay·w)       v = ∇w' L(w', α), clipped       u = η·k·v
    /// h  = (∇α M(w + Ru, α) − ∇α M(w − Ru, α))/2R,  R = 0.01/‖u‖
    /// ∇α = ∇α L(w', α) − h
    /// ```
    ///
    /// η and, where parts are clipped by themselves, k are those of each part; with one of each this is Liu et al.'s
    /// equation 8. k counts as a constant, no momentum and no regulariser is unrolled, all passes use the same dropout
    /// masks, and none of them moves a running statistic.
    Second {
        /// L2 penalty of the unrolled step.
        #[serde(default)]
        weight_decay: f64,
    },
}

/// Which rows architecture steps read. The rows of the training split that they read are the same in all trials of a
/// run, so no such trial trains weights on them, nor does one that inherits these weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ArchData {
    /// A part of the training split; the weights train on the rest.
    Train {
        /// How much of it, between 0 and 1.
        part: f64,
    },
    /// The validation split, as genomeNAS does; its scores then are no longer of unseen data.
    Valid,
}

impl Default for ArchData {
    fn default() -> Self {
        Self::Train { part: 0.5 }
    }
}

impl Arch {
    /// Refuses numbers that no training could use.
    pub(super) fn validate(&self) -> Result<()> {
        self.optimizer.validate("arch")?;
        if let Some(norm) = self.clip.filter(|norm| !(*norm > 0.0 && norm.is_finite())) {
            return Err(Error::invalid(format!(
                "the plan clips the gradient of alphas at {norm}: expected more than 0"
            )));
        }
        if let Order::Second { weight_decay } = self.order
            && !(0.0..1e6).contains(&weight_decay)
        {
            return Err(Error::invalid(format!(
                "the unrolled step has weight_decay {weight_decay}: expected 0 or more"
            )));
        }
        match self.data {
            ArchData::Train { part } if !(part > 0.0 && part < 1.0) => Err(Error::invalid(format!(
                "architecture steps read {part} of the training split: expected 0 < part < 1"
            ))),
            _ => Ok(()),
        }
    }
}
