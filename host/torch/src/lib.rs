//! Networks, their training and their evaluation on libtorch. The only crate that names `tch`, and its interface names
//! no type of it: what the program holds are networks, trainings and scores.
//!
//! | room | what | stands on |
//! |---|---|---|
//! | `tensor/` | devices, batches as tensors, losses, files of tensors, memory | `genomenas-data`, `kernels/` |
//! | `kernels/` | kernels of our own for what libtorch does in many small operations | C++ in `kernels/` of the crate |
//! | `net/` | from a graph to modules, one file an operation family; supernets; flat weights | `tensor/`, `kernels/` |
//! | `precision` | passes through a network in the precision of the process | `net/` |
//! | [`eval`] | scoring a split with a network | `net/` |
//! | [`train`] | the training of one network, and scores of the parts of a supernet | `eval` |
//!
//! Good places to begin: `Training::next_epoch` in `train/training.rs` (an epoch), `Net::forward` in `net/mod.rs` (a
//! pass), `score` in `eval/score.rs`. [`Error::is_of_the_trial`] says whether a trial failed or the run must stop.

mod error;
pub mod eval;
pub mod kernels;
mod net;
mod precision;
mod tensor;
#[cfg(test)]
mod test_support;
pub mod train;

pub use error::{Error, Result};
pub use net::{Mixer, Net};
pub use tensor::device;
