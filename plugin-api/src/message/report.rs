//! What the host reports to a strategy about a trial.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Cost, TrialId};
use crate::text::quoted;
use crate::{Error, Result};

/// What happened in one trial: an epoch, the score of a mask, or its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The trial.
    pub trial: TrialId,
    /// What the trial has cost so far.
    pub cost: Cost,
    /// What is left of the run's budget, in its unit.
    pub remaining: u64,
    /// The epoch that just ended; absent from the report of an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The mask that a [`Score`](super::Work::Score) trial just scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<MaskScore>,
    /// The alphas of a supernet that mixes by them, as they are now; empty for other networks.
    #[serde(default, skip_serializing_if = "Alphas::is_empty")]
    pub alphas: Alphas,
    /// What a trial that begins with another one's weights did not find there, in its first report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn_anew: Option<DrawnAnew>,
    /// Present in the last report of a trial, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

impl Report {
    /// The score of the trial's best epoch, where this report ends a trial that completed. More is better.
    pub fn final_score(&self, metric: Metric) -> Option<f64> {
        let end = self.end.as_ref()?;
        match end.outcome {
            Outcome::Completed { .. } => end.best.as_ref()?.score(metric),
            Outcome::Discarded | Outcome::Failed { .. } => None,
        }
    }
}

/// The weights and running statistics that a trial did not find in those that it began with, and that were drawn anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct DrawnAnew {
    /// How many they are.
    pub count: u64,
    /// How many of them were there in another shape.
    pub other_shape: u64,
    /// The names of the first, as the trial's own network has them.
    pub first: Vec<String>,
}

impl DrawnAnew {
    /// The most names.
    const NAMES: usize = 5;

    /// Adds one; `other_shape` says whether it was there in another shape.
    pub fn add(&mut self, name: &str, other_shape: bool) {
        self.count += 1;
        self.other_shape += u64::from(other_shape);
        if self.first.len() < Self::NAMES {
            self.first.push(quoted(name));
        }
    }

    /// Itself, if there is any.
    pub fn some(self) -> Option<Self> {
        (self.count > 0).then_some(self)
    }
}

impl fmt::Display for DrawnAnew {
    /// For a person: `3 weights were not found there and start anew (1 of another shape there): a, b, c`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (weights, were) = if self.count == 1 { ("weight", "was") } else { ("weights", "were") };
        write!(f, "{} {weights} {were} not found there and start anew", self.count)?;
        if self.other_shape > 0 {
            write!(f, " ({} of another shape there)", self.other_shape)?;
        }
        write!(f, ": {}", self.first.join(", "))?;
        let more = self.count.saturating_sub(self.first.len() as u64);
        if more > 0 { write!(f, " and {more} more") } else { Ok(()) }
    }
}

/// What a supernet has learned about its options, by decision and option.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Alphas(pub BTreeMap<String, BTreeMap<String, OptionWeight>>);

/// The architecture weight of one option.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OptionWeight {
    /// The learned value.
    pub alpha: f64,
    /// The softmax of it among the options that the decision still has.
    pub probability: f64,
}

impl Alphas {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The weight of an option.
    pub fn get(&self, decision: &str, option: &str) -> Option<OptionWeight> {
        self.0.get(decision)?.get(option).copied()
    }
}

/// What was measured after an epoch. A score that is undefined (no label had both classes) is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Epoch {
    /// Counted from 1.
    pub number: u32,
    /// Mean training loss over the samples of the epoch, without regularisers.
    pub train_loss: f64,
    /// Mean validation loss.
    pub valid_loss: f64,
    /// Mean area under the ROC curve over the defined labels of the validation split.
    pub auroc: Option<f64>,
    /// Mean average precision over the defined labels of the validation split.
    pub auprc: Option<f64>,
    /// Mean F1 at 0.5 over the defined labels of the validation split.
    pub f1: Option<f64>,
}

impl Epoch {
    /// The value of `metric`, with its sign such that more is better; `None` where it is undefined.
    pub fn score(&self, metric: Metric) -> Option<f64> {
        metric.of(Some(self.valid_loss), [self.auroc, self.auprc, self.f1])
    }
}

/// What was measured of one mask of a [`Score`](super::Work::Score) trial, on the validation split. A score that is
/// undefined is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct MaskScore {
    /// The mask, by its position in the trial's masks.
    pub mask: u32,
    /// Mean validation loss.
    pub valid_loss: Option<f64>,
    /// Mean area under the ROC curve over the defined labels.
    pub auroc: Option<f64>,
    /// Mean average precision over the defined labels.
    pub auprc: Option<f64>,
    /// Mean F1 at 0.5 over the defined labels.
    pub f1: Option<f64>,
}

impl MaskScore {
    /// The value of `metric`, with its sign such that more is better; `None` where it is undefined.
    pub fn score(&self, metric: Metric) -> Option<f64> {
        metric.of(self.valid_loss, [self.auroc, self.auprc, self.f1])
    }
}

/// What strategies may rank by; always on the validation split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Validation loss; less is better.
    #[default]
    Loss,
    /// Mean area under the ROC curve.
    Auroc,
    /// Mean average precision.
    Auprc,
    /// Mean F1 at 0.5.
    F1,
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loss => "loss",
            Self::Auroc => "AUROC",
            Self::Auprc => "AUPRC",
            Self::F1 => "F1",
        })
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// Reads the name that a parameter has: `loss`, `auroc`, `auprc` or `f1`.
    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "loss" => Self::Loss,
            "auroc" => Self::Auroc,
            "auprc" => Self::Auprc,
            "f1" => Self::F1,
            _ => return Err(Error::invalid(format!("metric '{name}' is unknown: expected loss, auroc, auprc or f1"))),
        })
    }
}

impl Metric {
    fn of(self, loss: Option<f64>, [auroc, auprc, f1]: [Option<f64>; 3]) -> Option<f64> {
        match self {
            Self::Loss => loss.map(|loss| -loss),
            Self::Auroc => auroc,
            Self::Auprc => auprc,
            Self::F1 => f1,
        }
        .filter(|score| score.is_finite())
    }
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct End {
    /// Completed, discarded or failed.
    pub outcome: Outcome,
    /// The epoch with the lowest validation loss, if one ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Epoch>,
    /// Weights of the network.
    #[serde(default)]
    pub parameters: u64,
    /// Multiply-adds of one sample's forward pass.
    #[serde(default)]
    pub multiply_adds: u64,
    /// Most memory that the process held so far, in bytes.
    #[serde(default)]
    pub peak_memory: u64,
}

/// The ways to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It ran to one of its ends.
    Completed {
        /// Which.
        stopped: Stopped,
    },
    /// The strategy dropped it.
    Discarded,
    /// It could not run, or diverged.
    Failed {
        /// Why, for a person.
        reason: String,
    },
}

/// The ends of a trial that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stopped {
    /// All epochs of the plan.
    Epochs,
    /// All masks of a score.
    Masks,
    /// No improvement for the plan's patience.
    EarlyStopping,
    /// The trial's own limit.
    Limit,
    /// The run's budget.
    Budget,
}
