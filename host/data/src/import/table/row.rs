//! What a row of a table says, cell by cell.

use sha2::{Digest, Sha256};

use super::columns::{Columns, LabelForm, POSITIVE};
use super::options::TableOptions;
use super::split_column;
use crate::bases::Packed;
use crate::error::Result;
use crate::formats::table::TableRow;
use crate::store::{Split, Task};
use crate::text::shortened;

/// The sequence, and the length it has in the table.
pub(super) fn sequence(options: &TableOptions, columns: &Columns, record: &TableRow<'_>) -> Result<(Packed, usize)> {
    let text = record.cell(columns.sequence)?;
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
        Some(wanted) if wanted != length && wanted > 0 => Ok((options.anchor.row(&packed, wanted), length)),
        _ => Ok((packed, length)),
    }
}

/// Whether a cell says that there is no value: what R, pandas and others write for it.
fn is_missing(cell: &str) -> bool {
    const WORDS: [&str; 8] = ["NA", "N/A", "#N/A", "<NA>", "NaN", "-NaN", "null", "."];
    let cell = cell.trim();
    cell.is_empty() || WORDS.iter().any(|word| word.eq_ignore_ascii_case(cell))
}

/// What a row lacks: a sequence, or a label.
pub(super) struct Lack {
    expected: &'static str,
    column: String,
    found: String,
}

impl std::fmt::Display for Lack {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { expected, column, found } = self;
        write!(out, "expected {expected} in column {column:?}, found ")?;
        if found.is_empty() { write!(out, "nothing") } else { write!(out, "{found:?}, which means that it is missing") }
    }
}

/// What a row lacks, if anything. A list without a name is not a lack: no label applies.
pub(super) fn lack(options: &TableOptions, columns: &Columns, record: &TableRow<'_>) -> Result<Option<Lack>> {
    let of = |expected: &'static str, column: &str, found: &str| {
        Some(Lack { expected, column: shortened(column), found: shortened(found) })
    };
    let sequence = record.cell(columns.sequence)?;
    if is_missing(sequence) {
        return Ok(of("a sequence", &options.sequence, sequence));
    }
    let first = columns.first_label();
    let name = columns.labels.first().map_or("", |(_, name)| name.as_str());
    match columns.form {
        LabelForm::Positive => Ok(None),
        LabelForm::Class => {
            let class = record.cell(first)?;
            Ok(if is_missing(class) { of("a class", name, class) } else { None })
        }
        LabelForm::Listed(separator) => {
            let labels = record.list(first, separator)?;
            Ok(labels.into_iter().find(|label| is_missing(label)).and_then(|label| of("labels", name, label)))
        }
        LabelForm::Vector => {
            let numbers = record.numbers(first)?;
            let found = if numbers.is_empty() { "" } else { "NaN" };
            let lacks = numbers.is_empty() || numbers.iter().any(|number| number.is_nan());
            Ok(if lacks { of("numbers", name, found) } else { None })
        }
        LabelForm::Columns | LabelForm::Values => {
            let expected = if columns.form == LabelForm::Columns { "0 or 1" } else { "a number" };
            for (column, name) in &columns.labels {
                let cell = record.cell(*column)?;
                if is_missing(cell) {
                    return Ok(of(expected, name, cell));
                }
            }
            Ok(None)
        }
    }
}

/// The labels of a row, or its class.
pub(super) fn names<'r>(columns: &'r Columns, record: &TableRow<'r>) -> Result<Vec<&'r str>> {
    let first = columns.first_label();
    match columns.form {
        LabelForm::Values | LabelForm::Vector => Ok(Vec::new()),
        LabelForm::Listed(separator) => record.list(first, separator),
        LabelForm::Class => Ok(vec![record.cell(first)?]),
        LabelForm::Positive => Ok(vec![POSITIVE]),
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

/// The labels of a row that lists a number for each: those with a 1.
pub(super) fn ones(task: Task, columns: &Columns, record: &TableRow<'_>) -> Result<Vec<usize>> {
    let mut ones = Vec::new();
    for (label, number) in record.numbers(columns.first_label())?.iter().enumerate() {
        match *number {
            0.0 => {}
            1.0 => ones.push(label),
            other => {
                return Err(record.wrong(format!(
                    "number {} of the list of labels is {other}: expected 0 or 1 (for other numbers, --task regression \
                     or poisson-regression)",
                    label + 1
                )));
            }
        }
    }
    if task == Task::MultiClass && ones.len() != 1 {
        let found = ones.len();
        return Err(record.wrong(format!("{found} of the labels are 1: a row of a multi-class task has one class")));
    }
    Ok(ones)
}

/// The numbers of a row of a regression.
pub(super) fn values(task: Task, columns: &Columns, record: &TableRow<'_>, values: &mut Vec<f32>) -> Result<()> {
    values.clear();
    let expected = if task == Task::PoissonRegression { "a count or rate of 0 or more" } else { "a number" };
    let fits = |value: f32| value.is_finite() && (value >= 0.0 || task != Task::PoissonRegression);
    if columns.form == LabelForm::Vector {
        for (label, number) in record.numbers(columns.first_label())?.iter().enumerate() {
            #[expect(clippy::cast_possible_truncation, reason = "labels are float32, and what is too large is refused")]
            let value = *number as f32;
            if !fits(value) {
                let place = label + 1;
                return Err(record.wrong(format!("number {place} of the list is {number}: expected {expected}")));
            }
            values.push(value);
        }
        return Ok(());
    }
    for (column, name) in &columns.labels {
        let cell = record.cell(*column)?;
        match cell.parse::<f32>() {
            Ok(value) if fits(value) => values.push(value),
            _ if cell.contains(',') && cell.replace(',', "").parse::<f32>().is_ok() => {
                return Err(record.unexpected(&format!("{expected} with a point and no comma"), name, cell));
            }
            _ => return Err(record.unexpected(expected, name, cell)),
        }
    }
    Ok(())
}

/// The split that a cell of the column `name` names.
pub(super) fn split(name: &str, column: usize, record: &TableRow<'_>) -> Result<Split> {
    let cell = record.cell(column)?;
    match cell.trim().to_ascii_lowercase().as_str() {
        "train" | "training" => Ok(Split::Train),
        "valid" | "validation" | "val" | "dev" => Ok(Split::Valid),
        "test" | "testing" => Ok(Split::Test),
        _ => {
            let instead = if split_column::is_named_so(name) { "; --ignore-split passes over this column" } else { "" };
            Err(record.wrong(format!(
                "{:?} is not a split: expected train, valid (or validation, val, dev) or test{instead}",
                shortened(cell)
            )))
        }
    }
}

/// The split of a chromosome, where chromosomes decide.
pub(super) fn split_of_chromosome(options: &TableOptions, name: &str) -> Split {
    let among = |names: &[String]| names.iter().any(|other| other == name);
    if among(&options.valid_chromosomes) {
        Split::Valid
    } else if among(&options.test_chromosomes) {
        Split::Test
    } else {
        Split::Train
    }
}

/// The chromosome.
pub(super) fn chromosome<'r>(column: usize, record: &TableRow<'r>) -> Result<&'r str> {
    match record.cell(column)? {
        "" => Err(record.wrong("the chromosome is empty")),
        name if is_missing(name) => Err(record.wrong(format!("the chromosome is missing ({name})"))),
        name => Ok(name),
    }
}

/// The first base of the row on its chromosome: the one in the table, moved where the sequence was cut or filled.
pub(super) fn start(
    options: &TableOptions,
    column: usize,
    record: &TableRow<'_>,
    found: usize,
    length: usize,
) -> Result<u64> {
    let cell = record.cell(column)?;
    let Ok(start) = cell.parse::<u64>() else {
        return Err(record.wrong(format!(
            "the start is {:?}: expected the first base of the sequence, counted from 0",
            shortened(cell)
        )));
    };
    let (cut, filled) = options.anchor.before(found, length);
    let start = start.checked_add(cut as u64).and_then(|start| start.checked_sub(filled as u64));
    start.filter(|start| start.checked_add(length as u64).is_some()).ok_or_else(|| {
        record.wrong(format!("the row of {length} bases around the sequence at {cell} leaves the chromosome"))
    })
}

/// A number for the group of a row; a cell without a value means no group. Two groups with the same number would share a
/// split, which is harmless, and there are 2^64 numbers.
pub(super) fn group(column: usize, record: &TableRow<'_>) -> Result<Option<u64>> {
    let cell = record.cell(column)?;
    let digest = Sha256::digest(cell.as_bytes());
    Ok((!is_missing(cell)).then(|| digest.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_what_is_missing_are_known_and_others_are_values() {
        for cell in ["", " ", "NA", "na", "NaN", "-nan", "null", "NULL", "N/A", "#N/A", "<NA>", "."] {
            assert!(is_missing(cell), "{cell:?}");
        }
        for cell in ["0", "none", "-", "+", "nah", "NA1", "..", "unknown"] {
            assert!(!is_missing(cell), "{cell:?}");
        }
    }
}
