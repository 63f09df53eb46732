//! What computes: the place of libtorch in the program.
//!
//! The program `genomenas` does not link libtorch, whose libraries take a third of a second to load. Verbs that train or
//! score become the program `genomenas-train`, which lies beside it, is built of the same sources and has a [`Trainer`].

use std::path::Path;

use genomenas_data::bases::Packed;
use genomenas_data::error::Result;
use genomenas_data::{Device, DeviceChoice, Split, Store, Task};
use genomenas_plugin::space::Architecture;
use genomenas_report::metrics::{Intervals, Metrics};

use super::context::Context;
use super::observe::Observer;
use super::result::RunResult;

/// Trains and scores.
pub trait Trainer {
    /// The device of this machine that a person's choice means.
    ///
    /// # Errors
    ///
    /// The device is not there.
    fn device(&self, choice: DeviceChoice) -> Result<Device>;

    /// Runs what is left of a run, and writes into `result` what is known of it as it becomes known.
    ///
    /// # Errors
    ///
    /// The run failed, or has to stop: see [`Error::is_failure`](genomenas_data::Error::is_failure).
    fn run(&self, context: &Context, observer: &mut dyn Observer, result: &mut RunResult) -> Result<()>;

    /// Scores a trained network on a split.
    ///
    /// # Errors
    ///
    /// Weights or data do not fit the architecture, or cannot be read.
    fn evaluate(&self, evaluation: &Evaluation<'_>) -> Result<Metrics>;

    /// Opens a trained network that predicts for any windows.
    ///
    /// # Errors
    ///
    /// The weights do not fit the architecture, or cannot be read.
    fn scorer(&self, scoring: &Scoring<'_>) -> Result<Box<dyn Scorer>>;
}

/// A trained network that predicts for windows.
pub trait Scorer {
    /// The predictions for windows of the network's length: probabilities, values or rates, all labels of the first window
    /// first.
    ///
    /// # Errors
    ///
    /// The device fails.
    fn score(&mut self, windows: &[Packed]) -> Result<Vec<f32>>;
}

/// What a [`Scorer`] is made of.
#[derive(Clone, Copy)]
pub struct Scoring<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// The file of its weights.
    pub weights: &'a Path,
    /// What its outputs mean.
    pub task: Task,
    /// Bases of a window.
    pub length: usize,
    /// The number of its outputs.
    pub labels: usize,
    /// Windows a batch, at most.
    pub batch: u32,
    /// Where to compute.
    pub device: Device,
    /// Whether the prediction for a window is the mean of those for its two strands.
    pub average_strands: bool,
}

/// What is scored, and how.
#[derive(Clone, Copy)]
pub struct Evaluation<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// The file of its weights.
    pub weights: &'a Path,
    /// The data.
    pub store: &'a Store,
    /// The split of the data.
    pub split: Split,
    /// Samples a batch.
    pub batch: u32,
    /// Where to compute.
    pub device: Device,
    /// Threads for the metrics.
    pub threads: u32,
    /// Whether the prediction for a window is the mean of those for its two strands.
    pub average_strands: bool,
    /// The group of each label, "" where it has none; those of the data where absent.
    pub groups: Option<&'a [String]>,
    /// How the averages get intervals; none where absent.
    pub intervals: Option<Intervals>,
}
