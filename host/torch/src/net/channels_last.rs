//! Values \[B, C, L\] whose channels lie next to each other in memory, which is faster on the CPU.
//!
//! libtorch has this layout for images and not for one dimension. Its CPU kernels for images of height 1 with channels
//! last take a fifth to two thirds of the time of those for contiguous \[B, C, L\]: oneDNN has direct code for depthwise
//! convolutions (without it, a window is copied for each position), and pools and batch norms work on vectors of
//! channels. So on the CPU convolutions convert their input to this layout, and what follows keeps it. On CUDA nothing is
//! converted.

use tch::{Device, TchError, Tensor};

/// Whether a value lies in memory with channels last, on the CPU.
pub(super) fn is_channels_last(value: &Tensor) -> bool {
    match value.size()[..] {
        [_, channels, length] => value.device() == Device::Cpu && value.stride() == [channels * length, 1, channels],
        _ => false,
    }
}

/// The value with channels last; the value itself where it has them already.
pub(super) fn channels_last(value: &Tensor) -> Result<Tensor, TchError> {
    if is_channels_last(value) {
        return Ok(value.shallow_clone());
    }
    value.f_transpose(1, 2)?.f_contiguous()?.f_transpose(1, 2)
}

/// Calls `f` with a value \[B, C, L\] as images \[B, C, 1, L\], and converts the images that it returns back.
pub(super) fn as_images(
    value: &Tensor,
    f: impl FnOnce(&Tensor) -> Result<Tensor, TchError>,
) -> Result<Tensor, TchError> {
    f(&value.f_unsqueeze(2)?)?.f_squeeze_dim(2)
}
