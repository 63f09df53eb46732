//! A trained network that predicts for windows, batch by batch, as [`score`](super::score()) does for rows.

use std::path::Path;

use genomenas_data::bases::Packed;
use genomenas_data::store::one_hot;
use genomenas_data::{Device, Task};
use genomenas_plugin::space::Architecture;

use super::score::to_vec;
use crate::error::{Error, Result};
use crate::kernels::to_device;
use crate::net::{Mode, Net};
use crate::precision;
use crate::tensor::checkpoint;
use crate::tensor::device::torch;
use crate::tensor::loss::Loss;
use crate::tensor::memory::{self, MemoryEstimate};

/// What [`Predictor::open`] opens.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The architecture.
    pub architecture: &'a Architecture,
    /// The file of its weights.
    pub weights: &'a Path,
    /// What its outputs mean.
    pub task: Task,
    /// Bases of a window.
    pub length: usize,
    /// The number of its outputs.
    pub labels: usize,
    /// Windows a batch, at most.
    pub batch: u32,
    /// Where to compute.
    pub device: Device,
    /// Whether the prediction for a window is the mean of those for its two strands.
    pub average_strands: bool,
}

/// A trained network in evaluation mode.
pub struct Predictor {
    net: Net,
    loss: Loss,
    length: usize,
    batch: usize,
    device: Device,
    average_strands: bool,
    scratch: Vec<f32>,
}

impl Predictor {
    /// Reads the weights onto the device.
    pub fn open(opening: &Opening<'_>) -> Result<Self> {
        let Opening { architecture, weights, task, length, labels, batch, device, average_strands } = *opening;
        let layers = architecture.layers()?;
        layers.expect_io(length, labels)?;
        let (tensors, _) = checkpoint::read::<serde_json::Value>(weights)?;
        let estimate = MemoryEstimate {
            parameters: layers.parameters(),
            copies: MemoryEstimate::SCORED,
            activations: layers.activations(),
            peak: layers.peak(),
            rows: MemoryEstimate::row(length, labels),
            batch,
        };
        memory::check(device, &estimate)?;
        let mut net = Net::build_blank(&layers, device)?;
        net.weights.restore(&tensors).map_err(|error| error.in_file(weights))?;
        let (loss, batch) = (Loss::of(task), batch.max(1) as usize);
        Ok(Self { net, loss, length, batch, device, average_strands, scratch: Vec::new() })
    }

    /// The predictions for windows, all labels of the first one first.
    pub fn predict(&mut self, windows: &[Packed]) -> Result<Vec<f32>> {
        let _guard = tch::no_grad_guard();
        let mut all = Vec::new();
        for windows in windows.chunks(self.batch) {
            let mut predictions = self.pass(windows, false)?;
            if self.average_strands {
                predictions = (predictions + self.pass(windows, true)?) * 0.5;
            }
            all.extend(to_vec(&predictions)?);
        }
        Ok(all)
    }

    fn pass(&mut self, windows: &[Packed], reverse_complement: bool) -> Result<tch::Tensor> {
        let size = 4 * self.length;
        let mut inputs = vec![0.0; windows.len() * size];
        for (window, out) in windows.iter().zip(inputs.chunks_exact_mut(size)) {
            if window.len() != self.length {
                return Err(Error::bug(format!(
                    "a window of {} bases came to a network of {}",
                    window.len(),
                    self.length
                )));
            }
            let how = (reverse_complement, 0);
            one_hot(window.codes(), window.unknown(), self.length, how, &mut self.scratch, out);
        }
        let shape = [windows.len(), 4, self.length].map(|side| i64::try_from(side).unwrap_or(i64::MAX));
        let inputs = to_device(&inputs, &shape, torch(self.device))?;
        let logits = precision::forward(&self.net, &inputs, &Mode::scoring())?.logits;
        Ok(self.loss.predictions(&logits)?)
    }
}
