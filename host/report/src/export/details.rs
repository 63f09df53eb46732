//! What an export shows of a run beside its summary: what its journal says of each trial, and the scores of validation.

use genomenas_plugin::message::Cost;

use crate::metrics::Metrics;
use crate::model::DecisionMade;

/// What stands in the files of a run, and in no summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunDetails {
    /// The trials of the search, in the order of their ids.
    pub trials: Vec<TrialDetails>,
    /// What a supernet learned of its options, epoch by epoch.
    pub options: Vec<OptionPoint>,
    /// The metrics of the kept weights on the validation split, label by label.
    pub valid: Option<Metrics>,
}

/// A decision of the space that is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceDecision {
    /// Its id.
    pub id: String,
    /// The options that an architecture may have.
    pub options: Vec<String>,
}

/// A trial of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialDetails {
    /// Its id within the run.
    pub trial: u64,
    /// What is done in it: `train` or `score`.
    pub work: &'static str,
    /// Its network: `selection`, `architecture` or `supernet`; that of another trial where it scores.
    pub network: &'static str,
    /// The trial whose weights it begins with, or scores.
    pub weights_of: Option<u64>,
    /// How it ended.
    pub outcome: TrialOutcome,
    /// Samples a step.
    pub batch: u64,
    /// The learning rate of its plan at the start, outside of recurrent cells.
    pub learning_rate: Option<f64>,
    /// The most epochs of its plan.
    pub planned_epochs: Option<u64>,
    /// What it has cost so far.
    pub cost: Cost,
    /// The most seconds of the search that had passed when it began, and when it was last heard of.
    pub seconds: (f64, f64),
    /// Weights of its network; known at its end.
    pub parameters: Option<u64>,
    /// Multiply-adds of one forward pass of one row; known at its end.
    pub multiply_adds: Option<u64>,
    /// What was measured after each epoch, or of each mask.
    pub points: Vec<TrialPoint>,
    /// The best of the points: by validation loss for a training, by the metric that is asked for otherwise.
    pub best: Option<TrialPoint>,
    /// The options of its network, where it is a selection.
    pub decisions: Vec<DecisionMade>,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialOutcome {
    /// It has not.
    Open,
    /// It ran to one of its ends.
    Completed,
    /// The strategy dropped it.
    Discarded,
    /// It could not run, or diverged.
    Failed {
        /// Why, in a sentence.
        reason: String,
    },
}

impl TrialOutcome {
    /// The word for it in files.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
            Self::Failed { .. } => "failed",
        }
    }
}

/// What was measured after an epoch of a trial, or of a mask, on the validation split. What is not finite is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrialPoint {
    /// The epoch or the mask, from 1.
    pub number: u32,
    /// Mean loss.
    pub loss: Option<f64>,
    /// Mean AUROC over labels.
    pub auroc: Option<f64>,
    /// Mean AUPRC over labels.
    pub auprc: Option<f64>,
    /// Mean F1 over labels.
    pub f1: Option<f64>,
}

/// What a supernet has learned of one option.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionPoint {
    /// The trial.
    pub trial: u64,
    /// Its epoch, from 1.
    pub epoch: u32,
    /// Training samples of the search so far.
    pub samples: u64,
    /// Seconds of the search so far.
    pub seconds: f64,
    /// The decision.
    pub decision: String,
    /// The option.
    pub option: String,
    /// The learned value.
    pub alpha: f64,
    /// The softmax of it among the options that the decision still has.
    pub probability: f64,
}
