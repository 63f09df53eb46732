//! The steps of a training one by one, and passes through a network without data, for the benchmarks in `tests/bench`.
//!
//! What is timed is what a training runs: its weight step and its architecture step with their optimizers, on
//! a batch that its loader made.

use std::path::Path;
use std::time::{Duration, Instant};

use genomenas_data::{Device, Rows};
use genomenas_plugin::space::Layers;
use tch::{Kind, Tensor};

use super::batches;
use super::job::Job;
use super::steps::out_of_data;
use super::training::Training;
use crate::error::Result;
use crate::net::weights::{Part, WEIGHTS};
use crate::net::{Mode, Net};
use crate::precision;
use crate::tensor::checkpoint::{self, Tensors};
use crate::tensor::device::torch;
use crate::tensor::loader::{Batch, DataLoader};

/// What a benchmark repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Weight steps.
    Weights,
    /// Architecture steps.
    Alphas,
    /// Passes of a score, with predictions.
    Score,
}

/// A training whose steps are run one by one, always on the same batch of training rows.
pub struct Steps {
    training: Training,
    train: Batch,
    arch: Option<Batch>,
    arch_loader: Option<DataLoader>,
}

impl Steps {
    /// A training from its beginning.
    ///
    /// # Errors
    ///
    /// Those of [`Training::start`].
    pub fn start(job: Job) -> Result<Self> {
        let training = Training::start(job)?;
        let Training { job, partition, arch, .. } = &training;
        let mut loader = batches::of_weights(job, partition.weights.as_ref(), 0, 0, 1)?;
        let train = loader.next_batch()?.ok_or_else(out_of_data)?;
        let arch = match arch {
            None => None,
            Some(_) => batches::of_alphas(job, partition.arch.as_ref(), 0)?.next_batch()?,
        };
        Ok(Self { training, train, arch, arch_loader: None })
    }

    /// Does `work` so many times. Returns how long it took, until the device was done.
    ///
    /// # Errors
    ///
    /// Those of a step.
    pub fn run(&mut self, work: Work, count: u64) -> Result<Duration> {
        let begun = Instant::now();
        let mut last = Tensor::f_zeros([], (Kind::Float, torch(self.training.job.device)))?;
        for _ in 0..count {
            let context = self.training.step_context(0.0);
            match work {
                Work::Weights => {
                    last = self.training.weight_step(&self.train, &context)?;
                    self.training.progress.steps += 1;
                }
                Work::Alphas => {
                    self.training.arch_step(&self.train, &context, &mut self.arch_loader)?;
                    last = self.training.net.weights.flat(Part::Arch).f_sum(Kind::Float)?;
                }
                Work::Score => {
                    let _guard = tch::no_grad_guard();
                    let logits = precision::forward(&self.training.net, &self.train.0, &Mode::scoring())?.logits;
                    last = self.training.objective.loss.predictions(&logits)?.f_max()?;
                }
            }
        }
        last.f_double_value(&[])?;
        Ok(begun.elapsed())
    }

    /// Writes `parts` to a file of tensors: `batches` (`train/inputs` and others), `outputs` (the logits of the batch in
    /// training, and in a score), `weights` (`weights/NAME`, alphas and running statistics, too), and `moments`
    /// (`moments/first/NAME`).
    ///
    /// # Errors
    ///
    /// Those of a pass and of the file.
    pub fn write(&mut self, path: &Path, parts: &[&str]) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let mode = Mode { track: false, ..self.training.step_context(0.0).mode };
        let Training { net, optimizer, arch, .. } = &self.training;
        let mut all: Tensors = Vec::new();
        if parts.contains(&"batches") {
            let batches = [("train", Some(&self.train)), ("arch", self.arch.as_ref())];
            for (name, (inputs, targets)) in batches.into_iter().filter_map(|(name, batch)| Some((name, batch?))) {
                all.push((format!("{name}/inputs"), inputs.shallow_clone()));
                all.push((format!("{name}/targets"), targets.shallow_clone()));
            }
        }
        if parts.contains(&"outputs") {
            for (name, mode) in [("logits", &mode), ("scores", &Mode::scoring())] {
                all.push((name.to_owned(), net.forward(&self.train.0, mode)?.logits));
            }
        }
        let prefixed = |prefix: &'static str, tensors: Tensors| {
            tensors.into_iter().map(move |(name, tensor)| (format!("{prefix}/{name}"), tensor))
        };
        if parts.contains(&"weights") {
            all.extend(prefixed("weights", net.weights.snapshot()?));
        }
        if parts.contains(&"moments") {
            for optimizer in std::iter::once(optimizer).chain(arch.as_ref().map(|arch| &arch.optimizer)) {
                all.extend(prefixed("moments", optimizer.state(&net.weights)?));
            }
        }
        checkpoint::write_weights(path, &all, &())?;
        Ok(())
    }
}

/// Passes forward and backward through a network without a loss, such as a cell on its own.
#[derive(Debug)]
pub struct Backward {
    net: Net,
    mode: Mode,
    input: Tensor,
    /// The gradient of the output.
    by: Tensor,
}

impl Backward {
    /// The network of `layers` and a random batch. Gradients are taken of the input, and of the weights as in a weight
    /// step, or of the alphas as in an architecture step.
    ///
    /// # Errors
    ///
    /// The network cannot be built.
    pub fn start(layers: &Layers, batch: u32, work: Work, seed: u64, device: Device) -> Result<Self> {
        let mut net = Net::build(layers, seed, device)?;
        let shape = |of: &[usize]| -> Vec<i64> {
            std::iter::once(i64::from(batch)).chain(of.iter().map(|&n| i64::try_from(n).unwrap_or(i64::MAX))).collect()
        };
        tch::manual_seed(1);
        let random = |shape: Vec<i64>| Tensor::f_randn(shape, (Kind::Float, torch(device)));
        let input = random(shape(&layers.input))?.f_set_requires_grad(true)?;
        let by = random(shape(layers.output_shape()))?;
        let alphas = work == Work::Alphas;
        for part in WEIGHTS {
            net.weights.require_gradients(part, !alphas)?;
        }
        Ok(Self { net, mode: Mode { learn_alphas: alphas, ..Mode::training() }, input, by })
    }

    /// Passes forward and backward so many times. Returns how long it took, until the device was done.
    ///
    /// # Errors
    ///
    /// libtorch fails.
    pub fn run(&mut self, count: u64) -> Result<Duration> {
        let begun = Instant::now();
        for _ in 0..count {
            let (_, gradients) = self.pass()?;
            if let Some((_, first)) = gradients.first() {
                first.f_max()?.f_double_value(&[])?;
            }
        }
        Ok(begun.elapsed())
    }

    /// Writes what the same passes need elsewhere, and the output and gradients of one, to a file of tensors:
    /// `weights/NAME`, `input`, `by`, `output`, `gradients/NAME`, `gradients/input`.
    ///
    /// # Errors
    ///
    /// Those of a pass and of the file.
    pub fn write(&mut self, path: &Path) -> Result<()> {
        let mut all: Tensors = vec![("input".into(), self.input.f_detach()?), ("by".into(), self.by.shallow_clone())];
        let weights = self.net.weights.snapshot()?.into_iter();
        all.extend(weights.map(|(name, tensor)| (format!("weights/{name}"), tensor)));
        let (output, gradients) = self.pass()?;
        all.push(("output".into(), output.f_detach()?));
        all.extend(gradients.into_iter().map(|(name, tensor)| (format!("gradients/{name}"), tensor)));
        checkpoint::write_weights(path, &all, &())?;
        Ok(())
    }

    /// The output, and the gradients by name; the input's first.
    fn pass(&mut self) -> Result<(Tensor, Tensors)> {
        let output = self.net.forward(&self.input, &self.mode)?.logits;
        let total = output.f_mul(&self.by)?.f_sum(Kind::Float)?;
        let parts: &[Part] = if self.mode.learn_alphas { &[Part::Arch] } else { &WEIGHTS };
        let mut leaves = vec![("input".to_owned(), self.input.shallow_clone())];
        for &part in parts {
            leaves.extend(self.net.weights.leaves(part));
        }
        let of: Vec<&Tensor> = leaves.iter().map(|(_, leaf)| leaf).collect();
        let gradients = Tensor::f_run_backward(&[total], &of, false, false)?;
        let named = leaves.iter().map(|(name, _)| name.clone()).zip(gradients).collect();
        Ok((output, named))
    }
}

/// Loads all `rows` once in whole batches, shuffled by `seed`, as the steps of a training do. Returns how many batches
/// they were.
///
/// # Errors
///
/// The rows do not fill a batch, or cannot be read.
pub fn load(rows: &Rows, seed: u64, batch: u32, device: Device) -> Result<usize> {
    let batches = rows.len() / batch.max(1) as usize;
    let mut loader = batches::sample(rows, seed, batch, batches, device)?;
    let mut loaded = 0;
    while loader.next_batch()?.is_some() {
        loaded += 1;
    }
    Ok(loaded)
}
