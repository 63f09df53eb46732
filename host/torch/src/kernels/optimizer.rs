//! One pass of an optimizer over flat weights, in place.

#![expect(unsafe_code, reason = "calls C++")]

use std::ptr;

use tch::{Device, Kind, TchError, Tensor};

use super::raw;

/// A weight within the flat weights, and its gradient; without one it counts as zeros.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The first of its values in the flat weights.
    pub(crate) offset: i64,
    /// How many values it has.
    pub(crate) length: i64,
    /// As many values, contiguous.
    pub(crate) gradient: Option<Tensor>,
}

/// The rule of an update, with `enum Algorithm` of kernels/optimizer.h.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    Sgd { momentum: f64 },
    RmsProp { alpha: f64 },
    Adam { beta1: f64, beta2: f64 },
    AdamW { beta1: f64, beta2: f64 },
}

/// What an update does besides its rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    pub(crate) rule: Rule,
    pub(crate) rate: f64,
    pub(crate) weight_decay: f64,
    pub(crate) epsilon: f64,
    /// By how much clipping scales the gradients.
    pub(crate) factor: f64,
    /// The number of the step, from 1.
    pub(crate) step: u64,
}

/// The sum of the squares of all gradients. It does not depend on the number of threads.
pub(crate) fn squares(pieces: &[Piece]) -> Result<f64, TchError> {
    let pieces = raw_pieces(pieces, None)?;
    let mut sum = 0.0;
    // SAFETY: each piece names as many values as it has.
    raw::checked(unsafe { raw::genomenas_squares(&raw mut sum, pieces.as_ptr(), pieces.len()) })?;
    Ok(sum)
}

/// Updates `weights` and the moments of the rule, \[N\] each or empty, in place.
pub(crate) fn update(
    update: &Update,
    weights: &Tensor,
    first: &Tensor,
    second: &Tensor,
    pieces: &[Piece],
) -> Result<(), TchError> {
    let size = weights.numel();
    let pieces = raw_pieces(pieces, Some(size))?;
    let needs_first = !matches!(update.rule, Rule::RmsProp { .. }) && update.rule != Rule::Sgd { momentum: 0.0 };
    let needs_second = !matches!(update.rule, Rule::Sgd { .. });
    let moment = |values: &Tensor, needed: bool| if needed { data(values, size) } else { Ok(ptr::null_mut()) };
    let raw_update = raw::Update {
        weights: data(weights, size)?,
        first: moment(first, needs_first)?,
        second: moment(second, needs_second)?,
        ..raw_numbers(update)
    };
    // SAFETY: the weights and moments have `size` values, and every piece lies within them.
    raw::checked(unsafe { raw::genomenas_update(&raw const raw_update, pieces.as_ptr(), pieces.len()) })
}

/// As [`update`], on any device by libtorch's fused kernel, by a gradient \[N\] that clipping has scaled already. There is
/// none for RMSprop.
pub(crate) fn update_flat(
    update: &Update,
    weights: &Tensor,
    gradient: &Tensor,
    first: &Tensor,
    second: &Tensor,
) -> Result<(), TchError> {
    let numbers = raw_numbers(update);
    // SAFETY: tensors that outlive the call; libtorch checks their shapes and devices.
    raw::checked(unsafe {
        raw::genomenas_update_flat(
            &raw const numbers,
            weights.as_ptr(),
            gradient.as_ptr(),
            first.as_ptr(),
            second.as_ptr(),
        )
    })
}

/// An update as C++ reads it, without weights and moments.
fn raw_numbers(update: &Update) -> raw::Update {
    let (algorithm, momentum, beta1, beta2) = match update.rule {
        Rule::Sgd { momentum } => (0, momentum, 0.0, 0.0),
        Rule::RmsProp { alpha } => (1, 0.0, 0.0, alpha),
        Rule::Adam { beta1, beta2 } => (2, 0.0, beta1, beta2),
        Rule::AdamW { beta1, beta2 } => (3, 0.0, beta1, beta2),
    };
    raw::Update {
        algorithm,
        rate: update.rate,
        weight_decay: update.weight_decay,
        momentum,
        beta1,
        beta2,
        epsilon: update.epsilon,
        factor: update.factor,
        step: update.step,
        weights: ptr::null_mut(),
        first: ptr::null_mut(),
        second: ptr::null_mut(),
    }
}

/// Drops the gradient of a weight, so that the next backward pass moves its own there instead of adding to zeros.
pub(crate) fn drop_gradient(weight: &mut Tensor) -> Result<(), TchError> {
    // SAFETY: a tensor that we hold alone.
    raw::checked(unsafe { raw::genomenas_drop_gradient(weight.as_mut_ptr()) })
}

fn raw_pieces(pieces: &[Piece], size: Option<usize>) -> Result<Vec<raw::Piece>, TchError> {
    let raw_piece = |piece: &Piece| {
        let length = usize::try_from(piece.length).unwrap_or(usize::MAX);
        let end = usize::try_from(piece.offset).ok().and_then(|offset| offset.checked_add(length));
        if size.is_some_and(|size| end.is_none_or(|end| end > size)) {
            return Err(TchError::Shape(format!("a weight ends at {end:?} of {size:?} values")));
        }
        let gradient = match &piece.gradient {
            Some(gradient) => data(gradient, length)?.cast_const(),
            None => ptr::null(),
        };
        Ok(raw::Piece { offset: piece.offset, length: piece.length, gradient })
    };
    pieces.iter().map(raw_piece).collect()
}

/// The values of a contiguous tensor of float32 on the CPU.
fn data(values: &Tensor, size: usize) -> Result<*mut f32, TchError> {
    let fits = values.numel() == size
        && values.kind() == Kind::Float
        && values.device() == Device::Cpu
        && values.is_contiguous();
    if fits {
        Ok(values.data_ptr().cast())
    } else {
        Err(TchError::Shape(format!("{values:?}: expected {size} values")))
    }
}
