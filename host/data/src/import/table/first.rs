//! The first reading of a table: its classes, lengths, places and faults, and the split of each row where shares decide.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::columns::{Columns, LabelForm};
use super::options::{Missing, SplitBy, TableOptions};
use super::row;
use crate::bases::{Packed, count_bits};
use crate::error::{Error, Result};
use crate::formats::table::{RowNumber, Table, TableRow};
use crate::import::negatives::shuffle::SHUFFLED;
use crate::progress::{OnProgress, Progress};
use crate::splits::grouping::Extent;
use crate::splits::shares::{Assigning, Decided};
use crate::store::{LONGEST_NAME, MOST_LABELS, Split, Task};
use crate::text::{grouped, shortened};

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
    /// Rows that lack a value and are left out.
    pub(super) missing: u64,
    /// Rows that have too many unknown bases and are left out.
    pub(super) unknown: u64,
    /// The split of each row that is kept, where shares decide some.
    pub(super) splits: Option<Vec<Split>>,
    pub(super) warnings: Vec<String>,
}

struct FirstPass<'o> {
    options: &'o TableOptions,
    names: BTreeSet<String>,
    chromosomes: BTreeMap<String, u32>,
    /// The length of all sequences, and the table and row that set it.
    length: Option<(usize, PathBuf, RowNumber)>,
    other_length: u64,
    /// Numbers of the lists of labels, and the row that set it.
    width: Option<(usize, RowNumber)>,
    /// Rows that lack a value, and what the first of them lacks.
    missing: u64,
    /// Rows that have too many unknown bases.
    unknown: u64,
    first_missing: Option<Error>,
    assigning: Option<Assigning>,
    values: Vec<f32>,
}

pub(super) fn read(
    options: &TableOptions,
    by: SplitBy,
    decided: Decided,
    progress: OnProgress<'_>,
) -> Result<FirstReading> {
    let mut reading = FirstPass {
        options,
        names: BTreeSet::new(),
        chromosomes: BTreeMap::new(),
        length: options.length.map(|length| (length, PathBuf::new(), RowNumber::Row(0))),
        other_length: 0,
        width: None,
        missing: 0,
        unknown: 0,
        first_missing: None,
        assigning: Assigning::new(decided, options.shares.seed(), options.rows.likeness(&options.cluster)),
        values: Vec::new(),
    };
    let mut all: Option<Columns> = None;
    let (mut rows, mut warnings) = (Vec::new(), Vec::new());
    let mut done = 0;
    for (path, split) in options.tables() {
        let mut table = Table::open(path, options.text())?;
        let columns = Columns::find(options, path, &mut table)?;
        let (before, row_names) = (done, table.has_row_names());
        let heading = table.header().and_then(|header| header.get(columns.sequence)).cloned();
        if row_names {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            warnings.push(format!(
                "{name}: rows have a cell before the first heading, as R writes the names of rows: it was passed over"
            ));
        }
        while let Some(record) = table.next()? {
            if done == before {
                refuse_unclear_header(&columns, heading.as_deref(), row_names, &record)?;
            }
            reading.row(&columns, &record, split, by)?;
            done += 1;
            if done % 4096 == 0 {
                progress(Progress { stage: "reading the table", done, total: None, unit: "rows" });
            }
        }
        if done == before {
            return Err(Error::input(format!("{}: there is no row in it", path.display())));
        }
        rows.push(done - before);
        warnings.extend(table.warning());
        if let Some(first) = &all {
            refuse_other_labels(first, &columns, path)?;
        }
        all.get_or_insert(columns);
    }
    reading.refuse_missing(done)?;
    options.rows.refuse_none_left(done - reading.missing - reading.unknown, reading.unknown)?;
    let (Some(columns), Some((length, ..))) = (all, &reading.length) else {
        return Err(Error::input(format!("{}: there is no row in it", options.table.display())));
    };
    let (length, chromosomes) = (*length, reading.chromosomes(by)?);
    Ok(FirstReading {
        length,
        task: columns.form.task(options.task),
        labels: reading.labels(&columns)?,
        chromosomes,
        rows,
        other_length: reading.other_length,
        missing: reading.missing,
        unknown: reading.unknown,
        splits: reading.assigning.map(Assigning::assign).transpose()?,
        warnings,
    })
}

impl FirstPass<'_> {
    fn row(&mut self, columns: &Columns, record: &TableRow<'_>, split: Option<Split>, by: SplitBy) -> Result<()> {
        if let Some(lack) = row::lack(self.options, columns, record)? {
            self.missing += 1;
            self.first_missing.get_or_insert_with(|| record.wrong(lack));
            return Ok(());
        }
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
        if self.options.rows.refuses(packed.unknown().map_or(0, count_bits), packed.len()) {
            self.unknown += 1;
            return Ok(());
        }
        let named = matches!(columns.form, LabelForm::Class | LabelForm::Listed(_) | LabelForm::Positive);
        for name in row::names(columns, record)? {
            if !named || self.names.contains(name) {
                continue;
            }
            if name.len() > LONGEST_NAME {
                return Err(record.wrong(format!(
                    "a label of {} bytes ({:?}): is this the label column?",
                    grouped(name.len() as u64),
                    shortened(name)
                )));
            }
            self.names.insert(name.to_owned());
        }
        if self.names.len() > MOST_LABELS {
            return Err(record.wrong(format!("more than {MOST_LABELS} different labels: is this the label column?")));
        }
        self.numbers(columns, record)?;
        let name = self.options.split.as_deref().unwrap_or_default();
        let of_column = columns.split.map(|column| row::split(name, column, record)).transpose()?;
        let of_chromosome = match columns.chromosome {
            Some(column) if by == SplitBy::Chromosome => {
                Some(row::split_of_chromosome(self.options, row::chromosome(column, record)?))
            }
            _ => None,
        };
        let chromosome = columns.chromosome.map(|column| self.chromosome(column, record)).transpose()?;
        let start =
            columns.start.map(|column| row::start(self.options, column, record, found, expected)).transpose()?;
        if let Some(assigning) = &mut self.assigning {
            let extent = chromosome.zip(start).map(|(chromosome, start)| Extent {
                chromosome,
                start,
                end: start.saturating_add(expected as u64),
            });
            let group = columns.group.map(|column| row::group(column, record)).transpose()?.flatten();
            assigning.add(split.or(of_column).or(of_chromosome), &packed, extent, group);
        }
        Ok(())
    }

    /// Checks labels that are numbers; lists of them are equally long.
    fn numbers(&mut self, columns: &Columns, record: &TableRow<'_>) -> Result<()> {
        let task = columns.form.task(self.options.task);
        if columns.form == LabelForm::Vector {
            let found = record.numbers(columns.first_label())?.len();
            let (width, first) = *self.width.get_or_insert((found, record.number));
            if found != width {
                return Err(record.wrong(format!(
                    "a list of {found} labels, and that of {first} has {width}: a row has a number for each label"
                )));
            }
            if width > MOST_LABELS {
                return Err(record.wrong(format!("a list of {width} labels: expected at most {MOST_LABELS}")));
            }
            if !task.is_regression() {
                return row::ones(task, columns, record).map(drop);
            }
        }
        match columns.form {
            LabelForm::Values | LabelForm::Vector => row::values(task, columns, record, &mut self.values),
            _ => Ok(()),
        }
    }

    /// Refuses rows that lack a value, unless they are to be left out and some remain.
    fn refuse_missing(&mut self, rows: u64) -> Result<()> {
        let Some(first) = self.first_missing.take() else {
            return Ok(());
        };
        if self.options.missing == Missing::Drop && self.missing < rows {
            return Ok(());
        }
        let (missing, rows) = (grouped(self.missing), grouped(rows));
        let help = match self.options.missing {
            Missing::Drop => "none is left",
            Missing::Refuse => "fill them in, rename a class of that name, or leave such rows out with --missing drop",
        };
        Err(Error::input(format!("{first}; {missing} of {rows} rows lack a sequence or a label: {help}")))
    }

    fn labels(&mut self, columns: &Columns) -> Result<Vec<String>> {
        match (columns.form, self.width) {
            (LabelForm::Vector, Some((width, _))) => {
                let heading = columns.label_names().pop().unwrap_or_default();
                Ok((0..width).map(|label| format!("{heading}_{label}")).collect())
            }
            _ => labels(self.options, columns, std::mem::take(&mut self.names)),
        }
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
                    return Err(Error::input(format!(
                        "no row has the chromosome {name:?} of {}: the table has {}",
                        split.name(),
                        shown(&names)
                    )));
                }
            }
        }
        Ok(names)
    }
}

/// Refuses what the first row shows to be no header, or one that lacks a name somewhere. `heading` is that of the
/// sequences.
fn refuse_unclear_header(
    columns: &Columns,
    heading: Option<&str>,
    row_names: bool,
    record: &TableRow<'_>,
) -> Result<()> {
    let sequence = record.cell(columns.sequence)?;
    let is_base = |letter: u8| matches!(letter.to_ascii_uppercase(), b'A' | b'C' | b'G' | b'T' | b'U' | b'N');
    if heading
        .is_some_and(|heading| heading.len() >= 4 && heading.len() == sequence.len() && heading.bytes().all(is_base))
    {
        let path = record.path.display();
        return Err(Error::input(format!(
            "{path}: the first line looks like a row, because {:?} is a sequence: give --no-header, or a line of names \
             before it",
            shortened(heading.unwrap_or_default())
        )));
    }
    // Where rows have a name without a heading, the cell before the sequence is none; else it is the last heading that is
    // missing, and every cell would be taken for its neighbour.
    let Some(before) = columns.sequence.checked_sub(1).filter(|_| row_names) else {
        return Ok(());
    };
    let cell = record.cell(before)?;
    if cell.is_empty() || Packed::from_letters(cell.as_bytes()).is_err() {
        return Ok(());
    }
    Err(record.wrong(
        "the row has one cell more than the first line has names, and it is unclear which has none: name every column \
         (in R: write.table with row.names = FALSE, or col.names = NA)",
    ))
}

fn labels(options: &TableOptions, columns: &Columns, names: BTreeSet<String>) -> Result<Vec<String>> {
    if matches!(columns.form, LabelForm::Columns | LabelForm::Values) {
        // Every column is a label, whatever it holds, in the order asked for.
        return Ok(columns.label_names());
    }
    if names.is_empty() {
        return Err(Error::input(format!("{}: no row has a label", options.table.display())));
    }
    if options.negatives.negatives.is_some() {
        return labels_of_positives(options, names);
    }
    if columns.form == LabelForm::Class && names.len() < 2 {
        let only = names.first().map_or("", String::as_str);
        let only = shortened(only);
        return Err(Error::input(format!(
            "{}: every row has the class {only:?}: a multi-class task needs two or more",
            options.table.display()
        )));
    }
    Ok(sorted(names))
}

/// The class of all rows, and that of the negatives.
fn labels_of_positives(options: &TableOptions, names: BTreeSet<String>) -> Result<Vec<String>> {
    let mut names = sorted(names);
    if names.len() > 1 {
        return Err(Error::input(format!(
            "{}: negatives are made for positives alone, and its rows are of the classes {}: give a table of one class, or \
             leave out --negatives",
            options.table.display(),
            shown(&names)
        )));
    }
    options.negatives.refuse_name(&names)?;
    names.push(SHUFFLED.to_owned());
    Ok(names)
}

fn refuse_other_labels(first: &Columns, other: &Columns, path: &Path) -> Result<()> {
    if matches!(first.form, LabelForm::Columns | LabelForm::Values | LabelForm::Vector)
        && first.label_names() != other.label_names()
    {
        return Err(Error::input(format!(
            "{}: its label columns are {}, and those of the first table {}: tables of all splits need the same",
            path.display(),
            shown(&other.label_names()),
            shown(&first.label_names())
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

/// Names for a message.
fn shown(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(|name| shortened(name)).collect();
    shown.join(", ") + if names.len() > NAMES_SHOWN { ", …" } else { "" }
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
