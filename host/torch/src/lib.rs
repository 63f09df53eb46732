//! Networks, their training and their evaluation on libtorch. The only crate that names `tch`.
//!
//! [`net`] makes modules of a graph, [`train`] trains one network, [`eval`] scores a split with it.

pub mod error;
pub mod eval;
pub mod net;
pub mod train;

pub use error::{Error, Result};
