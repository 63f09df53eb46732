//! Predictions of a trained network as a table: for windows of any source, and for the rows of a store.
//!
//! Nothing here computes: a [`Scorer`](crate::run::trainer::Scorer) does.

mod outputs;
mod splits;
#[cfg(test)]
mod tests;
mod windows;

pub use outputs::Outputs;
pub use splits::OfStore;
pub use windows::{Predicting, Written};
