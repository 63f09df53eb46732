//! The training rows as a linear model reads them, and what it minimises over them.

use genomenas_data::memory::available;
use tch::{Device, Kind, Tensor};

use super::lbfgs::Point;
use super::sparse::Sparse;
use crate::error::{Error, Result};
use crate::net::{Mode, Net};
use crate::precision;
use crate::tensor::loader::DataLoader;
use crate::train::job::Job;
use crate::train::objective::Objective;
use crate::train::partition::Subset;

/// Bytes of a value that is not 0: itself and its column, by row and by column.
const BYTES: usize = 16;

/// The values before the last dense layer of a network, of all training rows, with their targets. No weight has a part in
/// them, so they are the same throughout a training.
#[derive(Debug)]
pub(in crate::train) struct TrainingRows {
    by_row: Sparse,
    by_value: Sparse,
    /// The mean of each value: what is minimised is flatter along it, so weights are sought around it.
    means: Vec<f64>,
    targets: Tensor,
    labels: usize,
}

/// What is minimised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Minimised<'a> {
    pub(super) objective: &'a Objective,
    /// The strength of the L2 penalty.
    pub(super) l2: f64,
    pub(super) threads: usize,
}

impl TrainingRows {
    /// Passes all rows of `subset`, or of the training split, through the network.
    pub(super) fn collect(job: &Job, net: &Net, subset: Option<&Subset>) -> Result<Self> {
        let all = || (0..u32::try_from(job.train.len()).unwrap_or(u32::MAX)).collect();
        let chosen: Vec<u32> = subset.map_or_else(all, |subset| subset.to_vec());
        let rows = chosen.len();
        let mut loader = DataLoader::score(&job.train, chosen, None, job.plan.batch, job.device)?;
        let _guard = tch::no_grad_guard();
        let mode = Mode { keep_hidden: true, ..Mode::scoring() };
        let (mut matrix, mut targets, mut labels) = (None, Vec::new(), 0);
        while let Some((inputs, batch_targets)) = loader.next_batch()? {
            let hidden = precision::forward(net, &inputs, &mode)?.hidden;
            let hidden = hidden.ok_or_else(|| Error::bug("a linear model has no dense layer"))?;
            let width = hidden.size().get(1).and_then(|&width| usize::try_from(width).ok()).unwrap_or(0);
            labels = batch_targets.size().get(1).and_then(|&labels| usize::try_from(labels).ok()).unwrap_or(0);
            let first = matrix.is_none();
            let matrix = matrix.get_or_insert_with(|| Sparse::new(width));
            let values = on_cpu(&hidden)?;
            values.chunks_exact(width.max(1)).try_for_each(|row| matrix.push(row))?;
            targets.extend(on_cpu(&batch_targets)?);
            if first {
                check_memory(matrix, rows)?;
            }
        }
        let by_row = matrix.ok_or_else(|| Error::bug("a training without rows"))?;
        let targets = Tensor::f_from_slice(&targets)?.f_to_kind(Kind::Double)?;
        let targets = targets.f_reshape([-1, i64::try_from(labels).unwrap_or(i64::MAX)])?;
        Ok(Self { by_value: by_row.transposed(), means: by_row.means(), by_row, targets, labels })
    }

    /// Rows.
    pub(super) fn count(&self) -> u64 {
        self.by_row.rows() as u64
    }

    /// Where a network with these weights, a dense layer's and then its biases, is: the weights value by value, and the
    /// outputs for the mean of all rows.
    pub(super) fn place_of(&self, flat: &[f64]) -> Vec<f64> {
        let (width, labels) = (self.by_row.width, self.labels);
        let (weights, biases) = flat.split_at(width * labels);
        let by_value = (0..width).flat_map(|value| (0..labels).map(move |label| weights[label * width + value]));
        let mut place: Vec<f64> = by_value.collect();
        let at_mean = self.at_mean(&place);
        place.extend(biases.iter().zip(at_mean).map(|(bias, shift)| bias + shift));
        place
    }

    /// The weights of the network that is there.
    pub(super) fn weights_at(&self, place: &[f64]) -> Vec<f64> {
        let (width, labels) = (self.by_row.width, self.labels);
        let (weights, outputs) = place.split_at(width * labels);
        let by_label = (0..labels).flat_map(|label| (0..width).map(move |value| weights[value * labels + label]));
        by_label.chain(outputs.iter().zip(self.at_mean(weights)).map(|(output, shift)| output - shift)).collect()
    }

    /// What the weights make of the mean of all rows.
    fn at_mean(&self, weights: &[f64]) -> Vec<f64> {
        let mut outputs = vec![0.0; self.labels];
        for (mean, weights) in self.means.iter().zip(weights.chunks_exact(self.labels.max(1))) {
            outputs.iter_mut().zip(weights).for_each(|(output, weight)| *output += mean * weight);
        }
        outputs
    }

    /// The raw outputs for all rows.
    fn logits(&self, place: &[f64], threads: usize) -> Result<Tensor> {
        let (weights, outputs) = place.split_at(self.by_row.width * self.labels);
        let mut logits = self.by_row.times(weights, self.labels, threads);
        // Without biases the layer is not moved to the mean either.
        if !outputs.is_empty() {
            let shifts: Vec<f64> =
                outputs.iter().zip(self.at_mean(weights)).map(|(output, shift)| output - shift).collect();
            for row in logits.chunks_exact_mut(self.labels) {
                row.iter_mut().zip(&shifts).for_each(|(logit, shift)| *logit += shift);
            }
        }
        Ok(Tensor::f_from_slice(&logits)?.f_view_as(&self.targets)?)
    }

    /// The point at a place.
    pub(super) fn point_at(&self, place: Vec<f64>, minimised: Minimised<'_>) -> Result<Point> {
        let Minimised { objective, l2, threads } = minimised;
        let logits = self.logits(&place, threads)?.f_set_requires_grad(true)?;
        let loss = objective.mean(&logits, &self.targets)?.f_mul_scalar(objective.loss.summands(self.labels))?;
        loss.f_backward()?;
        let of_logits: Vec<f64> = Vec::try_from(logits.f_grad()?.f_flatten(0, -1)?)?;
        let mut gradient = self.by_value.times(&of_logits, self.labels, threads);
        let (weights, outputs) = place.split_at(gradient.len());
        let mut sums = vec![0.0; outputs.len()];
        for row in of_logits.chunks_exact(self.labels) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        for (mean, gradient) in self.means.iter().zip(gradient.chunks_exact_mut(self.labels)) {
            gradient.iter_mut().zip(&sums).for_each(|(gradient, sum)| *gradient -= mean * sum);
        }
        gradient.iter_mut().zip(weights).for_each(|(gradient, weight)| *gradient += l2 * weight);
        gradient.extend(sums);
        let penalty = 0.5 * l2 * weights.iter().map(|weight| weight * weight).sum::<f64>();
        let value = loss.f_double_value(&[])? + penalty;
        Ok(Point { at: place, value, gradient })
    }

    /// The loss that is reported, at a place.
    pub(super) fn loss_at(&self, place: &[f64], minimised: Minimised<'_>) -> Result<f64> {
        let logits = self.logits(place, minimised.threads)?;
        Ok(minimised.objective.loss.mean(&logits, &self.targets)?.f_double_value(&[])?)
    }
}

fn on_cpu(values: &Tensor) -> Result<Vec<f32>> {
    Ok(Vec::try_from(values.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_flatten(0, -1)?)?)
}

/// Refuses rows of which all together would not fit in memory, by the first of them.
fn check_memory(first: &Sparse, rows: usize) -> Result<()> {
    let needed = (first.values() as f64 / first.rows().max(1) as f64 * rows as f64) * BYTES as f64;
    match available()? {
        Some(available) if needed > available.bytes as f64 => Err(Error::failed(format!(
            "training to the optimum keeps what enters the dense layer of all {rows} rows, about {:.0} MB; {} {} MB free: train on a share of the rows (subsample)",
            needed / f64::from(1 << 20),
            available.of,
            available.bytes >> 20
        ))),
        _ => Ok(()),
    }
}
