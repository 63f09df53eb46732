//! `genomenas data import next`: the flags of the importer of the same name.

use std::path::PathBuf;

use clap::Args;
use genomenas_data::StoreInfo;
use genomenas_data::error::Result;
use genomenas_data::import::OnProgress;
use genomenas_data::import::next::{self, NextOptions};

use super::Importing;
use super::splits::GenomeSplitArgs;

/// Cuts sequences into windows, labelled by the base that comes next
#[derive(Args, Debug)]
#[command(
    after_help = "Windows hold no unknown base (N), and records and files are never joined. No two rows of different \
splits share a base, the predicted one included.\n\n\
A row of 1,000 bases takes about 270 bytes: with a step of 10, 27 MB for each million bases, and 10 times that with a \
step of 1.\n\n\
Examples:\n  \
genomenas data import next yeast.2bit --valid chr7 --test chr8,chr9 --out next.arrow\n  \
genomenas data import next train/ --valid-paths valid/ --test-paths test/ --length 200 --step 1 --out next.arrow\n  \
genomenas data import next genome.fa --valid-share 0.1 --test-share 0.1 --block 50000 --out next.arrow"
)]
pub(super) struct NextArgs {
    /// Files or folders: FASTA (plain, gzip or bgzip), .2bit, or text of letters alone, which is one record
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The files or folders of the validation split; those before are then of the training split
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "test_paths")]
    valid_paths: Vec<PathBuf>,
    /// The files or folders of the test split
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "valid_paths")]
    test_paths: Vec<PathBuf>,
    /// The store to write
    #[arg(short, long, value_name = "STORE")]
    out: PathBuf,
    /// Replaces the store if it is there already
    #[arg(long)]
    overwrite: bool,
    /// Bases a row
    #[arg(long, value_name = "N", default_value_t = 1000)]
    length: usize,
    /// Bases from one window's start to the next
    #[arg(long, value_name = "N", default_value_t = 10)]
    step: u64,
    #[command(flatten)]
    splits: GenomeSplitArgs,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

impl Importing for NextArgs {
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo> {
        let options = NextOptions {
            valid_paths: self.valid_paths.clone(),
            test_paths: self.test_paths.clone(),
            overwrite: self.overwrite,
            length: self.length,
            step: self.step,
            splits: self.splits.splits(),
            ..NextOptions::new(self.paths.clone(), &self.out)
        };
        next::import(&options, progress)
    }

    fn json(&self) -> bool {
        self.json
    }
}
