//! `genomenas data import windows`: the flags of the importer of the same name.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use genomenas_data::error::{Error, Result};
use genomenas_data::import::windows::{self, Keep, WindowsOptions};
use genomenas_data::import::{LabelFrom, OnProgress, Outside, Overlap, Signal};
use genomenas_data::{StoreInfo, Task};

use super::Importing;
use super::splits::GenomeSplitArgs;

/// Cuts a genome into bins, labelled by the features that overlap them or by signals over them
#[derive(Args, Debug)]
#[command(
    after_help = "No two rows of different splits share a base: rows across an edge of a split are left out.\n\n\
Features (BED and its like) give labels that apply to a bin or do not. Signals (bigWig) give each bin a value, where a \
base without one counts as 0, or with --signal-threshold a label that applies to bins with at least that value.\n\n\
Examples:\n  \
genomenas data import windows --genome mini.2bit --labels annotation.bed.gz --bin 200 --context 400 \\\n      \
--valid chr9 --test chr8 --out yeast.arrow\n  \
genomenas data import windows --genome hg19.2bit --labels peaks/*.narrowPeak.gz --keep labelled \\\n      \
--valid chr7:30508751-35296850 --test chr8,chr9 --out hg19.arrow\n  \
genomenas data import windows --genome mini.2bit --labels coverage.bw --task poisson-regression --signal sum \\\n      \
--valid-share 0.1 --test-share 0.1 --block 100000 --out coverage.arrow"
)]
pub(super) struct WindowsArgs {
    /// The genome: .2bit or FASTA, plain, gzip or bgzip
    #[arg(long, value_name = "FILE")]
    genome: PathBuf,
    /// Labels: BED, narrowPeak and its like, plain or gzip, or bigWig; may be given several times
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    labels: Vec<PathBuf>,
    /// The store to write
    #[arg(short, long, value_name = "STORE")]
    out: PathBuf,
    /// Replaces the store if it is there already
    #[arg(long)]
    overwrite: bool,
    /// Bases a bin
    #[arg(long, value_name = "N", default_value_t = 200)]
    bin: u64,
    /// Bases on either side of a bin that a row also shows
    #[arg(long, value_name = "N", default_value_t = 400)]
    context: u64,
    /// Bases from one bin's start to the next [default: those of a bin]
    #[arg(long, value_name = "N")]
    step: Option<u64>,
    /// Bases by which features are widened on both sides
    #[arg(long, value_name = "N", default_value_t = 0)]
    widen: u64,
    /// How much of a feature must lie in a bin: a share of the shorter of the two (0.5), or bases (20bases)
    #[arg(long, value_name = "SHARE|BASES", default_value = "0.5", value_parser = overlap)]
    overlap: Overlap,
    /// Which bins become rows
    #[arg(long, value_enum, default_value_t = KeepName::All)]
    keep: KeepName,
    /// Where labels' names come from
    #[arg(long, value_enum, default_value_t = LabelFromName::Auto)]
    label_from: LabelFromName,
    /// The labels to use, in this order, separated by commas [default: all, in alphabetical order]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    only_labels: Vec<String>,
    /// Leaves out labels with fewer positive rows
    #[arg(long, value_name = "N", default_value_t = 0)]
    min_positives: u64,
    /// The largest share of unknown bases (N) that a row may have
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    max_unknown: f64,
    /// What is predicted [default: regression where all labels are bigWig files and there is no threshold, else multi-label]
    #[arg(long, value_enum)]
    task: Option<TaskName>,
    /// What a bin's label is of a bigWig file's values
    #[arg(long, value_enum, default_value_t = SignalName::Mean)]
    signal: SignalName,
    /// The label of a bigWig file applies to bins with at least this signal
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    signal_threshold: Option<f64>,
    /// Groups of labels: a file with a label, a tab and its group on each line
    #[arg(long, value_name = "FILE")]
    groups: Option<PathBuf>,
    #[command(flatten)]
    splits: GenomeSplitArgs,
    /// What happens to features, and chromosomes of bigWig files, outside the genome
    #[arg(long, value_enum, default_value_t = OutsideName::Refuse)]
    outside: OutsideName,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeepName {
    /// All of them
    All,
    /// Those with at least one label
    Labelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LabelFromName {
    /// Column 4 where the file has one, else the file's name; peak files by their name
    Auto,
    /// Column 4
    Name,
    /// The file's name without its endings
    File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutsideName {
    /// They end the import
    Refuse,
    /// They are left out and counted
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TaskName {
    /// Any number of labels apply to a row
    MultiLabel,
    /// Each label is a number
    Regression,
    /// Each label is a count or a rate, 0 or more
    PoissonRegression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SignalName {
    /// Their mean
    Mean,
    /// Their sum
    Sum,
}

impl Importing for WindowsArgs {
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo> {
        windows::import(&self.options(), progress)
    }

    fn json(&self) -> bool {
        self.json
    }
}

impl WindowsArgs {
    fn options(&self) -> WindowsOptions {
        WindowsOptions {
            overwrite: self.overwrite,
            bin: self.bin,
            context: self.context,
            step: self.step,
            widen: self.widen,
            overlap: self.overlap,
            keep: match self.keep {
                KeepName::All => Keep::All,
                KeepName::Labelled => Keep::Labelled,
            },
            label_from: match self.label_from {
                LabelFromName::Auto => LabelFrom::Auto,
                LabelFromName::Name => LabelFrom::Name,
                LabelFromName::File => LabelFrom::File,
            },
            only_labels: self.only_labels.clone(),
            min_positives: self.min_positives,
            max_unknown: self.max_unknown,
            task: self.task.map(|task| match task {
                TaskName::MultiLabel => Task::MultiLabel,
                TaskName::Regression => Task::Regression,
                TaskName::PoissonRegression => Task::PoissonRegression,
            }),
            signal: match self.signal {
                SignalName::Mean => Signal::Mean,
                SignalName::Sum => Signal::Sum,
            },
            signal_threshold: self.signal_threshold,
            groups: self.groups.clone(),
            splits: self.splits.splits(),
            outside: match self.outside {
                OutsideName::Refuse => Outside::Refuse,
                OutsideName::Drop => Outside::Drop,
            },
            ..WindowsOptions::new(&self.genome, self.labels.clone(), &self.out)
        }
    }
}

/// A share such as `0.5`, or bases such as `20bases`.
fn overlap(text: &str) -> Result<Overlap> {
    let refuse = || {
        Error::input(format!(
            "overlap '{text}': expected a share above 0 and at most 1, such as 0.5, or bases, such as 20bases"
        ))
    };
    if let Some(bases) = text.strip_suffix("bases").or_else(|| text.strip_suffix("bp")) {
        return u64::from_str(bases.trim()).map(Overlap::Bases).map_err(|_| refuse());
    }
    let share = f64::from_str(text).map_err(|_| refuse())?;
    if share > 0.0 && share <= 1.0 { Ok(Overlap::Share(share)) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_a_share_or_bases() {
        assert_eq!(overlap("0.5").unwrap(), Overlap::Share(0.5));
        assert_eq!(overlap("20bases").unwrap(), Overlap::Bases(20));
        for bad in ["0", "1.5", "nan", "half", "-3bases", ""] {
            assert!(overlap(bad).is_err(), "{bad}");
        }
    }
}
