//! Shape, weights and multiply-adds of one operation.

use super::layer::shown;
use super::{EdgeActivation, Form, HighwayCell, Op, Shape, kmers};
use crate::{Error, Result};

/// What is inferred of one operation.
pub(super) struct Inferred {
    pub(super) shape: Shape,
    pub(super) parameters: u64,
    pub(super) multiply_adds: u64,
}

impl Inferred {
    fn free(shape: Shape) -> Self {
        Self { shape, parameters: 0, multiply_adds: 0 }
    }
}

/// Infers `op` on inputs of these shapes.
pub(super) fn infer(op: &Op, inputs: &[&Shape], form: Form) -> Result<Inferred> {
    match op {
        Op::Add {} => infer_add(inputs),
        Op::Concat {} => infer_concat(inputs),
        _ => match inputs {
            [input] => infer_single(op, input, form),
            _ => Err(Error::invalid(format!("{} reads {} inputs: expected 1", op.type_name(), inputs.len()))),
        },
    }
}

/// A mixture sums its options, so all have one shape.
pub(super) fn infer_mix(options: &[&Shape]) -> Result<Inferred> {
    infer_add(options).map_err(|error| error.context("the options of the choice"))
}

fn infer_single(op: &Op, input: &Shape, form: Form) -> Result<Inferred> {
    let keep = || input.clone();
    match *op {
        Op::Conv1d { out_channels, kernel, stride, padding, dilation, depthwise, groups, bias } => {
            let (channels, length) = two(op, input)?;
            let out = out_channels.unwrap_or(channels);
            let groups = if depthwise { channels } else { groups };
            if out == 0 || groups == 0 || channels % groups != 0 || out % groups != 0 {
                return Err(Error::invalid(format!(
                    "conv1d from {channels} to {out} channels in {groups} groups: groups must divide both, and neither be 0"
                )));
            }
            let length = windows(op, length, kernel, stride, padding, dilation)?;
            let weights = product(&[out, channels / groups, kernel]);
            Ok(Inferred {
                shape: vec![out, length],
                parameters: weights.saturating_add(if bias { out as u64 } else { 0 }),
                multiply_adds: weights.saturating_mul(length as u64),
            })
        }
        Op::MaxPool { kernel, stride, padding } | Op::AvgPool { kernel, stride, padding } => {
            let (channels, length) = two(op, input)?;
            if padding > kernel / 2 {
                return Err(Error::invalid(format!(
                    "{} pads {padding} around a window of {kernel}: expected at most half of the window",
                    op.type_name()
                )));
            }
            Ok(Inferred::free(vec![channels, windows(op, length, kernel, stride, padding, 1)?]))
        }
        Op::BatchNorm { .. } => {
            let parameters = if op.is_unscaled_norm(form) { 0 } else { 2 * input[0] as u64 };
            Ok(Inferred { shape: keep(), parameters, multiply_adds: 0 })
        }
        Op::GlobalMaxPool {} | Op::GlobalAvgPool {} => Ok(Inferred::free(vec![two(op, input)?.0])),
        Op::Dropout { p } | Op::DropPath { p } => {
            if !(0.0..1.0).contains(&p) {
                return Err(Error::invalid(format!("{} with probability {p}: expected 0 ≤ p < 1", op.type_name())));
            }
            Ok(Inferred::free(keep()))
        }
        Op::Activation { .. } | Op::Identity {} | Op::SkipDropout {} => Ok(Inferred::free(keep())),
        Op::Zero { stride } => {
            let (channels, length) = two(op, input)?;
            if stride == 0 {
                return Err(Error::invalid("zero with stride 0: expected at least 1"));
            }
            Ok(Inferred::free(vec![channels, length.div_ceil(stride)]))
        }
        Op::Linear { out_features, bias, init_range } => {
            if init_range.is_some_and(|range| !(range > 0.0 && range.is_finite())) {
                return Err(Error::invalid("linear with an init_range that is not positive"));
            }
            if out_features == 0 {
                return Err(Error::invalid("linear with 0 output features: expected at least 1"));
            }
            let weights = product(&[input[0], out_features]);
            let positions = input.get(1).map_or(1, |&length| length as u64);
            let mut shape = keep();
            shape[0] = out_features;
            Ok(Inferred {
                shape,
                parameters: weights.saturating_add(if bias { out_features as u64 } else { 0 }),
                multiply_adds: weights.saturating_mul(positions),
            })
        }
        Op::Lstm { hidden, bidirectional } => recurrent(op, input, 4, hidden, bidirectional),
        Op::Gru { hidden, bidirectional } => recurrent(op, input, 3, hidden, bidirectional),
        Op::Highway(ref cell) => highway(op, cell, input),
        Op::KmerSpectrum { k, both_strands } => spectrum(op, input, k, both_strands),
        Op::Flatten {} => Ok(Inferred::free(vec![usize::try_from(product(input)).unwrap_or(usize::MAX)])),
        Op::Transpose {} => {
            let (channels, length) = two(op, input)?;
            Ok(Inferred::free(vec![length, channels]))
        }
        Op::Add {} | Op::Concat {} | Op::Block { .. } | Op::Choice { .. } => {
            Err(Error::invalid(format!("{} is not an operation on one input", op.type_name())))
        }
    }
}

fn infer_add(inputs: &[&Shape]) -> Result<Inferred> {
    let Some((first, rest)) = inputs.split_first() else {
        return Err(Error::invalid("nothing to add: expected at least one input"));
    };
    if let Some(other) = rest.iter().find(|shape| shape != &first) {
        return Err(Error::invalid(format!(
            "adds shapes {} and {}: expected equal shapes",
            shown(first),
            shown(other)
        )));
    }
    Ok(Inferred::free((*first).clone()))
}

fn infer_concat(inputs: &[&Shape]) -> Result<Inferred> {
    let Some((first, rest)) = inputs.split_first() else {
        return Err(Error::invalid("nothing to concatenate: expected at least one input"));
    };
    let mut shape = (*first).clone();
    for other in rest {
        if other.len() != shape.len() || other[1..] != shape[1..] {
            return Err(Error::invalid(format!(
                "concatenates shapes {} and {}: expected equal lengths",
                shown(first),
                shown(other)
            )));
        }
        shape[0] = shape[0].saturating_add(other[0]);
    }
    Ok(Inferred::free(shape))
}

fn spectrum(op: &Op, input: &Shape, k: usize, both_strands: bool) -> Result<Inferred> {
    let (channels, length) = two(op, input)?;
    if channels != 4 {
        return Err(Error::invalid(format!(
            "kmer_spectrum reads shape {}: expected the bases of a window, 4 × length",
            shown(input)
        )));
    }
    let Some(words) = kmers::count(k, both_strands) else {
        return Err(Error::invalid(format!("kmer_spectrum of words of {k} bases: expected 1 to {}", kmers::LONGEST)));
    };
    if k > length {
        return Err(Error::invalid(format!(
            "kmer_spectrum counts words of {k} bases, its input has {length}: the windows are too short for this network"
        )));
    }
    Ok(Inferred::free(vec![words]))
}

fn recurrent(op: &Op, input: &Shape, gates: usize, hidden: usize, bidirectional: bool) -> Result<Inferred> {
    let (channels, length) = two(op, input)?;
    if hidden == 0 {
        return Err(Error::invalid(format!("{} with 0 hidden units: expected at least 1", op.type_name())));
    }
    let directions: usize = if bidirectional { 2 } else { 1 };
    let weights = product(&[directions, gates, hidden, channels.saturating_add(hidden)]);
    Ok(Inferred {
        shape: vec![directions.saturating_mul(hidden), length],
        // Two bias vectors a gate, as in PyTorch and cuDNN.
        parameters: weights.saturating_add(product(&[directions, gates, hidden, 2])),
        multiply_adds: weights.saturating_mul(length as u64),
    })
}

fn highway(op: &Op, cell: &HighwayCell, input: &Shape) -> Result<Inferred> {
    let (hidden, length) = two(op, input)?;
    for p in [cell.input_dropout, cell.hidden_dropout] {
        if !(0.0..1.0).contains(&p) {
            return Err(Error::invalid(format!("highway with dropout {p}: expected 0 ≤ p < 1")));
        }
    }
    if cell.nodes == 0 || cell.nodes > 1000 {
        return Err(Error::invalid(format!("highway with {} nodes: expected 1 to 1000", cell.nodes)));
    }
    let mut edges_of = vec![0_usize; cell.nodes];
    for edge in &cell.edges {
        let Some(edges) = edges_of.get_mut(edge.node) else {
            return Err(Error::invalid(format!("highway edge into node {} of {}", edge.node, cell.nodes)));
        };
        if edge.input > edge.node {
            return Err(Error::invalid(format!(
                "highway edge from state {} into node {}: expected a state up to {}",
                edge.input, edge.node, edge.node
            )));
        }
        *edges += 1;
    }
    let decided = cell.edges.iter().all(|edge| matches!(edge.activation, EdgeActivation::Activation(_)));
    if let Some(node) = edges_of.iter().position(|&edges| if decided { edges != 1 } else { edges == 0 }) {
        return Err(Error::invalid(format!(
            "highway node {node} has {} edges: expected {}",
            edges_of[node],
            if decided { "exactly 1" } else { "at least 1" }
        )));
    }
    let weights = product(&[2 * hidden, 2 * hidden]).saturating_add(product(&[cell.nodes, hidden, 2 * hidden]));
    // A node's matrix meets the state of each of its edges.
    let products = product(&[2 * hidden, 2 * hidden]).saturating_add(product(&[cell.edges.len(), hidden, 2 * hidden]));
    Ok(Inferred { shape: input.clone(), parameters: weights, multiply_adds: products.saturating_mul(length as u64) })
}

/// Windows of a kernel over a padded length.
fn windows(op: &Op, length: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> Result<usize> {
    let limit = 1 << 30;
    if [kernel, stride, dilation].iter().any(|&n| n == 0 || n > limit) || padding > limit {
        return Err(Error::invalid(format!(
            "{} with kernel {kernel}, stride {stride}, padding {padding} and dilation {dilation}: expected 1 to {limit}, padding 0 to {limit}",
            op.type_name()
        )));
    }
    let padded = length.saturating_add(2 * padding);
    let reach = dilation.saturating_mul(kernel - 1).saturating_add(1);
    if padded < reach {
        return Err(Error::invalid(format!(
            "{} spans {reach} positions, its input has {padded}: the windows are too short for this network",
            op.type_name()
        )));
    }
    Ok((padded - reach) / stride + 1)
}

fn two(op: &Op, shape: &Shape) -> Result<(usize, usize)> {
    match shape[..] {
        [channels, length] => Ok((channels, length)),
        _ => {
            Err(Error::invalid(format!("{} reads shape {}: expected channels × length", op.type_name(), shown(shape))))
        }
    }
}

fn product(sizes: &[usize]) -> u64 {
    sizes.iter().fold(1, |product: u64, &size| product.saturating_mul(size as u64))
}
