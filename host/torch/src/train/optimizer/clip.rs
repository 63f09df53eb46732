//! Clipping of gradients by their norm.

use genomenas_plugin::message::Clip;
use tch::{TchError, Tensor};

use crate::kernels::{self, Piece};

/// Added to a norm before it divides the limit, as PyTorch's `clip_grad_norm_` does.
const EPSILON: f64 = 1e-6;

/// Scales gradients down so that their norm is at most the limit. Returns the factor of each, where there is one.
pub(super) fn clip(clip: Clip, gradients: &mut [Tensor]) -> Result<Vec<Option<Tensor>>, TchError> {
    let norm_of = |gradient: &Tensor| gradient.f_square()?.f_sum(tch::Kind::Float);
    let factor = |squares: &Tensor, limit: f64| {
        squares.f_sqrt()?.f_add_scalar(EPSILON)?.f_reciprocal()?.f_mul_scalar(limit)?.f_clamp_max(1.0)
    };
    let factors: Vec<Option<Tensor>> = match clip {
        Clip::None => gradients.iter().map(|_| None).collect(),
        Clip::All { norm } => {
            let mut squares = norm_of(&gradients[0])?;
            for gradient in &gradients[1..] {
                squares = squares.f_add(&norm_of(gradient)?)?;
            }
            let factor = factor(&squares, norm)?;
            gradients.iter().map(|_| Some(factor.shallow_clone())).collect()
        }
        Clip::Parts { cnn, rnn } => {
            let limits = gradients.iter().zip([cnn, rnn]);
            limits.map(|(gradient, norm)| factor(&norm_of(gradient)?, norm).map(Some)).collect::<Result<_, _>>()?
        }
    };
    for (gradient, factor) in gradients.iter_mut().zip(&factors) {
        if let Some(factor) = factor {
            let _ = gradient.f_mul_(factor)?;
        }
    }
    Ok(factors)
}

/// The factor of each part's gradients that lie in pieces; 1 where nothing is clipped.
pub(super) fn factors(clip: Clip, gradients: &[Vec<Piece>]) -> Result<Vec<f64>, TchError> {
    let squares = || gradients.iter().map(|pieces| kernels::squares(pieces)).collect::<Result<Vec<f64>, TchError>>();
    // A norm that is not a number stays one, so that the loss shows it.
    let factor = |squares: f64, limit: f64| {
        let factor = limit / (squares.sqrt() + EPSILON);
        if factor > 1.0 { 1.0 } else { factor }
    };
    Ok(match clip {
        Clip::None => vec![1.0; gradients.len()],
        Clip::All { norm } => vec![factor(squares()?.iter().sum(), norm); gradients.len()],
        Clip::Parts { cnn, rnn } => {
            squares()?.into_iter().zip([cnn, rnn]).map(|(sum, norm)| factor(sum, norm)).collect()
        }
    })
}
