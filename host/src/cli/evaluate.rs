//! `genomenas evaluate`: a trained network on a split, label by label.

mod groups;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use genomenas_data::error::{Error, Result};
use genomenas_data::{Split, Store, Task};
use genomenas_plugin::space::Architecture;
use genomenas_report::metrics::{Intervals, Metrics, Resampling};
use genomenas_report::scores::{self, ScoresFile, TextOptions};
use serde::Serialize;

use super::describe::read_architecture;
use super::options::MachineOptions;
use super::progress::verify;
use super::straddling::tell_straddling;
use super::{out, threads};
use crate::model::trained_by;
use crate::run::data::{digest, locate, same_fold};
use crate::run::settings::{Settings, files};
use crate::run::trainer::{Evaluation, Trainer};
use crate::run::{RunResult, check_architecture, check_weights};

/// Scores a trained network, label by label, and averages over labels and groups of labels
#[derive(Args, Debug)]
#[command(
    after_help = "For independent labels and for classes it measures AUROC, AUPRC (average precision), F1 and the Matthews correlation\n\
(MCC), for a regression Pearson's and Spearman's correlation, R² and the mean squared error. A threshold is the one\n\
with the highest F1 on the validation split, never on the test split. A label without a positive or without a negative\n\
row in the split has undefined measures, which are left out of the averages and counted. Intervals are percentiles over\n\
resamples of windows or chromosomes, drawn with replacement.\n\n\
Examples:\n  \
genomenas evaluate --run trained --split test --out scores.tsv --out scores.parquet\n  \
genomenas evaluate --run trained --split test --average-strands --bootstrap 1000 --groups groups.tsv\n  \
genomenas evaluate --architecture a.json --weights w.safetensors --data yeast.arrow --split valid --json"
)]
pub(crate) struct EvaluateArgs {
    /// The folder of a training: its architecture, weights and, unless given, data
    #[arg(long, value_name = "DIR", conflicts_with_all = ["architecture", "weights"], required_unless_present = "architecture")]
    run: Option<PathBuf>,
    /// The file of an architecture
    #[arg(long, value_name = "FILE", requires = "weights")]
    architecture: Option<PathBuf>,
    /// Its weights (safetensors)
    #[arg(long, value_name = "FILE", requires = "architecture")]
    weights: Option<PathBuf>,
    /// The data: a store made by `genomenas data import` [default: that of the training]
    #[arg(long, value_name = "STORE", required_unless_present = "run")]
    data: Option<PathBuf>,
    /// Of data with folds: the one that is the test; the next one validates [default: that of the training]
    #[arg(long, value_name = "F")]
    fold: Option<u32>,
    /// The split to score
    #[arg(long, value_enum, default_value_t = ScoredSplit::Valid)]
    split: ScoredSplit,
    /// Samples a batch
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
    #[command(flatten)]
    machine: MachineOptions,
    /// Prints the scores as JSON
    #[arg(long)]
    json: bool,
    /// Also writes the scores of every label, as TSV or Parquet by the file's ending; may be given several times
    #[arg(long, value_name = "FILE.tsv|FILE.parquet")]
    out: Vec<ScoresFile>,
    /// Shows every label, however many there are
    #[arg(long)]
    all_labels: bool,
    /// Scores the mean of the predictions for both strands of a window [default: as the training did]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    average_strands: Option<bool>,
    /// Groups of labels to average over: lines with a label, a tab and its group [default: those of the data]
    #[arg(long, value_name = "FILE.tsv")]
    groups: Option<PathBuf>,
    #[command(flatten)]
    intervals: IntervalOptions,
}

/// Intervals of averages.
#[derive(Args, Clone, Copy, Debug)]
struct IntervalOptions {
    /// Adds intervals to the averages, from N resamples of the rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    bootstrap: Option<u32>,
    /// The unit that is resampled
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Resampling::Window, requires = "bootstrap")]
    bootstrap_by: Resampling,
    /// The share of the resamples within an interval
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = confidence, requires = "bootstrap")]
    confidence: f64,
    /// The seed of the resamples
    #[arg(long, value_name = "N", default_value_t = 1, requires = "bootstrap")]
    bootstrap_seed: u64,
}

impl IntervalOptions {
    fn intervals(&self) -> Option<Intervals> {
        let Self { bootstrap_by: by, confidence, bootstrap_seed: seed, .. } = *self;
        self.bootstrap.map(|resamples| Intervals { resamples, by, confidence, seed })
    }
}

fn confidence(text: &str) -> Result<f64> {
    let share: f64 = text.parse().map_err(|_| Error::input(format!("{text:?} is not a number")))?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err(Error::input(format!("{text} is not between 0 and 1"))) }
}

/// The splits that can be scored: not the training split, whose scores say nothing about new data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScoredSplit {
    Valid,
    Test,
}

impl From<ScoredSplit> for Split {
    fn from(split: ScoredSplit) -> Self {
        match split {
            ScoredSplit::Valid => Self::Valid,
            ScoredSplit::Test => Self::Test,
        }
    }
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct Scores<'a> {
    split: &'a str,
    data: &'a Path,
    average_strands: bool,
    #[serde(flatten)]
    metrics: &'a Metrics,
}

pub(crate) fn run(args: &EvaluateArgs, trainer: Option<&dyn Trainer>) -> Result<()> {
    let threads = args.machine.threads_or(None);
    let trainer = threads::ensure(threads, trainer)?;
    args.out.iter().try_for_each(ScoresFile::expect_free)?;
    let (architecture, weights, data) = args.sources()?;
    let architecture = read_architecture(&architecture)?;
    if let Some(folder) = &args.run {
        check_architecture(folder, &architecture)?;
        check_weights(folder)?;
    }
    let store = Store::open(&data)?;
    let store = store.at(args.fold_of(&store)?)?;
    verify(&store)?;
    tell_straddling(store.info());
    let split = Split::from(args.split);
    let groups = args.groups.as_deref().map(|path| groups::read(path, &store.info().shape.labels)).transpose()?;
    let average_strands = args.averages_strands(&architecture)?;
    if average_strands {
        refuse_other_strand(&store)?;
    }
    if let (Some(folder), Some(_)) = (&args.run, &args.data)
        && Settings::read(folder)?.data.digest != store.info().digest
    {
        log::warn!("{} is other data than the network was trained on", data.display());
    }
    log::info!("scoring the {} split of {}", split.name(), data.display());
    let metrics = trainer.evaluate(&Evaluation {
        architecture: &architecture,
        weights: &weights,
        store: &store,
        split,
        batch: args.batch,
        device: trainer.device(args.machine.device.parse()?)?,
        threads,
        average_strands,
        groups: groups.as_deref(),
        intervals: args.intervals.intervals(),
    })?;
    let groups = groups.as_deref().unwrap_or(&store.info().shape.groups);
    for file in &args.out {
        file.write(&metrics, groups)?;
    }
    if args.json {
        return out::json(&Scores { split: split.name(), data: &data, average_strands, metrics: &metrics });
    }
    out::text(&scores::text(&metrics, TextOptions { split, average_strands, all_labels: args.all_labels }))
}

/// Refuses to average over strands where the other strand of a row is no sample of its labels.
fn refuse_other_strand(store: &Store) -> Result<()> {
    let shape = &store.info().shape;
    let why = if shape.single_strand {
        "its rows are of one strand (data import --single-strand)"
    } else if shape.task == Task::NextNucleotide {
        "what comes after a window on its other strand is another question"
    } else {
        return Ok(());
    };
    let path = store.path().display();
    Err(Error::input(format!(
        "the mean of the predictions for both strands (--average-strands) of {path}: {why}; give --average-strands=false"
    )))
}

impl EvaluateArgs {
    /// The option where it is given, else as in the training.
    fn averages_strands(&self, architecture: &Architecture) -> Result<bool> {
        match (self.average_strands, &self.run) {
            (Some(average), _) => Ok(average),
            (None, Some(folder)) => {
                let settings = Settings::read(folder)?;
                let plan = match RunResult::read(folder)? {
                    Some(result) => trained_by(folder, &settings, &result, architecture)?,
                    None => settings.final_training,
                };
                Ok(plan.is_some_and(|plan| plan.average_strands))
            }
            (None, None) => Ok(false),
        }
    }

    /// The fold that is the test.
    fn fold_of(&self, store: &Store) -> Result<Option<u32>> {
        let Some(folder) = &self.run else { return Ok(self.fold) };
        let data = Settings::read(folder)?.data;
        if data.digest != store.info().digest {
            return Ok(self.fold);
        }
        same_fold(&data, self.fold, &format!("the training in {}", folder.display()))
    }

    /// The files of the architecture, the weights and the data.
    fn sources(&self) -> Result<(PathBuf, PathBuf, PathBuf)> {
        match (&self.run, &self.architecture, &self.weights, &self.data) {
            (Some(folder), _, _, data) => {
                let weights = folder.join(files::WEIGHTS);
                if !weights.exists() {
                    return Err(Error::input(format!(
                        "{} holds no weights.safetensors: it is not a training, or one that has not ended (`genomenas run {}` continues it)",
                        folder.display(),
                        folder.display()
                    )));
                }
                let data = match data {
                    Some(data) => data.clone(),
                    None => locate(&Settings::read(folder)?.data, None, folder, "the training", &digest)?,
                };
                Ok((folder.join(files::ARCHITECTURE), weights, data))
            }
            (None, Some(architecture), Some(weights), Some(data)) => {
                Ok((architecture.clone(), weights.clone(), data.clone()))
            }
            _ => Err(Error::input("evaluation needs --run DIR, or --architecture, --weights and --data")),
        }
    }
}
