//! The recurrent highway cell; equations in [`genomenas_plugin::space::HighwayCell`].
//!
//! What both forms share: the dropout masks, the input's product for all positions at once, s₀ and the mean. The nodes
//! of an architecture are in [`decided`], those of a supernet in [`search`]. Everything behind the input's product is one
//! call ([`kernels::Highway`]) where there are kernels; its plain twin is written in libtorch's operations.

mod decided;
mod search;
mod step;

use genomenas_plugin::space::{Form, Function, HighwayCell};
use tch::{TchError, Tensor};

use super::module::{Module, Pass, size};
use super::normalisation::{EPSILON, MOMENTUM};
use super::shares::Choices;
use super::weights::{Declared, Draw, Part, WeightId};
use crate::error::Result;
use crate::kernels::{self, Norm};
use step::{Common, masked, step};

/// The range of the initial weights, from the reference.
const RANGE: f64 = 0.04;

#[derive(Debug)]
struct Highway {
    hidden: i64,
    input_dropout: f64,
    hidden_dropout: f64,
    w0: WeightId,
    w: Vec<WeightId>,
    form: Nodes,
}

/// The nodes of a cell.
#[derive(Debug)]
enum Nodes {
    Decided(Vec<decided::Node>),
    Search(search::Nodes),
}

impl Module for Highway {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let x = inputs[0].f_permute([2, 0, 1])?;
        let (_, batch, _) = x.size3()?;
        let mask = |p: f64| -> Result<Option<Tensor>, TchError> {
            if !pass.mode.train || p == 0.0 {
                return Ok(None);
            }
            let kept = x.f_new_empty([batch, self.hidden], (x.kind(), x.device()))?.f_bernoulli_float_(1.0 - p)?;
            kept.f_div_scalar(1.0 - p).map(Some)
        };
        let input_mask = mask(pass.mode.input_dropout.unwrap_or(self.input_dropout))?;
        let mask = mask(pass.mode.hidden_dropout.unwrap_or(self.hidden_dropout))?;
        let weights = pass.weights;
        let w = self.w.iter().map(|&id| weights.get(id)).collect();
        let common = Common { hidden: self.hidden, w, mask };
        let w0 = weights.get(self.w0);
        // The input's half of [x, h]·W₀ does not depend on the state: one product for all positions.
        let from_input = masked(&x, input_mask.as_ref())?.f_matmul(&w0.f_narrow(0, 0, self.hidden)?)?;
        let recurrent = w0.f_narrow(0, self.hidden, self.hidden)?;
        if pass.is_fused_cell(&from_input, self.widest()) {
            let outputs = self.fused(&from_input, &recurrent, &common, pass)?;
            let value = outputs.f_permute([1, 2, 0])?;
            pass.recurrent_outputs.push(outputs);
            return Ok(value);
        }
        let from_input = from_input.f_unbind(0)?;
        let wiring = match &self.form {
            Nodes::Search(nodes) => nodes.wiring(&x, pass)?,
            Nodes::Decided(_) => Vec::new(),
        };

        let mut h = x.f_new_zeros([batch, self.hidden], (x.kind(), x.device()))?;
        let mut outputs = Vec::new();
        for from_input in from_input {
            let gates = from_input.f_addmm(&masked(&h, common.mask.as_ref())?, &recurrent)?;
            let start = step(&h, &gates, Function::Tanh)?;
            let states = match &self.form {
                Nodes::Decided(nodes) => decided::states(nodes, start, &common)?,
                Nodes::Search(nodes) => nodes.states(&wiring, &start, &common, pass)?,
            };
            h = Tensor::f_stack(&states, 0)?.f_mean_dim([0_i64].as_slice(), false, x.kind())?;
            outputs.push(h.shallow_clone());
        }
        let outputs = Tensor::f_stack(&outputs, 0)?;
        let value = outputs.f_permute([1, 2, 0])?;
        pass.recurrent_outputs.push(outputs);
        Ok(value)
    }
}

impl Highway {
    /// The number of nodes, or of edges into one where that is larger.
    fn widest(&self) -> usize {
        let edges = match &self.form {
            Nodes::Decided(_) => 1,
            Nodes::Search(nodes) => nodes.most_edges(),
        };
        edges.max(self.w.len())
    }

    /// The outputs at all positions by kernels.
    fn fused(
        &self,
        from_input: &Tensor,
        recurrent: &Tensor,
        common: &Common<'_>,
        pass: &Pass<'_>,
    ) -> Result<Tensor, TchError> {
        let (edges, shares) = match &self.form {
            Nodes::Decided(nodes) => decided::edges(nodes)?,
            Nodes::Search(nodes) => nodes.edges(from_input, pass)?,
        };
        let (norm, running) = match &self.form {
            Nodes::Decided(_) => (Norm::None, None),
            Nodes::Search(nodes) => nodes.norm(pass),
        };
        let kernel = kernels::Highway {
            from_input,
            recurrent,
            w: &common.w,
            edges: &edges,
            shares: &shares,
            mask: common.mask.as_ref(),
            norm,
            running,
            momentum: MOMENTUM,
            epsilon: EPSILON,
        };
        kernel.run()
    }
}

/// The module of a cell on `hidden` channels.
pub(super) fn highway(
    cell: &HighwayCell,
    form: Form,
    choices: &Choices,
    name: &str,
    hidden: usize,
    declared: &mut Declared,
) -> Result<Box<dyn Module>> {
    let draw = Draw::Uniform(RANGE);
    let size_of = |factor: i64| factor * size(hidden);
    let w0 = declared.weight(format!("{name}.w0"), &[size_of(2), size_of(2)], Part::Rnn, draw);
    let w = (0..cell.nodes)
        .map(|node| declared.weight(format!("{name}.w.{node}"), &[size_of(1), size_of(2)], Part::Rnn, draw))
        .collect();
    let nodes = if form == Form::Search {
        Nodes::Search(search::Nodes::new(cell, choices, name, hidden, declared)?)
    } else {
        Nodes::Decided(decided::nodes(cell, name)?)
    };
    let &HighwayCell { input_dropout, hidden_dropout, .. } = cell;
    Ok(Box::new(Highway { hidden: size(hidden), input_dropout, hidden_dropout, w0, w, form: nodes }))
}
