//! The precision that this process computes with, which libtorch holds for the whole process or thread.

#![expect(unsafe_code, reason = "calls C++")]

use std::marker::PhantomData;
use std::sync::OnceLock;

use genomenas_data::Precision;
use tch::{Device, TchError};

use super::raw;
use crate::error::{Error, Result};

static CHOSEN: OnceLock<Precision> = OnceLock::new();

/// Chooses the precision of every network of this process, before there is one.
///
/// # Errors
///
/// Another was chosen before.
pub fn choose(precision: Precision) -> Result<()> {
    let chosen = *CHOSEN.get_or_init(|| precision);
    if chosen == precision {
        return Ok(());
    }
    Err(Error::bug(format!("this process computes with {chosen} and cannot with {precision}")))
}

/// The precision of this process; float32 where none was chosen.
pub(crate) fn chosen() -> Precision {
    CHOSEN.get().copied().unwrap_or_default()
}

/// Has CUDA devices compute in float32 throughout, with no product or convolution rounded to TF32, unless that was chosen.
pub(crate) fn keep_float32() -> std::result::Result<(), TchError> {
    // SAFETY: needs nothing.
    raw::checked(unsafe { raw::genomenas_float32(i32::from(chosen() == Precision::Tf32)) })
}

/// While it lives, products and convolutions on this kind of device read bfloat16, in this thread: libtorch's autocast.
#[derive(Debug)]
pub(crate) struct Bfloat16 {
    on_cuda: bool,
    /// What it changes belongs to the thread.
    _thread: PhantomData<*const ()>,
}

impl Bfloat16 {
    pub(crate) fn begin(device: Device) -> std::result::Result<Self, TchError> {
        let on_cuda = device.is_cuda();
        // SAFETY: needs nothing.
        raw::checked(unsafe { raw::genomenas_bfloat16(i32::from(on_cuda), 1) })?;
        Ok(Self { on_cuda, _thread: PhantomData })
    }
}

impl Drop for Bfloat16 {
    fn drop(&mut self) {
        // SAFETY: it was begun, in this thread.
        if let Err(error) = raw::checked(unsafe { raw::genomenas_bfloat16(i32::from(self.on_cuda), 0) }) {
            log::warn!("cannot go back to float32: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::*;

    #[test]
    fn the_precision_of_float32_can_be_kept_with_or_without_a_gpu() {
        keep_float32().unwrap();
    }

    #[test]
    fn products_read_bfloat16_while_the_guard_lives_and_not_afterwards() {
        let values = Tensor::ones([2, 2], (Kind::Float, Device::Cpu));
        {
            let _guard = Bfloat16::begin(Device::Cpu).unwrap();
            assert_eq!(values.matmul(&values).kind(), Kind::BFloat16);
        }
        assert_eq!(values.matmul(&values).kind(), Kind::Float);
    }
}
