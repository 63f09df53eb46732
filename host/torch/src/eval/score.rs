//! Scores of rows with a network: metrics of its predictions, and the mean loss.

use genomenas_data::{Error as DataError, OtherStrand, Rows, Task};
use genomenas_report::metrics::{Bootstrap, Collector, MetricOptions, Metrics, Resamples};
use tch::Tensor;

use super::blocks;
use super::scoring::Scoring;
use crate::error::{Error, Result};
use crate::net::{Mode, Net};
use crate::precision;
use crate::tensor::loader::DataLoader;
use crate::tensor::loss::Loss;

/// Scores rows with a network in evaluation mode: metrics of the predictions, and the mean loss.
pub fn score(net: &Net, rows: &Rows, scoring: &Scoring<'_>) -> Result<Metrics> {
    score_while(net, rows, scoring, |_, _| true)?.ok_or_else(|| Error::bug("a score that nothing ends was ended"))
}

/// As [`score`] of all rows, and the averages in each resample of them: what a run keeps beside its test metrics. `None` in
/// place of resamples where there are too few rows, or too many, to draw from.
pub fn score_with_resamples(net: &Net, rows: &Rows, scoring: &Scoring<'_>) -> Result<(Metrics, Option<Resamples>)> {
    let predicted = predict_while(net, rows, scoring, |_, _| true)?;
    let Some(Predicted { collector, chosen, other, loss }) = predicted else {
        return Err(Error::bug("a score that nothing ends was ended"));
    };
    let asked = options(rows, scoring, None);
    match blocks::of_a_run(rows, &chosen, other) {
        Ok(bootstrap) => {
            let (metrics, resamples) =
                collector.finish_with_resamples(&asked, &bootstrap).map_err(Error::of_metrics)?;
            Ok((metrics.with_loss(loss), Some(resamples)))
        }
        Err(why) => {
            log::warn!("no resamples of the {} split are kept: {why}", rows.split().name());
            Ok((collector.finish(&asked).map_err(Error::of_metrics)?.with_loss(loss), None))
        }
    }
}

/// As [`score`], as long as `goes_on` returns true: it is called before each pass of a batch through the network, with
/// the batch's number (from 0) and its rows; a batch passes once for each strand. Returns `None` where it returned
/// false.
pub(crate) fn score_while(
    net: &Net,
    rows: &Rows,
    scoring: &Scoring<'_>,
    goes_on: impl FnMut(u64, u64) -> bool,
) -> Result<Option<Metrics>> {
    let Some(Predicted { collector, chosen, other, loss }) = predict_while(net, rows, scoring, goes_on)? else {
        return Ok(None);
    };
    let bootstrap =
        scoring.intervals.map(|intervals| blocks::bootstrap(rows, &chosen, other, &intervals)).transpose()?;
    let metrics = collector.finish(&options(rows, scoring, bootstrap.as_ref())).map_err(Error::of_metrics)?;
    Ok(Some(metrics.with_loss(loss)))
}

/// The predictions of a network, and what they are of.
struct Predicted {
    collector: Collector,
    /// The rows.
    chosen: Vec<u32>,
    /// Where their other strands are, if both were averaged.
    other: Option<OtherStrand>,
    /// Mean loss of a row.
    loss: f64,
}

fn options<'a>(rows: &'a Rows, scoring: &Scoring<'a>, bootstrap: Option<&'a Bootstrap>) -> MetricOptions<'a> {
    let shape = &rows.info().shape;
    MetricOptions {
        names: &shape.labels,
        groups: scoring.groups.unwrap_or(&shape.groups),
        thresholds: scoring.thresholds,
        bootstrap,
        threads: scoring.threads,
    }
}

fn predict_while(
    net: &Net,
    rows: &Rows,
    scoring: &Scoring<'_>,
    mut goes_on: impl FnMut(u64, u64) -> bool,
) -> Result<Option<Predicted>> {
    let _guard = tch::no_grad_guard();
    let shape = &rows.info().shape;
    let other = scoring.average_strands.then(|| OtherStrand::of(rows));
    let chosen = chosen_rows(OtherStrand::windows(other, rows.len()), scoring)?;
    let loss = Loss::of(shape.task);
    let (labels, total) = (shape.labels.len(), chosen.len());
    let mut collector = match shape.task {
        Task::MultiLabel => Collector::new(labels, total),
        Task::MultiClass | Task::NextNucleotide => Collector::multi_class(labels, total),
        Task::Regression | Task::PoissonRegression => Collector::regression(labels, total),
    }
    .map_err(Error::of_metrics)?;
    let (mut loss_sum, mut batches) = (0.0, 0);
    let mut loader = DataLoader::score(rows, chosen.clone(), other, scoring.batch, scoring.device)?;
    while let Some((inputs, targets)) = loader.next_batch()? {
        let count = inputs.size().first().copied().unwrap_or(0);
        let logits = |inputs: &Tensor| -> Result<Tensor> {
            let blend = scoring.mixer.map(|mixer| mixer.scoring(batches)).unwrap_or_default();
            Ok(precision::forward(net, inputs, &Mode { blend, ..Mode::scoring() })?.logits)
        };
        if !goes_on(batches, count.unsigned_abs()) {
            return Ok(None);
        }
        let outputs = logits(&inputs)?;
        let mut predictions = loss.predictions(&outputs)?;
        let mean = if other.is_some() {
            let (inputs, _) =
                loader.next_batch()?.ok_or_else(|| Error::bug("a batch came without its other strand"))?;
            if !goes_on(batches, count.unsigned_abs()) {
                return Ok(None);
            }
            predictions = (predictions + loss.predictions(&logits(&inputs)?)?) * 0.5;
            loss.mean_of_predictions(&predictions, &targets)?
        } else {
            loss.mean(&outputs, &targets)?
        };
        batches += 1;
        loss_sum += mean.f_double_value(&[])? * count as f64;
        collector.push(&to_vec(&predictions)?, &to_vec(&targets)?).map_err(Error::of_metrics)?;
    }
    Ok(Some(Predicted { collector, chosen, other, loss: loss_sum / total as f64 }))
}

pub(super) fn to_vec(tensor: &Tensor) -> Result<Vec<f32>> {
    let mut values = vec![0.0; tensor.numel()];
    tensor.f_to_device(tch::Device::Cpu)?.f_contiguous()?.f_copy_data(&mut values, tensor.numel())?;
    Ok(values)
}

/// All rows, or as many as the batches hold, spread evenly because rows are in the order of the genome.
fn chosen_rows(rows: usize, scoring: &Scoring<'_>) -> Result<Vec<u32>> {
    let wanted =
        scoring.batches.map_or(rows, |batches| (batches as usize).saturating_mul(scoring.batch as usize)).min(rows);
    (0..wanted)
        .map(|at| {
            u32::try_from(at as u128 * rows as u128 / wanted as u128).map_err(|_| {
                DataError::input(format!("a split of {rows} rows is too large: at most 2^32 rows can be scored")).into()
            })
        })
        .collect()
}
