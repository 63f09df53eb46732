//! Which split a row of a table belongs to.

use sha2::{Digest, Sha256};

use super::columns::Record;
use crate::data::bases::Packed;
use crate::data::store::Split;
use crate::error::{Error, Result};

/// The shares of rows for valid and test; train gets the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fractions {
    /// Of valid.
    pub valid: f64,
    /// Of test.
    pub test: f64,
}

impl Fractions {
    pub(super) fn check(self) -> Result<()> {
        let Self { valid, test } = self;
        if valid > 0.0 && test > 0.0 && valid + test < 1.0 {
            return Ok(());
        }
        Err(Error::input(format!(
            "shares of {valid} for valid and {test} for test: give two numbers above 0 whose sum is below 1, train gets the rest"
        )))
    }

    /// The split of a sequence: a function of its bases and the seed alone, and the same for both strands. So equal
    /// sequences and opposite strands never straddle splits, whatever the table's size or order; the price is that
    /// shares are met on average, not exactly.
    pub(super) fn of(self, sequence: &Packed, seed: u64) -> Split {
        let opposite = sequence.reverse_complement();
        let key = |packed: &Packed| (packed.codes().to_vec(), packed.unknown().unwrap_or_default().to_vec());
        let (codes, unknown) = key(sequence).min(key(&opposite));
        let mut digest = Sha256::new();
        digest.update(seed.to_le_bytes());
        digest.update(codes);
        digest.update([0xFF]);
        digest.update(unknown);
        let digest = digest.finalize();
        let number = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes) >> 11);
        let place = number as f64 / (1_u64 << 53) as f64;
        if place < self.valid {
            Split::Valid
        } else if place < self.valid + self.test {
            Split::Test
        } else {
            Split::Train
        }
    }
}

/// The split that a cell names.
pub(super) fn named(record: &Record<'_>, column: usize) -> Result<Split> {
    let cell = record.cell(column)?;
    match cell.to_ascii_lowercase().as_str() {
        "train" | "training" => Ok(Split::Train),
        "valid" | "validation" | "val" | "dev" => Ok(Split::Valid),
        "test" => Ok(Split::Test),
        _ => Err(record.wrong(format!(
            "{:?} is no split: expected train, valid (or validation, val, dev) or test",
            super::super::labels::shortened(cell)
        ))),
    }
}
