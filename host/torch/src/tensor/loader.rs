//! Batches as tensors on the device: decoded on a thread of its own while the network computes, and copied to a
//! GPU while it computes, too.

use genomenas_data::{BatchPlan, Decoding, Device, Error as DataError, OtherStrand, Prefetcher, Rows};
use tch::Tensor;

use super::device::torch;
use crate::error::{Error, Result};
use crate::kernels::to_device;

/// Inputs \[B, 4, L\] and targets \[B, K\].
pub(crate) type Batch = (Tensor, Tensor);

/// Batches decoded before they are asked for.
const AHEAD: usize = 3;

/// Loads batches of rows in order.
pub(crate) struct DataLoader {
    batches: Prefetcher<(Vec<f32>, Vec<f32>)>,
    length: i64,
    labels: i64,
    device: tch::Device,
}

impl DataLoader {
    /// The batches of `plans`, which name rows of `rows`.
    pub(crate) fn start(
        rows: &Rows,
        plans: impl Iterator<Item = BatchPlan> + Send + 'static,
        device: Device,
    ) -> Result<Self> {
        let make = |inputs, labels| Ok((vec![0.0; inputs], vec![0.0; labels]));
        let size = |n: usize| i64::try_from(n).map_err(|_| DataError::input("the windows are too long"));
        Ok(Self {
            length: size(rows.info().shape.length)?,
            labels: size(rows.label_size())?,
            batches: Prefetcher::start(rows.clone(), plans, AHEAD, make)?,
            device: torch(device),
        })
    }

    /// The `chosen` rows in their order, as they are stored; after each batch, the other strands of its rows if they
    /// are asked for.
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

    /// The next batch; `None` after the last.
    pub(crate) fn next_batch(&mut self) -> Result<Option<Batch>> {
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
            // The buffer is made for a whole batch; the last one may be smaller.
            let values = &values[..usize::try_from(size).unwrap_or(0)];
            Ok(to_device(values, shape, self.device)?)
        };
        Ok(Some((tensor(inputs, &[rows, 4, length])?, tensor(targets, &[rows, labels])?)))
    }
}
