//! How a split is scored.

use genomenas_data::Device;
use genomenas_report::metrics::{Intervals, Thresholds};

use crate::net::Mixer;

/// How a split is scored.
#[derive(Clone, Copy, Debug)]
pub struct Scoring<'a> {
    /// Samples a batch.
    pub batch: u32,
    /// Batches to score, spread evenly over the split; all rows where absent.
    pub batches: Option<u32>,
    /// The device of the network.
    pub device: Device,
    /// Threads for the metrics.
    pub threads: usize,
    /// Makes the blend of each batch of a supernet; an architecture needs none.
    pub mixer: Option<&'a Mixer>,
    /// Whether the prediction for a window is the mean of those for its two strands. Where a split holds both strands of
    /// every window, each window is then scored once; otherwise every window is also read on its other strand. The loss
    /// is that of the mean prediction.
    pub average_strands: bool,
    /// Where the thresholds of independent labels come from.
    pub thresholds: Thresholds<'a>,
    /// The group of each label, "" where it has none; those of the data where absent.
    pub groups: Option<&'a [String]>,
    /// How the averages get intervals; none where absent.
    pub intervals: Option<Intervals>,
}

impl Scoring<'_> {
    /// Scores all rows as they are stored with an architecture, without thresholds and intervals.
    pub fn of(batch: u32, device: Device, threads: usize) -> Self {
        Self {
            batch,
            batches: None,
            device,
            threads,
            mixer: None,
            average_strands: false,
            thresholds: Thresholds::None,
            groups: None,
            intervals: None,
        }
    }
}
