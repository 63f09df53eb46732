//! Networks of libtorch, built from the graph of an architecture or from a space with open decisions.
//!
//! Each operation family has its file; [`Net`] holds the operations in order and runs those that a pass needs. Files here
//! stand on each other in this order: weights, blends and modes, shares, modules, operation families, steps, `Net`.

mod blend;
mod build;
mod channels_last;
mod convolution;
mod fusion;
mod highway;
mod mix;
mod mode;
mod module;
mod normalisation;
mod pooling;
mod recurrent;
mod schedule;
mod shares;
mod spectrum;
mod statistics;
pub(crate) mod weights;

#[cfg(test)]
mod tests;

use std::path::Path;

use genomenas_data::Device;
use genomenas_plugin::message::Alphas;
use genomenas_plugin::space::{Form, LayerOp, Layers, Op, Source};
use tch::Tensor;

use crate::error::{Error, Result};
use crate::kernels::{Kernels, keep_float32};
use crate::tensor::checkpoint;
use crate::tensor::device::torch;
pub(crate) use blend::Blend;
pub use blend::Mixer;
pub(crate) use mode::Mode;
use module::Pass;
use schedule::{Run, Step, Work, schedule};
use shares::Choices;
pub(crate) use statistics::Statistics;
use weights::{Declared, Weights};

/// A network with its weights on one device.
#[derive(Debug)]
pub struct Net {
    steps: Vec<Step>,
    output: Source,
    /// The step of the last dense layer, if there is one.
    last_dense: Option<usize>,
    choices: Choices,
    /// What a pass over all options runs.
    all: Vec<Run>,
    /// Whether the states of a highway cell are normalised over the samples of a batch.
    normalises_states: bool,
    /// What the operations run on.
    pub(crate) kernels: Kernels,
    /// The weights.
    pub(crate) weights: Weights,
}

/// The value of a network, and what the regularisers need.
#[derive(Debug)]
pub(crate) struct Output {
    /// Raw values (logits), \[B, outputs\].
    pub(crate) logits: Tensor,
    /// The outputs of highway cells, \[T, B, H\] each.
    pub(crate) recurrent_outputs: Vec<Tensor>,
    /// What enters the last dense layer, where the mode asks for it and the pass runs that layer.
    pub(crate) hidden: Option<Tensor>,
}

impl Net {
    /// Builds the final network of an architecture, or the supernet of a space, with weights drawn from `seed`.
    pub(crate) fn build(layers: &Layers, seed: u64, device: Device) -> Result<Self> {
        Self::build_by(layers, device, |declared| declared.allocate(seed, torch(device)))
    }

    /// Builds the same network with weights and statistics of 0, for weights that are restored from a file.
    pub(crate) fn build_blank(layers: &Layers, device: Device) -> Result<Self> {
        Self::build_by(layers, device, |declared| declared.allocate_blank(torch(device)))
    }

    fn build_by(layers: &Layers, device: Device, allocate: impl FnOnce(Declared) -> Result<Weights>) -> Result<Self> {
        let kernels = Kernels::chosen()?;
        let fuse = kernels == Kernels::Fused && device == Device::Cpu;
        let mut declared = Declared::default();
        let choices = Choices::declare(&layers.decisions, &mut declared);
        let build::Built { steps, output, last_dense } = build::steps(layers, &choices, fuse, &mut declared)?;
        let all = schedule(&steps, output, None);
        let highway = layers.layers.iter().any(|layer| matches!(layer.op, LayerOp::Op(Op::Highway(_))));
        let normalises_states = highway && layers.form == Form::Search;
        let weights = allocate(declared)?;
        if weights.flat(weights::Part::Cnn).device() != tch::Device::Cpu {
            keep_float32()?;
        }
        Ok(Self { steps, output, last_dense, choices, all, normalises_states, kernels, weights })
    }

    /// The network's value for a batch of inputs \[B, C, L\].
    ///
    /// # Errors
    ///
    /// The blend is of another supernet, a supernet with a highway cell trains on a single sample, or libtorch fails.
    pub(crate) fn forward(&self, input: &Tensor, mode: &Mode) -> Result<Output> {
        self.pass(input, mode, None)
    }

    /// Passes a batch through the network as a score does, except for the batch norms: they normalise by the batch, and
    /// each adds what it read to `statistics`.
    ///
    /// # Errors
    ///
    /// Those of [`Self::forward`] in training.
    pub(crate) fn observe(&self, input: &Tensor, blend: Blend, statistics: &mut Statistics) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.pass(input, &Mode { blend, ..Mode::scoring() }, Some(statistics)).map(|_| ())
    }

    /// Replaces the running statistics of each batch norm that read something by `statistics`.
    pub(crate) fn recalibrate(&mut self, statistics: &Statistics) -> Result<()> {
        statistics.write(&mut self.weights)
    }

    fn pass(&self, input: &Tensor, mode: &Mode, statistics: Option<&mut Statistics>) -> Result<Output> {
        let batch = input.size().first().copied().unwrap_or(0);
        if self.normalises_states && (mode.train || statistics.is_some()) && batch < 2 {
            return Err(Error::input(format!(
                "a supernet with a highway cell normalises over the samples of a batch: expected at least 2, got {batch}"
            )));
        }
        let shares = self.choices.shares(&self.weights, mode)?;
        let some = matches!(mode.blend, Blend::Chosen(_)).then(|| schedule(&self.steps, self.output, Some(&shares)));
        let mut pass = Pass {
            weights: &self.weights,
            kernels: self.kernels,
            mode,
            shares,
            statistics,
            recurrent_outputs: Vec::new(),
        };
        let mut hidden = None;
        let mut values: Vec<Option<Tensor>> = self.steps.iter().map(|_| None).collect();
        for run in some.as_ref().unwrap_or(&self.all) {
            let step = &self.steps[run.at];
            let value_at = |&at: &usize| Some((at, value_of(step.inputs[at], &values, input)?));
            let read: Vec<(usize, &Tensor)> = run.reads.iter().filter_map(value_at).collect();
            let tensors: Vec<&Tensor> = read.iter().map(|&(_, value)| value).collect();
            if mode.keep_hidden && self.last_dense == Some(run.at) {
                hidden = tensors.first().map(|value| value.shallow_clone());
            }
            let value = match &step.work {
                Work::Module(module) => module.forward(&tensors, &mut pass)?,
                _ if tensors.is_empty() => {
                    let shape: Vec<i64> = std::iter::once(batch).chain(step.shape.iter().copied()).collect();
                    input.f_new_zeros(shape, (input.kind(), input.device()))?
                }
                Work::Zero | Work::Add => mix::add(&tensors)?,
                Work::Mix(terms) => {
                    let terms: Vec<_> = read.iter().map(|&(at, value)| (terms[at], value)).collect();
                    mix::mix(&terms, &pass)?
                }
            };
            values[run.at] = Some(value);
            for &at in &run.last_read {
                values[at] = None;
            }
        }
        let logits = value_of(self.output, &values, input)
            .ok_or_else(|| Error::failed("the network has no output"))?
            .shallow_clone();
        Ok(Output { logits, recurrent_outputs: pass.recurrent_outputs, hidden })
    }

    /// Writes the weights and running statistics to `path`, as float32 safetensors with the canonical hash of their
    /// architecture. Returns the SHA-256 of the file.
    pub fn write_weights(&self, path: &Path, architecture_hash: Option<&str>) -> Result<String> {
        checkpoint::write_weights(path, &self.weights.snapshot()?, &architecture_hash)
    }

    /// The alphas of a supernet and their softmax; none for an architecture.
    pub(crate) fn alphas(&self) -> Result<Alphas> {
        self.choices.report(&self.weights)
    }
}

fn value_of<'a>(source: Source, values: &'a [Option<Tensor>], input: &'a Tensor) -> Option<&'a Tensor> {
    match source {
        Source::Input => Some(input),
        Source::Layer(at) => values[at].as_ref(),
    }
}
