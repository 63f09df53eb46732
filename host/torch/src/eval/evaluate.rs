//! The evaluation of a trained network, from the file of its weights.

use std::path::Path;

use genomenas_data::{FinalEvaluation, Split, Store, Task};
use genomenas_plugin::space::Architecture;
use genomenas_report::metrics::{Metrics, Thresholds};

use super::score::score;
use super::scoring::Scoring;
use crate::error::Result;
use crate::net::Net;
use crate::tensor::checkpoint;
use crate::tensor::memory::{self, MemoryEstimate};

/// What [`evaluate`] scores.
pub struct Evaluation<'a> {
    /// The architecture.
    pub architecture: &'a Architecture,
    /// Its weights, as `train` wrote them.
    pub weights: &'a Path,
    /// The data set.
    pub store: &'a Store,
    /// The split. The test split is unsealed for it.
    pub split: Split,
    /// How it is scored. Its thresholds are ignored: they come from the validation split.
    pub scoring: Scoring<'a>,
}

/// Scores a split with a trained network. The thresholds of independent labels are those with the highest F1 on the
/// validation split, which is scored first if another split is asked for. Without validation rows there are none.
pub fn evaluate(evaluation: &Evaluation<'_>) -> Result<Metrics> {
    let Evaluation { architecture, weights, store, split, scoring } = evaluation;
    let layers = architecture.layers()?;
    let shape = &store.info().shape;
    layers.expect_io(shape.length, shape.labels.len())?;
    let (tensors, _) = checkpoint::read::<serde_json::Value>(weights)?;
    let estimate = MemoryEstimate {
        parameters: layers.parameters(),
        copies: MemoryEstimate::SCORED,
        activations: layers.activations(),
        peak: layers.peak(),
        rows: MemoryEstimate::row(shape.length, shape.labels.len()),
        batch: scoring.batch,
    };
    memory::check(scoring.device, &estimate)?;
    let mut net = Net::build_blank(&layers, scoring.device)?;
    net.weights.restore(&tensors).map_err(|error| error.in_file(weights))?;
    let best = Scoring { thresholds: Thresholds::Best, ..*scoring };
    let rows = match split {
        Split::Valid => return score(&net, &store.valid(), &best),
        Split::Train => store.train(),
        Split::Test => store.test().unseal(&FinalEvaluation::of("a person asked for it")),
    };
    let valid = store.valid();
    if shape.task != Task::MultiLabel || valid.is_empty() {
        return score(&net, &rows, &Scoring { thresholds: Thresholds::None, ..*scoring });
    }
    let thresholds = score(&net, &valid, &Scoring { intervals: None, ..best })?.thresholds();
    score(&net, &rows, &Scoring { thresholds: Thresholds::Given(&thresholds), ..*scoring })
}
