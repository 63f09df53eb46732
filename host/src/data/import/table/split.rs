//! Which split a row of a table belongs to.

use super::columns::Record;
use crate::data::store::Split;
use crate::error::Result;

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
