//! The nodes of a supernet's highway cell: every remaining edge and activation, mixed and normalised.
//!
//! With p the shares of an edge's activations f (without `none`, which takes its share and adds nothing), node i is
//!
//! ```text
//! [c_j, g_j] = s_j·W_i     s_{i+1} = norm( Σ_j (1 − σ(c_j))⊙(Σ_f p_jf)·s_j + σ(c_j)⊙Σ_f p_jf·f(g_j) )
//! ```
//!
//! with one batch norm for s₀ and all nodes and positions. The predecessors of a node are stacked, so that each node
//! takes one product, and one call for each activation, however many edges it has.

use std::collections::BTreeMap;

use genomenas_plugin::space::{EdgeActivation, Function, HighwayCell};
use tch::{TchError, Tensor};

use super::super::module::Pass;
use super::super::normalisation::BatchNorm;
use super::super::pooling::activate;
use super::super::shares::{Choices, OptionId, Share};
use super::super::weights::Declared;
use super::step::{Common, masked};
use crate::error::{Error, Result};
use crate::kernels::{self, FUNCTIONS, Norm, Running};

/// The nodes of a cell, and the norm that they share.
#[derive(Debug)]
pub(super) struct Nodes {
    /// The edges into each node.
    edges: Vec<Vec<Edge>>,
    norm: BatchNorm,
}

#[derive(Debug)]
struct Edge {
    input: usize,
    /// Its activations other than `none`; a decided one has no option and counts 1.
    activations: Vec<(Function, Option<OptionId>)>,
}

impl Edge {
    /// The activations that count in a pass, each with its share; `whole` is a share of 1.
    fn live<'a>(&'a self, pass: &'a Pass<'_>, whole: &'a Tensor) -> impl Iterator<Item = (Function, &'a Tensor)> {
        self.activations.iter().filter_map(move |&(function, option)| {
            match option.map(|option| pass.shares.of(option)) {
                None | Some(Share::Whole) => Some((function, whole)),
                Some(Share::Part(share)) => Some((function, share)),
                Some(Share::Nothing) => None,
            }
        })
    }
}

/// The live predecessors of a node in one pass; R of them.
pub(super) struct Wires {
    inputs: Vec<usize>,
    /// The share of each activation on each predecessor, \[R, 1, 1\].
    shares: Vec<(Function, Tensor)>,
    /// The sum of the shares of each predecessor, \[R, 1, 1\].
    total: Tensor,
}

impl Nodes {
    pub(super) fn new(
        cell: &HighwayCell,
        choices: &Choices,
        name: &str,
        hidden: usize,
        declared: &mut Declared,
    ) -> Result<Self> {
        let mut edges: Vec<Vec<Edge>> = (0..cell.nodes).map(|_| Vec::new()).collect();
        for edge in &cell.edges {
            let activations = match &edge.activation {
                EdgeActivation::Activation(function) => vec![(*function, None)],
                EdgeActivation::Decision(decision) => activations(decision, choices)?,
            };
            edges[edge.node].push(Edge { input: edge.input, activations });
        }
        Ok(Self { edges, norm: BatchNorm::unscaled(&format!("{name}.norm"), hidden, declared) })
    }

    /// The most edges into one node.
    pub(super) fn most_edges(&self) -> usize {
        self.edges.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The live edges as the kernel takes them, with their shares.
    pub(super) fn edges(&self, like: &Tensor, pass: &Pass<'_>) -> Result<(Vec<kernels::Edge>, Tensor), TchError> {
        let scalar = |value: f64| like.f_new_full([0_i64; 0], value, (like.kind(), like.device()));
        let (nothing, whole) = (scalar(0.0)?, scalar(1.0)?);
        let (mut edges, mut shares) = (Vec::new(), Vec::new());
        for (node, into) in self.edges.iter().enumerate() {
            for edge in into {
                let mut row: [&Tensor; FUNCTIONS.len()] = [&nothing; FUNCTIONS.len()];
                let mut functions = 0;
                for (function, share) in edge.live(pass, &whole) {
                    if let Some(column) = FUNCTIONS.iter().position(|&other| other == function) {
                        row[column] = share;
                        functions |= 1 << column;
                    }
                }
                if functions != 0 {
                    edges.push(kernels::Edge { node, input: edge.input, functions });
                    shares.extend(row);
                }
            }
        }
        let shares = if shares.is_empty() {
            like.f_new_zeros([0], (like.kind(), like.device()))?
        } else {
            Tensor::f_stack(&shares, 0)?
        };
        Ok((edges, shares.f_view([-1, 5])?))
    }

    /// How this pass normalises, and the running statistics that it reads or updates.
    pub(super) fn norm<'a>(&self, pass: &Pass<'a>) -> (Norm, Option<Running<'a>>) {
        let running = (!pass.mode.train || pass.mode.track).then(|| self.norm.running(pass.weights));
        (if pass.mode.train { Norm::Batch } else { Norm::Running }, running)
    }

    /// What feeds each node in this pass. It is the same at all positions.
    pub(super) fn wiring(&self, like: &Tensor, pass: &Pass<'_>) -> Result<Vec<Wires>, TchError> {
        let scalar = |value: f64| like.f_new_full([0_i64; 0], value, (like.kind(), like.device()));
        let (nothing, whole) = (scalar(0.0)?, scalar(1.0)?);
        let wires = |edges: &Vec<Edge>| -> Result<Wires, TchError> {
            let mut inputs = Vec::new();
            let mut by_function: BTreeMap<Function, Vec<(usize, Tensor)>> = BTreeMap::new();
            for edge in edges {
                let live: Vec<(Function, &Tensor)> = edge.live(pass, &whole).collect();
                if live.is_empty() {
                    continue;
                }
                for (function, share) in live {
                    by_function.entry(function).or_default().push((inputs.len(), share.shallow_clone()));
                }
                inputs.push(edge.input);
            }
            let stacked = |shares: Vec<(usize, Tensor)>| -> Result<Tensor, TchError> {
                let mut column: Vec<Tensor> = inputs.iter().map(|_| nothing.shallow_clone()).collect();
                for (at, share) in shares {
                    column[at] = share;
                }
                Tensor::f_stack(&column, 0)?.f_view([-1, 1, 1])
            };
            let shares = by_function
                .into_iter()
                .map(|(function, shares)| Ok((function, stacked(shares)?)))
                .collect::<Result<Vec<_>, TchError>>()?;
            let mut total = nothing.f_view([1, 1, 1])?;
            for (_, share) in &shares {
                total = total.f_add(share)?;
            }
            Ok(Wires { inputs, shares, total })
        };
        self.edges.iter().map(wires).collect()
    }

    /// The states of all nodes at one position, from s₀ before its normalisation.
    pub(super) fn states(
        &self,
        wiring: &[Wires],
        start: &Tensor,
        common: &Common<'_>,
        pass: &mut Pass<'_>,
    ) -> Result<Vec<Tensor>, TchError> {
        let mut states = vec![self.norm.apply(start, pass)?];
        for (wires, w) in wiring.iter().zip(&common.w) {
            let sum = if wires.inputs.is_empty() { start.f_zeros_like()? } else { node(wires, &states, w, common)? };
            states.push(self.norm.apply(&sum, pass)?);
        }
        Ok(states.split_off(1))
    }
}

/// A node's mixture before normalisation.
fn node(wires: &Wires, states: &[Tensor], w: &Tensor, common: &Common<'_>) -> Result<Tensor, TchError> {
    let read: Vec<&Tensor> = wires.inputs.iter().map(|&input| &states[input]).collect();
    // Under autocast products are bfloat16, and what is not a product may not be mixed with them.
    let stacked = Tensor::f_stack(&read, 0)?.f_to_kind(w.kind())?;
    let gates = masked(&stacked, common.mask.as_ref())?.f_matmul(w)?.f_to_kind(w.kind())?;
    let carry = gates.f_narrow(2, 0, common.hidden)?.f_sigmoid()?;
    let candidates = gates.f_narrow(2, common.hidden, common.hidden)?;
    let mut mixed: Option<Tensor> = None;
    for (function, share) in &wires.shares {
        let value = activate(*function, &candidates)?;
        mixed = Some(match mixed {
            None => value.f_mul(share)?,
            Some(mut mixed) => mixed.f_addcmul_(share, &value)?,
        });
    }
    let kept = stacked.f_mul(&wires.total)?;
    let mixed = mixed.unwrap_or_else(|| kept.zeros_like());
    kept.f_lerp_tensor(&mixed, &carry)?.f_sum_dim_intlist([0_i64].as_slice(), false, kept.kind())
}

/// The options of a decision about an edge, by function.
fn activations(decision: &str, choices: &Choices) -> Result<Vec<(Function, Option<OptionId>)>> {
    let options = choices.options(decision)?.filter(|&(_, name)| name != "none");
    let function = |(id, name): (OptionId, &str)| {
        let function = Function::from_name(name).ok_or_else(|| {
            Error::input(format!("option '{name}' of decision '{decision}' is not an activation of a highway cell"))
        })?;
        Ok((function, Some(id)))
    };
    options.map(function).collect()
}
