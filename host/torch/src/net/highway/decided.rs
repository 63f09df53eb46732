//! The nodes of an architecture's highway cell: one predecessor and one activation each, no normalisation.

use genomenas_plugin::space::{EdgeActivation, Function, HighwayCell};
use tch::{TchError, Tensor};

use super::step::{Common, masked, step};
use crate::error::{Error, Result};
use crate::kernels::{Edge, FUNCTIONS};

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

/// The nodes as edges of the kernel, with a share of 1 of their activation.
pub(super) fn edges(nodes: &[Node]) -> Result<(Vec<Edge>, Tensor), TchError> {
    let edge = |(at, node): (usize, &Node)| {
        let functions = FUNCTIONS.iter().enumerate().filter(|(_, function)| **function == node.activation);
        Edge { node: at, input: node.input, functions: functions.map(|(bit, _)| 1 << bit).sum() }
    };
    let edges: Vec<Edge> = nodes.iter().enumerate().map(edge).collect();
    let shares: Vec<f32> = nodes
        .iter()
        .flat_map(|node| FUNCTIONS.map(|function| if function == node.activation { 1.0 } else { 0.0 }))
        .collect();
    Ok((edges, Tensor::f_from_slice(&shares)?.f_view([-1, 5])?))
}

/// The states of all nodes at one position, from s₀.
pub(super) fn states(nodes: &[Node], start: Tensor, common: &Common<'_>) -> Result<Vec<Tensor>, TchError> {
    let mut states = vec![start];
    for (node, w) in nodes.iter().zip(&common.w) {
        let state = &states[node.input];
        let gates = masked(state, common.mask.as_ref())?.f_matmul(w)?;
        states.push(step(state, &gates, node.activation)?);
    }
    Ok(states.split_off(1))
}
