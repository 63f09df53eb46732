//! How a supernet mixes the options of a decision.

use serde::{Deserialize, Serialize};

use crate::space::Selection;
use crate::{Error, Result};

/// How a supernet computes the value of a decision from those of its options.
///
/// Options that a step does not use are not computed and get no gradient. An option such as `none` contributes
/// zeros, so under `softmax` it only takes probability.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mixing {
    /// Σ pₖ·oₖ with p = softmax of the decision's alphas (DARTS; Liu et al. 2019, eq. 2).
    #[default]
    Softmax,
    /// Σ pₖ·oₖ with p = softmax((alphas + Gumbel noise) / temperature), drawn a step and a decision (SNAS; Xie et al.
    /// 2019). The temperature falls exponentially over the training. Scores are without noise.
    Gumbel {
        /// The temperature at the beginning.
        start: f64,
        /// The temperature at the end.
        end: f64,
    },
    /// Σ oₖ: the plain sum of the remaining options, without alphas.
    Sum,
    /// One sub-network a step, in turn. A decision that its selection drops contributes zeros.
    Cycle {
        /// The sub-networks.
        selections: Vec<Selection>,
    },
    /// One sub-network a step, drawn uniformly from these.
    Sample {
        /// The sub-networks.
        selections: Vec<Selection>,
    },
    /// A step computes `options` options of each decision, drawn uniformly, and takes their mean.
    Uniform {
        /// How many; all where a decision has fewer.
        options: u32,
    },
}

impl Mixing {
    /// Whether a supernet mixes by learned alphas, which architecture steps may train.
    pub const fn learns(&self) -> bool {
        matches!(self, Self::Softmax | Self::Gumbel { .. })
    }

    /// Refuses numbers that no supernet could use. Whether the selections fit the space is checked where it is known.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Gumbel { start, end } if [start, end].iter().any(|t| !(**t > 0.0 && t.is_finite())) => {
                Err(Error::invalid(format!("gumbel mixing from temperature {start} to {end}: expected more than 0")))
            }
            Self::Cycle { selections } | Self::Sample { selections } if selections.is_empty() => {
                Err(Error::invalid("mixing of no selections: expected at least one"))
            }
            Self::Uniform { options: 0 } => Err(Error::invalid("uniform mixing of 0 options: expected at least 1")),
            _ => Ok(()),
        }
    }
}
