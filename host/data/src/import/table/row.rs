//! What a row of a table says, cell by cell.

use sha2::{Digest, Sha256};

use super::columns::{Columns, LabelForm};
use super::options::TableOptions;
use crate::bases::Packed;
use crate::error::Result;
use crate::formats::table::TableRow;
use crate::store::{Split, Task};
use crate::text::shortened;

/// The sequence, and the length it has in the table.
pub(super) fn sequence(options: &TableOptions, columns: &Columns, record: &TableRow<'_>) -> Result<(Packed, usize)> {
    let text = record.cell(columns.sequence)?;
    if text.is_empty() {
        return Err(record.wrong("the sequence is empty"));
    }
    let packed = Packed::from_letters(text.as_bytes()).map_err(|(place, byte)| {
        record.wrong(format!(
            "'{}' at place {} of the sequence is not a letter of DNA (A, C, G, T, N and the IUPAC letters are)",
            byte.escape_ascii(),
            place + 1
        ))
    })?;
    let length = packed.len();
    match options.length {
        // A length of nothing is refused when the store is begun.
        Some(wanted) if wanted != length && wanted > 0 => Ok((packed.centred(wanted), length)),
        _ => Ok((packed, length)),
    }
}

/// The labels of a row, or its class.
pub(super) fn names<'r>(columns: &'r Columns, record: &'r TableRow<'_>) -> Result<Vec<&'r str>> {
    let first = columns.labels.first().map_or(0, |(column, _)| *column);
    match columns.form {
        LabelForm::Values => Ok(Vec::new()),
        LabelForm::Listed(separator) => record.list(first, separator),
        LabelForm::Class => match record.cell(first)? {
            "" => Err(record.wrong("the class is empty")),
            class => Ok(vec![class]),
        },
        LabelForm::Columns => {
            let mut names = Vec::new();
            for (column, name) in &columns.labels {
                match record.cell(*column)? {
                    "1" | "1.0" | "true" | "True" | "TRUE" => names.push(name.as_str()),
                    "0" | "0.0" | "false" | "False" | "FALSE" => {}
                    other => return Err(record.unexpected("0 or 1", name, other)),
                }
            }
            Ok(names)
        }
    }
}

/// The numbers of a row of a regression.
pub(super) fn values(task: Task, columns: &Columns, record: &TableRow<'_>, values: &mut Vec<f32>) -> Result<()> {
    values.clear();
    for (column, name) in &columns.labels {
        let cell = record.cell(*column)?;
        let value = cell.parse::<f32>().ok().filter(|value| value.is_finite());
        let expected = if task == Task::PoissonRegression { "a count or rate of 0 or more" } else { "a number" };
        match value {
            Some(value) if value >= 0.0 || task != Task::PoissonRegression => values.push(value),
            _ if cell.is_empty() => {
                return Err(
                    record.wrong(format!("expected {expected} in column {name:?}, found nothing: leave such rows out"))
                );
            }
            _ => return Err(record.unexpected(expected, name, cell)),
        }
    }
    Ok(())
}

/// The split that a cell names.
pub(super) fn split(column: usize, record: &TableRow<'_>) -> Result<Split> {
    let cell = record.cell(column)?;
    match cell.to_ascii_lowercase().as_str() {
        "train" | "training" => Ok(Split::Train),
        "valid" | "validation" | "val" | "dev" => Ok(Split::Valid),
        "test" => Ok(Split::Test),
        _ => Err(record.wrong(format!(
            "{:?} is not a split: expected train, valid (or validation, val, dev) or test",
            shortened(cell)
        ))),
    }
}

/// The chromosome.
pub(super) fn chromosome<'r>(column: usize, record: &'r TableRow<'_>) -> Result<&'r str> {
    match record.cell(column)? {
        "" => Err(record.wrong("the chromosome is empty")),
        name => Ok(name),
    }
}

/// The first base of the row on its chromosome: the one in the table, moved where the sequence was cut or filled.
pub(super) fn start(column: usize, record: &TableRow<'_>, found: usize, length: usize) -> Result<u64> {
    let cell = record.cell(column)?;
    let Ok(start) = cell.parse::<u64>() else {
        return Err(record.wrong(format!(
            "the start is {:?}: expected the first base of the sequence, counted from 0",
            shortened(cell)
        )));
    };
    let cut = (found.saturating_sub(length) / 2) as u64;
    let filled = (length.saturating_sub(found) / 2) as u64;
    let start = start.checked_add(cut).and_then(|start| start.checked_sub(filled));
    start.filter(|start| start.checked_add(length as u64).is_some()).ok_or_else(|| {
        record.wrong(format!("the row of {length} bases around the sequence at {cell} leaves the chromosome"))
    })
}

/// A number for the group of a row; an empty cell means no group. Two groups with the same number would share a
/// split, which is harmless, and there are 2^64 numbers.
pub(super) fn group(column: usize, record: &TableRow<'_>) -> Result<Option<u64>> {
    let cell = record.cell(column)?;
    let digest = Sha256::digest(cell.as_bytes());
    Ok((!cell.is_empty()).then(|| digest.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))))
}
