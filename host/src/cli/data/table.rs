//! `genomenas data import table`: the flags of the importer of the same name.

use std::path::PathBuf;

use clap::Args;
use genomenas_data::StoreInfo;
use genomenas_data::error::{Error, Result};
use genomenas_data::import::table::{self, TableOptions};
use genomenas_data::import::{Fractions, OnProgress};

use super::Importing;
use super::task::TaskName;

/// Reads rows of a TSV, CSV or Parquet file with a sequence, labels and perhaps a split
#[derive(Args, Debug)]
#[command(
    after_help = "Without a split column, chromosomes or tables of their own for valid and test, shares decide the split: equal \
sequences (on either strand), rows that share bases of a chromosome and rows of one group are never torn apart.\n\n\
Examples:\n  \
genomenas data import table splice.tsv --labels class --length 60 --out splice.arrow\n  \
genomenas data import table peaks.csv.gz --labels ctcf,pol2 --split part --out peaks.arrow\n  \
genomenas data import table signal.parquet --labels k562,hepg2 --task regression --chromosome chrom --start start \\\n      \
--valid-chromosomes chr7 --test-chromosomes chr8,chr9 --out signal.arrow"
)]
pub(super) struct TableArgs {
    /// The table: TSV or CSV, plain or gzip, or Parquet
    table: PathBuf,
    /// The store to write
    #[arg(short, long, value_name = "STORE")]
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
    /// The column with the class or the labels; several, separated by commas, for one label each: 0 or 1, or a number
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', default_value = "label")]
    labels: Vec<String>,
    /// What separates the labels in the one label column
    #[arg(long, value_name = "CHAR")]
    label_separator: Option<char>,
    /// What is predicted [default: multi-class for one label column without separator, else multi-label]
    #[arg(long, value_enum)]
    task: Option<TaskName>,
    /// The group of labels: a file of label, tab and group, one a line
    #[arg(long, value_name = "FILE")]
    groups: Option<PathBuf>,
    /// The column with the split: train, valid or test
    #[arg(long, value_name = "COLUMN")]
    split: Option<String>,
    /// Where shares decide the split: the share of rows for validation
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, conflicts_with_all = OTHER_SPLITS)]
    valid: f64,
    /// Where shares decide the split: the share of rows for the test
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, conflicts_with_all = OTHER_SPLITS)]
    test: f64,
    /// Where shares decide the split: decides, with the sequence, which split a row is in
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with_all = OTHER_SPLITS)]
    seed: u64,
    /// Where shares decide the split: rows with the same value in this column stay together
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// The column with the chromosome
    #[arg(long, value_name = "COLUMN")]
    chromosome: Option<String>,
    /// The column with the first base of the sequence on its chromosome, counted from 0; the store keeps it
    #[arg(long, value_name = "COLUMN")]
    start: Option<String>,
    /// Chromosomes of the validation split, separated by commas; train has those that are in no list
    #[arg(long, value_name = "CHR,…", value_delimiter = ',')]
    valid_chromosomes: Vec<String>,
    /// Chromosomes of the test split
    #[arg(long, value_name = "CHR,…", value_delimiter = ',')]
    test_chromosomes: Vec<String>,
    /// A table of its own for validation; the first table is then for training
    #[arg(long, value_name = "FILE")]
    valid_table: Option<PathBuf>,
    /// A table of its own for the test
    #[arg(long, value_name = "FILE")]
    test_table: Option<PathBuf>,
    /// Bases a row: longer sequences are cut on both sides, shorter ones get unknown bases [default: all equally long]
    #[arg(long, value_name = "N")]
    length: Option<usize>,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

/// What decides the split where shares do not.
const OTHER_SPLITS: [&str; 5] = ["split", "valid_chromosomes", "test_chromosomes", "valid_table", "test_table"];

impl Importing for TableArgs {
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo> {
        let options = TableOptions {
            overwrite: self.overwrite,
            delimiter: self.delimiter,
            header: !self.no_header,
            sequence: self.sequence.clone(),
            labels: self.labels.clone(),
            label_separator: self.label_separator,
            task: self.task.map(TaskName::task),
            groups: self.groups.clone(),
            split: self.split.clone(),
            fractions: Fractions { valid: self.valid, test: self.test },
            seed: self.seed,
            group: self.group.clone(),
            chromosome: self.chromosome.clone(),
            start: self.start.clone(),
            valid_chromosomes: self.valid_chromosomes.clone(),
            test_chromosomes: self.test_chromosomes.clone(),
            valid_table: self.valid_table.clone(),
            test_table: self.test_table.clone(),
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
