//! The gradient of the alphas after one unrolled weight step, its implicit term by a finite difference: equations 6 to
//! 8 of Liu et al. 2019, with what [`Order::Second`](genomenas_plugin::message::Order::Second) says of parts and
//! clipping.

use tch::{Kind, TchError, Tensor};

use super::arch::{Of, Passes};
use super::feed::Batch;
use super::optimizer::{Clipped, Optimizer};
use crate::error::{Error, Result};
use crate::net::weights::{WEIGHTS, Weights};

/// How far the weights move for the finite difference, in all parts together (Liu et al. 2019, footnote 2).
const DISTANCE: f64 = 0.01;

/// The gradient. `optimizer` and `rates` are those of the weight step that is unrolled, on the batch `train`; the loss
/// that the alphas are to lower is on the batch `arch`. The weights are afterwards what they were, to the bit.
pub(super) fn gradient(
    passes: &mut Passes<'_>,
    optimizer: &Optimizer,
    rates: &[f64],
    weight_decay: f64,
    arch: &Batch,
    train: &Batch,
) -> Result<Tensor> {
    let start = Start::of(&passes.net.weights)?;
    passes.backward(train, Of { weights: true, alphas: false })?;
    let Clipped { gradients, factors } = optimizer.take_gradients(&mut passes.net.weights)?;
    start.move_by(&passes.net.weights, |at, weights| {
        gradients[at].f_add(&weights.f_mul_scalar(weight_decay)?)?.f_mul_scalar(-rates[at])
    })?;
    drop(gradients);

    passes.backward(arch, Of { weights: true, alphas: true })?;
    let direct = passes.take_alphas()?;
    let ahead = optimizer.take_gradients(&mut passes.net.weights)?.gradients;
    start.put_back(&mut passes.net.weights)?;

    // The direction of the finite difference holds the learning rate and the clip factor of each part, so that parts
    // with rates far apart, as in genomeNAS, each count by their own.
    let mut direction = ahead;
    let mut squares = direct.f_new_zeros([], (Kind::Float, direct.device()))?;
    for ((part, factor), rate) in direction.iter_mut().zip(&factors).zip(rates) {
        *part = part.f_mul_scalar(*rate)?;
        if let Some(factor) = factor {
            *part = part.f_mul(factor)?;
        }
        squares = squares.f_add(&part.f_square()?.f_sum(Kind::Float)?)?;
    }
    let norm = squares.f_sqrt()?.f_double_value(&[])?;
    if !norm.is_finite() {
        return Err(Error::failed(
            "the gradient after an unrolled weight step is not finite: lower the learning rates, clip gradients, or take order 1",
        ));
    }
    // A rate of 0, at the end of a schedule, unrolls to nothing.
    if norm < f64::from(f32::MIN_POSITIVE) {
        return Ok(direct);
    }
    let step = DISTANCE / norm;
    let mut at = |sign: f64| -> Result<Tensor> {
        start.move_by(&passes.net.weights, |at, _| direction[at].f_mul_scalar(sign * step))?;
        passes.backward(train, Of { weights: false, alphas: true })?;
        start.put_back(&mut passes.net.weights)?;
        passes.take_alphas()
    };
    let implicit = at(1.0)?.f_sub(&at(-1.0)?)?.f_div_scalar(2.0 * step)?;
    Ok(direct.f_sub(&implicit)?)
}

/// The weights before they are moved.
struct Start {
    parts: Vec<Tensor>,
}

impl Start {
    fn of(weights: &Weights) -> Result<Self> {
        let parts = WEIGHTS.iter().map(|&part| Ok(weights.flat(part).f_detach_copy()?)).collect::<Result<_>>()?;
        Ok(Self { parts })
    }

    /// Adds to each part, by its place in [`WEIGHTS`], what `by` makes of its start.
    fn move_by(&self, weights: &Weights, by: impl Fn(usize, &Tensor) -> Result<Tensor, TchError>) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (at, (&part, start)) in WEIGHTS.iter().zip(&self.parts).enumerate() {
            let _ = weights.flat(part).shallow_clone().f_add_(&by(at, start)?)?;
        }
        Ok(())
    }

    fn put_back(&self, weights: &mut Weights) -> Result<()> {
        WEIGHTS.into_iter().zip(&self.parts).try_for_each(|(part, start)| weights.set_flat(part, start))
    }
}
