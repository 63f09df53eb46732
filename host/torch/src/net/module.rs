//! What every operation becomes: a module that maps the values of its inputs to its own.

use tch::{TchError, Tensor};

use super::blend::Blend;
use super::shares::Shares;
use super::statistics::Statistics;
use super::weights::Weights;

/// How a forward pass is done.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Mode {
    /// Whether dropout and batch statistics are on.
    pub train: bool,
    /// Whether, in training, the batch statistics move the running ones.
    pub track: bool,
    /// Whether gradients flow to the alphas of a supernet.
    pub learn_alphas: bool,
    /// Which options of a supernet are computed, and how much each counts.
    pub blend: Blend,
    /// The probability of every skip dropout of a supernet.
    pub skip_dropout: f64,
    /// Dropout of the input of highway cells, in place of the network's own.
    pub input_dropout: Option<f64>,
    /// Dropout of the states of highway cells, in place of the network's own.
    pub hidden_dropout: Option<f64>,
    /// Whether the pass gives what enters the last dense layer.
    pub keep_hidden: bool,
}

impl Mode {
    /// A weight step.
    pub fn training() -> Self {
        Self {
            train: true,
            track: true,
            learn_alphas: false,
            blend: Blend::Softmax,
            skip_dropout: 0.0,
            input_dropout: None,
            hidden_dropout: None,
            keep_hidden: false,
        }
    }

    /// A score: no dropout, running statistics.
    pub fn scoring() -> Self {
        Self { train: false, track: false, ..Self::training() }
    }
}

/// One forward pass.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    /// The network's weights.
    pub(super) weights: &'a Weights,
    /// How it is done.
    pub(super) mode: &'a Mode,
    /// How much each option of a supernet counts.
    pub(super) shares: Shares,
    /// Where batch norms, which then normalise by the batch, note what they see.
    pub(super) statistics: Option<&'a mut Statistics>,
    /// The outputs of highway cells, \[T, B, H\], for the slowness regulariser.
    pub(super) recurrent_outputs: Vec<Tensor>,
}

/// An operation with its weights. Values are \[B, C, L\] or \[B, F\].
pub(super) trait Module: Send + std::fmt::Debug {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError>;
}

/// A module without weights, given by a function of its only input and of whether the pass trains.
pub(super) struct Function<F>(pub(super) F);

impl<F> std::fmt::Debug for Function<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Function")
    }
}

impl<F: Fn(&Tensor, bool) -> Result<Tensor, TchError> + Send> Module for Function<F> {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        (self.0)(inputs[0], pass.mode.train)
    }
}

/// As the integers that libtorch takes. Sizes were checked to be far below 2^63.
pub(super) fn size(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
