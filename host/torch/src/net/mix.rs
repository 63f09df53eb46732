//! Sums of values: plain ones, and the mixtures of a supernet.

use tch::{TchError, Tensor};

use super::module::Pass;
use super::shares::{OptionId, Share};

/// An option of a mixture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub(super) option: OptionId,
    /// Whether the value comes from a batch norm that has multiplied it by the option's share, and is read by the
    /// mixture alone. It costs nothing there, where a product of its own would be one more value to keep.
    pub(super) scaled: bool,
}

/// The sum of values, of which there is at least one.
pub(super) fn add(values: &[&Tensor]) -> Result<Tensor, TchError> {
    let [first, second, rest @ ..] = values else {
        return Ok(values[0].shallow_clone());
    };
    let mut sum = first.f_add(second)?;
    for value in rest {
        let _ = sum.f_add_(value)?;
    }
    Ok(sum)
}

/// The sum of values, of which there is at least one, each times the share of its option.
pub(super) fn mix(terms: &[(Term, &Tensor)], pass: &Pass<'_>) -> Result<Tensor, TchError> {
    // The sum starts in a value that is read by nobody else, so that all others are added in place.
    let start = terms.iter().position(|(term, _)| term.scaled).unwrap_or(0);
    let (term, value) = terms[start];
    let (mut sum, mut own) = match pass.shares.of(term.option) {
        Share::Part(share) if !term.scaled => (value.f_mul(share)?, true),
        _ => (value.shallow_clone(), term.scaled),
    };
    for (_, (term, value)) in terms.iter().enumerate().filter(|(at, _)| *at != start) {
        let share = match pass.shares.of(term.option) {
            Share::Part(share) if !term.scaled => Some(share),
            _ => None,
        };
        match (own, share) {
            (true, None) => _ = sum.f_add_(value)?,
            (true, Some(share)) => _ = sum.f_addcmul_(share, value)?,
            (false, None) => sum = sum.f_add(value)?,
            (false, Some(share)) => sum = sum.f_addcmul(share, value)?,
        }
        own = true;
    }
    Ok(sum)
}
