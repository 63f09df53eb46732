//! Training: weight steps, architecture steps, optimizers, schedules, and scores of the parts of a supernet.

mod arch;
mod batches;
pub mod bench;
mod forward_cost;
mod job;
pub mod meter;
mod objective;
mod optimizer;
mod optimum;
mod partition;
mod passes;
mod progress;
mod saving;
mod scoring;
mod steps;
#[cfg(test)]
mod tests;
mod training;
mod unrolled;

pub use job::{Job, Start, StepObserver};
pub use scoring::{ScoreJob, Scoring};
pub use training::Training;
