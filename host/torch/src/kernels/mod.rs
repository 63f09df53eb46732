//! Kernels of our own, in C++ under `kernels/`: what libtorch does as many small operations, as one.
//!
//! Each has a plain twin, the operations of libtorch themselves, which tests compare it with and which runs where the
//! kernel does not: on CUDA, while statistics are observed, and everywhere under `GENOMENAS_KERNELS=plain`.

mod convolution;
mod highway;
mod norm;
mod optimizer;
mod raw;
mod transfer;

use std::sync::OnceLock;

use genomenas_data::text::{printable, shortened};

use crate::error::{Error, Result};
pub(crate) use convolution::Convolution;
pub(crate) use highway::{Edge, FUNCTIONS, Highway, Norm, Running};
pub(crate) use norm::{BatchNorm, Scale};
pub(crate) use optimizer::{Piece, Rule, Update, drop_gradient, squares, update, update_flat};
pub(crate) use transfer::{keep_float32, to_device};

/// The environment variable that chooses the kernels.
const VARIABLE: &str = "GENOMENAS_KERNELS";

/// Which kernels a network runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernels {
    /// The operations of libtorch.
    Plain,
    /// Kernels of our own where there are any.
    Fused,
}

impl Kernels {
    /// The kernels that `GENOMENAS_KERNELS` names; fused ones without it.
    ///
    /// # Errors
    ///
    /// It names others.
    pub fn chosen() -> Result<Self> {
        static CHOSEN: OnceLock<std::result::Result<Kernels, String>> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("" | "fused") => Ok(Self::Fused),
            Ok("plain") => Ok(Self::Plain),
            Ok(other) => Err(printable(&shortened(other))),
        });
        chosen
            .clone()
            .map_err(|other| Error::input(format!("{VARIABLE} is '{other}': expected plain or fused, or leave it out")))
    }
}
