//! Modules, which operations become: each maps the values of its inputs to its own.

use tch::{Device, Kind, TchError, Tensor};

use super::mode::Mode;
use super::shares::Shares;
use super::statistics::Statistics;
use super::weights::Weights;
use crate::kernels::{self, Kernels};

/// One forward pass.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    /// The network's weights.
    pub(super) weights: &'a Weights,
    /// What its operations run on.
    pub(super) kernels: Kernels,
    /// How it is done.
    pub(super) mode: &'a Mode,
    /// How much each option of a supernet counts.
    pub(super) shares: Shares,
    /// Where batch norms record what they read; they then normalise by the batch.
    pub(super) statistics: Option<&'a mut Statistics>,
    /// The outputs of highway cells, \[T, B, H\], for the slowness regulariser.
    pub(super) recurrent_outputs: Vec<Tensor>,
}

impl Pass<'_> {
    /// Whether an operation on `input` runs on a kernel of our own. Kernels know the CPU and float32, and do not observe
    /// statistics.
    pub(super) fn is_fused(&self, input: &Tensor) -> bool {
        self.may_fuse() && input.device() == Device::Cpu && input.kind() == Kind::Float
    }

    /// The same of a highway cell, for which there are kernels on CUDA too; see [`kernels::Highway::has_kernels`].
    pub(super) fn is_fused_cell(&self, like: &Tensor, widest: usize) -> bool {
        self.may_fuse() && kernels::Highway::has_kernels(like, widest)
    }

    fn may_fuse(&self) -> bool {
        self.kernels == Kernels::Fused && self.statistics.is_none()
    }
}

/// An operation with its weights. Values are \[B, C, L\] or \[B, F\].
pub(super) trait Module: Send + std::fmt::Debug {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError>;
}

/// A module without weights: a function of its only input and of whether the pass trains.
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

/// A size as libtorch takes it. Sizes were checked to be far below 2^63.
pub(super) fn size(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
