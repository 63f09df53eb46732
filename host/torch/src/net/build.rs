//! From the layers of a graph to the steps of a network.

use genomenas_plugin::space::{Form, Layer, LayerOp, Layers, Op, Shape, Source};

use super::fusion::Fusion;
use super::mix::Term;
use super::module::{Module, size};
use super::schedule::{Step, Work};
use super::shares::{Choices, OptionId};
use super::weights::Declared;
use super::{convolution, highway, normalisation, pooling, recurrent, spectrum};
use crate::error::{Error, Result};

/// The steps of a network.
pub(super) struct Built {
    pub(super) steps: Vec<Step>,
    /// Which of them is the output.
    pub(super) output: Source,
    /// Which is the last dense layer, if there is one.
    pub(super) last_dense: Option<usize>,
}

/// The steps of `layers`, in which one kernel may compute several (`fuse`).
pub(super) fn steps(layers: &Layers, choices: &Choices, fuse: bool, declared: &mut Declared) -> Result<Built> {
    let firsts = layers.firsts();
    let scales = scales(layers, choices)?;
    let mut fusion = fuse.then(|| Fusion::of(layers, &firsts));
    let mut steps: Vec<Step> = Vec::with_capacity(layers.layers.len());
    // The step of each layer: layers that compute the same share one.
    let mut places: Vec<Source> = Vec::with_capacity(layers.layers.len());
    let mut last_dense = None;
    for (at, (layer, &scale)) in layers.layers.iter().zip(&scales).enumerate() {
        if firsts[at] != at {
            places.push(places[firsts[at]]);
            continue;
        }
        let place = |source: &Source| match source {
            Source::Input => Source::Input,
            Source::Layer(at) => places[*at],
        };
        let mut inputs: Vec<Source> = layer.inputs.iter().map(place).collect();
        let work = match &layer.op {
            LayerOp::Op(Op::Zero { .. }) => Work::Zero,
            LayerOp::Op(Op::Add {}) => Work::Add,
            LayerOp::Op(op @ Op::Conv1d { .. }) => {
                let channels = input_of(layer, layers)[0];
                let convolution = convolution::convolution(op, &layer.name, channels, declared)
                    .ok_or_else(|| Error::bug(format!("{} is not a convolution", layer.name)))?;
                match fusion.as_mut().and_then(|fusion| fusion.ending_in(at, convolution)) {
                    Some((fused, source)) => {
                        inputs = vec![place(&source)];
                        Work::Module(Box::new(fused))
                    }
                    None => Work::Module(Box::new(convolution)),
                }
            }
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
        places.push(Source::Layer(steps.len()));
        steps.push(Step { work, inputs, shape: layer.shape.iter().map(|&n| size(n)).collect() });
    }
    let output = match layers.output {
        Source::Input => Source::Input,
        Source::Layer(at) => places[at],
    };
    Ok(Built { steps, output, last_dense })
}

/// The option by whose share a layer multiplies its value: see [`Layers::scaled`].
fn scales(layers: &Layers, choices: &Choices) -> Result<Vec<Option<OptionId>>> {
    let scaled = layers.scaled();
    let mut scales = vec![None; layers.layers.len()];
    for layer in &layers.layers {
        let LayerOp::Mix { decision, options } = &layer.op else { continue };
        for (option, source) in options.iter().zip(&layer.inputs) {
            if let Source::Layer(at) = source
                && scaled[*at]
            {
                scales[*at] = Some(choices.find(decision, option)?);
            }
        }
    }
    Ok(scales)
}

/// The shape of the first value that a layer reads.
fn input_of<'a>(layer: &Layer, layers: &'a Layers) -> &'a Shape {
    match layer.inputs.first() {
        Some(Source::Layer(at)) => &layers.layers[*at].shape,
        _ => &layers.input,
    }
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
    let input = input_of(layer, layers);
    let search = layers.form == Form::Search;
    match op {
        Op::Linear { .. } => convolution::linear(op, name, input, declared),
        Op::BatchNorm { .. } => Some(normalisation::batch_norm(op, layers.form, scale, name, input[0], declared)),
        Op::Dropout { p } => Some(normalisation::dropout(*p)),
        Op::SkipDropout {} => Some(normalisation::skip_dropout(search)),
        Op::DropPath { p } => Some(normalisation::drop_path(*p)),
        Op::Lstm { .. } | Op::Gru { .. } => recurrent::recurrent(op, name, input[0], declared),
        Op::Highway(cell) => Some(highway::highway(cell, layers.form, choices, name, input[0], declared)?),
        Op::KmerSpectrum { .. } => spectrum::spectrum(op),
        _ => pooling::without_weights(op),
    }
    .ok_or_else(|| Error::input(format!("node '{name}': {} cannot be trained", op.type_name())))
}
