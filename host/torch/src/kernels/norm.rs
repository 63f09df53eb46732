//! Batch normalisation of values whose channels lie next to each other in memory.

#![expect(unsafe_code, reason = "calls C++")]

use std::ptr;

use tch::{TchError, Tensor};

use super::highway::Running;
use super::raw;

/// How a norm scales what it has normalised.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scale<'a> {
    /// It does not.
    None,
    /// By a weight and a shift of each channel, \[C\] each.
    Affine(&'a Tensor, &'a Tensor),
    /// By the share of an option, a scalar.
    Share(&'a Tensor),
}

/// A batch norm of values \[B, C, L\] or \[B, C\].
#[derive(Debug)]
pub(crate) struct BatchNorm<'a> {
    pub(crate) scale: Scale<'a>,
    /// Read unless the norm is by the batch, and updated then.
    pub(crate) running: Option<Running<'a>>,
    pub(crate) by_batch: bool,
    pub(crate) momentum: f64,
    pub(crate) epsilon: f64,
}

impl BatchNorm<'_> {
    /// The norm of `x`, float32 on the CPU, with channels last in memory.
    pub(crate) fn run(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let (weight, bias, share) = match self.scale {
            Scale::None => (None, None, None),
            Scale::Affine(weight, bias) => (Some(weight), Some(bias), None),
            Scale::Share(share) => (None, None, Some(share)),
        };
        let pointer = |tensor: Option<&Tensor>| tensor.map_or(ptr::null(), Tensor::as_ptr);
        let norm = raw::BatchNorm {
            weight: pointer(weight),
            bias: pointer(bias),
            share: pointer(share),
            running_mean: pointer(self.running.map(|running| running.mean)),
            running_variance: pointer(self.running.map(|running| running.variance)),
            by_batch: self.by_batch.into(),
            momentum: self.momentum,
            epsilon: self.epsilon,
        };
        let mut out = ptr::null_mut();
        // SAFETY: all pointers hold for the call, which copies what it keeps.
        raw::checked(unsafe { raw::genomenas_batch_norm(&raw mut out, x.as_ptr(), &raw const norm) })?;
        // SAFETY: a new tensor, which is ours.
        Ok(unsafe { Tensor::from_ptr(out) })
    }
}
