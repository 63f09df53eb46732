//! Evaluation: scoring a split with a network.

mod blocks;
mod strands;

use std::path::Path;

use genomenas_plugin::space::Architecture;
use tch::{Device, Tensor};

pub(crate) use strands::OtherStrand;

use genomenas_data::{FinalEvaluation, Rows, Split, Store, Task};
use genomenas_report::metrics::{Asked, Collector, Metrics, Resampling, Thresholds};

use crate::error::{Error, Result};
use crate::net::{Mixer, Mode, Net};
use crate::train::loss::Loss;
use crate::train::{Feed, checkpoint, memory};

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
    /// Whether the prediction for a window is the mean of those for its two strands. A split that holds both strands
    /// of every window is then scored a window once, else every window is read on its other strand, too. The loss is
    /// that of the mean prediction.
    pub average_strands: bool,
    /// Where the thresholds of independent labels come from.
    pub thresholds: Thresholds<'a>,
    /// The group of each label, "" where it has none; those of the data where absent.
    pub groups: Option<&'a [String]>,
    /// How the averages get intervals; none where absent.
    pub intervals: Option<Intervals>,
}

impl Scoring<'_> {
    /// All rows as they are stored, with an architecture; no thresholds, no intervals.
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

/// How averages get intervals: see [`genomenas_report::metrics::Bootstrap`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intervals {
    /// How often rows are drawn anew.
    pub resamples: u32,
    /// What is drawn.
    pub by: Resampling,
    /// The share of the resamples within an interval.
    pub confidence: f64,
    /// The seed of the draws.
    pub seed: u64,
}

/// Scores rows with a network in evaluation mode: metrics of the predictions, and the mean loss.
pub fn score(net: &Net, rows: &Rows, scoring: &Scoring<'_>) -> Result<Metrics> {
    score_while(net, rows, scoring, |_, _| true)?.ok_or_else(|| Error::bug("a score that nothing ends was ended"))
}

/// As [`score`], as long as `goes_on`: it is asked before each pass of a batch through the network, with the batch's
/// number (from 0) and its rows; a batch passes once for each strand. Gives nothing where it was ended.
pub fn score_while(
    net: &Net,
    rows: &Rows,
    scoring: &Scoring<'_>,
    mut goes_on: impl FnMut(u64, u64) -> bool,
) -> Result<Option<Metrics>> {
    let _guard = tch::no_grad_guard();
    let shape = &rows.info().shape;
    let other = scoring.average_strands.then(|| OtherStrand::of(rows));
    let chosen = chosen_rows(OtherStrand::windows(other, rows.len()), scoring)?;
    let bootstrap =
        scoring.intervals.map(|intervals| blocks::bootstrap(rows, &chosen, other, &intervals)).transpose()?;
    let loss = Loss::of(shape.task);
    let (labels, total) = (shape.labels.len(), chosen.len());
    let mut collector = match shape.task {
        Task::MultiLabel => Collector::new(labels, total)?,
        Task::MultiClass | Task::NextNucleotide => Collector::multi_class(labels, total)?,
        Task::Regression | Task::PoissonRegression => Collector::regression(labels, total)?,
    };
    let (mut loss_sum, mut batches) = (0.0, 0);
    let mut feed = Feed::score(rows, chosen, other, scoring.batch, scoring.device)?;
    while let Some((inputs, targets)) = feed.next_batch()? {
        let count = inputs.size().first().copied().unwrap_or(0);
        let logits = |inputs: &Tensor| -> Result<Tensor> {
            let blend = scoring.mixer.map(|mixer| mixer.scoring(batches)).unwrap_or_default();
            Ok(net.forward(inputs, &Mode { blend, ..Mode::scoring() })?.logits)
        };
        if !goes_on(batches, count.unsigned_abs()) {
            return Ok(None);
        }
        let outputs = logits(&inputs)?;
        let mut predictions = loss.predictions(&outputs)?;
        let mean = if other.is_some() {
            let (inputs, _) = feed.next_batch()?.ok_or_else(strands::missing)?;
            if !goes_on(batches, count.unsigned_abs()) {
                return Ok(None);
            }
            predictions = (predictions + loss.predictions(&logits(&inputs)?)?) * 0.5;
            strands::mean_loss(loss, &predictions, &targets)?
        } else {
            loss.mean(&outputs, &targets)?
        };
        batches += 1;
        loss_sum += mean.f_double_value(&[])? * count as f64;
        collector.push(&to_vec(&predictions)?, &to_vec(&targets)?)?;
    }
    let metrics = collector.finish(&Asked {
        names: &shape.labels,
        groups: scoring.groups.unwrap_or(&shape.groups),
        thresholds: scoring.thresholds,
        bootstrap: bootstrap.as_ref(),
        threads: scoring.threads,
    })?;
    Ok(Some(metrics.with_loss(loss_sum / total as f64)))
}

fn to_vec(tensor: &Tensor) -> Result<Vec<f32>> {
    let mut values = vec![0.0; tensor.numel()];
    tensor.f_to_device(Device::Cpu)?.f_contiguous()?.f_copy_data(&mut values, tensor.numel())?;
    Ok(values)
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
    /// How it is scored. Thresholds come from the validation split, whatever is said here.
    pub scoring: Scoring<'a>,
}

/// Scores a split with a trained network. The thresholds of independent labels are those with the highest F1 on the
/// validation split, which is scored first where another one is asked for; there are none where it has no rows.
pub fn evaluate(evaluation: &Evaluation<'_>) -> Result<Metrics> {
    let Evaluation { architecture, weights, store, split, scoring } = evaluation;
    let layers = architecture.layers()?;
    let shape = &store.info().shape;
    layers.expect_io(shape.length, shape.labels.len())?;
    let (tensors, _) = checkpoint::read::<serde_json::Value>(weights)?;
    let need = memory::Need {
        parameters: layers.parameters(),
        copies: memory::Need::SCORED,
        activations: layers.activations(),
        batch: scoring.batch,
    };
    memory::check(scoring.device, &need)?;
    let mut net = Net::build_blank(&layers, scoring.device)?;
    net.weights.restore(&tensors, true).map_err(|error| error.context(weights.display()))?;
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

#[cfg(test)]
mod tests;
