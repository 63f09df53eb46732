//! Batches as tensors on the device: decoded on a thread of its own while the network computes.

use genomenas_data::{BatchOrder, BatchPlan, Decoding, Partial, Prefetcher, Rows};
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use tch::{Device, Tensor};

use super::job::Job;
use super::partition::Subset;
use crate::error::{Error, Result};
use crate::eval::OtherStrand;

/// Inputs \[B, 4, L\] and targets \[B, K\].
pub type Batch = (Tensor, Tensor);

/// Batches decoded before they are asked for.
const AHEAD: usize = 3;

/// Batches of rows, in order.
pub struct Feed {
    batches: Prefetcher<(Vec<f32>, Vec<f32>)>,
    length: i64,
    labels: i64,
    device: Device,
}

impl Feed {
    /// The batches of epoch `epoch` (from 0) of a training, from step `first` to step `steps`. They are of `subset`, or
    /// of the whole training split.
    pub(super) fn train(job: &Job, subset: Option<&Subset>, epoch: u32, first: u32, steps: u32) -> Result<Self> {
        let count = subset.map_or(job.train.len(), |subset| subset.len());
        let order = BatchOrder::shuffled(job.seed, epoch.into(), count, job.plan.batch as usize, Partial::Drop)?;
        let subset = subset.cloned();
        let decoding = decoding(job, Draws { strands: "strand", shifts: "shift" });
        let plans = (first..steps).filter_map(move |step| {
            let rows = taken(order.step(step as usize)?, subset.as_ref());
            let decoding = decoding(rows.len(), u64::from(epoch) << 32 | u64::from(step));
            Some(BatchPlan { rows, decoding })
        });
        Self::start(&job.train, plans, job.device)
    }

    /// The batches of the architecture steps of a training from step `first` on (of all epochs, from 0): shuffled
    /// passes over `subset` of the training split, or over the validation split, without end.
    pub(super) fn arch(job: &Job, subset: Option<&Subset>, first: u64) -> Result<Self> {
        let rows = if subset.is_some() { &job.train } else { &job.valid };
        let count = subset.map_or(rows.len(), |subset| subset.len());
        let (batch, seed) = (job.plan.batch as usize, seed::derive(job.seed, "architecture batches", 0));
        let subset = subset.cloned();
        let decoding = decoding(job, Draws { strands: "architecture strand", shifts: "architecture shift" });
        let plans = passes(seed, count, batch, first)?.map(move |(step, places)| {
            let rows = taken(&places, subset.as_ref());
            let decoding = decoding(rows.len(), step);
            BatchPlan { rows, decoding }
        });
        Self::start(rows, plans, job.device)
    }

    /// The first `batches` batches of shuffled passes over rows, as they are stored.
    pub(super) fn sample(rows: &Rows, seed: u64, batch: u32, batches: usize, device: Device) -> Result<Self> {
        let plans = passes(seed, rows.len(), batch as usize, 0)?.take(batches);
        Self::start(rows, plans.map(|(_, rows)| BatchPlan { rows, decoding: Decoding::default() }), device)
    }

    /// The `chosen` rows in their order, as they are stored; after each batch, the same of the other strand if it is
    /// asked for.
    pub(crate) fn score(
        rows: &Rows,
        chosen: Vec<u32>,
        other: Option<OtherStrand>,
        batch: u32,
        device: Device,
    ) -> Result<Self> {
        let batch = batch.max(1) as usize;
        let count = chosen.len().div_ceil(batch);
        let plans = (0..count).flat_map(move |at| {
            let rows = chosen[at * batch..((at + 1) * batch).min(chosen.len())].to_vec();
            let mate = other.map(|other| other.batch(&rows));
            [Some(BatchPlan { rows, decoding: Decoding::default() }), mate].into_iter().flatten()
        });
        Self::start(rows, plans, device)
    }

    fn start(rows: &Rows, plans: impl Iterator<Item = BatchPlan> + Send + 'static, device: Device) -> Result<Self> {
        let make = |inputs, labels| Ok((vec![0.0; inputs], vec![0.0; labels]));
        let size = |n: usize| i64::try_from(n).map_err(|_| Error::input("the windows are too long"));
        Ok(Self {
            length: size(rows.info().shape.length)?,
            labels: size(rows.label_size())?,
            batches: Prefetcher::start(rows.clone(), plans, AHEAD, make)?,
            device,
        })
    }

    /// The next batch.
    pub fn next_batch(&mut self) -> Result<Option<Batch>> {
        let Some(batch) = self.batches.next() else {
            return Ok(None);
        };
        let mut batch = batch?;
        let count = batch.rows().len();
        let rows = i64::try_from(count).unwrap_or(i64::MAX);
        let (length, labels) = (self.length, self.labels);
        let Some((inputs, targets)) = batch.buffer() else {
            return Err(Error::bug("a batch came without its memory"));
        };
        let tensor = |values: &[f32], shape: &[i64]| -> Result<Tensor> {
            let size = shape.iter().product::<i64>();
            let values = &values[..usize::try_from(size).unwrap_or(0)];
            Ok(Tensor::f_from_slice(values)?.f_reshape(shape)?.f_to_device(self.device)?)
        };
        Ok(Some((tensor(inputs, &[rows, 4, length])?, tensor(targets, &[rows, labels])?)))
    }
}

/// Whole batches of shuffled passes over `count` rows from step `first` on, with their steps, without end.
fn passes(seed: u64, count: usize, batch: usize, first: u64) -> Result<impl Iterator<Item = (u64, Vec<u32>)> + Send> {
    let pass_of = move |pass| BatchOrder::shuffled(seed, pass, count, batch, Partial::Drop);
    let mut order = pass_of(0)?;
    let a_pass = order.steps().max(1) as u64;
    let mut pass = 0;
    Ok((first..).map_while(move |step| {
        if step / a_pass != pass {
            pass = step / a_pass;
            order = pass_of(pass).ok()?;
        }
        Some((step, order.step(usize::try_from(step % a_pass).ok()?)?.to_vec()))
    }))
}

/// The rows of a split that are at these places of its subset.
fn taken(places: &[u32], subset: Option<&Subset>) -> Vec<u32> {
    match subset {
        Some(subset) => places.iter().filter_map(|&at| subset.get(at as usize).copied()).collect(),
        None => places.to_vec(),
    }
}

/// The names of the streams that a training batch is drawn from. Each has its own, so that none depends on whether
/// another is used.
#[derive(Clone, Copy)]
struct Draws {
    strands: &'static str,
    shifts: &'static str,
}

/// How the rows of a step are decoded: their number, and the index of the step, from which strands and shifts are drawn.
fn decoding(job: &Job, names: Draws) -> impl Fn(usize, u64) -> Decoding + Send + 'static {
    let (strands, seed) = (job.plan.reverse_complement, job.seed);
    // A shift is shorter than a window, and windows are far shorter than 2^31 bases.
    let most = i32::try_from(job.plan.shift).unwrap_or(i32::MAX);
    move |rows, index| {
        let stream = |name| seed::stream(seed, name, index);
        let mut draws = stream(names.strands);
        let reverse_complement = if strands { (0..rows).map(|_| draws.random()).collect() } else { Vec::new() };
        let mut draws = stream(names.shifts);
        let shift = if most > 0 { (0..rows).map(|_| draws.random_range(-most..=most)).collect() } else { Vec::new() };
        Decoding { reverse_complement, shift }
    }
}
