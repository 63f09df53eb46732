//! Depthwise-separable convolutions of few channels as one convolution.
//!
//! A depthwise convolution that only a pointwise one reads is, together with it, a convolution with the products of
//! their weights. That is more arithmetic, but where channels are few, libtorch takes half the time for it, and training
//! keeps one value less.

use genomenas_plugin::space::{Layer, LayerOp, Layers, Op, Source};
use tch::{TchError, Tensor};

use super::convolution::pair;
use super::module::{Module, Pass, size};
use super::weights::{Declared, WeightId};

/// The most channels for which the one convolution is faster, measured on a CPU.
const MOST_CHANNELS: usize = 16;

#[derive(Debug)]
struct Separable {
    /// \[C, 1, K\].
    depthwise: WeightId,
    /// \[out, C, 1\].
    pointwise: WeightId,
    stride: i64,
    padding: i64,
    dilation: i64,
}

impl Module for Separable {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let depthwise = pass.weights.get(self.depthwise).f_squeeze_dim(1)?;
        let weight = pass.weights.get(self.pointwise).f_mul(&depthwise)?;
        inputs[0].f_conv1d(&weight, None::<&Tensor>, [self.stride], [self.padding], [self.dilation], 1)
    }
}

/// Which layers become one convolution.
pub(super) struct Pairs {
    /// For the second layer of each pair, its first.
    pub(super) first_of: Vec<Option<usize>>,
    /// Whether a layer is the first of a pair.
    pub(super) is_first: Vec<bool>,
}

/// The pairs of `layers`, of which each is read as often as `readers` says.
pub(super) fn pairs(layers: &Layers, readers: &[usize]) -> Pairs {
    let first_of = |layer: &Layer| match layer.inputs[..] {
        [Source::Layer(first)] if readers[first] == 1 => {
            let fits = is_depthwise(&layers.layers[first], layers) && is_pointwise(&layer.op);
            fits.then_some(first)
        }
        _ => None,
    };
    let first_of: Vec<Option<usize>> = layers.layers.iter().map(first_of).collect();
    let mut is_first = vec![false; first_of.len()];
    for &first in first_of.iter().flatten() {
        is_first[first] = true;
    }
    Pairs { first_of, is_first }
}

fn is_depthwise(layer: &Layer, layers: &Layers) -> bool {
    let channels = match layer.inputs.first() {
        Some(Source::Layer(at)) => layers.layers[*at].shape[0],
        _ => layers.input[0],
    };
    channels <= MOST_CHANNELS
        && channels == layer.shape[0]
        && matches!(layer.op, LayerOp::Op(Op::Conv1d { depthwise: true, bias: false, .. }))
}

const fn is_pointwise(op: &LayerOp) -> bool {
    matches!(
        op,
        LayerOp::Op(Op::Conv1d { kernel: 1, stride: 1, padding: 0, depthwise: false, groups: 1, bias: false, .. })
    )
}

/// The module of a pair, with the weights that its two layers have.
pub(super) fn separable(first: &Layer, second: &Layer, declared: &mut Declared) -> Box<dyn Module> {
    let (mut kernel, mut stride, mut padding, mut dilation) = (1, 1, 0, 1);
    if let LayerOp::Op(Op::Conv1d { kernel: k, stride: s, padding: p, dilation: d, .. }) = first.op {
        (kernel, stride, padding, dilation) = (k, s, p, d);
    }
    let channels = first.shape[0];
    let (depthwise, _) = pair(&first.name, &[channels, 1, kernel], false, None, declared);
    let (pointwise, _) = pair(&second.name, &[second.shape[0], channels, 1], false, None, declared);
    let (stride, padding, dilation) = (size(stride), size(padding), size(dilation));
    Box::new(Separable { depthwise, pointwise, stride, padding, dilation })
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::space::ArchitectureBuilder;
    use tch::{Device, Kind};

    use super::super::{Mode, Net};
    use super::*;

    fn convolution(out_channels: Option<usize>, kernel: usize, stride: usize, dilation: usize, depthwise: bool) -> Op {
        let padding = dilation * (kernel / 2);
        Op::Conv1d { out_channels, kernel, stride, padding, dilation, depthwise, groups: 1, bias: false }
    }

    #[test]
    fn a_pair_is_its_two_convolutions() {
        let mut builder = ArchitectureBuilder::new("pair", 40);
        builder
            .then("depthwise", convolution(None, 9, 2, 2, true))
            .then("pointwise", convolution(Some(6), 1, 1, 1, false));
        let net = Net::build(&builder.finish().unwrap().layers().unwrap(), 1, Device::Cpu).unwrap();
        assert_eq!(net.steps.len(), 1);
        let weights = net.weights.snapshot().unwrap();
        let names: Vec<&str> = weights.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["depthwise.weight", "pointwise.weight"]);
        let input = Tensor::randn([3, 4, 40], (Kind::Float, Device::Cpu));
        let none = None::<&Tensor>;
        let expected = input.conv1d(&weights[0].1, none, 2, 8, 2, 4).conv1d(&weights[1].1, none, 1, 0, 1, 1);
        let value = net.forward(&input, &Mode::scoring()).unwrap().logits;
        assert!((value - expected).abs().max().double_value(&[]) < 1e-5);
    }

    #[test]
    fn a_convolution_that_others_read_too_or_of_many_channels_stays_apart() {
        let mut shared = ArchitectureBuilder::new("shared", 40);
        shared.then("depthwise", convolution(None, 9, 1, 1, true)).then("pointwise", convolution(None, 1, 1, 1, false));
        shared.add("sum", Op::Add {}, &["depthwise", "pointwise"]);
        let mut wide = ArchitectureBuilder::new("wide", 40);
        wide.then("conv", convolution(Some(MOST_CHANNELS + 1), 3, 1, 1, false));
        wide.then("depthwise", convolution(None, 9, 1, 1, true)).then("pointwise", convolution(None, 1, 1, 1, false));
        for builder in [shared, wide] {
            let layers = builder.finish().unwrap().layers().unwrap();
            assert_eq!(Net::build(&layers, 1, Device::Cpu).unwrap().steps.len(), 3);
        }
    }
}
