//! Values \[B, C, L\] whose channels lie next to each other in memory, as the CPU likes them.
//!
//! There libtorch knows no such layout for one dimension, but for images, and its kernels for images of height 1 with
//! channels last take a fifth to two thirds of the time of those for \[B, C, L\] as it is: oneDNN has direct code for
//! depthwise convolutions (without it copies a window for each position), and pools and batch norms go over vectors of
//! channels. So on the CPU convolutions turn their input to this layout, and what follows keeps it. CUDA is left alone.

use tch::{Device, TchError, Tensor};

/// Whether a value lies in memory with channels last, on the CPU.
pub(super) fn is_channels_last(value: &Tensor) -> bool {
    match value.size()[..] {
        [_, channels, length] => value.device() == Device::Cpu && value.stride() == [channels * length, 1, channels],
        _ => false,
    }
}

/// A value of a CPU with channels last.
pub(super) fn channels_last(value: &Tensor) -> Result<Tensor, TchError> {
    if is_channels_last(value) {
        return Ok(value.shallow_clone());
    }
    value.f_transpose(1, 2)?.f_contiguous()?.f_transpose(1, 2)
}

/// A value \[B, C, L\] as images \[B, C, 1, L\], given to `f`, whose images are made values again.
pub(super) fn as_images(
    value: &Tensor,
    f: impl FnOnce(&Tensor) -> Result<Tensor, TchError>,
) -> Result<Tensor, TchError> {
    f(&value.f_unsqueeze(2)?)?.f_squeeze_dim(2)
}
