//! From the layers of a graph to the steps of a network.

use std::collections::BTreeMap;

use genomenas_plugin::space::{Form, Layer, LayerOp, Layers, Op, Source};

use super::mix::Term;
use super::module::{Module, size};
use super::schedule::{Step, Work};
use super::shares::{Choices, OptionId};
use super::weights::Declared;
use super::{convolution, highway, normalisation, pooling, recurrent};
use crate::error::{Error, Result};

/// The steps of a network.
pub(super) struct Built {
    pub(super) steps: Vec<Step>,
    /// Which of them is the output.
    pub(super) output: Source,
    /// Which is the last dense layer, if there is one.
    pub(super) last_dense: Option<usize>,
}

/// The steps of `layers`.
pub(super) fn steps(layers: &Layers, choices: &Choices, declared: &mut Declared) -> Result<Built> {
    let readers = readers(layers);
    let scales = scales(layers, choices, &readers)?;
    let mut steps: Vec<Step> = Vec::with_capacity(layers.layers.len());
    // Where each layer's value is: layers that do the same share a step.
    let mut places: Vec<Source> = Vec::with_capacity(layers.layers.len());
    let mut last_dense = None;
    let mut without_weights: BTreeMap<Source, Vec<(&Op, Source)>> = BTreeMap::new();
    for (layer, &scale) in layers.layers.iter().zip(&scales) {
        let place = |source: &Source| match source {
            Source::Input => Source::Input,
            Source::Layer(at) => places[*at],
        };
        let inputs: Vec<Source> = layer.inputs.iter().map(place).collect();
        let next = Source::Layer(steps.len());
        if let (LayerOp::Op(op), &[input]) = (&layer.op, inputs.as_slice())
            && is_function(op)
        {
            // The options of an edge, and the edges from a state, mostly begin with the same activation or pool.
            let known = without_weights.entry(input).or_default();
            if let Some(&(_, shared)) = known.iter().find(|(other, _)| *other == op) {
                places.push(shared);
                continue;
            }
            known.push((op, next));
        }
        let work = match &layer.op {
            LayerOp::Op(Op::Zero { .. }) => Work::Zero,
            LayerOp::Op(Op::Add {}) => Work::Add,
            LayerOp::Op(op) => Work::Module(module(op, layer, layers, choices, scale, declared)?),
            LayerOp::Mix { decision, options } => {
                let term = |(option, source): (&String, &Source)| -> Result<Term> {
                    let scaled = matches!(source, Source::Layer(at) if scales[*at].is_some());
                    Ok(Term { option: choices.find(decision, option)?, scaled })
                };
                Work::Mix(options.iter().zip(&layer.inputs).map(term).collect::<Result<_>>()?)
            }
        };
        if matches!(layer.op, LayerOp::Op(Op::Linear { .. })) {
            last_dense = Some(steps.len());
        }
        steps.push(Step { work, inputs, shape: layer.shape.iter().map(|&n| size(n)).collect() });
        places.push(next);
    }
    let output = match layers.output {
        Source::Input => Source::Input,
        Source::Layer(at) => places[at],
    };
    Ok(Built { steps, output, last_dense })
}

/// How many layers read each layer; the output counts as one.
fn readers(layers: &Layers) -> Vec<usize> {
    let mut readers = vec![0; layers.layers.len()];
    for source in layers.layers.iter().flat_map(|layer| &layer.inputs).chain([&layers.output]) {
        if let Source::Layer(at) = source {
            readers[*at] += 1;
        }
    }
    readers
}

/// The option by whose share a layer multiplies its value: a batch norm that has no scale of its own, where an option
/// ends in it.
fn scales(layers: &Layers, choices: &Choices, readers: &[usize]) -> Result<Vec<Option<OptionId>>> {
    let mut scales = vec![None; layers.layers.len()];
    for layer in &layers.layers {
        let LayerOp::Mix { decision, options } = &layer.op else { continue };
        for (option, source) in options.iter().zip(&layer.inputs) {
            if let Source::Layer(at) = source
                && readers[*at] == 1
                && let LayerOp::Op(op) = &layers.layers[*at].op
                && op.is_unscaled_norm(layers.form)
            {
                scales[*at] = Some(choices.find(decision, option)?);
            }
        }
    }
    Ok(scales)
}

/// Whether equal operations on one input have equal values: they have no weights, draw nothing and keep nothing.
const fn is_function(op: &Op) -> bool {
    matches!(
        op,
        Op::Activation { .. }
            | Op::MaxPool { .. }
            | Op::AvgPool { .. }
            | Op::GlobalMaxPool {}
            | Op::GlobalAvgPool {}
            | Op::Identity {}
            | Op::Flatten {}
            | Op::Transpose {}
    )
}

fn module(
    op: &Op,
    layer: &Layer,
    layers: &Layers,
    choices: &Choices,
    scale: Option<OptionId>,
    declared: &mut Declared,
) -> Result<Box<dyn Module>> {
    let name = layer.name.as_str();
    let input = match layer.inputs.first() {
        Some(Source::Layer(at)) => &layers.layers[*at].shape,
        _ => &layers.input,
    };
    let search = layers.form == Form::Search;
    match op {
        Op::Conv1d { .. } => convolution::convolution(op, name, input[0], declared),
        Op::Linear { .. } => convolution::linear(op, name, input, declared),
        Op::BatchNorm { .. } => Some(normalisation::batch_norm(op, layers.form, scale, name, input[0], declared)),
        Op::Dropout { p } => Some(normalisation::dropout(*p)),
        Op::SkipDropout {} => Some(normalisation::skip_dropout(search)),
        Op::DropPath { p } => Some(normalisation::drop_path(*p)),
        Op::Lstm { .. } | Op::Gru { .. } => recurrent::recurrent(op, name, input[0], declared),
        Op::Highway(cell) => Some(highway::highway(cell, layers.form, choices, name, input[0], declared)?),
        _ => pooling::without_weights(op),
    }
    .ok_or_else(|| Error::input(format!("node '{name}': {} cannot be trained", op.type_name())))
}
