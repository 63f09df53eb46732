//! The settings of the importer of the DeepSEA bundle.

use std::path::PathBuf;

use crate::import::row_options::RowOptions;
use crate::store::Split;

/// Reads the three files of the DeepSEA bundle, MATLAB 7.3 (HDF5) or MATLAB 5.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(
        after_help = "The bundle has no names of labels: give a file with one a line, each perhaps with a tab and \
its group.\n\n\
Example:\n  \
genomenas data import deepsea --train train.mat --valid valid.mat --test test.mat --out deepsea.arrow"
    )
)]
pub struct DeepseaOptions {
    /// The file with trainxdata and traindata.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub train: PathBuf,
    /// The file with validxdata and validdata.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub valid: PathBuf,
    /// The file with testxdata and testdata.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub test: PathBuf,
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
            valid: valid.into(),
            test: test.into(),
            output: output.into(),
            overwrite: false,
            labels: None,
            strands: StrandsFrom::Auto,
            rows: RowOptions::default(),
        }
    }

    pub(super) fn files(&self) -> [(Split, &PathBuf); 3] {
        [(Split::Train, &self.train), (Split::Valid, &self.valid), (Split::Test, &self.test)]
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
