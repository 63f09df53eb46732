//! Batches as tensors on the device: decoded on a thread of its own while the network computes.

use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use tch::{Device, Tensor};

use super::training::Job;
use crate::data::{BatchOrder, BatchPlan, Decoding, Partial, Prefetcher, Rows};
use crate::error::{Error, Result};

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
    /// The batches of epoch `epoch` (from 0) of a training, from step `first` to step `steps`.
    pub(super) fn train(job: &Job<'_>, epoch: u32, first: u32, steps: u32) -> Result<Self> {
        let batch = job.plan.batch as usize;
        let order = BatchOrder::shuffled(job.seed, epoch.into(), job.train.len(), batch, Partial::Drop)?;
        let (strands, seed) = (job.plan.reverse_complement, job.seed);
        let plans = (first..steps).filter_map(move |step| {
            let rows = order.step(step as usize)?.to_vec();
            let reverse_complement = if strands {
                let mut draws = seed::stream(seed, "strand", u64::from(epoch) << 32 | u64::from(step));
                rows.iter().map(|_| draws.random()).collect()
            } else {
                Vec::new()
            };
            Some(BatchPlan { rows, decoding: Decoding { reverse_complement, shift: Vec::new() } })
        });
        Self::start(job.train, plans, job.device)
    }

    /// The `chosen` rows in their order, as they are stored.
    pub fn score(rows: &Rows, chosen: Vec<u32>, batch: u32, device: Device) -> Result<Self> {
        let batch = batch.max(1) as usize;
        let count = chosen.len().div_ceil(batch);
        let plans = (0..count).map(move |at| {
            let rows = chosen[at * batch..((at + 1) * batch).min(chosen.len())].to_vec();
            BatchPlan { rows, decoding: Decoding::default() }
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

    /// The next batch: inputs \[B, 4, L\] and targets \[B, K\].
    pub fn next_batch(&mut self) -> Result<Option<(Tensor, Tensor)>> {
        let Some(batch) = self.batches.next() else {
            return Ok(None);
        };
        let mut batch = batch?;
        let count = batch.rows().len();
        let rows = i64::try_from(count).unwrap_or(i64::MAX);
        let (length, labels) = (self.length, self.labels);
        let Some((inputs, targets)) = batch.buffer() else {
            return Err(Error::failed("a batch came without its memory: please report it"));
        };
        let tensor = |values: &[f32], shape: &[i64]| -> Result<Tensor> {
            let size = shape.iter().product::<i64>();
            let values = &values[..usize::try_from(size).unwrap_or(0)];
            Ok(Tensor::f_from_slice(values)?.f_reshape(shape)?.f_to_device(self.device)?)
        };
        Ok(Some((tensor(inputs, &[rows, 4, length])?, tensor(targets, &[rows, labels])?)))
    }
}
