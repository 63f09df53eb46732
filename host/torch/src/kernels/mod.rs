//! Kernels of our own, in C++ under `kernels/`: what libtorch does as many small operations, as one.
//!
//! Each has a plain twin, the operations of libtorch themselves, which tests compare it with and which runs where the
//! kernel does not: on CUDA except for the highway cell, while statistics are observed, and everywhere under
//! `GENOMENAS_KERNELS=plain`.

mod convolution;
mod cuda;
mod highway;
mod norm;
mod optimizer;
mod precision;
mod raw;
mod transfer;

pub(crate) use convolution::Convolution;
pub use genomenas_data::Kernels;
#[cfg(test)]
pub(crate) use highway::Emulated;
pub(crate) use highway::{Edge, FUNCTIONS, Highway, Norm, Running};
pub(crate) use norm::{BatchNorm, Scale};
pub(crate) use optimizer::{Piece, Rule, Update, drop_gradient, squares, update, update_flat};
pub use precision::choose;
pub(crate) use precision::{Bfloat16, chosen, keep_float32};
pub(crate) use transfer::to_device;
