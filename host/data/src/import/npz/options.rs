//! The settings of the importer of NumPy's archives.

use std::path::PathBuf;

use crate::import::repeats::RepeatOptions;
use crate::import::row_options::RowOptions;
use crate::splits::{ClusterOptions, Shares};
use crate::store::Task;

/// Reads one-hot sequences and labels from the arrays of a NumPy archive.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(
        after_help = "The archive holds x_train, y_train, x_val (or x_valid, x_validation, x_dev), y_val, x_test and y_test, as deepsea_filtered.npz of \
NAS-Bench-360 does. x has the shape (rows, length, 4) or (rows, 4, length) and holds 0 and 1; four equal numbers, such as \
zeros or 0.25, are an unknown base. Where the archive has no x_val and y_val, --valid 0.1 takes such a share of train, with \
equal sequences together. y has the shape (rows, labels), or (rows,) for the number of the class or one value.\n\n\
Examples:\n  \
genomenas data import npz deepsea_filtered.npz --out deepsea.arrow\n  \
genomenas data import npz activity.npz --channels ACGT --task regression --out activity.arrow"
    )
)]
pub struct NpzOptions {
    /// The archive: what numpy.savez writes, compressed or not.
    pub npz: PathBuf,
    /// The store to write.
    #[cfg_attr(feature = "clap", arg(short, long = "out", value_name = "STORE"))]
    pub output: PathBuf,
    /// Replaces the store if it is there already.
    #[cfg_attr(feature = "clap", arg(long))]
    pub overwrite: bool,
    /// The order of the channels; AGCT is that of DeepSEA.
    #[cfg_attr(feature = "clap", arg(long, value_name = "ORDER", default_value = "AGCT"))]
    pub channels: String,
    /// Names of the labels, one a line, and perhaps a tab and a group [default: numbers]
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub labels: Option<PathBuf>,
    /// What is predicted [default: multi-label for several numbers a row, multi-class for one whole number]
    #[cfg_attr(feature = "clap", arg(long, value_enum))]
    pub task: Option<Task>,
    /// Whether similar rows stay together.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub cluster: ClusterOptions,
    /// Which rows are taken, and of which strand they are.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub rows: RowOptions,
    /// The share of train for a split that the archive has no arrays of.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub shares: Shares,
    /// What is done with rows that repeat rows of another split.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub repeats: RepeatOptions,
}

impl NpzOptions {
    /// The usual settings: channels in the order of DeepSEA, numbered labels.
    pub fn new(npz: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            npz: npz.into(),
            output: output.into(),
            overwrite: false,
            channels: "AGCT".into(),
            labels: None,
            task: None,
            rows: RowOptions::default(),
            shares: Shares::default(),
            repeats: RepeatOptions::default(),
            cluster: ClusterOptions::default(),
        }
    }
}
