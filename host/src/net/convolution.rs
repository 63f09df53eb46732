//! Convolutions and linear layers, with the initial weights of PyTorch: U(±1/√fan-in) for weights and biases.

use genomenas_plugin::space::Op;
use tch::{TchError, Tensor};

use super::module::{Module, Pass, size};
use super::weights::{Declared, Draw, Part, WeightId};

#[derive(Debug)]
struct Convolution {
    weight: WeightId,
    bias: Option<WeightId>,
    stride: i64,
    padding: i64,
    dilation: i64,
    groups: i64,
}

impl Module for Convolution {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let bias = self.bias.map(|id| pass.weights.get(id));
        let weight = pass.weights.get(self.weight);
        inputs[0].f_conv1d(weight, bias, [self.stride], [self.padding], [self.dilation], self.groups)
    }
}

#[derive(Debug)]
struct Linear {
    weight: WeightId,
    bias: Option<WeightId>,
    by_position: bool,
}

impl Module for Linear {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let bias = self.bias.map(|id| pass.weights.get(id));
        let weight = pass.weights.get(self.weight);
        if self.by_position {
            inputs[0].f_transpose(1, 2)?.f_linear(weight, bias)?.f_transpose(1, 2)
        } else {
            inputs[0].f_linear(weight, bias)
        }
    }
}

/// A [`Op::Conv1d`] on `channels` channels.
pub(super) fn convolution(op: &Op, name: &str, channels: usize, declared: &mut Declared) -> Option<Box<dyn Module>> {
    let &Op::Conv1d { out_channels, kernel, stride, padding, dilation, depthwise, groups, bias } = op else {
        return None;
    };
    let out = out_channels.unwrap_or(channels);
    let groups = if depthwise { channels } else { groups };
    let (weight, bias) = pair(name, &[out, channels / groups, kernel], bias, None, declared);
    let (stride, padding) = (size(stride), size(padding));
    Some(Box::new(Convolution { weight, bias, stride, padding, dilation: size(dilation), groups: size(groups) }))
}

/// A [`Op::Linear`] on an input of this shape.
pub(super) fn linear(op: &Op, name: &str, input: &[usize], declared: &mut Declared) -> Option<Box<dyn Module>> {
    let &Op::Linear { out_features, bias, init_range } = op else {
        return None;
    };
    let (weight, bias) = pair(name, &[out_features, input[0]], bias, init_range, declared);
    Some(Box::new(Linear { weight, bias, by_position: input.len() == 2 }))
}

/// A weight whose first axis is the output, and its bias.
pub(super) fn pair(
    name: &str,
    shape: &[usize],
    bias: bool,
    range: Option<f64>,
    declared: &mut Declared,
) -> (WeightId, Option<WeightId>) {
    let fan_in: usize = shape[1..].iter().product();
    let default = Draw::Uniform(1.0 / (fan_in as f64).sqrt());
    let (draw, draw_bias) = range.map_or((default, default), |range| (Draw::Uniform(range), Draw::Constant(0.0)));
    let shape: Vec<i64> = shape.iter().map(|&n| size(n)).collect();
    let weight = declared.weight(format!("{name}.weight"), &shape, Part::Cnn, draw);
    let bias = bias.then(|| declared.weight(format!("{name}.bias"), &shape[..1], Part::Cnn, draw_bias));
    (weight, bias)
}
