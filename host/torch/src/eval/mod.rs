//! Evaluation: scoring a split with a network.
//!
//! [`score`] scores rows with a network that is there; [`evaluate`] reads a trained one from its file, and chooses the
//! thresholds on the validation split. A [`Predictor`] does what both do to windows that no store holds.

mod blocks;
mod evaluate;
mod predictor;
mod score;
mod scoring;
#[cfg(test)]
mod tests;

pub use evaluate::{Evaluation, evaluate};
pub use predictor::{Opening, Predictor};
pub(crate) use score::score_while;
pub use score::{score, score_with_resamples};
pub use scoring::Scoring;
