//! `genomenas data import table`: the flags of the importer of the same name.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Importing;
use crate::data::import::table::{self, TableOptions};
use crate::data::import::{Fractions, OnProgress};
use crate::data::{StoreInfo, Task};
use crate::error::{Error, Result};

/// Reads rows of a TSV or CSV file with a sequence, labels and perhaps a split
#[derive(Args, Debug)]
#[command(
    after_help = "Without a split column the split of a row follows from its sequence and the seed, so equal sequences share one.\n\n\
Examples:\n  \
genomenas data import table splice.tsv --labels class --length 60 --out splice.arrow\n  \
genomenas data import table peaks.csv.gz --labels ctcf,pol2 --split part --out peaks.arrow"
)]
pub(super) struct TableArgs {
    /// The table: TSV or CSV, plain or gzip
    table: PathBuf,
    /// The store to write
    #[arg(long, value_name = "STORE")]
    out: PathBuf,
    /// Replaces the store if it is there already
    #[arg(long)]
    overwrite: bool,
    /// What separates columns: one character, or 'tab' [default: a comma in a file named .csv, else a tab]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The first line is a row already; columns go by number, from 1
    #[arg(long)]
    no_header: bool,
    /// The column with the sequence
    #[arg(long, value_name = "COLUMN", default_value = "sequence")]
    sequence: String,
    /// The column with the class or the labels; several, separated by commas, for one label each, 0 or 1
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', default_value = "label")]
    labels: Vec<String>,
    /// What separates the labels in the one label column
    #[arg(long, value_name = "CHAR")]
    label_separator: Option<char>,
    /// What is predicted [default: multi-class for one label column without separator, else multi-label]
    #[arg(long, value_enum)]
    task: Option<TaskName>,
    /// The column with the split: train, valid or test
    #[arg(long, value_name = "COLUMN")]
    split: Option<String>,
    /// Without a split column: the share of rows for validation
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, conflicts_with = "split")]
    valid: f64,
    /// Without a split column: the share of rows for the test
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, conflicts_with = "split")]
    test: f64,
    /// Without a split column: decides, with the sequence, which split a row is in
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "split")]
    seed: u64,
    /// Bases a row: longer sequences are cut on both sides, shorter ones get unknown bases [default: all equally long]
    #[arg(long, value_name = "N")]
    length: Option<usize>,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TaskName {
    /// Any number of labels apply to a row
    MultiLabel,
    /// Exactly one class applies to a row
    MultiClass,
}

impl Importing for TableArgs {
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo> {
        let options = TableOptions {
            overwrite: self.overwrite,
            delimiter: self.delimiter,
            header: !self.no_header,
            sequence: self.sequence.clone(),
            labels: self.labels.clone(),
            label_separator: self.label_separator,
            task: self.task.map(|task| match task {
                TaskName::MultiLabel => Task::MultiLabel,
                TaskName::MultiClass => Task::MultiClass,
            }),
            split: self.split.clone(),
            fractions: Fractions { valid: self.valid, test: self.test },
            seed: self.seed,
            length: self.length,
            ..TableOptions::new(&self.table, &self.out)
        };
        table::import(&options, progress)
    }

    fn json(&self) -> bool {
        self.json
    }
}

/// One byte, or the word `tab`.
fn delimiter(text: &str) -> Result<u8> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [one] if one.is_ascii() => Ok(*one),
        _ => Err(Error::input(format!("delimiter '{text}': expected one character, such as ';', or 'tab'"))),
    }
}
