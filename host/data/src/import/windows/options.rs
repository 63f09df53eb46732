//! The settings of the windows importer.

use std::path::PathBuf;

use super::matched::MatchOptions;
use super::overlap::Overlap;
use crate::import::repeats::RepeatOptions;
use crate::import::row_options::RowOptions;
use crate::splits::GenomeSplitOptions;
use crate::store::Task;

/// Cuts a genome into bins, labelled by the features that overlap them or by signals over them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(
        after_help = "No two rows of different splits share a base: rows across an edge of a split are left out.\n\n\
Features (BED and its like) give labels that apply to a bin or do not. Signals (bigWig) give each bin a value, where a \
base without one counts as 0, or with --signal-threshold a label that applies to bins with at least that value. Bins of a \
chromosome that a signal does not know are left out.\n\n\
Examples:\n  \
genomenas data import windows --genome mini.2bit --labels annotation.bed.gz --bin 200 --context 400 \\\n      \
--valid chr9 --test chr8 --out yeast.arrow\n  \
genomenas data import windows --genome hg19.2bit --labels peaks/*.narrowPeak.gz --keep labelled \\\n      \
--valid chr7:30508751-35296850 --test chr8,chr9 --out hg19.arrow\n  \
genomenas data import windows --genome hg38.2bit --labels ctcf.narrowPeak.gz --negatives gc --max-unknown 0 \\\n      \
--valid chr7 --test chr8,chr9 --out ctcf.arrow\n  \
genomenas data import windows --genome mini.2bit --labels coverage.bw --task poisson-regression --signal sum \\\n      \
--valid-share 0.1 --test-share 0.1 --block 100000 --out coverage.arrow"
    )
)]
pub struct WindowsOptions {
    /// The genome: .2bit or FASTA, plain, gzip or bgzip.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub genome: PathBuf,
    /// Labels: BED, narrowPeak and its like, plain or gzip, or bigWig; may be given several times.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE", required = true, num_args = 1..))]
    pub labels: Vec<PathBuf>,
    /// The store to write.
    #[cfg_attr(feature = "clap", arg(short, long = "out", value_name = "STORE"))]
    pub output: PathBuf,
    /// Replaces the store if it is there already.
    #[cfg_attr(feature = "clap", arg(long))]
    pub overwrite: bool,
    /// Bases a bin.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 200))]
    pub bin: u64,
    /// Bases on either side of a bin that a row also shows.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 400))]
    pub context: u64,
    /// Bases from one bin's start to the next [default: those of a bin]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub step: Option<u64>,
    /// Bases by which features are widened on both sides.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 0))]
    pub widen: u64,
    /// How much of a feature must lie in a bin: a share of the shorter of the two (0.5), or bases (20bases).
    #[cfg_attr(feature = "clap", arg(long, value_name = "SHARE|BASES", default_value = "0.5"))]
    pub overlap: Overlap,
    /// Which bins become rows.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub keep: Keep,
    /// Where labels' names come from.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub label_from: LabelFrom,
    /// The labels to use, in this order, separated by commas [default: all, in alphabetical order]
    #[cfg_attr(feature = "clap", arg(long, value_name = "A,B,…", value_delimiter = ','))]
    pub only_labels: Vec<String>,
    /// Leaves out labels with fewer positive rows.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 0))]
    pub min_positives: u64,
    /// Which rows are taken, and of which strand they are.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub rows: RowOptions,
    /// What is predicted [default: regression where all labels are bigWig files and there is no threshold, else
    /// multi-label]
    #[cfg_attr(
        feature = "clap",
        arg(long, value_parser = Task::one_of(&[Task::MultiLabel, Task::Regression, Task::PoissonRegression]))
    )]
    pub task: Option<Task>,
    /// What a bin's label is of a bigWig file's values.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub signal: Signal,
    /// The label of a bigWig file applies to bins with at least this signal.
    #[cfg_attr(feature = "clap", arg(long, value_name = "X", allow_negative_numbers = true))]
    pub signal_threshold: Option<f64>,
    /// Groups of labels: a file with a label, a tab and its group on each line.
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE"))]
    pub groups: Option<PathBuf>,
    /// Negatives for the labelled bins.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub negatives: MatchOptions,
    /// Which part of the genome is in which split.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub splits: GenomeSplitOptions,
    /// What happens to features, and chromosomes of bigWig files, outside the genome, and to features without a base.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t))]
    pub outside: Outside,
    /// What is done with rows that repeat rows of another split.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub repeats: RepeatOptions,
}

impl WindowsOptions {
    /// The usual settings: bins of 200 bases with 400 on either side, half of the shorter, all bins.
    pub fn new(genome: impl Into<PathBuf>, labels: Vec<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            genome: genome.into(),
            labels,
            output: output.into(),
            overwrite: false,
            bin: 200,
            context: 400,
            step: None,
            widen: 0,
            overlap: Overlap::Share(0.5),
            keep: Keep::All,
            label_from: LabelFrom::Auto,
            only_labels: Vec::new(),
            min_positives: 0,
            rows: RowOptions::default(),
            task: None,
            signal: Signal::Mean,
            signal_threshold: None,
            groups: None,
            negatives: MatchOptions::default(),
            splits: GenomeSplitOptions::named(Vec::new(), Vec::new()),
            outside: Outside::Refuse,
            repeats: RepeatOptions::default(),
        }
    }
}

impl WindowsOptions {
    /// Which bins become rows, but for negatives: those with a label, where negatives are drawn.
    pub(super) fn kept(&self) -> Keep {
        if self.negatives.negatives.is_some() { Keep::Labelled } else { self.keep }
    }
}

/// Which bins become rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// Those with at least one label.
    Labelled,
}

/// Where a feature's label comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum LabelFrom {
    /// Column 4 where the file has one that names labels, else the file's name; peak files by their name.
    // Column 4 of narrowPeak, broadPeak and gappedPeak numbers the peaks.
    #[default]
    Auto,
    /// Column 4.
    Name,
    /// The file's name without its endings.
    File,
}

impl LabelFrom {
    /// The setting in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Name => "name",
            Self::File => "file",
        }
    }
}

/// What a bin's label is of the signal's values at its bases; a base without a value counts as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Signal {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
}

impl Signal {
    /// The setting in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
        }
    }
}

/// What happens to a feature on an unknown chromosome or beyond a chromosome's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Outside {
    /// They end the import.
    // Labels of another version of the genome would be wrong everywhere, and nobody would notice.
    #[default]
    Refuse,
    /// They are left out and counted.
    Drop,
}
