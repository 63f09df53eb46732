//! Convolutions and linear layers, with the initial weights of PyTorch: U(±1/√fan-in) for weights and biases.

use genomenas_plugin::space::Op;
use tch::{Device, TchError, Tensor};

use super::channels_last::{as_images, channels_last};
use super::module::{Module, Pass, size};
use super::weights::{Declared, Draw, Part, WeightId};
use crate::kernels;

/// A one-dimensional convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convolution {
    weight: WeightId,
    bias: Option<WeightId>,
    geometry: Geometry,
}

/// How a convolution moves over its input.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    stride: i64,
    padding: i64,
    dilation: i64,
    groups: i64,
}

impl Module for Convolution {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let bias = self.bias.map(|id| pass.weights.get(id));
        convolve(inputs[0], pass.weights.get(self.weight), bias, self.geometry)
    }
}

/// A one-dimensional convolution; on the CPU by libtorch's faster kernels for images with channels last.
fn convolve(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, geometry: Geometry) -> Result<Tensor, TchError> {
    let Geometry { stride, padding, dilation, groups } = geometry;
    if input.device() != Device::Cpu {
        return input.f_conv1d(weight, bias, [stride], [padding], [dilation], groups);
    }
    let (_, _, kernel) = weight.size3()?;
    // oneDNN 3.10 computes wrong gradients of some weights for convolutions with stride and dilation, and with kernel 1
    // and channels last it writes past its buffer. So these are done without stride or without dilation.
    let every = if kernel == 1 { stride } else { dilation };
    if stride > 1 && every > 1 {
        if stride % every > 0 || padding % every > 0 {
            let all = convolve(input, weight, bias, Geometry { stride: 1, ..geometry })?;
            return all.f_slice(2, 0, None, stride);
        }
        // The other positions are not read.
        let read = channels_last(input)?.f_slice(2, 0, None, every)?;
        let geometry = Geometry { stride: stride / every, padding: padding / every, dilation: 1, groups };
        return convolve(&read, weight, bias, geometry);
    }
    let input = channels_last(input)?;
    if groups > 1 && dilation > 1 && padding % dilation == 0 {
        return dilated(&input, weight, bias, geometry);
    }
    as_images(&input, |images| {
        images.f_conv2d(&weight.f_unsqueeze(2)?, bias, [1, stride], [0, padding], [1, dilation], groups)
    })
}

/// A dilated convolution of stride 1 in groups of channels, for which oneDNN has only slow code. It is done without
/// dilation over images of `dilation` columns, so that the kernel moves down each column. The padding is a multiple of
/// the dilation.
fn dilated(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, geometry: Geometry) -> Result<Tensor, TchError> {
    let Geometry { padding, dilation, groups, .. } = geometry;
    let (_, _, length) = input.size3()?;
    let missing = (dilation - length % dilation) % dilation;
    let whole = if missing == 0 {
        input.shallow_clone()
    } else {
        input.f_transpose(1, 2)?.f_constant_pad_nd([0, 0, 0, missing])?.f_transpose(1, 2)?
    };
    let images = whole.f_unflatten(2, [-1, dilation])?;
    let images = images.f_conv2d(&weight.f_unsqueeze(3)?, bias, [1, 1], [padding / dilation, 0], [1, 1], groups)?;
    let (_, _, kernel) = weight.size3()?;
    images.f_flatten(2, 3)?.f_narrow(2, 0, length + 2 * padding - dilation * (kernel - 1))
}

/// A rectifier where there is one, a convolution of each channel where there is one, and a dense convolution: by one kernel
/// where it runs, by its parts otherwise.
#[derive(Debug)]
pub(super) struct Fused {
    pub(super) rectified: bool,
    pub(super) depth: Option<Convolution>,
    pub(super) last: Convolution,
}

impl Module for Fused {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        if pass.is_fused(inputs[0]) {
            let Geometry { stride, padding, dilation, .. } = self.depth.unwrap_or(self.last).geometry;
            let depth = self.depth.map(|depth| pass.weights.get(depth.weight));
            let weight = pass.weights.get(self.last.weight);
            let kernel = kernels::Convolution { rectified: self.rectified, depth, weight, stride, padding, dilation };
            return kernel.run(inputs[0]);
        }
        let mut value = if self.rectified { inputs[0].f_relu()? } else { inputs[0].shallow_clone() };
        for part in self.depth.iter().chain([&self.last]) {
            value = part.forward(&[&value], pass)?;
        }
        Ok(value)
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
pub(super) fn convolution(op: &Op, name: &str, channels: usize, declared: &mut Declared) -> Option<Convolution> {
    let &Op::Conv1d { out_channels, kernel, stride, padding, dilation, depthwise, groups, bias } = op else {
        return None;
    };
    let out = out_channels.unwrap_or(channels);
    let groups = if depthwise { channels } else { groups };
    let (weight, bias) = pair(name, &[out, channels / groups, kernel], bias, None, declared);
    let geometry =
        Geometry { stride: size(stride), padding: size(padding), dilation: size(dilation), groups: size(groups) };
    Some(Convolution { weight, bias, geometry })
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
fn pair(
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
    let weight = declared.units(format!("{name}.weight"), &shape, draw);
    let bias = bias.then(|| declared.weight(format!("{name}.bias"), &shape[..1], Part::Cnn, draw_bias));
    (weight, bias)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tch::Kind;

    use super::*;
    use crate::net::channels_last::is_channels_last;
    use crate::test_support::hold_generator;

    fn random(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu)).set_requires_grad(true)
    }

    fn assert_close(value: &Tensor, expected: &Tensor) {
        assert_eq!(value.size(), expected.size());
        let distance = (value - expected).abs().max().double_value(&[]);
        assert!(distance <= 1e-4 * expected.abs().max().double_value(&[]).max(1.0), "off by {distance}");
    }

    proptest! {
        #[test]
        fn a_convolution_has_the_value_and_the_gradients_of_conv1d(
            (batch, channels, length) in (1..4_i64, 1..10_i64, 1..40_i64),
            (out, kernel, stride, dilation) in (1..10_i64, 1..10_i64, 1..5_i64, 1..4_i64),
            extra in 0..6_i64,
            (depthwise, bias, last) in any::<(bool, bool, bool)>(),
        ) {
            // At least half the kernel, and from there on with every remainder.
            let padding = (dilation * (kernel - 1)) / 2 + extra;
            prop_assume!(length + 2 * padding > dilation * (kernel - 1));
            hold_generator();
            tch::manual_seed(1);
            let (groups, out) = if depthwise { (channels, channels) } else { (1, out) };
            let geometry = Geometry { stride, padding, dilation, groups };
            let weight = random(&[out, channels / groups, kernel]);
            let bias = bias.then(|| random(&[out]));
            let input = random(&[batch, channels, length]);
            let given = if last { channels_last(&input).unwrap() } else { input.shallow_clone() };

            let value = convolve(&given, &weight, bias.as_ref(), geometry).unwrap();
            let by = value.randn_like();
            let gradients = |value: &Tensor, leaves: &[&Tensor]| {
                Tensor::run_backward(&[(value * &by).sum(value.kind())], leaves, false, false)
            };
            let leaves: Vec<&Tensor> = [&input, &weight].into_iter().chain(&bias).collect();
            // libtorch takes another path in double precision; its own result in single precision is not always right.
            let exact: Vec<Tensor> =
                leaves.iter().map(|leaf| leaf.detach().to_kind(Kind::Double).set_requires_grad(true)).collect();
            let expected = exact[0].conv1d(&exact[1], exact.get(2), stride, padding, dilation, groups);
            assert_close(&value, &expected);
            let exact: Vec<&Tensor> = exact.iter().collect();
            for (gradient, expected) in gradients(&value, &leaves).iter().zip(&gradients(&expected, &exact)) {
                assert_close(gradient, expected);
            }
        }
    }

    proptest! {
        #[test]
        fn the_kernel_of_a_convolution_has_the_value_and_the_gradients_of_its_parts(
            (batch, channels, length) in (1..4_i64, 1..40_i64, 1..90_i64),
            (out, taps, stride, dilation) in (1..40_i64, 1..20_i64, 1..5_i64, 1..4_i64),
            extra in 0..6_i64,
            (separable, rectified, last) in any::<(bool, bool, bool)>(),
        ) {
            let dilation = if separable { dilation } else { 1 };
            let padding = (dilation * (taps - 1)) / 2 + extra;
            prop_assume!(length + 2 * padding > dilation * (taps - 1));
            hold_generator();
            tch::manual_seed(1);
            let depth = separable.then(|| random(&[channels, 1, taps]));
            let weight = random(&[out, channels, if separable { 1 } else { taps }]);
            let input = random(&[batch, channels, length]);
            let given = if last { channels_last(&input).unwrap() } else { input.shallow_clone() };

            let kernel =
                kernels::Convolution { rectified, depth: depth.as_ref(), weight: &weight, stride, padding, dilation };
            let value = kernel.run(&given).unwrap();
            let by = value.randn_like();
            let gradients = |value: &Tensor, leaves: &[&Tensor]| {
                Tensor::run_backward(&[(value * &by).sum(value.kind())], leaves, false, false)
            };
            let leaves: Vec<&Tensor> = [&input, &weight].into_iter().chain(&depth).collect();
            let exact: Vec<Tensor> =
                leaves.iter().map(|leaf| leaf.detach().to_kind(Kind::Double).set_requires_grad(true)).collect();
            let read = if rectified { exact[0].relu() } else { exact[0].shallow_clone() };
            let expected = match exact.get(2) {
                Some(depth) => {
                    let between = read.conv1d(depth, None::<Tensor>, stride, padding, dilation, channels);
                    between.conv1d(&exact[1], None::<Tensor>, 1, 0, 1, 1)
                }
                None => read.conv1d(&exact[1], None::<Tensor>, stride, padding, dilation, 1),
            };
            assert_close(&value, &expected);
            let exact: Vec<&Tensor> = exact.iter().collect();
            for (gradient, expected) in gradients(&value, &leaves).iter().zip(&gradients(&expected, &exact)) {
                assert_close(gradient, expected);
            }
        }
    }

    #[test]
    fn what_follows_a_convolution_on_a_cpu_has_channels_last() {
        hold_generator();
        for (dilation, groups) in [(1, 1), (1, 8), (2, 8)] {
            let weight = random(&[8, 8 / groups, 5]);
            let geometry = Geometry { stride: 1, padding: 2 * dilation, dilation, groups };
            let value = convolve(&random(&[3, 8, 20]), &weight, None, geometry).unwrap();
            assert!(is_channels_last(&value) && is_channels_last(&value.relu()), "{:?}", value.stride());
        }
    }
}
