//! LSTM and GRU over positions, through libtorch's own kernels (cuDNN on CUDA).

use genomenas_plugin::space::Op;
use tch::{TchError, Tensor};

use super::module::{Module, Pass, size};
use super::weights::{Declared, Draw, Part, WeightId};

#[derive(Clone, Copy, Debug)]
enum Cell {
    Lstm,
    Gru,
}

#[derive(Debug)]
struct Recurrent {
    cell: Cell,
    hidden: i64,
    bidirectional: bool,
    weights: Vec<WeightId>,
}

impl Module for Recurrent {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let by_position = inputs[0].f_permute([2, 0, 1])?.f_contiguous()?;
        let directions = if self.bidirectional { 2 } else { 1 };
        let state = [directions, by_position.size()[1], self.hidden];
        let zeros = by_position.f_new_zeros(state, (by_position.kind(), by_position.device()))?;
        let weights: Vec<&Tensor> = self.weights.iter().map(|&id| pass.weights.get(id)).collect();
        let output = match self.cell {
            Cell::Lstm => {
                let state = [&zeros, &zeros];
                by_position.f_lstm(&state, &weights, true, 1, 0.0, pass.mode.train, self.bidirectional, false)?.0
            }
            Cell::Gru => {
                by_position.f_gru(&zeros, &weights, true, 1, 0.0, pass.mode.train, self.bidirectional, false)?.0
            }
        };
        output.f_permute([1, 2, 0])
    }
}

/// A [`Op::Lstm`] or [`Op::Gru`] on `channels` channels; weights are named and drawn as in PyTorch: U(±1/√hidden).
pub(super) fn recurrent(op: &Op, name: &str, channels: usize, declared: &mut Declared) -> Option<Box<dyn Module>> {
    let (cell, gates, hidden, bidirectional) = match *op {
        Op::Lstm { hidden, bidirectional } => (Cell::Lstm, 4, hidden, bidirectional),
        Op::Gru { hidden, bidirectional } => (Cell::Gru, 3, hidden, bidirectional),
        _ => return None,
    };
    let draw = Draw::Uniform(1.0 / (hidden as f64).sqrt());
    let gates = size(gates * hidden);
    let mut weights = Vec::new();
    for direction in ["", "_reverse"].iter().take(if bidirectional { 2 } else { 1 }) {
        for (kind, shape) in [
            ("weight_ih", &[gates, size(channels)][..]),
            ("weight_hh", &[gates, size(hidden)]),
            ("bias_ih", &[gates]),
            ("bias_hh", &[gates]),
        ] {
            weights.push(declared.weight(format!("{name}.{kind}_l0{direction}"), shape, Part::Rnn, draw));
        }
    }
    Some(Box::new(Recurrent { cell, hidden: size(hidden), bidirectional, weights }))
}
