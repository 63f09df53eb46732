//! Splits by share.

use crate::error::{Error, Result};
use crate::store::Split;

/// The shares of rows for valid and test; train gets the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fractions {
    /// Of valid.
    pub valid: f64,
    /// Of test.
    pub test: f64,
}

impl Fractions {
    pub(crate) fn check(self) -> Result<()> {
        let Self { valid, test } = self;
        if valid > 0.0 && test > 0.0 && valid + test < 1.0 {
            return Ok(());
        }
        Err(Error::input(format!(
            "shares of {valid} for valid and {test} for test: give two numbers above 0 whose sum is below 1, train gets the rest"
        )))
    }

    /// The split of a cluster whose numbers, drawn evenly from all, combine to `number`.
    pub(crate) fn of(self, number: u64) -> Split {
        let place = (number >> 11) as f64 / (1_u64 << 53) as f64;
        if place < self.valid {
            Split::Valid
        } else if place < self.valid + self.test {
            Split::Test
        } else {
            Split::Train
        }
    }
}
