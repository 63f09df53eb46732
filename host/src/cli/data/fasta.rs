//! `genomenas data import fasta`: the flags of the importer of the same name.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use genomenas_data::error::Result;
use genomenas_data::import::fasta::{self, ClassPath, FastaOptions, Short};
use genomenas_data::import::{Fractions, OnProgress};
use genomenas_data::{StoreInfo, Task};

use super::Importing;

/// Reads sequences of several classes, each a FASTA file or a folder of them
#[derive(Args, Debug)]
#[command(after_help = "The windows of one record share a split, and so do equal sequences on either strand.\n\n\
Examples:\n  \
genomenas data import fasta virus.fa.gz host.fa.gz --length 150 --out classes.arrow\n  \
genomenas data import fasta virus.fa.gz host=bacteria/ --task multi-label --background host --length 300 --out virus.arrow\n  \
genomenas data import fasta train/ctcf.fa train/none.fa --valid-paths valid/ctcf.fa valid/none.fa \\\n      \
--test-paths test/ctcf.fa test/none.fa --out ctcf.arrow")]
pub(super) struct FastaArgs {
    /// A class each: a file or folder (FASTA, plain, gzip or bgzip, or .2bit), whose name is the class, or NAME=PATH
    #[arg(value_name = "[NAME=]PATH", required = true)]
    paths: Vec<ClassPath>,
    /// The classes of the validation split; those before are then of the training split
    #[arg(long, value_name = "[NAME=]PATH", num_args = 1.., requires = "test_paths")]
    valid_paths: Vec<ClassPath>,
    /// The classes of the test split
    #[arg(long, value_name = "[NAME=]PATH", num_args = 1.., requires = "valid_paths")]
    test_paths: Vec<ClassPath>,
    /// The store to write
    #[arg(short, long, value_name = "STORE")]
    out: PathBuf,
    /// Replaces the store if it is there already
    #[arg(long)]
    overwrite: bool,
    /// Bases a row; longer records are cut into windows [default: all records are equally long]
    #[arg(long, value_name = "N")]
    length: Option<usize>,
    /// Bases from one window's start to the next [default: those of a row]
    #[arg(long, value_name = "N")]
    step: Option<u64>,
    /// What happens to records that are shorter than a row
    #[arg(long, value_enum, default_value_t = ShortName::Drop)]
    short: ShortName,
    /// The largest share of unknown bases (N) that a row may have
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    max_unknown: f64,
    /// What is predicted
    #[arg(long, value_enum, default_value_t = TaskName::MultiClass)]
    task: TaskName,
    /// In a multi-label task: the class whose rows have no label
    #[arg(long, value_name = "NAME")]
    background: Option<String>,
    /// The share of rows for validation
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, conflicts_with = "valid_paths")]
    valid: f64,
    /// The share of rows for the test
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, conflicts_with = "valid_paths")]
    test: f64,
    /// Decides, with the sequences, which split a row is in
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "valid_paths")]
    seed: u64,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TaskName {
    /// Exactly one class applies to a row
    MultiClass,
    /// A row has the labels of all classes that it occurs in
    MultiLabel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShortName {
    /// They are left out and counted
    Drop,
    /// They get unknown bases on both sides
    Fill,
}

impl Importing for FastaArgs {
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo> {
        let options = FastaOptions {
            valid_paths: self.valid_paths.clone(),
            test_paths: self.test_paths.clone(),
            overwrite: self.overwrite,
            length: self.length,
            step: self.step,
            short: match self.short {
                ShortName::Drop => Short::Drop,
                ShortName::Fill => Short::Fill,
            },
            max_unknown: self.max_unknown,
            task: match self.task {
                TaskName::MultiClass => Task::MultiClass,
                TaskName::MultiLabel => Task::MultiLabel,
            },
            background: self.background.clone(),
            fractions: Fractions { valid: self.valid, test: self.test },
            seed: self.seed,
            ..FastaOptions::new(self.paths.clone(), &self.out)
        };
        fasta::import(&options, progress)
    }

    fn json(&self) -> bool {
        self.json
    }
}
