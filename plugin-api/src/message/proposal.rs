//! What the host asks, and what a strategy proposes.

use serde::{Deserialize, Serialize};

use super::{Budget, Cost, Mixing, Plan, TrialId, Unit};
use crate::space::{Architecture, Mask, Selection};

/// What a strategy knows when the host asks it for work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ask {
    /// The whole budget of the run.
    pub budget: Budget,
    /// What is left of it, in its unit. At 0 the answer must be [`Proposal::Finish`].
    pub remaining: u64,
    /// What the run has spent so far.
    #[serde(default)]
    pub used: Cost,
    /// The id of the first trial in the answer; the others follow in order.
    pub next_trial: TrialId,
    /// Trials proposed earlier that have not ended.
    #[serde(default)]
    pub in_flight: Vec<TrialId>,
    /// How many trials the host keeps under way at once. It asks whenever fewer are, and none waits to begin.
    #[serde(default = "one")]
    pub slots: u32,
}

const fn one() -> u32 {
    1
}

/// A strategy's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Proposal {
    /// Trials to run; their ids count up from [`Ask::next_trial`].
    Trials {
        /// The trials, in the order in which they start.
        trials: Vec<Trial>,
    },
    /// Nothing until a trial has ended.
    Wait,
    /// The search is over.
    Finish {
        /// What it found.
        finding: Finding,
    },
}

impl Proposal {
    /// One trial to run.
    pub fn trial(trial: Trial) -> Self {
        Self::Trials { trials: vec![trial] }
    }

    /// The search is over and `candidate` is what it found.
    pub fn finish(candidate: Candidate) -> Self {
        Self::Finish { finding: Finding { best: candidate, others: Vec::new() } }
    }
}

/// One unit of work that the host does for a strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trial {
    /// What to do.
    #[serde(flatten)]
    pub work: Work,
    /// The most that this trial may spend; the rest of the run's budget where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The unit of the limit; that of the run's budget where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_unit: Option<Unit>,
}

impl Trial {
    /// Trains `network` from fresh weights.
    pub fn train(network: impl Into<Network>, plan: Plan) -> Self {
        Self::of(Work::Train { network: network.into(), plan, init: Initialisation::Fresh })
    }

    /// Does `work` without a limit of its own.
    pub const fn of(work: Work) -> Self {
        Self { work, limit: None, limit_unit: None }
    }

    /// The same trial with a limit, in the unit of the run's budget.
    #[must_use]
    pub fn with_limit(self, limit: u64) -> Self {
        Self { limit: Some(limit), ..self }
    }
}

/// The kinds of work.
#[expect(clippy::large_enum_variant, reason = "nearly all work is training, and few trials are held at a time")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "work", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Work {
    /// Train a network and score it on the validation split after every epoch.
    Train {
        /// What to train.
        network: Network,
        /// How.
        plan: Plan,
        /// From which weights.
        #[serde(default)]
        init: Initialisation,
    },
    /// Score parts of a supernet on the validation split, without training: each mask with the weights that a trial
    /// of this run ended with, matched by name. How the options of a mask count follows that trial's mixing: by the
    /// softmax of their alphas, as their sum, or as their mean where it computed sub-networks.
    Score {
        /// The supernet trial, which completed.
        weights_of: TrialId,
        /// What to score, one after the other; each within the mask that the trial trained.
        masks: Vec<Mask>,
        /// Training samples over which the statistics of batch norms are computed anew for each mask, rounded up to
        /// whole batches; they count as trained samples. 0 keeps the statistics of training.
        #[serde(default)]
        recalibrate_batch_norm: u32,
        /// Samples a batch.
        batch: u32,
        /// Batches of the validation split to score; all of them where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        validation_batches: Option<u32>,
    },
}

/// The network of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Network {
    /// A complete architecture.
    Architecture {
        /// The architecture.
        architecture: Box<Architecture>,
    },
    /// The architecture that a selection makes of the run's space.
    Selection {
        /// One option for each decision that is kept.
        selection: Selection,
    },
    /// The supernet of the run's space: every remaining option of every remaining decision, in the search form.
    Supernet {
        /// What remains: at most what earlier discards left, and exactly that where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mask: Option<Mask>,
        /// How the options of a decision are mixed.
        #[serde(default)]
        mixing: Mixing,
    },
}

impl From<Selection> for Network {
    fn from(selection: Selection) -> Self {
        Self::Selection { selection }
    }
}

impl From<Architecture> for Network {
    fn from(architecture: Architecture) -> Self {
        Self::Architecture { architecture: Box::new(architecture) }
    }
}

/// The weights a trial begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Initialisation {
    /// Drawn anew from the run's seed and the trial's id.
    #[default]
    Fresh,
    /// Those with which an earlier trial of this run ended, running statistics and alphas included, matched by name: an
    /// option that remains keeps its weights and its alpha, and so does one that a selection (or an architecture with its
    /// selection) takes from a supernet. The rest is drawn anew, and the trial's first report says so
    /// ([`Report::drawn_anew`](super::Report::drawn_anew)).
    Inherit {
        /// That trial.
        trial: TrialId,
    },
    /// As [`Inherit`](Self::Inherit), and the training goes on where that trial ended: the state of the optimizers, by
    /// name as well, the steps they have taken, and the place in the schedules. Epochs, early stopping and the limit
    /// are those of this trial alone.
    Continue {
        /// That trial.
        trial: TrialId,
    },
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The architecture that the strategy stands for.
    pub best: Candidate,
    /// Others worth keeping, best first.
    #[serde(default)]
    pub others: Vec<Candidate>,
}

/// An architecture and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate {
    /// The architecture.
    pub network: Network,
    /// The trial whose results speak for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<TrialId>,
}

impl Candidate {
    /// The selection of the run's space that it is, if it is one.
    pub const fn selection(&self) -> Option<&Selection> {
        match &self.network {
            Network::Selection { selection } => Some(selection),
            Network::Architecture { .. } | Network::Supernet { .. } => None,
        }
    }
}
