//! The trials that have not ended, with the score of their last epoch.

use serde::{Deserialize, Serialize};

use super::Ranked;
use crate::message::{Metric, Outcome, Report, TrialId};

/// A trial that takes an architecture to the end of a rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RungTrial {
    /// Its id.
    pub trial: TrialId,
    /// The architecture, by its position in the [`Draws`](crate::space::Draws).
    pub architecture: usize,
    /// The rung, from 0.
    pub rung: usize,
    /// The trial that it continues.
    pub from: Option<TrialId>,
    /// The score of its last epoch, not the best one: longer rungs have more epochs to be lucky in.
    pub score: Option<f64>,
}

impl Ranked for RungTrial {
    fn score(&self) -> Option<f64> {
        self.score
    }

    fn trial(&self) -> TrialId {
        self.trial
    }
}

/// A trial that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// The trial; one that failed has no score.
    pub trial: RungTrial,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// The trials that have not ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunningTrials(Vec<RungTrial>);

impl RunningTrials {
    /// Whether all have ended.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The trials, in the order in which they were proposed.
    pub fn iter(&self) -> impl Iterator<Item = &RungTrial> {
        self.0.iter()
    }

    /// Adds a trial that is proposed.
    pub fn begin(&mut self, trial: RungTrial) {
        self.0.push(trial);
    }

    /// Takes in the report of any trial. Returns the trial that it ends, if it is one of these.
    pub fn update(&mut self, report: &Report, metric: Metric) -> Option<Ended> {
        let at = self.0.iter().position(|running| running.trial == report.trial)?;
        if let (Some(epoch), Some(running)) = (&report.epoch, self.0.get_mut(at)) {
            running.score = epoch.score(metric);
        }
        let end = report.end.as_ref()?;
        let mut trial = self.0.remove(at);
        let failure = match &end.outcome {
            Outcome::Completed { .. } => None,
            Outcome::Failed { reason } => Some(reason.clone()),
            Outcome::Discarded => Some("it was dropped before its end".to_owned()),
        };
        if failure.is_some() {
            trial.score = None;
        }
        Some(Ended { trial, failure })
    }
}
