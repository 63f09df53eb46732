//! What a comparison found, as plain data: the one input of every table and page, and `comparison.json` itself.
//!
//! A number that was not measured, or is not finite, is `None`; nothing is ever stood in for it.

use std::collections::BTreeMap;

use genomenas_data::Task;
use serde::{Deserialize, Serialize};

use crate::metrics::{Averages, Measure, Metrics};

/// A set of runs on equal terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What the person called it.
    pub title: String,
    /// The data every run used.
    pub data: DataSummary,
    /// The budget every run had, in words: "200,000 training samples".
    pub budget: String,
    /// The final training every found architecture got.
    pub recipe: Vec<Setting>,
    /// What the leaderboard is sorted by.
    pub ranked_by: Ranking,
    /// The strategies, in the order of the plan.
    pub entries: Vec<Entry>,
    /// The program and its version: "genomenas 0.1.0".
    pub generated_by: String,
    /// The command line that makes this comparison again.
    pub command: String,
    /// Versions and machine facts worth keeping: libtorch, device, threads.
    #[serde(default)]
    pub environment: Vec<Setting>,
}

/// The data of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Where it was read from.
    pub path: String,
    /// The digest of its content.
    pub digest: String,
    /// Rows of each split, in the order train, validation, test.
    pub splits: Vec<Split>,
    /// Bases a window.
    pub length: u64,
    /// The labels' names.
    pub labels: Vec<String>,
}

/// One split of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// "train", "validation" or "test".
    pub name: String,
    /// Rows in it.
    pub rows: u64,
}

/// A name and its value, both for a person to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// What is set.
    pub name: String,
    /// What it is set to.
    pub value: String,
}

/// A result on the sealed test split: its mean over labels, or over all classes together, then over seeds. One of them
/// orders the leaderboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ranking {
    /// By AUROC.
    #[default]
    Auroc,
    /// By AUPRC.
    Auprc,
    /// By F1.
    F1,
    /// By accuracy; of classes.
    Accuracy,
    /// By Pearson's correlation; of a regression, like the two below.
    Pearson,
    /// By Spearman's rank correlation.
    Spearman,
    /// By the coefficient of determination.
    R2,
}

/// A strategy on the data of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What tells it from the other entries: "danq" or "danq width=0.1".
    pub name: String,
    /// The strategy's id within its plugin.
    pub strategy: String,
    /// The plugin's id.
    pub plugin: String,
    /// The plugin's version.
    pub plugin_version: String,
    /// The strategy's parameters that differ from their defaults.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Whether this is the uniform-random control.
    #[serde(default)]
    pub control: bool,
    /// One run a seed.
    pub runs: Vec<RunSummary>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its seed; the same seeds are used for every entry.
    pub seed: u64,
    /// Its folder, relative to the comparison's.
    pub folder: String,
    /// How far it is.
    pub state: RunState,
    /// What was measured on the sealed test split, once, at the end.
    #[serde(default)]
    pub test: Option<Metrics>,
    /// What the kept weights reach on the validation split.
    #[serde(default)]
    pub valid: Option<ValidationSummary>,
    /// Trainable numbers of the found architecture.
    #[serde(default)]
    pub parameters: Option<u64>,
    /// Multiply-adds of one forward pass of one row.
    #[serde(default)]
    pub multiply_adds: Option<u64>,
    /// What finding the architecture cost.
    #[serde(default)]
    pub search: Cost,
    /// What training it for the test cost.
    #[serde(default)]
    pub training: Cost,
    /// What was measured after every epoch, in the order it happened.
    #[serde(default)]
    pub curve: Vec<EpochPoint>,
    /// The found architecture.
    #[serde(default)]
    pub architecture: Option<ArchitectureSummary>,
    /// What was chosen for each decision of the space, if the strategy searched one.
    #[serde(default)]
    pub decisions: Vec<DecisionMade>,
}

/// A run by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// What it is: "danq on yeast.arrow, seed 1".
    pub title: String,
    /// The terms of the search, if it searches.
    #[serde(default)]
    pub search: Option<SearchTerms>,
    /// The data; only its path and digest where it cannot be read any more.
    pub data: DataSummary,
    /// The final training; empty for a search alone.
    #[serde(default)]
    pub recipe: Vec<Setting>,
    /// What came of it.
    pub run: RunSummary,
    /// What the kept weights reach on the validation split, label by label.
    #[serde(default)]
    pub valid: Option<Metrics>,
    /// The program and its version: "genomenas 0.1.0".
    pub generated_by: String,
    /// Versions and machine facts worth keeping: device, threads.
    #[serde(default)]
    pub environment: Vec<Setting>,
}

/// The terms of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchTerms {
    /// The strategy's id.
    pub strategy: String,
    /// The strategy's parameters that differ from their defaults.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// The plugin's id.
    pub plugin: String,
    /// The plugin's version.
    pub plugin_version: String,
    /// The space.
    pub space: String,
    /// The budget in words.
    pub budget: String,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum RunState {
    /// Its test split is scored.
    Done,
    /// It ended without a result.
    Failed {
        /// Why, in a sentence.
        reason: String,
    },
    /// It is under way, or was interrupted.
    Running,
    /// It has not started.
    Pending,
}

/// Averages over the labels of the validation split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidationSummary {
    /// Mean loss a row.
    pub loss: Option<f64>,
    /// The share of rows whose class is found; only of classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The averages.
    #[serde(flatten)]
    pub averages: Averages,
}

/// What a phase of a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Rows drawn for training, repeats counted.
    pub samples: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Multiply-adds counted from the graph.
    pub multiply_adds: u64,
    /// Trials; 0 for the final training.
    pub trials: u64,
}

/// What was measured after an epoch, or of a mask of a supernet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochPoint {
    /// Which part of the run the epoch belongs to.
    pub phase: Phase,
    /// The epoch, or the mask, within its trial, from 1.
    pub epoch: u32,
    /// Training samples used since the search (or the final training) began, all trials together.
    pub samples: u64,
    /// Seconds since the search (or the final training) began.
    pub seconds: f64,
    /// Mean training loss a row; a mask has none.
    pub train_loss: Option<f64>,
    /// Mean validation loss a row.
    pub valid_loss: Option<f64>,
    /// Mean AUROC over the validation split's labels.
    pub valid_auroc: Option<f64>,
    /// Mean AUPRC over the validation split's labels.
    pub valid_auprc: Option<f64>,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase")]
pub enum Phase {
    /// A trial of the search.
    Search {
        /// The trial's id.
        trial: u64,
    },
    /// The final training.
    Final,
}

/// An architecture as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchitectureSummary {
    /// Its canonical hash.
    pub hash: String,
    /// Its layers, from the input to the output.
    pub layers: Vec<Layer>,
}

/// One layer of an architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The node's name.
    pub name: String,
    /// What it does: "conv1d 4→32, kernel 8".
    pub op: String,
    /// The shape it gives for one row: "32 × 993".
    pub shape: String,
    /// Its trainable numbers.
    pub parameters: u64,
    /// Its multiply-adds for one row.
    pub multiply_adds: u64,
}

/// One decision of a space and the option that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionMade {
    /// The decision.
    pub decision: String,
    /// The chosen option.
    pub option: String,
}

impl Ranking {
    /// What a leaderboard shows of independent labels.
    const OF_LABELS: [Self; 3] = [Self::Auroc, Self::Auprc, Self::F1];
    /// What it shows of classes.
    const OF_CLASSES: [Self; 3] = [Self::Accuracy, Self::Auroc, Self::F1];
    /// What it shows of a regression.
    const OF_VALUES: [Self; 3] = [Self::Pearson, Self::Spearman, Self::R2];

    /// What a leaderboard of this task shows; the first orders it unless a person says otherwise.
    pub fn of_task(task: Task) -> [Self; 3] {
        match task {
            Task::MultiLabel => Self::OF_LABELS,
            Task::MultiClass | Task::NextNucleotide => Self::OF_CLASSES,
            Task::Regression | Task::PoissonRegression => Self::OF_VALUES,
        }
    }

    /// Whether this task has it.
    pub fn is_of(self, task: Task) -> bool {
        Self::of_task(task).contains(&self) || self == Self::Auprc && task.is_classes()
    }

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auroc => "AUROC",
            Self::Auprc => "AUPRC",
            Self::F1 => "F1",
            Self::Accuracy => "accuracy",
            Self::Pearson => "Pearson",
            Self::Spearman => "Spearman",
            Self::R2 => "R²",
        }
    }

    /// Its name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Auroc => "auroc",
            Self::Auprc => "auprc",
            Self::F1 => "f1",
            Self::Accuracy => "accuracy",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
            Self::R2 => "r2",
        }
    }

    /// What it is for predictions that know nothing, where that is one number for all data.
    pub fn chance(self) -> Option<f64> {
        match self {
            Self::Auroc => Some(0.5),
            Self::Pearson | Self::Spearman | Self::R2 => Some(0.0),
            Self::Auprc | Self::F1 | Self::Accuracy => None,
        }
    }

    /// What is measured of every label for it; nothing of accuracy, which is of all classes together.
    pub fn measure(self) -> Option<Measure> {
        match self {
            Self::Auroc => Some(Measure::Auroc),
            Self::Auprc => Some(Measure::Auprc),
            Self::F1 => Some(Measure::F1),
            Self::Accuracy => None,
            Self::Pearson => Some(Measure::Pearson),
            Self::Spearman => Some(Measure::Spearman),
            Self::R2 => Some(Measure::R2),
        }
    }

    /// What a split reached.
    pub fn of(self, metrics: &Metrics) -> Option<f64> {
        match self.measure() {
            Some(measure) => metrics.averages.get(measure).mean,
            None => metrics.accuracy,
        }
    }
}

impl Comparison {
    /// What the leaderboard shows: what the results are of, or, without a result, what it is sorted by.
    pub fn columns(&self) -> [Ranking; 3] {
        let measured = self.entries.iter().flat_map(|entry| &entry.runs).find_map(RunSummary::result);
        let is = |of: fn(&Metrics) -> bool| measured.is_some_and(of);
        if Ranking::OF_VALUES.contains(&self.ranked_by) || is(|metrics| !metrics.averages.mse.is_absent()) {
            Ranking::OF_VALUES
        } else if self.ranked_by == Ranking::Accuracy || is(|metrics| metrics.accuracy.is_some()) {
            Ranking::OF_CLASSES
        } else {
            Ranking::OF_LABELS
        }
    }
}

impl RunSummary {
    /// The test metrics of a finished run. A run that failed or goes on has none, whatever it left behind.
    pub fn result(&self) -> Option<&Metrics> {
        self.test.as_ref().filter(|_| self.state == RunState::Done)
    }

    /// Why it failed, if it did.
    pub fn failure(&self) -> Option<&str> {
        match &self.state {
            RunState::Failed { reason } => Some(reason),
            _ => None,
        }
    }
}
