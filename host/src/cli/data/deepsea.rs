//! `genomenas data import deepsea`: the flags of the importer of the same name.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use genomenas_data::StoreInfo;
use genomenas_data::error::Result;
use genomenas_data::import::OnProgress;
use genomenas_data::import::deepsea::{self, DeepseaOptions, StrandsFrom};

use super::Importing;

/// Reads the three files of the DeepSEA bundle, MATLAB 7.3 (HDF5) or MATLAB 5
#[derive(Args, Debug)]
#[command(after_help = "The bundle has no names of labels: give a file with one a line, each perhaps with a tab and \
its group.\n\n\
Example:\n  \
genomenas data import deepsea --train train.mat --valid valid.mat --test test.mat --out deepsea.arrow")]
pub(super) struct DeepseaArgs {
    /// The file with trainxdata and traindata
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// The file with validxdata and validdata
    #[arg(long, value_name = "FILE")]
    valid: PathBuf,
    /// The file with testxdata and testdata
    #[arg(long, value_name = "FILE")]
    test: PathBuf,
    /// The store to write
    #[arg(short, long, value_name = "STORE")]
    out: PathBuf,
    /// Replaces the store if it is there already
    #[arg(long)]
    overwrite: bool,
    /// Names of the labels, one a line in the order of the data, perhaps with a tab and a group [default: numbers]
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// What is expected of the two strands of a split
    #[arg(long, value_enum, default_value_t = StrandsName::Auto)]
    strands: StrandsName,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StrandsName {
    /// What is found is recorded
    Auto,
    /// The second half must be the reverse complements of the first, in its order
    Both,
    /// Rows are taken to be of one strand
    One,
}

impl Importing for DeepseaArgs {
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo> {
        let options = DeepseaOptions {
            overwrite: self.overwrite,
            labels: self.labels.clone(),
            strands: match self.strands {
                StrandsName::Auto => StrandsFrom::Auto,
                StrandsName::Both => StrandsFrom::Both,
                StrandsName::One => StrandsFrom::One,
            },
            ..DeepseaOptions::new(&self.train, &self.valid, &self.test, &self.out)
        };
        deepsea::import(&options, progress)
    }

    fn json(&self) -> bool {
        self.json
    }
}
