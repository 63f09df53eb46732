//! The settings of the importer of the DeepSEA bundle.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::import::repeats::RepeatOptions;
use crate::import::row_options::RowOptions;
use crate::splits::Shares;
use crate::splits::shares::{Decided, Given};
use crate::store::Split;

/// Reads the three files of the DeepSEA bundle, MATLAB 7.3 (HDF5) or MATLAB 5.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(
        after_help = "The bundle has no names of labels: give a file with one a line, each perhaps with a tab and \
its group.\n\n\
Examples:\n  \
genomenas data import deepsea --train train.mat --valid valid.mat --test test.mat --out deepsea.arrow\n  \
genomenas data import deepsea --train train.mat --test test.mat --valid 0.1 --out deepsea.arrow"
    )
)]
pub struct DeepseaOptions {
    /// The file with trainxdata and traindata.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub train: PathBuf,
    /// The file with validxdata and validdata; or a share of train, such as 0.1, in which equal sequences and both strands
    /// of one stay together.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE|SHARE"))]
    pub valid: Option<ValidFrom>,
    /// The file with testxdata and testdata.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub test: PathBuf,
    /// Where valid is a share of train: decides, with the sequences, which rows it has [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub seed: Option<u64>,
    /// The store to write.
    #[cfg_attr(feature = "clap", arg(short, long = "out", value_name = "STORE"))]
    pub output: PathBuf,
    /// Replaces the store if it is there already.
    #[cfg_attr(feature = "clap", arg(long))]
    pub overwrite: bool,
    /// Names of the labels, one a line in the order of the data, perhaps with a tab and a group [default: numbers]
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub labels: Option<PathBuf>,
    /// What is expected of the two strands of a split.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub strands: StrandsFrom,
    /// What is done with rows that repeat rows of another split.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub repeats: RepeatOptions,
    /// Which rows are taken, and of which strand they are.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub rows: RowOptions,
}

impl DeepseaOptions {
    /// The usual settings: labels by number, strands as they are found.
    pub fn new(
        train: impl Into<PathBuf>,
        valid: impl Into<PathBuf>,
        test: impl Into<PathBuf>,
        output: impl Into<PathBuf>,
    ) -> Self {
        Self {
            train: train.into(),
            valid: Some(ValidFrom::File(valid.into())),
            test: test.into(),
            seed: None,
            output: output.into(),
            overwrite: false,
            labels: None,
            strands: StrandsFrom::Auto,
            repeats: RepeatOptions::default(),
            rows: RowOptions::default(),
        }
    }

    /// The files, with their splits.
    pub(super) fn files(&self) -> Vec<(Split, &PathBuf)> {
        let valid = match &self.valid {
            Some(ValidFrom::File(file)) => Some((Split::Valid, file)),
            _ => None,
        };
        [Some((Split::Train, &self.train)), valid, Some((Split::Test, &self.test))].into_iter().flatten().collect()
    }

    /// The share of train that is for validation, where there is one.
    pub(super) fn shares(&self) -> Shares {
        let valid = match self.valid {
            Some(ValidFrom::Share(share)) => Some(share),
            _ => None,
        };
        Shares { valid, test: None, folds: None, seed: self.seed }
    }

    /// What shares decide; refuses settings that contradict each other.
    pub(super) fn decide(&self) -> Result<Decided> {
        let valid = matches!(self.valid, Some(ValidFrom::File(_)));
        self.shares().decide(Given::Parts { valid, test: true, of: "files" })
    }
}

/// Where the rows for validation come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ValidFrom {
    /// A file of the bundle.
    File(PathBuf),
    /// A share of train.
    Share(f64),
}

impl FromStr for ValidFrom {
    type Err = Error;

    /// A number is a share, unless a file has that name.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim().parse() {
            Ok(share) if !Path::new(text).exists() => Ok(Self::Share(share)),
            _ => Ok(Self::File(text.into())),
        }
    }
}

/// What is expected of the two strands of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum StrandsFrom {
    /// What is found is recorded.
    #[default]
    Auto,
    /// The second half must be the reverse complements of the first, in its order.
    Both,
    /// Rows are taken to be of one strand.
    One,
}

impl StrandsFrom {
    /// The setting in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Both => "both",
            Self::One => "one",
        }
    }
}
