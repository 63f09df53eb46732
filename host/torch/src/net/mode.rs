//! How a forward pass is done: what a step of training or a score switches on.

use super::blend::Blend;

/// How a forward pass is done.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Mode {
    /// Whether dropout and batch statistics are on.
    pub(crate) train: bool,
    /// Whether batch statistics update the running ones in training.
    pub(crate) track: bool,
    /// Whether gradients flow to the alphas of a supernet.
    pub(crate) learn_alphas: bool,
    /// Which options of a supernet are computed, and how much each counts.
    pub(crate) blend: Blend,
    /// The probability of every skip dropout of a supernet.
    pub(crate) skip_dropout: f64,
    /// Dropout of the input of highway cells, in place of the network's own.
    pub(crate) input_dropout: Option<f64>,
    /// Dropout of the states of highway cells, in place of the network's own.
    pub(crate) hidden_dropout: Option<f64>,
    /// Whether the pass returns what enters the last dense layer.
    pub(crate) keep_hidden: bool,
}

impl Mode {
    /// The mode of a weight step.
    pub(crate) fn training() -> Self {
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

    /// The mode of a score: no dropout, running statistics.
    pub(crate) fn scoring() -> Self {
        Self { train: false, track: false, ..Self::training() }
    }
}
