//! Training: weight steps, architecture steps, optimizers, schedules, checkpoints.

#[cfg(test)]
pub(crate) mod alone;
mod arch;
pub mod checkpoint;
mod computed;
pub mod device;
mod feed;
mod job;
pub mod loss;
pub mod memory;
pub mod meter;
mod objective;
pub mod optimizer;
mod partition;
mod position;
mod saving;
mod scoring;
mod steps;
#[cfg(test)]
mod tests;
mod training;
mod unrolled;

pub use feed::{Batch, Feed};
pub use job::{Job, Start, Watch};
pub use scoring::{ScoreJob, Scoring};
pub use training::Training;
