//! Neighbouring layers that one kernel computes: a rectifier, a convolution of each channel, and a dense convolution.
//!
//! The layers before the last keep their steps, which declare their weights. Nobody reads their values then, and so they
//! do not run.

use genomenas_plugin::space::{Function, Layer, LayerOp, Layers, Op, Source};

use super::convolution::{Convolution, Fused};
use crate::kernels;

/// Finds what ends in a convolution.
pub(super) struct Fusion<'a> {
    layers: &'a Layers,
    /// For each layer the first that computes the same.
    firsts: &'a [usize],
    /// How often the value of each layer is read.
    readers: Vec<usize>,
    /// The convolutions so far, by layer.
    convolutions: Vec<Option<Convolution>>,
}

impl<'a> Fusion<'a> {
    pub(super) fn of(layers: &'a Layers, firsts: &'a [usize]) -> Self {
        let mut readers = vec![0; layers.layers.len()];
        let computed = layers.layers.iter().zip(firsts).enumerate().filter(|(at, (_, first))| at == *first);
        let inputs = computed.flat_map(|(_, (layer, _))| &layer.inputs);
        for source in inputs.chain([&layers.output]) {
            if let Source::Layer(at) = source {
                readers[firsts[*at]] += 1;
            }
        }
        Self { layers, firsts, readers, convolutions: vec![None; layers.layers.len()] }
    }

    /// Takes note of the convolution that a layer became, and returns what ends in it and one kernel computes, with the
    /// value that this reads; nothing where the kernel does not know it.
    pub(super) fn ending_in(&mut self, at: usize, last: Convolution) -> Option<(Fused, Source)> {
        self.convolutions[at] = Some(last);
        let layer = &self.layers.layers[at];
        let &LayerOp::Op(Op::Conv1d {
            kernel,
            stride,
            padding,
            dilation,
            depthwise: false,
            groups: 1,
            bias: false,
            ..
        }) = &layer.op
        else {
            return None;
        };
        let known = kernel <= kernels::Convolution::MOST_TAPS
            && (kernel == 1 || dilation == 1)
            && kernel * self.channels(layer) * layer.shape[0] <= kernels::Convolution::MOST_WEIGHTS;
        if !known {
            return None;
        }
        let alone = (None, layer.inputs[0]);
        let by_position = (kernel, stride, padding) == (1, 1, 0);
        let (depth, source) = if by_position { self.depth(layer.inputs[0]).unwrap_or(alone) } else { alone };
        let before = self.rectified(source);
        Some((Fused { rectified: before.is_some(), depth, last }, before.unwrap_or(source)))
    }

    fn channels(&self, layer: &Layer) -> usize {
        match layer.inputs[0] {
            Source::Input => self.layers.input[0],
            Source::Layer(at) => self.layers.layers[at].shape[0],
        }
    }

    /// The convolution of each channel that has this value and no other reader, with what it reads.
    fn depth(&self, source: Source) -> Option<(Option<Convolution>, Source)> {
        let Source::Layer(at) = source else { return None };
        let at = self.firsts[at];
        let layer = &self.layers.layers[at];
        let LayerOp::Op(Op::Conv1d { kernel, depthwise: true, bias: false, .. }) = layer.op else { return None };
        let known = self.readers[at] == 1
            && layer.shape[0] == self.channels(layer)
            && kernel <= kernels::Convolution::MOST_TAPS;
        known.then_some((self.convolutions[at], layer.inputs[0])).filter(|(depth, _)| depth.is_some())
    }

    /// What the rectifier reads that has this value.
    fn rectified(&self, source: Source) -> Option<Source> {
        let Source::Layer(at) = source else { return None };
        let layer = &self.layers.layers[at];
        let is_relu = matches!(layer.op, LayerOp::Op(Op::Activation { function: Function::Relu }));
        is_relu.then(|| layer.inputs[0])
    }
}
