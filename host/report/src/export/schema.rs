//! The tables of an export and their columns: one schema for all kinds of files.

use std::fmt::Write as _;
use std::str::FromStr;

use genomenas_data::error::{Error, Result};

use super::cell::Kind::{self, Flag, Integer, Number, Text};

/// The version of the schema: a column that is added leaves it, one that is removed or changes its meaning does not.
pub const SCHEMA_VERSION: u32 = 1;

/// A table of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Table {
    /// One row: what the comparison is.
    Comparisons,
    /// A row an entry: a strategy with its parameters.
    Entries,
    /// A row a run, with the averages of its scores and its costs.
    Runs,
    /// A row a trial of a search.
    Trials,
    /// A row an epoch or scored mask, of searches and final trainings.
    Epochs,
    /// A row an option of a supernet and epoch, with its probability.
    Options,
    /// A row a label of a split that was scored.
    #[default]
    Scores,
    /// A row a decision of what was found.
    Decisions,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) about: &'static str,
}

const fn column(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, about }
}

impl Table {
    /// All of them, in an order in which each refers to earlier ones alone.
    pub const ALL: [Self; 8] = [
        Self::Comparisons,
        Self::Entries,
        Self::Runs,
        Self::Trials,
        Self::Epochs,
        Self::Options,
        Self::Scores,
        Self::Decisions,
    ];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comparisons => "comparisons",
            Self::Entries => "entries",
            Self::Runs => "runs",
            Self::Trials => "trials",
            Self::Epochs => "epochs",
            Self::Options => "options",
            Self::Scores => "scores",
            Self::Decisions => "decisions",
        }
    }

    /// Whether its rows are those of runs, and begin with [`RUN`].
    pub(super) fn is_of_runs(self) -> bool {
        !matches!(self, Self::Comparisons | Self::Entries)
    }

    /// Whether its rows are in no summary of a run.
    pub(super) fn needs_details(self) -> bool {
        matches!(self, Self::Trials | Self::Options | Self::Scores)
    }

    /// What it holds.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::Comparisons => "One row: the comparison; of a single run, what its report says.",
            Self::Entries => "A row for each strategy of the comparison.",
            Self::Runs => "A row for each run. Averages are means over the labels for which a measure is defined.",
            Self::Trials => "A row for each trial of a search.",
            Self::Epochs => {
                "A row for each epoch, and for each mask of a supernet that was scored, in the order in which they happened."
            }
            Self::Options => "A row for each option of a supernet that learns alphas, after every epoch.",
            Self::Scores => {
                "A row for each label (or class) of a split that was scored, by the weights that were kept."
            }
            Self::Decisions => "A row for each decision of the architecture that a run found.",
        }
    }

    /// Its columns, in their order.
    pub(super) fn columns(self) -> Vec<Column> {
        let of_run: &[Column] = if self.is_of_runs() { &RUN } else { &[] };
        let own: &[Column] = match self {
            Self::Comparisons => &COMPARISONS,
            Self::Entries => &ENTRIES,
            Self::Runs => &RUNS,
            Self::Trials => &TRIALS,
            Self::Epochs => &EPOCHS,
            Self::Options => &OPTIONS,
            Self::Scores => &SCORES,
            Self::Decisions => &DECISIONS,
        };
        of_run.iter().chain(own).copied().collect()
    }

    /// The names of its columns.
    pub(super) fn header(self) -> Vec<&'static str> {
        self.columns().into_iter().map(|column| column.name).collect()
    }
}

impl FromStr for Table {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|table| table.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::input(format!("there is no table {text:?}: expected one of {names}"))
        })
    }
}

/// The schema for a person, as Markdown: a heading and a table for each table.
pub fn schema_markdown() -> String {
    let mut text = String::new();
    for table in Table::ALL {
        // Writing to a string does not fail.
        let _ =
            writeln!(text, "### `{}`\n\n{}\n\n| column | kind | what |\n|---|---|---|", table.name(), table.about());
        for Column { name, kind, about } in table.columns() {
            let _ = writeln!(text, "| `{name}` | {} | {about} |", kind.name());
        }
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

/// What every row of a run begins with.
const RUN: [Column; 4] = [
    column("run", Integer, "the run: its number in this file, from 1"),
    column("entry", Text, "the name of its entry"),
    column("fold", Integer, "the fold that is its test, from 1; none where the data has splits"),
    column("seed", Integer, "its seed"),
];

const COMPARISONS: [Column; 17] = [
    column("title", Text, "the title"),
    column("data", Text, "where the data were read from"),
    column("data_digest", Text, "the digest of their content"),
    column("window_length", Integer, "bases of a window"),
    column("labels", Integer, "labels or classes"),
    column("train_rows", Integer, "rows of the training split; none where folds take turns"),
    column("valid_rows", Integer, "rows of the validation split, likewise"),
    column("test_rows", Integer, "rows of the test split, likewise"),
    column("folds", Integer, "folds that take turns as the test; 0 where the data has splits"),
    column("budget", Text, "what every search may spend, in words"),
    column("budget_epochs", Number, "the same as a number of training splits, where it counts samples"),
    column("recipes", Text, "by which recipe what was found is trained: `common`, `own` or `tuned`"),
    column("recipe", Text, "the settings of the final training, as a JSON object"),
    column("ranked_by", Text, "the metric of the leaderboard; none of a single run"),
    column("environment", Text, "space, device, threads and more, as a JSON object"),
    column("command", Text, "the command line that repeats it; none of a single run"),
    column("generated_by", Text, "the program that wrote this"),
];

const ENTRIES: [Column; 6] = [
    column("entry", Text, "its name, which no other entry has"),
    column("strategy", Text, "the id of the strategy; none where a given architecture is trained"),
    column("plugin", Text, "the id of its plugin, likewise"),
    column("plugin_version", Text, "the version of the plugin, likewise"),
    column("parameters", Text, "the parameters that differ from their defaults, as a JSON object"),
    column("control", Flag, "whether it is one of the controls"),
];

const RUNS: [Column; 41] = [
    column("folder", Text, "its folder, relative to the comparison's"),
    column("state", Text, "`done`, `failed`, `running` or `pending`; scores are those of runs that are done"),
    column("reason", Text, "why it failed"),
    column("parameters", Integer, "trainable weights of what was found"),
    column("multiply_adds", Integer, "multiply-adds of one forward pass of one row"),
    column("architecture", Text, "the canonical hash of what was found"),
    column("search_samples", Integer, "training samples of the search"),
    column("search_seconds", Number, "wall-clock seconds of the search"),
    column("search_multiply_adds", Integer, "multiply-adds of the search"),
    column("search_trials", Integer, "trials of the search"),
    column("training_samples", Integer, "training samples of the final training"),
    column("training_seconds", Number, "its wall-clock seconds"),
    column("training_multiply_adds", Integer, "its multiply-adds"),
    column("trained_to_optimum", Flag, "whether the final training was one to the optimum of a convex loss"),
    column("test_rows", Integer, "rows of the sealed test split that were scored"),
    column("test_loss", Number, "mean loss on the test split"),
    column("test_accuracy", Number, "share of rows whose class is predicted; of classes alone"),
    column("test_balanced_accuracy", Number, "mean of that share over classes"),
    column("test_class_mcc", Number, "Matthews correlation coefficient over all classes together"),
    column("test_auroc", Number, "area under the receiver operating characteristic"),
    column("test_auroc_low", Number, "lower end of its bootstrap interval, where there is one"),
    column("test_auroc_high", Number, "upper end of its bootstrap interval, where there is one"),
    column("test_auprc", Number, "area under the precision-recall curve, as average precision"),
    column("test_f1", Number, "F1"),
    column("test_mcc", Number, "Matthews correlation coefficient"),
    column("test_f1_at_threshold", Number, "F1 at the thresholds of the validation split"),
    column("test_mcc_at_threshold", Number, "Matthews correlation coefficient at these thresholds"),
    column("test_pearson", Number, "Pearson's correlation; of a regression alone, like the three below"),
    column("test_spearman", Number, "Spearman's rank correlation"),
    column("test_r2", Number, "coefficient of determination"),
    column("test_mse", Number, "mean squared error"),
    column("valid_loss", Number, "mean loss on the validation split, and so on"),
    column("valid_accuracy", Number, "accuracy there"),
    column("valid_auroc", Number, "AUROC there"),
    column("valid_auprc", Number, "AUPRC there"),
    column("valid_f1", Number, "F1 there"),
    column("valid_mcc", Number, "Matthews correlation coefficient there"),
    column("valid_pearson", Number, "Pearson's correlation there"),
    column("valid_spearman", Number, "Spearman's rank correlation there"),
    column("valid_r2", Number, "coefficient of determination there"),
    column("valid_mse", Number, "mean squared error there"),
];

const TRIALS: [Column; 21] = [
    column("trial", Integer, "its id within the run, from 0"),
    column("work", Text, "`train`, or `score` for masks of a supernet"),
    column("network", Text, "`selection`, `architecture` or `supernet`; of a score, `supernet`"),
    column("weights_of", Integer, "the trial whose weights it begins with, or scores"),
    column("outcome", Text, "`completed`, `discarded`, `failed` or `open`"),
    column("reason", Text, "why it failed"),
    column("epochs", Integer, "epochs that ended, or masks that were scored"),
    column("planned_epochs", Integer, "the most epochs of its plan"),
    column("batch", Integer, "samples a step"),
    column("learning_rate", Number, "of its plan at the start, outside of recurrent cells"),
    column("samples", Integer, "training samples that it used"),
    column("seconds", Number, "its wall-clock seconds"),
    column("train_multiply_adds", Integer, "multiply-adds that it used"),
    column("parameters", Integer, "weights of its network; known at its end"),
    column("multiply_adds", Integer, "multiply-adds of one forward pass of one row; known at its end"),
    column("best_epoch", Integer, "the epoch with the lowest validation loss; of a score, the mask"),
    column("best_loss", Number, "validation loss there"),
    column("best_auroc", Number, "mean validation AUROC there"),
    column("best_auprc", Number, "mean validation AUPRC there"),
    column("best_f1", Number, "mean validation F1 there"),
    column("selection", Text, "its options by decision, as a JSON object, where it trains a selection"),
];

const EPOCHS: [Column; 9] = [
    column("phase", Text, "`search` or `final`; of several final trainings, the one that was kept"),
    column("trial", Integer, "the trial; none of the final training"),
    column("epoch", Integer, "the epoch, or the mask, within its trial, from 1"),
    column("samples", Integer, "training samples since the phase began, all trials together"),
    column("seconds", Number, "seconds since the phase began"),
    column("train_loss", Number, "mean training loss; none of a mask"),
    column("valid_loss", Number, "mean validation loss"),
    column("valid_auroc", Number, "mean validation AUROC"),
    column("valid_auprc", Number, "mean validation AUPRC"),
];

const OPTIONS: [Column; 8] = [
    column("trial", Integer, "the trial that trains the supernet"),
    column("epoch", Integer, "its epoch, from 1"),
    column("samples", Integer, "training samples since the search began"),
    column("seconds", Number, "seconds since the search began"),
    column("decision", Text, "the decision"),
    column("option", Text, "the option"),
    column("alpha", Number, "what was learned of it"),
    column("probability", Number, "the softmax of that among the options that the decision still has"),
];

const SCORES: [Column; 16] = [
    column("split", Text, "`test` or `valid`"),
    column("label", Text, "the label or class"),
    column("positives", Integer, "rows that have it; none in a regression"),
    column("negatives", Integer, "rows that have not; none in a regression"),
    column("auroc", Number, "area under the receiver operating characteristic"),
    column("auprc", Number, "area under the precision-recall curve, as average precision"),
    column("f1", Number, "F1 of scores above 0.5; of a class, of the highest score of a row"),
    column("mcc", Number, "Matthews correlation coefficient of the same decision"),
    column("threshold", Number, "the threshold with the highest F1 on the validation split"),
    column("f1_at_threshold", Number, "F1 of scores above the threshold"),
    column("mcc_at_threshold", Number, "Matthews correlation coefficient of scores above the threshold"),
    column("pearson", Number, "Pearson's correlation; of a regression alone, like the three below"),
    column("spearman", Number, "Spearman's rank correlation"),
    column("r2", Number, "coefficient of determination"),
    column("mse", Number, "mean squared error"),
    column("prevalence", Number, "share of rows that have it; none in a regression"),
];

const DECISIONS: [Column; 2] =
    [column("decision", Text, "the decision"), column("option", Text, "the option that was chosen")];
