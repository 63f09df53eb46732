//! The settings of the importer of next nucleotides.

use std::path::PathBuf;

use crate::import::repeats::RepeatOptions;
use crate::splits::GenomeSplitOptions;

/// Cuts sequences into windows, labelled by the base that comes next.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(
        after_help = "Windows hold no unknown base (N), and records and files are never joined. No two rows of different \
splits share a base, the predicted one included.\n\n\
A row of 1,000 bases takes about 270 bytes: with a step of 10, 27 MB for each million bases, and 10 times that with a \
step of 1.\n\n\
Examples:\n  \
genomenas data import next yeast.2bit --valid chr7 --test chr8,chr9 --out next.arrow\n  \
genomenas data import next train/ --valid-paths valid/ --test-paths test/ --length 200 --step 1 --out next.arrow\n  \
genomenas data import next genome.fa --valid-share 0.1 --test-share 0.1 --block 50000 --out next.arrow"
    )
)]
pub struct NextOptions {
    /// Files or folders: FASTA (plain, gzip or bgzip), .2bit, or text of letters alone, which is one record.
    #[cfg_attr(feature = "clap", arg(value_name = "PATH", required = true))]
    pub paths: Vec<PathBuf>,
    /// The files or folders of the validation split; those before are then of the training split.
    #[cfg_attr(feature = "clap", arg(long, value_name = "PATH", num_args = 1..))]
    pub valid_paths: Vec<PathBuf>,
    /// The files or folders of the test split; without those of valid, --valid 0.1 takes such a share of train.
    #[cfg_attr(feature = "clap", arg(long, value_name = "PATH", num_args = 1..))]
    pub test_paths: Vec<PathBuf>,
    /// The store to write.
    #[cfg_attr(feature = "clap", arg(short, long = "out", value_name = "STORE"))]
    pub output: PathBuf,
    /// Replaces the store if it is there already.
    #[cfg_attr(feature = "clap", arg(long))]
    pub overwrite: bool,
    /// Bases a row.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 1000))]
    pub length: usize,
    /// Bases from one window's start to the next.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 10))]
    pub step: u64,
    /// Which records, or parts of them, are in which split, where files do not decide.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub splits: GenomeSplitOptions,
    /// What is done with rows that repeat rows of another split.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub repeats: RepeatOptions,
}

impl NextOptions {
    /// The usual settings: windows of 1,000 bases every 10.
    pub fn new(paths: Vec<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            paths,
            valid_paths: Vec::new(),
            test_paths: Vec::new(),
            output: output.into(),
            overwrite: false,
            length: 1000,
            step: 10,
            splits: GenomeSplitOptions::named(Vec::new(), Vec::new()),
            repeats: RepeatOptions::default(),
        }
    }

    /// Whether files decide the splits.
    pub(super) fn by_file(&self) -> bool {
        !self.valid_paths.is_empty() || !self.test_paths.is_empty()
    }

    /// Bases that a row uses, the predicted one included.
    pub(super) fn extent(&self) -> u64 {
        self.length as u64 + 1
    }
}
