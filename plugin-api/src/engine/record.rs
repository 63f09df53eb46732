//! The records of a search: every call of a hook with its reply, every epoch. A journal holds one a line.

use serde::{Deserialize, Serialize};

use crate::message::{Ask, Cost, Discard, Epoch, Proposal, Report, TrialId};

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// The strategy was asked and answered.
    Propose {
        /// What it was asked.
        ask: Ask,
        /// What it answered.
        proposal: Proposal,
        /// How long it took.
        seconds: f64,
    },
    /// An epoch ended. In a search it was reported to the strategy, which was asked what to discard.
    Epoch {
        /// Of what.
        phase: Phase,
        /// The trial, in a search.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trial: Option<TrialId>,
        /// What was measured.
        epoch: Epoch,
        /// What the phase has cost so far.
        used: Cost,
        /// The report that the strategy was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<Report>,
        /// What it dropped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discards: Vec<Discard>,
        /// Whether the trial has come to its end with it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        last: bool,
    },
    /// A trial scored a mask; it was reported to the strategy, which was asked what to discard.
    Score {
        /// The report that the strategy was given.
        report: Report,
        /// What it dropped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discards: Vec<Discard>,
        /// What the search has cost so far.
        used: Cost,
    },
    /// A trial ended; it was reported to the strategy, which was asked what to discard.
    End {
        /// The trial.
        trial: TrialId,
        /// The report that the strategy was given.
        report: Report,
        /// What it dropped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discards: Vec<Discard>,
        /// What the search has cost so far.
        used: Cost,
    },
}

/// The parts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The strategy's trials.
    Search,
    /// The training of what was found, the same for all strategies.
    Final,
}

impl Record {
    /// What was reported to the strategy, and what it dropped then.
    pub fn reported(&self) -> Option<(&Report, &[Discard])> {
        match self {
            Self::Epoch { report: Some(report), discards, .. }
            | Self::Score { report, discards, .. }
            | Self::End { report, discards, .. } => Some((report, discards)),
            Self::Epoch { report: None, .. } | Self::Propose { .. } => None,
        }
    }
}
