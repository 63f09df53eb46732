//! `data import table`: rows of a TSV or CSV file with a sequence, labels, and perhaps a split.
//!
//! The file is read twice: once for its classes, lengths and faults, once to pack. Memory stays at one row and the
//! names of the labels.

mod columns;
mod split;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::grouping::{Fractions, Grouping};
use super::source::{at, describe};
use super::{OnProgress, Progress, refuse_empty_splits};
use crate::data::bases::{Packed, bit_bytes, set_bit};
use crate::data::store::{Count, ImportRecord, MOST_LABELS, Row, Shape, Split, StoreInfo, StoreWriter, Target, Task};
use crate::error::{Error, Result};
use columns::{Columns, Record, Table};

/// The settings; each field is a flag of the same name.
#[derive(Clone, Debug, PartialEq)]
pub struct TableOptions {
    /// The table: TSV or CSV, plain or gzipped.
    pub table: PathBuf,
    /// The store to write.
    pub output: PathBuf,
    /// Whether a file at `output` may be replaced.
    pub overwrite: bool,
    /// What separates columns; `None`: a comma in a file named `.csv`, else a tab.
    pub delimiter: Option<u8>,
    /// Whether the first line names the columns. Columns may be given by number (from 1) in any case.
    pub header: bool,
    /// The column with the sequence.
    pub sequence: String,
    /// The column with the class (or, with `label_separator`, the labels); several columns: one label each, 0 or 1.
    pub labels: Vec<String>,
    /// What separates the labels in the one label column; an empty cell has none.
    pub label_separator: Option<char>,
    /// What is predicted; `None`: multi-class for one label column without separator, else multi-label.
    pub task: Option<Task>,
    /// The column with the split: train, valid (or validation, val, dev) or test.
    pub split: Option<String>,
    /// Without a split column: the shares of valid and test.
    pub fractions: Fractions,
    /// Without a split column: what decides, with the sequence, which split a row is in.
    pub seed: u64,
    /// Bases a row: longer sequences are cut on both sides, shorter ones get unknown bases on both sides. `None`:
    /// all sequences must be equally long.
    pub length: Option<usize>,
}

impl TableOptions {
    /// The usual settings: columns `sequence` and `label`, a header, a tenth of the rows each for valid and test.
    pub fn new(table: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            table: table.into(),
            output: output.into(),
            overwrite: false,
            delimiter: None,
            header: true,
            sequence: "sequence".into(),
            labels: vec!["label".into()],
            label_separator: None,
            task: None,
            split: None,
            fractions: Fractions { valid: 0.1, test: 0.1 },
            seed: 0,
            length: None,
        }
    }
}

/// How labels stand in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LabelForm {
    /// One column with the name of the class.
    Class,
    /// One column with names and what separates them.
    Listed(char),
    /// A column of 0 and 1 for each label.
    Columns,
}

/// Imports; returns what was written.
pub fn import(options: &TableOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    let form = label_form(options)?;
    options.fractions.check()?;
    let source = describe(&options.table, progress)?;
    let first = first_reading(options, form, progress)?;
    let shape = Shape {
        length: first.length,
        labels: first.labels,
        task: if form == LabelForm::Class { Task::MultiClass } else { Task::MultiLabel },
        chromosomes: Vec::new(),
        groups: Vec::new(),
    };
    let indices: BTreeMap<&str, usize> = shape.labels.iter().map(String::as_str).zip(0..).collect();
    let mut writer = StoreWriter::create(&options.output, shape.clone(), options.overwrite)?;
    let mut table = Table::open(options)?;
    let columns = Columns::find(options, &table)?;
    let mut by_share = first.splits.into_iter();
    let mut done = 0;
    while let Some(record) = table.next()? {
        let packed = sequence(options, &columns, &record)?;
        let packed = if packed.len() == shape.length { packed } else { packed.centred(shape.length) };
        let split = match columns.split {
            Some(column) => split::named(&record, column)?,
            // A file that changed between the readings is the only way to more rows.
            None => by_share.next().ok_or_else(|| record.wrong("the row was not there a moment ago".into()))?,
        };
        let mut bits = vec![0; bit_bytes(shape.labels.len())];
        let mut class = None;
        for name in label_names(&columns, &record, form)? {
            let index = indices.get(name).copied();
            // A file that changed between the readings is the only way here.
            let index = index.ok_or_else(|| record.wrong(format!("label {name:?} was not there a moment ago")))?;
            set_bit(&mut bits, index);
            class = u32::try_from(index).ok();
        }
        let target = match (form, class) {
            (LabelForm::Class, Some(class)) => Target::Class(class),
            (LabelForm::Class, None) => return Err(record.wrong("there is no class".into())),
            _ => Target::Bits(&bits),
        };
        writer.push(split, &Row { codes: packed.codes(), unknown: packed.unknown(), target, place: None })?;
        done += 1;
        if done % 4096 == 0 {
            progress(Progress { stage: "packing rows", done, total: Some(first.rows), unit: "rows" });
        }
    }
    let how = if options.split.is_some() {
        "the split column decides; give rows of every split, or leave the column out to split by share"
    } else {
        "shares decide; give more rows or larger shares"
    };
    refuse_empty_splits(&writer.rows(), how)?;
    let mut warnings = Vec::new();
    if first.other_length > 0 {
        warnings.push(format!(
            "{} sequences have another length than {} and were cut or filled with unknown bases on both sides",
            first.other_length, shape.length
        ));
    }
    let record = ImportRecord {
        importer: "table".into(),
        settings: settings(options),
        sources: vec![source],
        read: vec![Count::new("rows", first.rows)],
        warnings,
        ..ImportRecord::default()
    };
    let total = Some(first.rows);
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

/// What is known of a table after reading it once.
struct FirstReading {
    length: usize,
    labels: Vec<String>,
    rows: u64,
    other_length: u64,
    /// The split of each row, where shares decide.
    splits: Vec<Split>,
}

fn first_reading(options: &TableOptions, form: LabelForm, progress: OnProgress<'_>) -> Result<FirstReading> {
    let mut table = Table::open(options)?;
    let columns = Columns::find(options, &table)?;
    let mut names = BTreeSet::new();
    let mut grouping = Grouping::new(options.fractions, options.seed);
    let (mut rows, mut other_length) = (0, 0);
    let mut length: Option<(usize, u64)> = options.length.map(|length| (length, 0));
    while let Some(record) = table.next()? {
        rows += 1;
        let packed = sequence(options, &columns, &record)?;
        let found = packed.len();
        let (expected, line) = *length.get_or_insert((found, record.line()));
        if found != expected {
            if options.length.is_none() {
                return Err(record.wrong(format!(
                    "a sequence of {found} bases, and the one of line {line} has {expected}: \
                     give a length to cut or fill all sequences to"
                )));
            }
            other_length += 1;
        }
        for name in label_names(&columns, &record, form)? {
            if !names.contains(name) {
                names.insert(name.to_owned());
            }
        }
        if names.len() > MOST_LABELS {
            return Err(record.wrong(format!("more than {MOST_LABELS} different labels: is this the label column?")));
        }
        match columns.split {
            Some(column) => _ = split::named(&record, column)?,
            None if found == expected => grouping.add(&packed, None, None),
            None => grouping.add(&packed.centred(expected), None, None),
        }
        if rows % 4096 == 0 {
            progress(Progress { stage: "reading the table", done: rows, total: None, unit: "rows" });
        }
    }
    let Some((length, _)) = length.filter(|_| rows > 0) else {
        return Err(Error::input(format!("{}: there is no row in it", options.table.display())));
    };
    let splits = grouping.assign();
    if form == LabelForm::Columns {
        // Every column is a label, whether it ever is 1 or not, in the order asked for.
        return Ok(FirstReading { length, labels: columns.label_names(), rows, other_length, splits });
    }
    if names.is_empty() {
        return Err(Error::input(format!("{}: no row has a label", options.table.display())));
    }
    if form == LabelForm::Class && names.len() < 2 {
        let only = names.first().map_or("", String::as_str);
        return Err(Error::input(format!(
            "{}: every row has the class {only:?}: a multi-class task needs two or more",
            options.table.display()
        )));
    }
    Ok(FirstReading { length, labels: sorted(names), rows, other_length, splits })
}

/// Names in alphabetical order, or by value where all are whole numbers.
fn sorted(names: BTreeSet<String>) -> Vec<String> {
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    let mut names: Vec<String> = names.into_iter().collect();
    if numbers.is_some() {
        names.sort_by_key(|name| name.parse::<i64>().unwrap_or(0));
    }
    names
}

fn label_form(options: &TableOptions) -> Result<LabelForm> {
    match (options.labels.as_slice(), options.label_separator, options.task) {
        ([], _, _) => Err(Error::input("no label column: name at least one")),
        ([_, _, ..], _, Some(Task::MultiClass)) => {
            Err(Error::input("a multi-class task has one label column, with the name of the class; name one"))
        }
        ([_, _, ..], Some(_), _) => {
            Err(Error::input("several label columns hold 0 or 1 each: give a separator only with one label column"))
        }
        (_, Some(_), Some(Task::MultiClass)) => {
            Err(Error::input("a row of a multi-class task has one class: leave out the separator"))
        }
        ([_], Some(separator), _) => Ok(LabelForm::Listed(separator)),
        ([_], None, None | Some(Task::MultiClass)) => Ok(LabelForm::Class),
        (_, None, _) => Ok(LabelForm::Columns),
    }
}

fn sequence(options: &TableOptions, columns: &Columns, record: &Record<'_>) -> Result<Packed> {
    let text = record.cell(columns.sequence)?;
    if text.is_empty() {
        return Err(record.wrong("the sequence is empty".into()));
    }
    Packed::from_letters(text.as_bytes()).map_err(|(place, byte)| {
        at(
            &options.table,
            record.line(),
            format!(
                "'{}' at place {} of the sequence is no letter of DNA (A, C, G, T, N and the IUPAC letters are)",
                byte.escape_ascii(),
                place + 1
            ),
        )
    })
}

/// The labels of a row.
fn label_names<'r>(columns: &'r Columns, record: &'r Record<'_>, form: LabelForm) -> Result<Vec<&'r str>> {
    let mut names = Vec::new();
    match form {
        LabelForm::Class | LabelForm::Listed(_) => {
            let Some((column, _)) = columns.labels.first() else {
                return Ok(names);
            };
            let cell = record.cell(*column)?;
            if let LabelForm::Listed(separator) = form {
                names.extend(cell.split(separator).map(str::trim).filter(|name| !name.is_empty()));
            } else if cell.is_empty() {
                return Err(record.wrong("the class is empty".into()));
            } else {
                names.push(cell);
            }
        }
        LabelForm::Columns => {
            for (column, name) in &columns.labels {
                match record.cell(*column)? {
                    "1" | "1.0" | "true" | "True" | "TRUE" => names.push(name.as_str()),
                    "0" | "0.0" | "false" | "False" | "FALSE" => {}
                    other => {
                        return Err(record.wrong(format!(
                            "expected 0 or 1 in column {name:?}, found {:?}",
                            super::labels::shortened(other)
                        )));
                    }
                }
            }
        }
    }
    Ok(names)
}

/// The settings that a store keeps: those that decide its content.
fn settings(options: &TableOptions) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::from([
        ("sequence".to_owned(), options.sequence.clone()),
        ("labels".to_owned(), options.labels.join(" ")),
        ("length".to_owned(), options.length.map_or("as in the table".into(), |length| length.to_string())),
    ]);
    if let Some(separator) = options.label_separator {
        settings.insert("label-separator".into(), separator.to_string());
    }
    let Fractions { valid, test } = options.fractions;
    let by_share = || format!("by share: valid {valid}, test {test}, seed {}", options.seed);
    settings.insert("split".into(), options.split.as_ref().map_or_else(by_share, |column| format!("column {column}")));
    settings
}

#[cfg(test)]
mod tests;
