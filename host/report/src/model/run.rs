//! A run: its state, its results, and what they cost.

use genomenas_plugin::message::Cost;
use serde::{Deserialize, Serialize};

use super::recipes::RunRecipe;
use crate::metrics::{Averages, Metrics, Resamples};

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The fold that is its test, from 1, where the data has folds; the same folds are used for every entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
    /// Its seed; the same seeds are used for every entry.
    pub seed: u64,
    /// Its folder, relative to the comparison's.
    pub folder: String,
    /// Whether it is done.
    pub state: RunState,
    /// The metrics of the sealed test split, measured once, at the end.
    #[serde(default)]
    pub test: Option<Metrics>,
    /// Its averages in each resample of that split, where the run kept them; they are in the run's folder, and in no report.
    #[serde(skip)]
    pub resamples: Option<Resamples>,
    /// The averages of the kept weights on the validation split.
    #[serde(default)]
    pub valid: Option<ValidationSummary>,
    /// Trainable parameters of the found architecture.
    #[serde(default)]
    pub parameters: Option<u64>,
    /// Multiply-adds of one forward pass of one row.
    #[serde(default)]
    pub multiply_adds: Option<u64>,
    /// The cost of the search.
    #[serde(default)]
    pub search: PhaseCost,
    /// The cost of the final training.
    #[serde(default)]
    pub training: PhaseCost,
    /// Whether the final training was one to the optimum of a convex loss, in place of the recipe of the comparison.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trained_to_optimum: bool,
    /// The recipe of the final training, where those of the comparison differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<RunRecipe>,
    /// One point per epoch and per scored mask, in the order in which they happened.
    #[serde(default)]
    pub curve: Vec<EpochPoint>,
    /// The found architecture.
    #[serde(default)]
    pub architecture: Option<ArchitectureSummary>,
    /// The option chosen for each decision; empty where the architecture does not come from a space.
    #[serde(default)]
    pub decisions: Vec<DecisionMade>,
}

/// The state of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum RunState {
    /// It ended with a result.
    Done,
    /// It ended without a result.
    Failed {
        /// Why, in a sentence.
        reason: String,
    },
    /// It runs, or was interrupted.
    Running,
    /// It has not started.
    Pending,
}

/// Averages over the labels of the validation split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidationSummary {
    /// Mean loss per row.
    pub loss: Option<f64>,
    /// The share of rows whose class is predicted; for classes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The averages.
    #[serde(flatten)]
    pub averages: Averages,
}

/// The cost of a phase of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseCost {
    /// Samples, seconds and multiply-adds.
    #[serde(flatten)]
    pub used: Cost,
    /// Trials; 0 for the final training.
    pub trials: u64,
}

/// The validation of an epoch, or of a mask of a supernet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochPoint {
    /// The part of the run.
    pub phase: RunPhase,
    /// The epoch, or the mask, within its trial, from 1.
    pub epoch: u32,
    /// Training samples used since the search (or the final training) began, all trials together.
    pub samples: u64,
    /// Seconds since the search (or the final training) began.
    pub seconds: f64,
    /// Mean training loss per row; `None` for a mask.
    pub train_loss: Option<f64>,
    /// Mean validation loss per row.
    pub valid_loss: Option<f64>,
    /// Mean AUROC over labels on the validation split.
    pub valid_auroc: Option<f64>,
    /// Mean AUPRC over labels on the validation split.
    pub valid_auprc: Option<f64>,
}

/// A part of a run, and the trial where it has several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase")]
pub enum RunPhase {
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
    pub layers: Vec<LayerRow>,
}

/// One layer of an architecture, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerRow {
    /// The node's name.
    pub name: String,
    /// Its operation: "conv1d 4→32, kernel 8".
    pub op: String,
    /// Its output shape for one row: "32 × 993".
    pub shape: String,
    /// Its trainable parameters.
    pub parameters: u64,
    /// Its multiply-adds for one row.
    pub multiply_adds: u64,
}

/// A decision of a space and the option that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionMade {
    /// The decision.
    pub decision: String,
    /// The chosen option.
    pub option: String,
}

impl RunSummary {
    /// The test metrics of a finished run; `None` for a run that failed or still runs, whatever it left behind.
    pub(crate) fn result(&self) -> Option<&Metrics> {
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
