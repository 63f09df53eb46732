//! One layer of a network: an operation, what it reads, its shape and exact counts.

use super::Op;

/// What a layer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The graph's input.
    Input,
    /// The layer at this position of the list; always an earlier one.
    Layer(usize),
}

/// What a layer does.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerOp {
    /// An operation other than [`Op::Block`] and [`Op::Choice`].
    Op(Op),
    /// The mixture of the options of a decision: one input an option, in the order of `options`.
    Mix {
        /// The decision.
        decision: String,
        /// Its options here.
        options: Vec<String>,
    },
}

/// The shape of one sample's value: \[channels, length\] or \[features\].
pub type Shape = Vec<usize>;

/// One operation with its shape and counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Path of the node: block uses and options joined by dots. Weights are named after it.
    pub name: String,
    /// What it does.
    pub op: LayerOp,
    /// What it reads.
    pub inputs: Vec<Source>,
    /// Shape of its value for one sample.
    pub shape: Shape,
    /// Trained weights.
    pub parameters: u64,
    /// Multiply-adds of one sample's forward pass: those of convolutions, linear layers and recurrent matrices;
    /// biases, normalisation, pooling and activations are not counted.
    pub multiply_adds: u64,
    /// Values of one sample that a training step keeps of it until the backward pass: an estimate. A supernet's is that
    /// of an architecture step over all options.
    pub activations: u64,
    /// Values of one sample, whether anything keeps them or not, that are in memory while a pass is at this layer, or their
    /// gradients: what it reads and computes, its working copies, and what is computed before it and read after it. An
    /// estimate.
    pub live: u64,
}

/// A shape as errors show it: `[320, 75]`.
pub(super) fn shown(shape: &[usize]) -> String {
    format!("[{}]", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
}
