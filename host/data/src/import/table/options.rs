//! The settings of the table importer, and which of them fit together.

use std::path::{Path, PathBuf};

use super::fit::Anchor;
use crate::error::{Error, Result};
use crate::formats::table::TextOptions;
use crate::import::negatives::ShuffleOptions;
use crate::import::repeats::RepeatOptions;
use crate::import::row_options::RowOptions;
use crate::splits::shares::{Decided, Given};
use crate::splits::{ClusterOptions, Shares};
use crate::store::{Split, Task};

/// Reads rows of a TSV, CSV or Parquet file with a sequence, labels and perhaps a split.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(
        after_help = "Without a split column, chromosomes or tables of their own for valid and test, shares decide the split: equal \
sequences (on either strand), rows that share bases of a chromosome and rows of one group are never torn apart. Where the \
data has train and test only, --valid 0.1 takes such a share of train. Rows that repeat rows of another split are counted, \
and left out with --drop-repeats. --folds 5 deals all rows into five folds in place of splits.\n\n\
Examples:\n  \
genomenas data import table splice.tsv --labels class --length 60 --out splice.arrow\n  \
genomenas data import table published.tsv --valid 0.1 --drop-repeats train --out published.arrow\n  \
genomenas data import table guides.tsv --labels efficiency --task regression --group gene --folds 5 --out guides.arrow\n  \
genomenas data import table peaks.csv.gz --labels ctcf,pol2 --split part --out peaks.arrow\n  \
genomenas data import table guides.txt --no-header --sequence column1 --labels column3 --task regression --single-strand \\\n      \
--out guides.arrow\n  \
genomenas data import table peaks.tsv --length 200 --negatives shuffle --out peaks.arrow\n  \
genomenas data import table signal.parquet --labels k562,hepg2 --task regression --chromosome chrom --start start \\\n      \
--valid-chromosomes chr7 --test-chromosomes chr8,chr9 --out signal.arrow"
    )
)]
pub struct TableOptions {
    /// The table: TSV or CSV, plain or gzip, or Parquet.
    pub table: PathBuf,
    /// The store to write.
    #[cfg_attr(feature = "clap", arg(short, long = "out", value_name = "STORE"))]
    pub output: PathBuf,
    /// Replaces the store if it is there already.
    #[cfg_attr(feature = "clap", arg(long))]
    pub overwrite: bool,
    /// What separates columns: one character, or 'tab' [default: a comma in a file named .csv, else a tab]
    #[cfg_attr(feature = "clap", arg(long, value_name = "CHAR", value_parser = delimiter))]
    pub delimiter: Option<u8>,
    /// The first line is a row already; columns are called column1, column2 and so on.
    #[cfg_attr(feature = "clap", arg(long))]
    pub no_header: bool,
    /// The column with the sequence.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", default_value = "sequence"))]
    pub sequence: String,
    /// The column with the class or the labels; several, separated by commas, for one label each: 0 or 1, or a number.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN,…", value_delimiter = ',', default_value = "label"))]
    pub labels: Vec<String>,
    /// What separates the labels in the one label column.
    #[cfg_attr(feature = "clap", arg(long, value_name = "CHAR"))]
    pub label_separator: Option<char>,
    /// What is predicted [default: multi-class for one label column without separator, else multi-label]
    #[cfg_attr(feature = "clap", arg(long, value_enum))]
    pub task: Option<Task>,
    /// The group of labels: a file of label, tab and group, one a line.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub groups: Option<PathBuf>,
    /// The column with the split: train, valid (or validation, val, dev) or test [default: the one named split, where there
    /// is one]
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN"))]
    pub split: Option<String>,
    /// Passes over a column named split, so that something else decides the split of all rows.
    #[cfg_attr(feature = "clap", arg(long, conflicts_with = "split"))]
    pub ignore_split: bool,
    /// Which rows are in which split, where nothing else says it.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub shares: Shares,
    /// Whether similar rows stay together.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub cluster: ClusterOptions,
    /// Where shares decide the split: rows with the same value in this column stay together.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN"))]
    pub group: Option<String>,
    /// The column with the chromosome.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN"))]
    pub chromosome: Option<String>,
    /// The column with the first base of the sequence on its chromosome, counted from 0; the store keeps it.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN"))]
    pub start: Option<String>,
    /// Chromosomes of the validation split, separated by commas; train has those that are in no list.
    #[cfg_attr(feature = "clap", arg(long, value_name = "CHR,…", value_delimiter = ','))]
    pub valid_chromosomes: Vec<String>,
    /// Chromosomes of the test split.
    #[cfg_attr(feature = "clap", arg(long, value_name = "CHR,…", value_delimiter = ','))]
    pub test_chromosomes: Vec<String>,
    /// A table of its own for validation; the first table is then for training.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub valid_table: Option<PathBuf>,
    /// A table of its own for the test.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub test_table: Option<PathBuf>,
    /// Bases a row: longer sequences are cut, shorter ones get unknown bases (N); --anchor says where [default: all sequences
    /// are equally long]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub length: Option<usize>,
    /// The part of a sequence of another length that keeps its place in a row of --length.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub anchor: Anchor,
    /// Negatives for a table of positives alone.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub negatives: ShuffleOptions,
    /// Which rows are taken, and of which strand they are.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub rows: RowOptions,
    /// What happens to rows without a sequence or label: an empty cell, NA, NaN, null or a point alone.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub missing: Missing,
    /// What is done with rows that repeat rows of another split.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub repeats: RepeatOptions,
}

/// What happens to a row that lacks a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Missing {
    /// The import ends, and says how many there are.
    #[default]
    Refuse,
    /// They are left out and counted.
    Drop,
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
            no_header: false,
            sequence: "sequence".into(),
            labels: vec!["label".into()],
            label_separator: None,
            task: None,
            groups: None,
            split: None,
            ignore_split: false,
            shares: Shares::default(),
            cluster: ClusterOptions::default(),
            group: None,
            chromosome: None,
            start: None,
            valid_chromosomes: Vec::new(),
            test_chromosomes: Vec::new(),
            valid_table: None,
            test_table: None,
            length: None,
            anchor: Anchor::Centre,
            negatives: ShuffleOptions::default(),
            rows: RowOptions::default(),
            missing: Missing::Refuse,
            repeats: RepeatOptions::default(),
        }
    }

    /// Refuses labels of rows that are all positives.
    fn refuse_labels(&self) -> Result<()> {
        let other_task = self.task.is_some_and(|task| task != Task::MultiClass);
        if other_task || self.labels.len() > 1 || self.label_separator.is_some() || self.groups.is_some() {
            return Err(Error::input(
                "negatives are made for positives alone, whose rows have one class: leave out the task, the separator, the \
                 groups and all label columns but one",
            ));
        }
        Ok(())
    }

    /// How the table is divided into cells, where it is a text.
    pub(super) fn text(&self) -> TextOptions {
        TextOptions { delimiter: self.delimiter, no_header: self.no_header }
    }

    /// What decides splits, and which of them shares decide; refuses settings that contradict each other.
    pub(super) fn split_by(&self) -> Result<(SplitBy, Decided)> {
        let refuse = |what: &str| Err(Error::input(what));
        self.rows.check()?;
        if self.anchor != Anchor::Centre && self.length.is_none() {
            return refuse("an anchor is of rows of one length: give that with --length");
        }
        if self.negatives.negatives.is_some() {
            self.refuse_labels()?;
        }
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
                    "the splits are decided twice: give a split column, or chromosomes of valid and test, or a table each for \
                     valid and test (--ignore-split passes over a column named split)",
                );
            }
        };
        if by == SplitBy::Chromosome && self.chromosome.is_none() {
            return refuse("chromosomes decide the split: say which column has the chromosome");
        }
        let decided = self.shares.decide(match by {
            SplitBy::Share => Given::Nothing,
            SplitBy::Column => Given::EachRow,
            SplitBy::Table => {
                Given::Parts { valid: self.valid_table.is_some(), test: self.test_table.is_some(), of: "tables" }
            }
            SplitBy::Chromosome => Given::Parts {
                valid: !self.valid_chromosomes.is_empty(),
                test: !self.test_chromosomes.is_empty(),
                of: "chromosomes",
            },
        })?;
        self.cluster.check(decided)?;
        self.repeats.check(decided.is_folds())?;
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
        if self.group.is_some() && decided == Decided::Nothing {
            return refuse("groups stay together where shares decide the split: leave out the group column");
        }
        match self.task {
            Some(Task::NextNucleotide) => {
                refuse("the next nucleotide is predicted from windows of a genome, not from the rows of a table")
            }
            Some(task) if task.is_regression() && self.label_separator.is_some() => {
                refuse("label columns of a regression hold one number a row: leave out the separator")
            }
            _ => Ok((by, decided)),
        }
    }

    /// The tables to read, in their order, and the split of each where the table decides it.
    pub(super) fn tables(&self) -> Vec<(&Path, Option<Split>)> {
        let more = [(&self.valid_table, Split::Valid), (&self.test_table, Split::Test)];
        let more: Vec<_> = more.iter().filter_map(|(path, split)| Some((path.as_deref()?, Some(*split)))).collect();
        let split = (!more.is_empty()).then_some(Split::Train);
        std::iter::once((self.table.as_path(), split)).chain(more).collect()
    }
}

/// One byte, or the word `tab`.
#[cfg(feature = "clap")]
fn delimiter(text: &str) -> Result<u8> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [one] if one.is_ascii() => Ok(*one),
        _ => Err(Error::input(format!("delimiter '{text}': expected one character, such as ';', or 'tab'"))),
    }
}
