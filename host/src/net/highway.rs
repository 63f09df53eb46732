//! The recurrent highway cell in its final form; equations in [`genomenas_plugin::space::HighwayCell`].

use genomenas_plugin::space::{EdgeActivation, Function, HighwayCell, Op};
use tch::{TchError, Tensor};

use super::module::{Module, Pass, size};
use super::pooling::activate;
use super::weights::{Declared, Draw, Part, WeightId};

/// The range of the initial weights, from the reference.
const RANGE: f64 = 0.04;

#[derive(Debug)]
struct Highway {
    /// Input state and activation of each node, in order.
    nodes: Vec<(usize, Function)>,
    hidden: i64,
    input_dropout: f64,
    hidden_dropout: f64,
    w0: WeightId,
    w: Vec<WeightId>,
}

impl Module for Highway {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let x = inputs[0].f_permute([2, 0, 1])?;
        let (positions, batch, _) = x.size3()?;
        let mask = |p: f64| -> Result<Option<Tensor>, TchError> {
            if !pass.mode.train || p == 0.0 {
                return Ok(None);
            }
            let kept = x.f_new_empty([batch, self.hidden], (x.kind(), x.device()))?.f_bernoulli_float_(1.0 - p)?;
            kept.f_div_scalar(1.0 - p).map(Some)
        };
        let (input_mask, hidden_mask) = (mask(self.input_dropout)?, mask(self.hidden_dropout)?);
        let masked = |state: &Tensor, mask: &Option<Tensor>| match mask {
            Some(mask) => state.f_mul(mask),
            None => Ok(state.shallow_clone()),
        };
        let w0 = pass.weights.get(self.w0);
        let w: Vec<&Tensor> = self.w.iter().map(|&id| pass.weights.get(id)).collect();
        // The input's half of [x, h]·W₀ does not depend on the state: one product for all positions.
        let from_input = masked(&x, &input_mask)?.f_matmul(&w0.f_narrow(0, 0, self.hidden)?)?;
        let recurrent = w0.f_narrow(0, self.hidden, self.hidden)?;

        let mut h = x.f_new_zeros([batch, self.hidden], (x.kind(), x.device()))?;
        let mut outputs = Vec::new();
        for position in 0..positions {
            let gates = from_input.f_get(position)?.f_add(&masked(&h, &hidden_mask)?.f_matmul(&recurrent)?)?;
            let mut states = vec![self.step(&h, &gates, Function::Tanh)?];
            for (&(input, activation), w) in self.nodes.iter().zip(&w) {
                let state = &states[input];
                let gates = masked(state, &hidden_mask)?.f_matmul(w)?;
                states.push(self.step(state, &gates, activation)?);
            }
            let nodes = &states[1..];
            let mut sum = nodes[0].shallow_clone();
            for state in &nodes[1..] {
                sum = sum.f_add(state)?;
            }
            h = sum.f_div_scalar(nodes.len() as f64)?;
            outputs.push(h.shallow_clone());
        }
        let outputs = Tensor::f_stack(&outputs, 0)?;
        let value = outputs.f_permute([1, 2, 0])?;
        pass.recurrent_outputs.push(outputs);
        Ok(value)
    }
}

impl Highway {
    /// s + σ(c)⊙(f(g) − s) for gates \[c, g\].
    fn step(&self, state: &Tensor, gates: &Tensor, activation: Function) -> Result<Tensor, TchError> {
        let carry = gates.f_narrow(1, 0, self.hidden)?.f_sigmoid()?;
        let candidate = activate(activation, &gates.f_narrow(1, self.hidden, self.hidden)?)?;
        state.f_lerp_tensor(&candidate, &carry)
    }
}

/// A [`Op::Highway`] whose edges are decided, on `hidden` channels.
pub(super) fn highway(op: &Op, name: &str, hidden: usize, declared: &mut Declared) -> Option<Box<dyn Module>> {
    let Op::Highway(HighwayCell { nodes, edges, input_dropout, hidden_dropout }) = op else {
        return None;
    };
    let mut by_node: Vec<_> = edges
        .iter()
        .filter_map(|edge| match edge.activation {
            EdgeActivation::Activation(function) => Some((edge.node, edge.input, function)),
            EdgeActivation::Decision(_) => None,
        })
        .collect();
    by_node.sort_by_key(|&(node, ..)| node);
    let draw = Draw::Uniform(RANGE);
    let size_of = |factor: i64| factor * size(hidden);
    let w0 = declared.weight(format!("{name}.w0"), &[size_of(2), size_of(2)], Part::Rnn, draw);
    let w = (0..*nodes)
        .map(|node| declared.weight(format!("{name}.w.{node}"), &[size_of(1), size_of(2)], Part::Rnn, draw))
        .collect();
    Some(Box::new(Highway {
        nodes: by_node.into_iter().map(|(_, input, function)| (input, function)).collect(),
        hidden: size(hidden),
        input_dropout: *input_dropout,
        hidden_dropout: *hidden_dropout,
        w0,
        w,
    }))
}
