//! The settings of the table importer, and which of them fit together.

use std::path::{Path, PathBuf};

use super::super::grouping::Fractions;
use crate::error::{Error, Result};
use crate::store::{Split, Task};

/// The settings; each field is a flag of the same name.
#[derive(Clone, Debug, PartialEq)]
pub struct TableOptions {
    /// The table: TSV or CSV, plain or gzipped, or Parquet.
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
    /// The column with the class (or, with `label_separator`, the labels); several columns: one label each, 0 or 1. For
    /// a regression each column is a label and holds its numbers.
    pub labels: Vec<String>,
    /// What separates the labels in the one label column; an empty cell has none.
    pub label_separator: Option<char>,
    /// What is predicted; `None`: multi-class for one label column without separator, else multi-label.
    pub task: Option<Task>,
    /// A file with the group of each label: label, tab, group.
    pub groups: Option<PathBuf>,
    /// The column with the split: train, valid (or validation, val, dev) or test.
    pub split: Option<String>,
    /// Where shares decide the split: those of valid and test.
    pub fractions: Fractions,
    /// Where shares decide the split: the seed of the draw.
    pub seed: u64,
    /// Where shares decide the split: a column whose equal cells stay in one split.
    pub group: Option<String>,
    /// The column with the chromosome.
    pub chromosome: Option<String>,
    /// The column with the first base of the sequence on its chromosome, counted from 0.
    pub start: Option<String>,
    /// The chromosomes of valid; train has those that are in neither list.
    pub valid_chromosomes: Vec<String>,
    /// The chromosomes of test.
    pub test_chromosomes: Vec<String>,
    /// A table of its own for valid; `table` then is train.
    pub valid_table: Option<PathBuf>,
    /// A table of its own for test.
    pub test_table: Option<PathBuf>,
    /// Bases a row: longer sequences are cut on both sides, shorter ones get unknown bases on both sides. `None`:
    /// all sequences must be equally long.
    pub length: Option<usize>,
}

/// What decides the split of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SplitBy {
    /// A column.
    Column,
    /// Shares of the rows.
    Share,
    /// Its chromosome.
    Chromosome,
    /// The table that it stands in.
    Table,
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
            groups: None,
            split: None,
            fractions: Fractions { valid: 0.1, test: 0.1 },
            seed: 0,
            group: None,
            chromosome: None,
            start: None,
            valid_chromosomes: Vec::new(),
            test_chromosomes: Vec::new(),
            valid_table: None,
            test_table: None,
            length: None,
        }
    }

    /// What decides splits; refuses settings that contradict each other.
    pub(super) fn split_by(&self) -> Result<SplitBy> {
        let refuse = |what: &str| Err(Error::input(what));
        let by = match (
            &self.split,
            !self.valid_chromosomes.is_empty() || !self.test_chromosomes.is_empty(),
            self.tables().len() > 1,
        ) {
            (Some(_), false, false) => SplitBy::Column,
            (None, true, false) => SplitBy::Chromosome,
            (None, false, true) => SplitBy::Table,
            (None, false, false) => SplitBy::Share,
            _ => {
                return refuse(
                    "splits are told twice: give a split column, or chromosomes of valid and test, or a table each for \
                     valid and test",
                );
            }
        };
        if self.valid_chromosomes.is_empty() != self.test_chromosomes.is_empty() {
            return refuse("chromosomes of one split only: name some for valid and some for test, train has the rest");
        }
        if self.valid_table.is_some() != self.test_table.is_some() {
            return refuse("a table of one split only: give one for valid and one for test, the first is train");
        }
        if by == SplitBy::Chromosome && self.chromosome.is_none() {
            return refuse("chromosomes decide the split: say which column has the chromosome");
        }
        if let Some(both) = self.valid_chromosomes.iter().find(|name| self.test_chromosomes.contains(name)) {
            return Err(Error::input(format!("chromosome {both:?} is given for valid and for test: name each once")));
        }
        match (&self.chromosome, &self.start) {
            (None, Some(_)) => return refuse("a start column without a chromosome column: give both, or neither"),
            (Some(_), None) if by != SplitBy::Chromosome => {
                return refuse(
                    "a chromosome column without a start column: give the start too, so that overlapping rows are \
                     known, or chromosomes for valid and test",
                );
            }
            _ => {}
        }
        if self.group.is_some() && by != SplitBy::Share {
            return refuse("groups stay together where shares decide the split: leave out the group column");
        }
        match self.task {
            Some(Task::NextNucleotide) => {
                refuse("the next nucleotide is predicted from windows of a genome, not from the rows of a table")
            }
            Some(task) if task.is_regression() && self.label_separator.is_some() => {
                refuse("label columns of a regression hold one number a row: leave out the separator")
            }
            _ => {
                self.fractions.check()?;
                Ok(by)
            }
        }
    }

    /// The tables to read, in their order, and the split of each where that is told by the table.
    pub(super) fn tables(&self) -> Vec<(&Path, Option<Split>)> {
        let more = [(&self.valid_table, Split::Valid), (&self.test_table, Split::Test)];
        let more: Vec<_> = more.iter().filter_map(|(path, split)| Some((path.as_deref()?, Some(*split)))).collect();
        let split = (!more.is_empty()).then_some(Split::Train);
        std::iter::once((self.table.as_path(), split)).chain(more).collect()
    }
}
