//! Evaluation: scoring a split with a network.

pub mod metrics;

use std::path::Path;

use genomenas_plugin::space::Architecture;
use tch::Device;

pub use metrics::Metrics;

use crate::data::{FinalEvaluation, Rows, Split, Store, Task};
use crate::error::{Error, Result};
use crate::net::{Mixer, Mode, Net};
use crate::train::loss::Loss;
use crate::train::{Feed, checkpoint, memory};
use metrics::{Asked, Collector};

/// How a split is scored.
#[derive(Clone, Copy, Debug)]
pub struct Scoring<'a> {
    /// Samples a batch.
    pub batch: u32,
    /// Batches to score, spread evenly over the split; all rows where absent.
    pub batches: Option<u32>,
    /// Where the network is.
    pub device: Device,
    /// Threads for the metrics.
    pub threads: usize,
    /// What gives each batch of a supernet its blend; an architecture needs none.
    pub mixer: Option<&'a Mixer>,
}

/// Scores rows with a network in evaluation mode: metrics of the probabilities, and the mean loss.
pub fn score(net: &Net, rows: &Rows, scoring: &Scoring<'_>) -> Result<Metrics> {
    score_while(net, rows, scoring, |_, _| true)?
        .ok_or_else(|| Error::failed("a score that nothing ends was ended: please report it"))
}

/// As [`score`], as long as `goes_on`: it is asked before each batch, with the batch's number (from 0) and its rows.
/// Gives nothing where it was ended.
pub fn score_while(
    net: &Net,
    rows: &Rows,
    scoring: &Scoring<'_>,
    mut goes_on: impl FnMut(u64, u64) -> bool,
) -> Result<Option<Metrics>> {
    let _guard = tch::no_grad_guard();
    let info = rows.info();
    let chosen = chosen_rows(rows.len(), scoring)?;
    let loss = Loss::of(info.shape.task);
    let mut collector = match info.shape.task {
        Task::MultiLabel => Collector::new(info.shape.labels.len(), chosen.len())?,
        Task::MultiClass | Task::NextNucleotide => Collector::multi_class(info.shape.labels.len(), chosen.len())?,
        Task::Regression | Task::PoissonRegression => {
            return Err(Error::input("a regression cannot be scored yet"));
        }
    };
    let (mut loss_sum, mut batches) = (0.0, 0);
    let total = chosen.len();
    let mut feed = Feed::score(rows, chosen, scoring.batch, scoring.device)?;
    while let Some((inputs, targets)) = feed.next_batch()? {
        let count = inputs.size().first().copied().unwrap_or(0);
        if !goes_on(batches, count.unsigned_abs()) {
            return Ok(None);
        }
        let blend = scoring.mixer.map(|mixer| mixer.scoring(batches)).unwrap_or_default();
        batches += 1;
        let logits = net.forward(&inputs, &Mode { blend, ..Mode::scoring() })?.logits;
        loss_sum += loss.mean(&logits, &targets)?.f_double_value(&[])? * count as f64;
        let to_vec = |tensor: &tch::Tensor| -> Result<Vec<f32>> {
            let mut values = vec![0.0; tensor.numel()];
            tensor.f_to_device(Device::Cpu)?.f_contiguous()?.f_copy_data(&mut values, tensor.numel())?;
            Ok(values)
        };
        collector.push(&to_vec(&loss.predictions(&logits)?)?, &to_vec(&targets)?)?;
    }
    let asked = Asked { threads: scoring.threads, ..Asked::of(&info.shape.labels) };
    Ok(Some(collector.finish(&asked)?.with_loss(loss_sum / total as f64)))
}

/// All rows, or as many as the batches hold, spread evenly: rows lie in the order of the genome.
fn chosen_rows(rows: usize, scoring: &Scoring<'_>) -> Result<Vec<u32>> {
    let wanted =
        scoring.batches.map_or(rows, |batches| (batches as usize).saturating_mul(scoring.batch as usize)).min(rows);
    (0..wanted)
        .map(|at| {
            u32::try_from(at as u128 * rows as u128 / wanted as u128).map_err(|_| {
                Error::input(format!("a split of {rows} rows is too large: at most 2^32 rows can be scored"))
            })
        })
        .collect()
}

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
    /// Samples a batch.
    pub batch: u32,
    /// Where to compute.
    pub device: Device,
    /// Threads for the metrics.
    pub threads: usize,
}

/// Scores a split with a trained network.
pub fn evaluate(evaluation: &Evaluation<'_>) -> Result<Metrics> {
    let layers = evaluation.architecture.layers()?;
    let shape = &evaluation.store.info().shape;
    layers.expect_io(shape.length, shape.labels.len())?;
    let (tensors, _) = checkpoint::read::<serde_json::Value>(evaluation.weights)?;
    let need = memory::Need {
        parameters: layers.parameters(),
        copies: memory::Need::SCORED,
        activations: layers.activations(),
        batch: evaluation.batch,
    };
    memory::check(evaluation.device, &need)?;
    let mut net = Net::build_blank(&layers, evaluation.device)?;
    net.weights.restore(&tensors, true).map_err(|error| error.context(evaluation.weights.display()))?;
    let rows = match evaluation.split {
        Split::Train => evaluation.store.train(),
        Split::Valid => evaluation.store.valid(),
        Split::Test => evaluation.store.test().unseal(&FinalEvaluation::of("a person asked for it")),
    };
    let Evaluation { batch, device, threads, .. } = *evaluation;
    score(&net, &rows, &Scoring { batch, batches: None, device, threads, mixer: None })
}
