//! Nodes of LSTMs and GRUs, and of the recurrent highway cell, whose positions a `Scan` passes through.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::space::{Function, HighwayCell, Op};

use super::builder::{Builder, size_of};
use super::proto::{Graph, Held, batch_of};
use super::simple::{Place, activation};
use super::zeros::zeros;
use crate::network::nodes;
use crate::weights::{Tensor, Weights};

/// The name of the value of an LSTM, a GRU or a highway cell; `None` for other operations.
pub(super) fn recurrent(
    builder: &mut Builder,
    op: &Op,
    place: &Place<'_>,
    weights: &Weights,
) -> Result<Option<String>> {
    match op {
        // PyTorch has the gates i, f, g, o, and ONNX i, o, f, c, where c is g.
        &Op::Lstm { hidden, bidirectional } => {
            gated(builder, "LSTM", (&[0, 3, 1, 2], hidden, bidirectional), place, weights).map(Some)
        }
        // PyTorch has r, z, n, and ONNX z, r, h, where h is n.
        &Op::Gru { hidden, bidirectional } => {
            gated(builder, "GRU", (&[1, 0, 2], hidden, bidirectional), place, weights).map(Some)
        }
        Op::Highway(cell) => highway(builder, cell, place, weights).map(Some),
        _ => Ok(None),
    }
}

fn gated(
    builder: &mut Builder,
    kind: &str,
    (gates, hidden, bidirectional): (&[usize], usize, bool),
    place: &Place<'_>,
    weights: &Weights,
) -> Result<String> {
    let directions: &[&str] = if bidirectional { &["", "_reverse"] } else { &[""] };
    // One constant for both directions, and for both biases of each.
    let mut joined = |name: &str, kinds: &[&str]| -> Result<String> {
        let mut values = Vec::new();
        let mut shape = vec![directions.len()];
        for direction in directions {
            let mut rows = 0;
            for kind in kinds {
                let weight = weights.get(&format!("{}.{kind}_l0{direction}", place.name))?.reordered(gates);
                rows += weight.shape.first().copied().unwrap_or_default();
                shape.truncate(1);
                shape.push(rows);
                shape.extend(weight.shape.iter().skip(1));
                values.extend(weight.values);
            }
        }
        Ok(builder.floats(&place.part(name), &Tensor { shape, values }))
    };
    let of_input = joined("weight_ih", &["weight_ih"])?;
    let of_state = joined("weight_hh", &["weight_hh"])?;
    let biases = joined("bias", &["bias_ih", "bias_hh"])?;
    let by_position = builder.node("Transpose", &[place.input()], &place.part("by_position"), perm(&[2, 0, 1]));
    let direction = if bidirectional { "bidirectional" } else { "forward" };
    let mut attributes = vec![("hidden_size", Held::Int(size_of(hidden))), ("direction", Held::Text(direction))];
    if kind == "GRU" {
        // As in PyTorch: the reset gate is applied to the product, and not to the state.
        attributes.push(("linear_before_reset", Held::Int(1)));
    }
    // Positions × directions × samples × units.
    let inputs = [by_position.as_str(), &of_input, &of_state, &biases];
    let states = builder.node(kind, &inputs, &place.part("states"), attributes);
    let by_sample = builder.node("Transpose", &[&states], &place.part("by_sample"), perm(&[2, 1, 3, 0]));
    let sizes: Vec<i64> = std::iter::once(0).chain(place.shape.iter().map(|&size| size_of(size))).collect();
    let sizes = builder.ints(&sizes);
    Ok(builder.node("Reshape", &[&by_sample, &sizes], &place.value(), vec![]))
}

fn perm(order: &[i64]) -> Vec<(&'static str, Held)> {
    vec![("perm", Held::Ints(order.to_vec()))]
}

/// The equations are those of [`HighwayCell`].
fn highway(builder: &mut Builder, cell: &HighwayCell, place: &Place<'_>, weights: &Weights) -> Result<String> {
    let hidden = place.read.first().copied().unwrap_or_default();
    let [of_input, of_state] = weights.get(&format!("{}.w0", place.name))?.halves();
    let of_input = builder.floats(&place.part("w0.input"), &of_input);
    let of_state = builder.floats(&place.part("w0.state"), &of_state);
    let mut matrices = Vec::new();
    for node in 0..cell.nodes {
        let name = format!("{}.w.{node}", place.name);
        matrices.push(builder.floats(&name, weights.get(&name)?));
    }
    let step = Step { place, nodes: nodes(cell, place.name)?, of_state, matrices, hidden };

    let x = builder.node("Transpose", &[place.input()], &place.part("by_position"), perm(&[2, 0, 1]));
    // The input's half of [x, h]·W₀ does not depend on the state: one product for all positions.
    let from_input = builder.node("MatMul", &[&x, &of_input], &place.part("from_input"), vec![]);
    let start = zeros(builder, place.input(), &place.part("start"), &[hidden]);
    let body = step.graph(builder)?;
    let (last, states) = (place.part("last"), place.part("states"));
    let attributes = vec![("body", Held::Graph(body)), ("num_scan_inputs", Held::Int(1))];
    builder.node_with("Scan", &[&start, &from_input], &[&last, &states], attributes);
    Ok(builder.node("Transpose", &[&states], &place.value(), perm(&[1, 2, 0])))
}

/// One position of a highway cell.
struct Step<'a> {
    place: &'a Place<'a>,
    nodes: Vec<(usize, Function)>,
    /// The constant of the state's half of W₀.
    of_state: String,
    /// The constant of each node's matrix.
    matrices: Vec<String>,
    hidden: usize,
}

impl Step<'_> {
    fn part(&self, what: &str) -> String {
        self.place.part(&format!("step/{what}"))
    }

    /// From the state before and the product of the input to the state after, twice: as the next state and as an output.
    fn graph(&self, builder: &mut Builder) -> Result<Graph> {
        let [before, given, after, output] = ["before", "given", "after", "output"].map(|what| self.part(what));
        let units = [size_of(self.hidden)];
        let ends = (
            vec![batch_of(&before, &units), batch_of(&given, &[size_of(2 * self.hidden)])],
            vec![batch_of(&after, &units), batch_of(&output, &units)],
        );
        builder.body(&self.part("graph"), ends, |body| {
            let product = body.node("MatMul", &[&before, &self.of_state], &self.part("product"), vec![]);
            let gates = body.node("Add", &[&given, &product], &self.part("gates"), vec![]);
            let mut states = vec![self.moved(body, &before, &gates, Function::Tanh, "s0")?];
            for (node, ((input, function), matrix)) in self.nodes.iter().zip(&self.matrices).enumerate() {
                let name = format!("s{}", node + 1);
                let state = states.get(*input).cloned().unwrap_or_default();
                let gates = body.node("MatMul", &[&state, matrix], &self.part(&format!("{name}/gates")), vec![]);
                states.push(self.moved(body, &state, &gates, *function, &name)?);
            }
            let of_nodes: Vec<&str> = states.iter().skip(1).map(String::as_str).collect();
            body.node("Mean", &of_nodes, &after, vec![]);
            body.node("Identity", &[&after], &output, vec![]);
            Ok(())
        })
    }

    /// s + σ(c)⊙(f(g) − s) for gates \[c, g\].
    fn moved(&self, body: &mut Builder, state: &str, gates: &str, function: Function, name: &str) -> Result<String> {
        let part = |what: &str| self.part(&format!("{name}/{what}"));
        let halves = body.ints(&[size_of(self.hidden), size_of(self.hidden)]);
        let (c, g) = (part("c"), part("g"));
        body.node_with("Split", &[gates, &halves], &[&c, &g], vec![("axis", Held::Int(1))]);
        let carry = body.node("Sigmoid", &[&c], &part("carry"), vec![]);
        let candidate = activation(body, function, &g, &part("candidate")).ok_or_else(|| {
            Error::input(format!("node '{}': an activation that cannot be exported", self.place.name))
        })?;
        let difference = body.node("Sub", &[&candidate, state], &part("difference"), vec![]);
        let change = body.node("Mul", &[&carry, &difference], &part("change"), vec![]);
        Ok(body.node("Add", &[state, &change], &self.part(name), vec![]))
    }
}
