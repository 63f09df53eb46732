//! How the weights of a part are updated: the rule, its rate, and how the rate changes.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// An optimizer of one part of the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Optimizer {
    /// The update rule.
    pub algorithm: Algorithm,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// L2 penalty, added to the gradient (for AdamW: decoupled).
    pub weight_decay: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
}

impl Default for Optimizer {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
            learning_rate: 1e-3,
            weight_decay: 0.0,
            schedule: Schedule::Constant,
        }
    }
}

impl Optimizer {
    /// Adam whose rate falls from `learning_rate` to 0 along a cosine, step by step: a fair start for any network and
    /// any length of training.
    pub fn adam(learning_rate: f64) -> Self {
        Self { learning_rate, schedule: Schedule::Cosine { minimum: 0.0, every_step: true }, ..Self::default() }
    }

    /// Stochastic gradient descent at a constant rate, without decay.
    pub fn sgd(learning_rate: f64, momentum: f64) -> Self {
        Self { algorithm: Algorithm::Sgd { momentum }, learning_rate, ..Self::default() }
    }

    /// RMSprop with α 0.9, without decay, at a constant rate: that of Keras, but for its ε.
    pub fn rms_prop(learning_rate: f64, epsilon: f64) -> Self {
        Self { algorithm: Algorithm::RmsProp { alpha: 0.9, epsilon }, learning_rate, ..Self::default() }
    }

    pub(super) fn validate(&self, part: &str) -> Result<()> {
        let check = |what: &str, value: f64, below: f64| {
            if value >= 0.0 && value < below {
                Ok(())
            } else {
                Err(Error::invalid(format!(
                    "the plan's {part} {what} is {value}: expected at least 0 and below {below}"
                )))
            }
        };
        check("learning_rate", self.learning_rate, 1e6)?;
        check("weight_decay", self.weight_decay, 1e6)?;
        match self.algorithm {
            Algorithm::Sgd { momentum } => check("momentum", momentum, 1.0)?,
            Algorithm::Adam { beta1, beta2, epsilon } | Algorithm::AdamW { beta1, beta2, epsilon } => {
                check("beta1", beta1, 1.0)?;
                check("beta2", beta2, 1.0)?;
                check("epsilon", epsilon, 1.0)?;
            }
            Algorithm::RmsProp { alpha, epsilon } => {
                check("alpha", alpha, 1.0)?;
                check("epsilon", epsilon, 1.0)?;
            }
        }
        match self.schedule {
            Schedule::Constant => Ok(()),
            Schedule::Cosine { minimum, .. } => check("schedule minimum", minimum, 1e6),
            Schedule::Step { epochs: 0, .. } => {
                Err(Error::invalid(format!("the plan's {part} schedule steps every 0 epochs: expected at least 1")))
            }
            Schedule::Step { factor, .. } => check("schedule factor", factor, 1e6),
            Schedule::Inverse { decay } => check("schedule decay", decay, 1e6),
        }
    }
}

/// The update rules, as in PyTorch's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the hyper-parameters have the names of the papers")]
pub enum Algorithm {
    /// Stochastic gradient descent, with momentum without dampening.
    Sgd {
        #[serde(default)]
        momentum: f64,
    },
    /// Kingma & Ba 2015.
    Adam { beta1: f64, beta2: f64, epsilon: f64 },
    /// Loshchilov & Hutter 2019.
    AdamW { beta1: f64, beta2: f64, epsilon: f64 },
    /// Tieleman & Hinton 2012, not centred.
    RmsProp { alpha: f64, epsilon: f64 },
}

/// How a learning rate changes over a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// `η(p) = η_min + ½(η₀ − η_min)(1 + cos πp)`, p the finished part of the training (of its epochs or of its
    /// limit, whichever is nearer its end).
    Cosine {
        /// `η_min`.
        #[serde(default)]
        minimum: f64,
        /// Whether p moves with every step, or, as in the papers of the DARTS family, only between epochs.
        #[serde(default)]
        every_step: bool,
    },
    /// η₀ · factor^⌊epoch / epochs⌋.
    Step {
        /// Epochs between two drops.
        epochs: u32,
        /// What the rate is multiplied with.
        factor: f64,
    },
    /// η₀ / (1 + decay · step), as Torch7's optimizers fall.
    Inverse {
        /// What is added to the divisor a step.
        decay: f64,
    },
}
