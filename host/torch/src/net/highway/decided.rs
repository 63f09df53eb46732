//! The nodes of an architecture's highway cell: one predecessor and one activation each, no normalisation.

use genomenas_plugin::space::{EdgeActivation, Function, HighwayCell};
use tch::Tensor;

use super::{Common, Computed, masked, step};
use crate::error::{Error, Result};

/// The state that a node reads, and its activation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    input: usize,
    activation: Function,
}

/// The nodes of a cell whose edges are decided, in order.
pub(super) fn nodes(cell: &HighwayCell, name: &str) -> Result<Vec<Node>> {
    let node = |node: usize| {
        let edge = cell.edges.iter().find(|edge| edge.node == node);
        match edge.map(|edge| (edge.input, &edge.activation)) {
            Some((input, &EdgeActivation::Activation(activation))) => Ok(Node { input, activation }),
            _ => Err(Error::input(format!("node {node} of '{name}' is an open choice: expected an architecture"))),
        }
    };
    (0..cell.nodes).map(node).collect()
}

/// The states of all nodes at one position, from s₀.
pub(super) fn states(nodes: &[Node], start: Tensor, common: &Common<'_>) -> Computed<Vec<Tensor>> {
    let mut states = vec![start];
    for (node, w) in nodes.iter().zip(&common.w) {
        let state = &states[node.input];
        let gates = masked(state, common.mask.as_ref())?.f_matmul(w)?;
        states.push(step(state, &gates, node.activation)?);
    }
    Ok(states.split_off(1))
}
