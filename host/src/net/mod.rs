//! From an architecture graph to a network of libtorch.
//!
//! One file an operation family; [`Net`] holds the modules in order and runs them.

mod blend;
mod convolution;
mod highway;
mod module;
mod normalisation;
mod pooling;
mod recurrent;
pub mod weights;

#[cfg(test)]
mod tests;

use genomenas_plugin::space::{Form, LayerOp, Layers, Op, Source};
use tch::{Device, Tensor};

use crate::error::{Error, Result};
pub use blend::{Blend, Mixer};
use module::Module;
pub use module::{Mode, Pass};
use weights::{Declared, Weights};

/// A network with its weights on one device.
#[derive(Debug)]
pub struct Net {
    steps: Vec<Step>,
    output: Source,
    /// The weights.
    pub weights: Weights,
}

#[derive(Debug)]
struct Step {
    module: Box<dyn Module>,
    inputs: Vec<Source>,
    /// The values that no later step reads.
    last_read: Vec<usize>,
}

/// The value of a network, and what the regularisers need.
#[derive(Debug)]
pub struct Output {
    /// Raw values (logits), \[B, outputs\].
    pub logits: Tensor,
    /// The outputs of highway cells, \[T, B, H\] each.
    pub recurrent_outputs: Vec<Tensor>,
}

impl Net {
    /// Builds the final network of an architecture with weights drawn from `seed`.
    pub fn build(layers: &Layers, seed: u64, device: Device) -> Result<Self> {
        let mut declared = Declared::default();
        let mut steps = Vec::with_capacity(layers.layers.len());
        for layer in &layers.layers {
            let LayerOp::Op(op) = &layer.op else {
                return Err(Error::input(format!("node '{}' is an open choice: expected an architecture", layer.name)));
            };
            let input = match layer.inputs.first() {
                Some(Source::Layer(at)) => &layers.layers[*at].shape,
                _ => &layers.input,
            };
            let module = module_of(op, &layer.name, input, &mut declared)
                .ok_or_else(|| Error::input(format!("node '{}': {} cannot be trained", layer.name, op.type_name())))?;
            steps.push(Step { module, inputs: layer.inputs.clone(), last_read: Vec::new() });
        }
        mark_last_reads(&mut steps, layers.output);
        Ok(Self { steps, output: layers.output, weights: declared.allocate(seed, device)? })
    }

    /// The network's value for a batch of inputs \[B, C, L\].
    pub fn forward(&self, input: &Tensor, mode: &Mode) -> Result<Output> {
        let mut pass = Pass { weights: &self.weights, mode, recurrent_outputs: Vec::new() };
        let mut values: Vec<Option<Tensor>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let read: Vec<&Tensor> =
                step.inputs.iter().filter_map(|&source| value_of(source, &values, input)).collect();
            let value = step.module.forward(&read, &mut pass)?;
            values.push(Some(value));
            for &at in &step.last_read {
                values[at] = None;
            }
        }
        let logits = value_of(self.output, &values, input)
            .ok_or_else(|| Error::failed("the network has no output"))?
            .shallow_clone();
        Ok(Output { logits, recurrent_outputs: pass.recurrent_outputs })
    }
}

fn value_of<'a>(source: Source, values: &'a [Option<Tensor>], input: &'a Tensor) -> Option<&'a Tensor> {
    match source {
        Source::Input => Some(input),
        Source::Layer(at) => values[at].as_ref(),
    }
}

/// So that a value is freed as soon as nothing reads it any more (in training, libtorch keeps what backward needs).
fn mark_last_reads(steps: &mut [Step], output: Source) {
    let mut seen = vec![false; steps.len()];
    if let Source::Layer(at) = output {
        seen[at] = true;
    }
    for reader in (0..steps.len()).rev() {
        let inputs = steps[reader].inputs.clone();
        for source in inputs {
            if let Source::Layer(at) = source
                && !std::mem::replace(&mut seen[at], true)
            {
                steps[reader].last_read.push(at);
            }
        }
    }
}

fn module_of(op: &Op, name: &str, input: &[usize], declared: &mut Declared) -> Option<Box<dyn Module>> {
    match op {
        Op::Conv1d { .. } => convolution::convolution(op, name, input[0], declared),
        Op::Linear { .. } => convolution::linear(op, name, input, declared),
        Op::BatchNorm { .. } => normalisation::batch_norm(op, Form::Final, name, input[0], declared),
        Op::Dropout { p } => Some(normalisation::dropout(*p)),
        Op::DropPath { p } => Some(normalisation::drop_path(*p)),
        Op::Lstm { .. } | Op::Gru { .. } => recurrent::recurrent(op, name, input[0], declared),
        Op::Highway(_) => highway::highway(op, name, input[0], declared),
        _ => pooling::without_weights(op),
    }
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Self {
        // libtorch appends a C++ backtrace; the first line says what happened.
        let text = error.to_string();
        Self::Failed(format!("libtorch: {}", text.lines().next().unwrap_or("unknown error")))
    }
}
