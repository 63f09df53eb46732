//! `genomenas data import npz`: the flags of the importer of the same name.

use std::path::PathBuf;

use clap::Args;
use genomenas_data::StoreInfo;
use genomenas_data::error::Result;
use genomenas_data::import::OnProgress;
use genomenas_data::import::npz::{self, NpzOptions};

use super::Importing;
use super::task::TaskName;

/// Reads one-hot sequences and labels from the arrays of a NumPy archive
#[derive(Args, Debug)]
#[command(
    after_help = "The archive holds x_train, y_train, x_val (or x_valid), y_val, x_test and y_test, as deepsea_filtered.npz of \
NAS-Bench-360 does. x has the shape (rows, length, 4) or (rows, 4, length) and holds 0 and 1; a column of zeros is an \
unknown base. y has the shape (rows, labels), or (rows,) for the number of the class or one value.\n\n\
Examples:\n  \
genomenas data import npz deepsea_filtered.npz --out deepsea.arrow\n  \
genomenas data import npz activity.npz --channels ACGT --task regression --out activity.arrow"
)]
pub(super) struct NpzArgs {
    /// The archive: what numpy.savez writes, compressed or not
    npz: PathBuf,
    /// The store to write
    #[arg(short, long, value_name = "STORE")]
    out: PathBuf,
    /// Replaces the store if it is there already
    #[arg(long)]
    overwrite: bool,
    /// The order of the channels; AGCT is that of DeepSEA
    #[arg(long, value_name = "ORDER", default_value = "AGCT")]
    channels: String,
    /// Names of the labels, one a line, and perhaps a tab and a group [default: numbers]
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// What is predicted [default: multi-label for several numbers a row, multi-class for one whole number]
    #[arg(long, value_enum)]
    task: Option<TaskName>,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

impl Importing for NpzArgs {
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo> {
        let options = NpzOptions {
            overwrite: self.overwrite,
            channels: self.channels.clone(),
            labels: self.labels.clone(),
            task: self.task.map(TaskName::task),
            ..NpzOptions::new(&self.npz, &self.out)
        };
        npz::import(&options, progress)
    }

    fn json(&self) -> bool {
        self.json
    }
}
