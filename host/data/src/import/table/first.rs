//! The first reading of a table: its classes, lengths, places and faults, and the split of each row where shares decide.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::columns::{Columns, LabelForm};
use super::options::{SplitBy, TableOptions};
use super::row;
use crate::error::{Error, Result};
use crate::formats::table::{RowNumber, Table, TableRow};
use crate::progress::{OnProgress, Progress};
use crate::splits::grouping::{Extent, Grouping};
use crate::store::{MOST_LABELS, Split, Task};

/// Chromosomes and scaffolds that a table may name; more means that another column was read.
const MOST_CHROMOSOMES: usize = 1_000_000;
/// Names in a message.
const NAMES_SHOWN: usize = 20;

/// What is known of a table after reading it once.
pub(super) struct FirstReading {
    pub(super) length: usize,
    pub(super) labels: Vec<String>,
    pub(super) task: Task,
    /// In the order in which they come.
    pub(super) chromosomes: Vec<String>,
    /// Rows of each table.
    pub(super) rows: Vec<u64>,
    pub(super) other_length: u64,
    /// The split of each row, where shares decide.
    pub(super) splits: Vec<Split>,
}

struct FirstPass<'o> {
    options: &'o TableOptions,
    names: BTreeSet<String>,
    chromosomes: BTreeMap<String, u32>,
    /// The length of all sequences, and the table and row that set it.
    length: Option<(usize, PathBuf, RowNumber)>,
    other_length: u64,
    grouping: Option<Grouping>,
    values: Vec<f32>,
}

pub(super) fn read(options: &TableOptions, by: SplitBy, progress: OnProgress<'_>) -> Result<FirstReading> {
    let mut reading = FirstPass {
        options,
        names: BTreeSet::new(),
        chromosomes: BTreeMap::new(),
        length: options.length.map(|length| (length, PathBuf::new(), RowNumber::Row(0))),
        other_length: 0,
        grouping: (by == SplitBy::Share).then(|| Grouping::new(options.fractions(), options.seed)),
        values: Vec::new(),
    };
    let mut all: Option<Columns> = None;
    let mut rows = Vec::new();
    let mut done = 0;
    for (path, _) in options.tables() {
        let mut table = Table::open(path, options.text())?;
        let columns = Columns::find(options, path, &mut table)?;
        let before = done;
        while let Some(record) = table.next()? {
            reading.row(&columns, &record)?;
            done += 1;
            if done % 4096 == 0 {
                progress(Progress { stage: "reading the table", done, total: None, unit: "rows" });
            }
        }
        if done == before {
            return Err(Error::input(format!("{}: there is no row in it", path.display())));
        }
        rows.push(done - before);
        if let Some(first) = &all {
            refuse_other_labels(first, &columns, path)?;
        }
        all.get_or_insert(columns);
    }
    let (Some(columns), Some((length, ..))) = (all, &reading.length) else {
        return Err(Error::input(format!("{}: there is no row in it", options.table.display())));
    };
    let (length, chromosomes) = (*length, reading.chromosomes(by)?);
    Ok(FirstReading {
        length,
        task: columns.form.task(options.task),
        labels: labels(options, &columns, std::mem::take(&mut reading.names))?,
        chromosomes,
        rows,
        other_length: reading.other_length,
        splits: reading.grouping.map(Grouping::assign).unwrap_or_default(),
    })
}

impl FirstPass<'_> {
    fn row(&mut self, columns: &Columns, record: &TableRow<'_>) -> Result<()> {
        let (packed, found) = row::sequence(self.options, columns, record)?;
        let (expected, path, place) = self.length.get_or_insert_with(|| (found, record.path.to_owned(), record.number));
        let expected = *expected;
        if found != expected {
            if self.options.length.is_none() {
                let other = if path == record.path { String::new() } else { format!(" of {}", path.display()) };
                return Err(record.wrong(format!(
                    "a sequence of {found} bases, and the one of {place}{other} has {expected}: \
                     give a length to cut or fill all sequences to"
                )));
            }
            self.other_length += 1;
        }
        for name in row::names(columns, record)? {
            if !self.names.contains(name) {
                self.names.insert(name.to_owned());
            }
        }
        if self.names.len() > MOST_LABELS {
            return Err(record.wrong(format!("more than {MOST_LABELS} different labels: is this the label column?")));
        }
        if columns.form == LabelForm::Values {
            row::values(columns.form.task(self.options.task), columns, record, &mut self.values)?;
        }
        if let Some(column) = columns.split {
            row::split(column, record)?;
        }
        let chromosome = columns.chromosome.map(|column| self.chromosome(column, record)).transpose()?;
        let start = columns.start.map(|column| row::start(column, record, found, expected)).transpose()?;
        if let Some(grouping) = &mut self.grouping {
            let extent = chromosome.zip(start).map(|(chromosome, start)| Extent {
                chromosome,
                start,
                end: start.saturating_add(expected as u64),
            });
            let group = columns.group.map(|column| row::group(column, record)).transpose()?.flatten();
            grouping.add(&packed, extent, group);
        }
        Ok(())
    }

    fn chromosome(&mut self, column: usize, record: &TableRow<'_>) -> Result<u32> {
        let name = row::chromosome(column, record)?;
        if let Some(index) = self.chromosomes.get(name) {
            return Ok(*index);
        }
        if self.chromosomes.len() == MOST_CHROMOSOMES {
            return Err(record.wrong(format!(
                "more than {MOST_CHROMOSOMES} different chromosomes: is this the column with the chromosome?"
            )));
        }
        let next = u32::try_from(self.chromosomes.len()).unwrap_or(u32::MAX);
        self.chromosomes.insert(name.to_owned(), next);
        Ok(next)
    }

    /// The chromosomes in the order in which they came; refuses one of a split that no row has.
    fn chromosomes(&self, by: SplitBy) -> Result<Vec<String>> {
        let mut names = vec![String::new(); self.chromosomes.len()];
        for (name, index) in &self.chromosomes {
            if let Some(place) = names.get_mut(*index as usize) {
                name.clone_into(place);
            }
        }
        if by == SplitBy::Chromosome {
            let wanted =
                [(Split::Valid, &self.options.valid_chromosomes), (Split::Test, &self.options.test_chromosomes)];
            for (split, wanted) in wanted {
                if let Some(name) = wanted.iter().find(|name| !self.chromosomes.contains_key(*name)) {
                    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
                    let more = if names.len() > NAMES_SHOWN { ", …" } else { "" };
                    return Err(Error::input(format!(
                        "no row has the chromosome {name:?} of {}: the table has {}{more}",
                        split.name(),
                        shown.join(", ")
                    )));
                }
            }
        }
        Ok(names)
    }
}

fn labels(options: &TableOptions, columns: &Columns, names: BTreeSet<String>) -> Result<Vec<String>> {
    if matches!(columns.form, LabelForm::Columns | LabelForm::Values) {
        // Every column is a label, whatever it holds, in the order asked for.
        return Ok(columns.label_names());
    }
    if names.is_empty() {
        return Err(Error::input(format!("{}: no row has a label", options.table.display())));
    }
    if columns.form == LabelForm::Class && names.len() < 2 {
        let only = names.first().map_or("", String::as_str);
        return Err(Error::input(format!(
            "{}: every row has the class {only:?}: a multi-class task needs two or more",
            options.table.display()
        )));
    }
    Ok(sorted(names))
}

fn refuse_other_labels(first: &Columns, other: &Columns, path: &Path) -> Result<()> {
    if matches!(first.form, LabelForm::Columns | LabelForm::Values) && first.label_names() != other.label_names() {
        return Err(Error::input(format!(
            "{}: its label columns are {}, and those of the first table {}: tables of all splits need the same",
            path.display(),
            other.label_names().join(", "),
            first.label_names().join(", ")
        )));
    }
    if first.form != other.form {
        return Err(Error::input(format!(
            "{}: its labels are lists or single ones, unlike those of the first table",
            path.display()
        )));
    }
    Ok(())
}

/// In alphabetical order, or in that of the numbers where all are some.
fn sorted(names: BTreeSet<String>) -> Vec<String> {
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    let mut names: Vec<String> = names.into_iter().collect();
    if numbers.is_some() {
        names.sort_by_key(|name| name.parse::<i64>().unwrap_or(0));
    }
    names
}
