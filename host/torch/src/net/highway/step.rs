//! One step of a highway cell, and what all nodes of a pass have in common.

use genomenas_plugin::space::Function;
use tch::{TchError, Tensor};

use super::super::pooling::activate;

/// What the nodes of one pass have in common.
pub(super) struct Common<'a> {
    pub(super) hidden: i64,
    /// The matrix of each node.
    pub(super) w: Vec<&'a Tensor>,
    /// The dropout of states that enter a matrix.
    pub(super) mask: Option<Tensor>,
}

/// s + σ(c)⊙(f(g) − s) for gates \[c, g\].
pub(super) fn step(state: &Tensor, gates: &Tensor, activation: Function) -> Result<Tensor, TchError> {
    let hidden = state.size2()?.1;
    // Under autocast a product is bfloat16, and a state is not.
    let gates = gates.f_to_kind(state.kind())?;
    let carry = gates.f_narrow(1, 0, hidden)?.f_sigmoid()?;
    let candidate = activate(activation, &gates.f_narrow(1, hidden, hidden)?)?;
    state.f_lerp_tensor(&candidate, &carry)
}

pub(super) fn masked(state: &Tensor, mask: Option<&Tensor>) -> Result<Tensor, TchError> {
    match mask {
        Some(mask) => state.f_mul(mask),
        None => Ok(state.shallow_clone()),
    }
}
