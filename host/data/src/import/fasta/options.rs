//! The settings of the importer of FASTA files, and which of them fit together.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::header_class::HeaderClass;
use crate::error::{Error, Result};
use crate::import::negatives::ShuffleOptions;
use crate::import::repeats::RepeatOptions;
use crate::import::row_options::RowOptions;
use crate::splits::shares::{Decided, Given};
use crate::splits::{ClusterOptions, Shares};
use crate::store::{LONGEST, Split, Task};

/// Reads sequences of several classes, each a FASTA file or a folder of them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(after_help = "The windows of one record share a split, and so do equal sequences on either strand. \
With files for train and test only, --valid 0.1 takes such a share of train.\n\n\
Examples:\n  \
genomenas data import fasta virus.fa.gz host.fa.gz --length 150 --out classes.arrow\n  \
genomenas data import fasta virus.fa.gz host=bacteria/ --task multi-label --background host --length 300 --out virus.arrow\n  \
genomenas data import fasta rna.fa.gz --class-from-header 'class=(\\w+)' --single-strand --length 100 --out rna.arrow\n  \
genomenas data import fasta peaks.fa --negatives shuffle --out peaks.arrow\n  \
genomenas data import fasta train/ctcf.fa train/none.fa --valid-paths valid/ctcf.fa valid/none.fa \\\n      \
--test-paths test/ctcf.fa test/none.fa --out ctcf.arrow")
)]
pub struct FastaOptions {
    /// A class each: a file or folder (FASTA, plain, gzip or bgzip, or .2bit), whose name is the class, or NAME=PATH.
    #[cfg_attr(feature = "clap", arg(value_name = "[NAME=]PATH", required = true))]
    pub paths: Vec<ClassPath>,
    /// The classes of the validation split; those before are then of the training split.
    #[cfg_attr(feature = "clap", arg(long, value_name = "[NAME=]PATH", num_args = 1..))]
    pub valid_paths: Vec<ClassPath>,
    /// The classes of the test split.
    #[cfg_attr(feature = "clap", arg(long, value_name = "[NAME=]PATH", num_args = 1..))]
    pub test_paths: Vec<ClassPath>,
    /// The store to write.
    #[cfg_attr(feature = "clap", arg(short, long = "out", value_name = "STORE"))]
    pub output: PathBuf,
    /// Replaces the store if it is there already.
    #[cfg_attr(feature = "clap", arg(long))]
    pub overwrite: bool,
    /// Bases a row; longer records are cut into windows [default: all records are equally long]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub length: Option<usize>,
    /// Bases from one window's start to the next [default: those of a row]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub step: Option<u64>,
    /// What happens to records that are shorter than a row.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub short: Short,
    /// Which rows are taken, and of which strand they are.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub rows: RowOptions,
    /// What is predicted.
    #[cfg_attr(
        feature = "clap",
        arg(long, default_value = Task::MultiClass.name(), value_parser = Task::one_of(&[Task::MultiClass, Task::MultiLabel]))
    )]
    pub task: Task,
    /// In a multi-label task: the class whose rows have no label.
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME"))]
    pub background: Option<String>,
    /// The class is in the heading of each record: what the first group of this pattern finds, or all that it finds. Paths
    /// then name no classes.
    #[cfg_attr(feature = "clap", arg(long, value_name = "REGEX"))]
    pub class_from_header: Option<HeaderClass>,
    /// Negatives for sequences of one class alone.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub shuffle: ShuffleOptions,
    /// Whether similar rows stay together.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub cluster: ClusterOptions,
    /// Which rows are in which split, where files do not decide.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub shares: Shares,
    /// What is done with rows that repeat rows of another split.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub repeats: RepeatOptions,
}

impl FastaOptions {
    /// The usual settings: exactly one class a row, a tenth of the records each for valid and test.
    pub fn new(paths: Vec<ClassPath>, output: impl Into<PathBuf>) -> Self {
        Self {
            paths,
            valid_paths: Vec::new(),
            test_paths: Vec::new(),
            output: output.into(),
            overwrite: false,
            length: None,
            step: None,
            short: Short::Drop,
            rows: RowOptions::default(),
            task: Task::MultiClass,
            background: None,
            class_from_header: None,
            shuffle: ShuffleOptions::default(),
            shares: Shares::default(),
            repeats: RepeatOptions::default(),
            cluster: ClusterOptions::default(),
        }
    }

    /// The paths, and the split of each where files decide.
    pub(super) fn all_paths(&self) -> [(Split, &[ClassPath]); 3] {
        [(Split::Train, &self.paths), (Split::Valid, &self.valid_paths), (Split::Test, &self.test_paths)]
    }

    /// Whether files decide the splits.
    pub(super) fn by_file(&self) -> bool {
        !self.valid_paths.is_empty() || !self.test_paths.is_empty()
    }

    /// Which splits shares decide; refuses settings that contradict each other.
    pub(super) fn check(&self) -> Result<Decided> {
        if self.length == Some(0) || self.step == Some(0) {
            return Err(Error::input("windows of 0 bases or a step of 0: give at least 1"));
        }
        if let Some(length) = self.length.filter(|length| *length > LONGEST) {
            return Err(Error::input(format!("rows of {length} bases: expected 1 to {LONGEST}")));
        }
        self.rows.check()?;
        if !matches!(self.task, Task::MultiClass | Task::MultiLabel) {
            let task = self.task.name();
            return Err(Error::input(format!(
                "files of sequences have no {task} task: expected multi-class or multi-label"
            )));
        }
        if self.background.is_some() && self.task == Task::MultiClass {
            return Err(Error::input(
                "a background is of a multi-label task: choose that task, or let the background be a class like the others",
            ));
        }
        if self.background.is_some() && self.shuffle.negatives.is_some() {
            return Err(Error::input(
                "a background and shuffled negatives are both rows without a label: give one of --background, --negatives",
            ));
        }
        let (valid, test) = (!self.valid_paths.is_empty(), !self.test_paths.is_empty());
        let given = if self.by_file() { Given::Parts { valid, test, of: "files" } } else { Given::Nothing };
        let decided = self.shares.decide(given)?;
        self.cluster.check(decided)?;
        self.repeats.check(decided.is_folds())?;
        Ok(decided)
    }
}

/// What happens to a record that is shorter than a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Short {
    /// They are left out and counted.
    #[default]
    Drop,
    /// They get unknown bases on both sides.
    Fill,
}

/// A file or folder with sequences of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassPath {
    /// The class; `None`: the name of the file or folder without its endings.
    pub name: Option<String>,
    /// The file or folder.
    pub path: PathBuf,
}

impl FromStr for ClassPath {
    type Err = Error;

    /// `PATH` or `NAME=PATH`. A path that exists is a path, whatever signs it has.
    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((name, path)) if !Path::new(text).exists() => {
                if name.is_empty() || path.is_empty() {
                    return Err(Error::input(format!("{text:?}: expected a path, or NAME=PATH")));
                }
                Ok(Self { name: Some(name.into()), path: path.into() })
            }
            _ => Ok(Self { name: None, path: text.into() }),
        }
    }
}
