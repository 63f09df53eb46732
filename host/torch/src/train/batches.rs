//! The batches of a training: which rows each step reads, and how they are shown, as a function of seed and step.

use genomenas_data::{BatchOrder, BatchPlan, Decoding, Device, Partial, Rows};
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;

use super::job::Job;
use super::partition::Subset;
use crate::error::{Error, Result};
use crate::tensor::loader::DataLoader;

/// The batches of weight steps in epoch `epoch` (from 0), from step `first` to step `steps`. They are of `subset`, or of
/// the whole training split.
pub(super) fn of_weights(job: &Job, subset: Option<&Subset>, epoch: u32, first: u32, steps: u32) -> Result<DataLoader> {
    let count = subset.map_or(job.train.len(), |subset| subset.len());
    let order = pass(job.seed, epoch.into(), count, job.plan.batch as usize)?;
    let subset = subset.cloned();
    let decoding = decoding(job, Draws { strands: "strand", shifts: "shift" });
    let plans = (first..steps).filter_map(move |step| {
        let rows = taken(order.step(step as usize)?, subset.as_ref());
        let decoding = decoding(rows.len(), u64::from(epoch) << 32 | u64::from(step));
        Some(BatchPlan { rows, decoding })
    });
    DataLoader::start(&job.train, plans, job.device)
}

/// The batches of architecture steps from step `first` on (counted over all epochs, from 0): shuffled passes over
/// `subset` of the training split, or over the validation split, without end.
pub(super) fn of_alphas(job: &Job, subset: Option<&Subset>, first: u64) -> Result<DataLoader> {
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
    DataLoader::start(rows, plans, job.device)
}

/// The first `batches` batches of shuffled passes over rows, as they are stored.
pub(super) fn sample(rows: &Rows, seed: u64, batch: u32, batches: usize, device: Device) -> Result<DataLoader> {
    let plans = passes(seed, rows.len(), batch as usize, 0)?.take(batches);
    DataLoader::start(rows, plans.map(|(_, rows)| BatchPlan { rows, decoding: Decoding::default() }), device)
}

/// Pass `number` over `count` rows, in whole batches.
fn pass(seed: u64, number: u64, count: usize, batch: usize) -> Result<BatchOrder> {
    // It refuses a batch that the rows do not fill. The trial asks for the batch, so the refusal is of the trial.
    BatchOrder::shuffled(seed, number, count, batch, Partial::Drop).map_err(|error| Error::input(error.to_string()))
}

/// Whole batches of shuffled passes over `count` rows from step `first` on, with their steps, without end.
fn passes(seed: u64, count: usize, batch: usize, first: u64) -> Result<impl Iterator<Item = (u64, Vec<u32>)> + Send> {
    let mut order = pass(seed, 0, count, batch)?;
    let a_pass = order.steps().max(1) as u64;
    let mut number = 0;
    Ok((first..).map_while(move |step| {
        if step / a_pass != number {
            number = step / a_pass;
            order = pass(seed, number, count, batch).ok()?;
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

/// How the rows of a step are decoded, as a function of their number and of the step's index, which strands and shifts
/// are drawn from.
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
