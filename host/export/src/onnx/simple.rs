//! Nodes of activations, pools, convolutions and dense layers, and of changes of shape.

use genomenas_data::error::Result;
use genomenas_plugin::space::{Function, Op, Shape};

use super::builder::{Builder, size_of};
use super::proto::Held;
use crate::weights::{Tensor, Weights};

/// A layer whose nodes are added.
pub(super) struct Place<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// The values that it reads.
    pub(super) inputs: &'a [&'a str],
    /// Shape of the first of them, for a sample.
    pub(super) read: &'a Shape,
    /// Shape of its own value, for a sample.
    pub(super) shape: &'a Shape,
}

impl Place<'_> {
    /// The value that it reads first.
    pub(super) fn input(&self) -> &str {
        self.inputs.first().copied().unwrap_or_default()
    }

    /// The name of its value.
    pub(super) fn value(&self) -> String {
        self.part("value")
    }

    /// The name of something within it: no name of a weight has a stroke.
    pub(super) fn part(&self, what: &str) -> String {
        format!("{}/{what}", self.name)
    }
}

/// As of `GELU` by the error function, which every opset has: x/2·(1 + erf(x/√2)).
fn gelu(builder: &mut Builder, input: &str, output: &str) -> String {
    let within = |what: &str| format!("{output}/{what}");
    let [root, one, half] = [std::f32::consts::FRAC_1_SQRT_2, 1.0, 0.5].map(|value| builder.float(value));
    let scaled = builder.node("Mul", &[input, &root], &within("scaled"), vec![]);
    let erf = builder.node("Erf", &[&scaled], &within("erf"), vec![]);
    let factor = builder.node("Add", &[&erf, &one], &within("factor"), vec![]);
    let product = builder.node("Mul", &[input, &factor], &within("product"), vec![]);
    builder.node("Mul", &[&product, &half], output, vec![])
}

/// The name of an activation's value. `None` for a function of a later version.
pub(super) fn activation(builder: &mut Builder, function: Function, input: &str, output: &str) -> Option<String> {
    Some(match function {
        Function::Relu => builder.node("Relu", &[input], output, vec![]),
        Function::Tanh => builder.node("Tanh", &[input], output, vec![]),
        Function::Sigmoid => builder.node("Sigmoid", &[input], output, vec![]),
        Function::Gelu => gelu(builder, input, output),
        Function::Identity => input.to_owned(),
        _ => return None,
    })
}

/// The name of the value of an operation that has a node of its own; `None` for other operations.
pub(super) fn simple(builder: &mut Builder, op: &Op, place: &Place<'_>, weights: &Weights) -> Result<Option<String>> {
    let (input, output) = (place.input(), place.value());
    let mut one = |kind: &str, attributes| Ok(Some(builder.node(kind, &[input], &output, attributes)));
    let ints = |values: &[usize]| Held::Ints(values.iter().map(|&value| size_of(value)).collect());
    let along = |axis| vec![("axes", Held::Ints(vec![axis])), ("keepdims", Held::Int(0))];
    let pool = |kernel: usize, stride: usize, padding: usize| {
        vec![("kernel_shape", ints(&[kernel])), ("strides", ints(&[stride])), ("pads", ints(&[padding, padding]))]
    };
    match *op {
        Op::MaxPool { kernel, stride, padding } => one("MaxPool", pool(kernel, stride, padding)),
        Op::AvgPool { kernel, stride, padding } => {
            let uncounted = ("count_include_pad", Held::Int(0));
            one("AveragePool", pool(kernel, stride, padding).into_iter().chain([uncounted]).collect())
        }
        Op::GlobalMaxPool {} => one("ReduceMax", along(2)),
        Op::GlobalAvgPool {} => one("ReduceMean", along(2)),
        Op::Flatten {} => one("Flatten", vec![("axis", Held::Int(1))]),
        Op::Transpose {} => one("Transpose", vec![("perm", Held::Ints(vec![0, 2, 1]))]),
        Op::Activation { function } => Ok(activation(builder, function, input, &output)),
        // Dropout of any kind passes its input on, outside of training.
        Op::Identity {} | Op::Dropout { .. } | Op::SkipDropout {} | Op::DropPath { .. } => Ok(Some(input.to_owned())),
        Op::Add {} => Ok(Some(builder.node("Sum", place.inputs, &output, vec![]))),
        Op::Concat {} => Ok(Some(builder.node("Concat", place.inputs, &output, vec![("axis", Held::Int(1))]))),
        Op::Conv1d { kernel, stride, padding, dilation, depthwise, groups, bias, .. } => {
            let channels = place.read.first().copied().unwrap_or_default();
            let attributes = vec![
                ("kernel_shape", ints(&[kernel])),
                ("strides", ints(&[stride])),
                ("pads", ints(&[padding, padding])),
                ("dilations", ints(&[dilation])),
                ("group", Held::Int(size_of(if depthwise { channels } else { groups }))),
            ];
            let read = parameters(builder, place.name, bias, weights)?;
            let read: Vec<&str> = std::iter::once(input).chain(read.iter().map(String::as_str)).collect();
            Ok(Some(builder.node("Conv", &read, &output, attributes)))
        }
        Op::Linear { bias, .. } => linear(builder, place, bias, weights).map(Some),
        Op::BatchNorm { .. } => batch_norm(builder, op, place, weights).map(Some),
        _ => Ok(None),
    }
}

/// The constants `NAME.weight` and, where there is one, `NAME.bias`.
fn parameters(builder: &mut Builder, name: &str, bias: bool, weights: &Weights) -> Result<Vec<String>> {
    let names = [Some("weight"), bias.then_some("bias")];
    let mut constant = |what: &str| {
        let name = format!("{name}.{what}");
        Ok(builder.floats(&name, weights.get(&name)?))
    };
    names.into_iter().flatten().map(&mut constant).collect()
}

/// Features at once, or position by position: a product from the left.
fn linear(builder: &mut Builder, place: &Place<'_>, bias: bool, weights: &Weights) -> Result<String> {
    let (input, output) = (place.input(), place.value());
    if place.read.len() == 1 {
        let read = parameters(builder, place.name, bias, weights)?;
        let read: Vec<&str> = std::iter::once(input).chain(read.iter().map(String::as_str)).collect();
        return Ok(builder.node("Gemm", &read, &output, vec![("transB", Held::Int(1))]));
    }
    let weight = parameters(builder, place.name, false, weights)?;
    let weight = weight.first().map(String::as_str).unwrap_or_default();
    if !bias {
        return Ok(builder.node("MatMul", &[weight, input], &output, vec![]));
    }
    let product = builder.node("MatMul", &[weight, input], &place.part("product"), vec![]);
    let name = format!("{}.bias", place.name);
    let bias = weights.get(&name)?;
    // One value a feature, for all positions.
    let bias = builder.floats(&name, &bias.reshaped(&[bias.values.len(), 1]));
    Ok(builder.node("Add", &[&product, &bias], &output, vec![]))
}

fn batch_norm(builder: &mut Builder, op: &Op, place: &Place<'_>, weights: &Weights) -> Result<String> {
    let channels = place.read.first().copied().unwrap_or_default();
    let mut read = vec![place.input().to_owned()];
    for (what, neutral) in [("weight", 1.0), ("bias", 0.0)] {
        let name = format!("{}.{what}", place.name);
        read.push(if op.is_unscaled_norm(genomenas_plugin::space::Form::Final) {
            let constant = Tensor { shape: vec![channels], values: vec![neutral; channels] };
            builder.floats(&format!("constant/{channels} times {neutral}"), &constant)
        } else {
            builder.floats(&name, weights.get(&name)?)
        });
    }
    for what in ["running_mean", "running_var"] {
        let name = format!("{}.{what}", place.name);
        read.push(builder.floats(&name, weights.get(&name)?));
    }
    let read: Vec<&str> = read.iter().map(String::as_str).collect();
    Ok(builder.node("BatchNormalization", &read, &place.value(), vec![("epsilon", Held::Float(1e-5))]))
}
