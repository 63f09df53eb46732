//! Which values are in memory at the same time, whether anything keeps them for the backward pass or not.
//!
//! A forward pass holds a value from the layer that computes it to the last one that reads it, and the backward pass
//! holds its gradient just as long. So at each layer these are there: the values that it reads, its own, those that are
//! computed before it and read after it, and the copies that it makes to compute. A value that nothing keeps can be the
//! largest of all: a wide layer before a global pool, or what a large padding makes of a short window.

use super::sharing::firsts;
use super::{Function, Layer, LayerOp, Op, Shape, Source};

/// Where a step holds most, and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// Values of one sample.
    pub values: u64,
    /// Those of them that no layer keeps, or that are gradients.
    pub live: u64,
    /// The layer.
    pub layer: String,
}

/// Sets [`Layer::live`] of all layers.
pub(super) fn count(input: &Shape, layers: &mut [Layer], output: Source) {
    let holders = holders(layers);
    let last_reads = last_reads(layers, &holders, output);
    // The values that are there from each layer on, and those that are gone.
    let mut begin = vec![0_u64; layers.len() + 1];
    let mut end = vec![0_u64; layers.len() + 1];
    for (at, layer) in layers.iter().enumerate().filter(|(at, _)| holders[*at] == Some(*at)) {
        begin[at] = size(&layer.shape);
        let after = last_reads[at] + 1;
        end[after] = end[after].saturating_add(begin[at]);
    }
    let read = |layer: &Layer| match layer.inputs.first() {
        Some(Source::Layer(from)) => copies(&layer.op, &layers[*from].shape, &layer.shape),
        _ => copies(&layer.op, input, &layer.shape),
    };
    let copies: Vec<u64> = layers.iter().map(read).collect();
    // The batch is there all along. 128 bits hold the sum of any values, each of which has at most 64.
    let mut live = u128::from(size(input));
    for (at, layer) in layers.iter_mut().enumerate() {
        live = live.saturating_sub(end[at].into()) + u128::from(begin[at]);
        layer.live = u64::try_from(live).unwrap_or(u64::MAX).saturating_add(copies[at]);
    }
}

/// The layer whose value a layer's value is, where that is one: none for the graph's input, and for zeros, which are not
/// even computed.
fn holders(layers: &[Layer]) -> Vec<Option<usize>> {
    let firsts = firsts(layers);
    let mut holders: Vec<Option<usize>> = Vec::with_capacity(layers.len());
    for (at, layer) in layers.iter().enumerate() {
        let held = match (&layer.op, layer.inputs.first()) {
            _ if firsts[at] != at => holders[firsts[at]],
            (LayerOp::Op(Op::Zero { .. }), _) => None,
            (LayerOp::Op(op), Some(source)) if is_view(op) => match source {
                Source::Input => None,
                Source::Layer(from) => holders[*from],
            },
            _ => Some(at),
        };
        holders.push(held);
    }
    holders
}

const fn is_view(op: &Op) -> bool {
    matches!(op, Op::Identity {} | Op::Flatten {} | Op::Transpose {} | Op::Activation { function: Function::Identity })
}

/// The last layer that reads the value of each, or itself; of the graph's value the last of all.
fn last_reads(layers: &[Layer], holders: &[Option<usize>], output: Source) -> Vec<usize> {
    let mut last: Vec<usize> = (0..layers.len()).collect();
    let holder = |source: &Source| match source {
        Source::Input => None,
        Source::Layer(from) => holders[*from],
    };
    for (at, layer) in layers.iter().enumerate() {
        for from in layer.inputs.iter().filter_map(holder) {
            last[from] = at;
        }
    }
    if let Some(at) = holder(&output) {
        last[at] = layers.len().saturating_sub(1);
    }
    last
}

/// Values that an operation copies while it computes, forwards or backwards: to another order in memory, with padding
/// around, or at positions that a stride then leaves out.
fn copies(op: &LayerOp, input: &Shape, output: &Shape) -> u64 {
    let LayerOp::Op(op) = op else { return 0 };
    match *op {
        Op::Conv1d { kernel, stride, padding, dilation, .. } => {
            let channels = input.first().copied().unwrap_or_default() as u64;
            let padded = size(input).saturating_add(channels.saturating_mul(2 * padding as u64));
            // Some strides are taken after a convolution without one.
            let all = if stride > 1 && (dilation > 1 || kernel == 1) { stride as u64 } else { 1 };
            padded.saturating_add(size(output).saturating_mul(all))
        }
        Op::MaxPool { padding, .. } | Op::AvgPool { padding, .. } => {
            let channels = input.first().copied().unwrap_or_default() as u64;
            channels.saturating_mul(2 * padding as u64)
        }
        Op::Linear { .. }
        | Op::BatchNorm { .. }
        | Op::Flatten {}
        | Op::Lstm { .. }
        | Op::Gru { .. }
        | Op::Highway(_)
        // The gradient of a mean, spread over the positions and then put in order.
        | Op::GlobalAvgPool {} => size(input),
        // Which values are the largest, and their shares of the gradient; bases and words as integers of twice the size.
        Op::GlobalMaxPool {} | Op::KmerSpectrum { .. } => size(input).saturating_mul(2),
        _ => 0,
    }
}

fn size(shape: &Shape) -> u64 {
    shape.iter().fold(1, |size, &n| size.saturating_mul(n as u64))
}

#[cfg(test)]
mod tests {
    use super::super::ArchitectureBuilder;
    use super::*;

    #[test]
    fn a_wide_value_that_nothing_keeps_is_the_peak() {
        let mut net = ArchitectureBuilder::new("net", 100);
        net.then("wide", Op::linear(2_000_000)).then("pool", Op::GlobalAvgPool {}).then("out", Op::linear(2));
        let layers = net.finish().unwrap().layers().unwrap();
        let peak = layers.peak();
        assert_eq!(peak.layer, "pool");
        // The wide value and a copy of its gradient, the mean, and the batch.
        assert_eq!(peak.live, 2 * 200_000_000 + 2_000_000 + 400);
        assert!(layers.activations() < 3_000_000 && peak.values > 200_000_000, "{peak:?}");
    }

    #[test]
    fn padding_makes_a_short_window_long() {
        let conv = Op::Conv1d {
            out_channels: Some(8),
            kernel: 3,
            stride: 1,
            padding: 40_000_000,
            dilation: 1,
            depthwise: false,
            groups: 1,
            bias: true,
        };
        let mut net = ArchitectureBuilder::new("net", 100);
        net.then("padded", conv).then("pool", Op::GlobalAvgPool {}).then("out", Op::linear(2));
        let peak = net.finish().unwrap().layers().unwrap().peak();
        assert_eq!(peak.layer, "padded");
        // The value of the convolution and the copy of it, and the padded input.
        assert!(peak.live > (2 * 8 + 4) * 80_000_000, "{peak:?}");
    }

    #[test]
    fn values_that_wait_to_be_read_are_all_there_at_once() {
        let mut net = ArchitectureBuilder::new("net", 100);
        let names: Vec<String> = (0..50).map(|at| format!("branch{at}")).collect();
        for name in &names {
            net.add(name, Op::linear(1000), &["input"]);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        net.add("sum", Op::Add {}, &names).then("pool", Op::GlobalAvgPool {}).then("out", Op::linear(2));
        let layers = net.finish().unwrap().layers().unwrap();
        assert_eq!(layers.peak().layer, "sum");
        assert_eq!(layers.peak().live, 51 * 100_000 + 400);
    }

    #[test]
    fn sizes_beyond_all_memory_do_not_wrap_around() {
        let mut net = ArchitectureBuilder::new("net", 1000);
        net.then("a", Op::linear(1 << 40)).then("pool", Op::GlobalAvgPool {}).then("out", Op::linear(2));
        assert!(net.finish().map_or(u64::MAX, |net| net.layers().unwrap().peak().values) > 1 << 49);
    }
}
