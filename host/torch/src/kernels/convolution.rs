//! Convolutions of values whose channels lie next to each other in memory.

#![expect(unsafe_code, reason = "calls C++")]

use std::ptr;

use tch::{TchError, Tensor};

use super::raw;

/// A convolution without bias.
#[derive(Debug)]
pub(crate) struct Convolution<'a> {
    /// Whether max(x, 0) is read instead of x.
    pub(crate) rectified: bool,
    /// A convolution of each channel before the product of each position's channels, \[C, 1, taps\]; a dense one without.
    pub(crate) depth: Option<&'a Tensor>,
    /// \[N, C, taps\], after a convolution of each channel \[N, C, 1\].
    pub(crate) weight: &'a Tensor,
    pub(crate) stride: i64,
    pub(crate) padding: i64,
    /// 1 in a dense one.
    pub(crate) dilation: i64,
}

impl Convolution<'_> {
    /// The most taps that the kernel knows.
    pub(crate) const MOST_TAPS: usize = 64;
    /// The most weights for which it is the faster one: those of larger products do not stay in a core's cache.
    pub(crate) const MOST_WEIGHTS: usize = 1 << 16;

    /// The convolution of `x` \[B, C, L\], float32 on the CPU, with channels last in memory.
    pub(crate) fn run(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let given = raw::Convolve {
            weight: self.weight.as_ptr(),
            depth: self.depth.map_or(ptr::null(), Tensor::as_ptr),
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            rectified: self.rectified.into(),
        };
        let mut out = ptr::null_mut();
        // SAFETY: all pointers hold for the call, which copies what it keeps.
        raw::checked(unsafe { raw::genomenas_convolve(&raw mut out, x.as_ptr(), &raw const given) })?;
        // SAFETY: a new tensor, which is ours.
        Ok(unsafe { Tensor::from_ptr(out) })
    }
}
