//! The functions of `kernels/interface.cpp`, and the layouts that they read.

#![expect(unsafe_code, reason = "calls C++")]

use std::ffi::{CStr, c_char, c_void};

use tch::TchError;
use torch_sys::C_tensor;

/// `genomenas::Highway`.
#[repr(C)]
pub(super) struct Highway {
    pub(super) nodes: i64,
    pub(super) edges: i64,
    pub(super) rows: *const i64,
    pub(super) inputs: *const i32,
    pub(super) functions: *const u8,
    pub(super) norm: i32,
    pub(super) momentum: f64,
    pub(super) epsilon: f64,
    pub(super) mask: *const C_tensor,
    pub(super) running_mean: *const C_tensor,
    pub(super) running_variance: *const C_tensor,
}

/// `genomenas::Launcher`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Launcher {
    // SAFETY: as kernels/interface.h declares it.
    pub(super) launch: unsafe extern "C" fn(*const c_void, i32, i32, i32, i32, *mut c_void, *mut c_void) -> i32,
    pub(super) on: *const c_void,
}

/// `genomenas::BatchNorm`.
#[repr(C)]
pub(super) struct BatchNorm {
    pub(super) weight: *const C_tensor,
    pub(super) bias: *const C_tensor,
    pub(super) share: *const C_tensor,
    pub(super) running_mean: *const C_tensor,
    pub(super) running_variance: *const C_tensor,
    pub(super) by_batch: i32,
    pub(super) momentum: f64,
    pub(super) epsilon: f64,
}

/// `genomenas::Convolve`.
#[repr(C)]
pub(super) struct Convolve {
    pub(super) weight: *const C_tensor,
    pub(super) depth: *const C_tensor,
    pub(super) stride: i64,
    pub(super) padding: i64,
    pub(super) dilation: i64,
    pub(super) rectified: i32,
}

/// `genomenas::Piece`.
#[repr(C)]
pub(super) struct Piece {
    pub(super) offset: i64,
    pub(super) length: i64,
    pub(super) gradient: *const f32,
}

/// `genomenas::Update`.
#[repr(C)]
pub(super) struct Update {
    pub(super) algorithm: i32,
    pub(super) rate: f64,
    pub(super) weight_decay: f64,
    pub(super) momentum: f64,
    pub(super) beta1: f64,
    pub(super) beta2: f64,
    pub(super) epsilon: f64,
    pub(super) factor: f64,
    pub(super) step: u64,
    pub(super) weights: *mut f32,
    pub(super) first: *mut f32,
    pub(super) second: *mut f32,
}

// SAFETY: as kernels/interface.cpp declares them.
unsafe extern "C" {
    pub(super) fn genomenas_highway(
        out: *mut *mut C_tensor,
        highway: *const Highway,
        variables: *const *const C_tensor,
        count: usize,
        launcher: *const Launcher,
    ) -> *mut c_char;
    #[cfg(test)]
    pub(super) fn genomenas_emulated(launcher: *mut Launcher, in_reverse: i32);
    pub(super) fn genomenas_batch_norm(
        out: *mut *mut C_tensor,
        x: *const C_tensor,
        norm: *const BatchNorm,
    ) -> *mut c_char;
    pub(super) fn genomenas_convolve(
        out: *mut *mut C_tensor,
        x: *const C_tensor,
        given: *const Convolve,
    ) -> *mut c_char;
    pub(super) fn genomenas_squares(sum: *mut f64, pieces: *const Piece, count: usize) -> *mut c_char;
    pub(super) fn genomenas_update(update: *const Update, pieces: *const Piece, count: usize) -> *mut c_char;
    pub(super) fn genomenas_update_flat(
        update: *const Update,
        weights: *const C_tensor,
        gradient: *const C_tensor,
        first: *const C_tensor,
        second: *const C_tensor,
    ) -> *mut c_char;
    pub(super) fn genomenas_float32(tf32: i32) -> *mut c_char;
    pub(super) fn genomenas_bfloat16(cuda: i32, begin: i32) -> *mut c_char;
    pub(super) fn genomenas_to_device(
        out: *mut *mut C_tensor,
        values: *const f32,
        shape: *const i64,
        dimensions: usize,
        device: i32,
    ) -> *mut c_char;
    pub(super) fn genomenas_drop_gradient(leaf: *mut C_tensor) -> *mut c_char;
    fn genomenas_free(words: *mut c_char);
}

/// What a function above returned, as a result.
pub(super) fn checked(words: *mut c_char) -> Result<(), TchError> {
    if words.is_null() {
        return Ok(());
    }
    // SAFETY: a string that the function allocated for us.
    let text = unsafe { CStr::from_ptr(words) }.to_string_lossy().into_owned();
    // SAFETY: it was allocated by malloc, and nothing else holds it.
    unsafe { genomenas_free(words) };
    Err(TchError::Torch(text))
}
