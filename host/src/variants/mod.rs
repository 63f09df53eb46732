//! What variants change of the predictions of a trained network: reference against alternative allele.
//!
//! Nothing here computes: a [`Scorer`](crate::run::trainer::Scorer) does. An allele whose bases or place are not certain is
//! skipped with its reason, and never guessed.

mod annotation;
mod effects;
mod scoring;
mod windows;

pub use annotation::Annotation;
pub use effects::Effect;
pub use scoring::{Scored, ScoringVariants, columns};
pub use windows::{Skip, Windows, windows};
