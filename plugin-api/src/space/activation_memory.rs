//! How many values training keeps of each layer for the backward pass: an estimate, made before anything is allocated.
//!
//! It follows what automatic differentiation saves: a convolution its input, an activation its result, a sum nothing. A
//! value that two layers save is there once, as is one that several layers compute alike (the options of an edge mostly
//! begin with the same activation), and one that nobody saves is gone by the time memory is at its highest.

use std::collections::{BTreeMap, BTreeSet};

use super::sharing::{firsts, scaled};
use super::{Decision, EdgeActivation, Form, Function, HighwayCell, HighwayEdge, Layer, LayerOp, Op, Shape, Source};

/// What one layer saves.
#[derive(Default)]
struct Saves {
    /// The values it reads.
    inputs: bool,
    /// Its own value.
    output: bool,
    /// Further values, such as masks, positions of maxima and the gates of recurrent cells.
    further: u64,
    /// Its value is its input's, and takes no memory of its own.
    view: bool,
}

/// Sets [`Layer::activations`] of all layers.
pub(super) fn count(input: &Shape, layers: &mut [Layer], output: Source, decisions: &[Decision], form: Form) {
    let firsts = firsts(layers);
    let scaled = scaled(layers, output, form);
    let first = |source: &Source| match source {
        Source::Input => None,
        Source::Layer(from) => Some(firsts[*from]),
    };
    // The layer whose value a layer's value is; `None` is the graph's input, which the batch holds.
    let mut holder: Vec<Option<usize>> = Vec::with_capacity(layers.len());
    let mut kept = vec![false; layers.len()];
    let mut further = Vec::with_capacity(layers.len());
    for (at, layer) in layers.iter().enumerate() {
        let held = |source: &Source| first(source).and_then(|from| holder[from]);
        let read = layer.inputs.first().map_or(input, |source| match source {
            Source::Input => input,
            Source::Layer(from) => &layers[*from].shape,
        });
        let saves =
            if firsts[at] == at { saves(&layer.op, read, &layer.shape, decisions, form) } else { Saves::default() };
        if saves.inputs {
            let mixes = matches!(layer.op, LayerOp::Mix { .. });
            let unsaved = |source: &Source| matches!(source, Source::Layer(from) if mixes && scaled[*from]);
            let saved = layer.inputs.iter().filter(|source| !unsaved(source));
            saved.filter_map(held).for_each(|from| kept[from] = true);
        }
        kept[at] |= saves.output;
        further.push(saves.further);
        let own = match firsts[at] {
            first if first != at => holder[first],
            _ if saves.view => layer.inputs.first().and_then(held),
            _ => Some(at),
        };
        holder.push(own);
    }
    for (at, layer) in layers.iter_mut().enumerate() {
        // Zeros are not even computed.
        let zeros = matches!(layer.op, LayerOp::Op(Op::Zero { .. }));
        let value = if kept[at] && !zeros { size(&layer.shape) } else { 0 };
        layer.activations = value.saturating_add(further[at]);
    }
}

fn saves(op: &LayerOp, input: &Shape, output: &Shape, decisions: &[Decision], form: Form) -> Saves {
    let inputs = || Saves { inputs: true, ..Saves::default() };
    let view = || Saves { view: true, ..Saves::default() };
    let further = |further: u64| Saves { further, ..Saves::default() };
    let op = match op {
        LayerOp::Op(op) => op,
        // An architecture step needs the value of every option for the gradient of its alpha.
        LayerOp::Mix { .. } => return inputs(),
    };
    match op {
        Op::Conv1d { .. } | Op::BatchNorm { .. } | Op::AvgPool { .. } | Op::Activation { function: Function::Gelu } => {
            inputs()
        }
        // Its input is copied, position by position.
        Op::Linear { .. } if input.len() == 2 => further(size(input)),
        Op::Linear { .. } => inputs(),
        // Positions of the maxima are integers of twice the size.
        Op::MaxPool { .. } => Saves { further: size(output).saturating_mul(2), ..inputs() },
        Op::GlobalMaxPool {} => Saves { output: true, ..inputs() },
        Op::Activation { function: Function::Identity } | Op::Identity {} | Op::Flatten {} | Op::Transpose {} => view(),
        Op::Activation { .. } => Saves { output: true, ..Saves::default() },
        // The mask.
        Op::Dropout { p } if *p > 0.0 => further(size(output)),
        Op::SkipDropout {} => further(size(output)),
        Op::DropPath { p } if *p > 0.0 => further(1),
        Op::Dropout { .. } | Op::DropPath { .. } => view(),
        Op::Lstm { bidirectional, .. } => further(recurrent(4, *bidirectional, input, output)),
        Op::Gru { bidirectional, .. } => further(recurrent(3, *bidirectional, input, output)),
        Op::Highway(cell) => {
            let of_position = match form {
                Form::Search => highway_in_search(cell, decisions),
                _ => highway(cell),
            };
            Saves { output: true, further: size(input).saturating_mul(of_position), ..Saves::default() }
        }
        Op::Zero { .. }
        | Op::GlobalAvgPool {}
        | Op::KmerSpectrum { .. }
        | Op::Add {}
        | Op::Concat {}
        | Op::Block { .. }
        | Op::Choice { .. } => Saves::default(),
    }
}

/// The input by position, and of each position and unit the gates, the state and its activation.
fn recurrent(gates: u64, bidirectional: bool, input: &Shape, output: &Shape) -> u64 {
    let directions = if bidirectional { 2 } else { 1 };
    let units = size(output) / directions;
    size(input).saturating_add(units.saturating_mul(directions).saturating_mul(gates + 2))
}

/// What a highway cell keeps beside its nodes, in values a unit and position: the input by position and under its mask,
/// the input's half of the gates (two), and the mean of the states.
const BESIDE_NODES: u64 = 5;

/// Values a unit and position that a decided highway cell keeps: of s₀ and of each node the state that enters the
/// product under its mask, the carry gate, the candidate and the new state.
fn highway(cell: &HighwayCell) -> u64 {
    // Without an activation of its own, the candidate keeps the whole product.
    let candidate = |edge: &HighwayEdge| match edge.activation {
        EdgeActivation::Activation(Function::Identity | Function::Gelu) => 2,
        _ => 1,
    };
    BESIDE_NODES + 4 + cell.edges.iter().map(|edge| 3 + candidate(edge)).sum::<u64>()
}

/// Values a unit and position that a highway cell with open edges keeps. Of s₀: as in the final form. Of each edge: the
/// state, plain, weighted and under its mask, the carry gate, the mixture of the activations, and the value of each
/// activation that any edge of the node has; identities are the product itself (two). Of each node: the sum.
fn highway_in_search(cell: &HighwayCell, decisions: &[Decision]) -> u64 {
    let options: BTreeMap<&str, &[String]> =
        decisions.iter().map(|decision| (decision.id.as_str(), decision.options.as_slice())).collect();
    let mut nodes: BTreeMap<usize, (u64, BTreeSet<Function>)> = BTreeMap::new();
    for edge in &cell.edges {
        let (edges, functions) = nodes.entry(edge.node).or_default();
        *edges += 1;
        match &edge.activation {
            EdgeActivation::Activation(function) => _ = functions.insert(*function),
            EdgeActivation::Decision(id) => {
                let options = options.get(id.as_str()).copied().unwrap_or_default();
                functions.extend(options.iter().filter_map(|option| Function::from_name(option)));
            }
        }
    }
    let of_node = |(edges, functions): &(u64, BTreeSet<Function>)| {
        let values = functions.iter().map(|function| if *function == Function::Identity { 2 } else { 1 }).sum::<u64>();
        edges * (5 + values) + 1
    };
    BESIDE_NODES + 4 + nodes.values().map(of_node).sum::<u64>()
}

fn size(shape: &Shape) -> u64 {
    shape.iter().fold(1, |size, &n| size.saturating_mul(n as u64))
}
