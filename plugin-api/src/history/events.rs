//! What happened so far in a search that trains architectures one after the other.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::halving::Ranked;
use crate::message::{Discard, Discards, Metric, Outcome, Report, TrialId};
use crate::space::Selection;

/// An architecture whose trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// The trial.
    pub trial: TrialId,
    /// The score of its best epoch, more is better; none where it failed or the score is undefined.
    pub score: Option<f64>,
    /// The architecture.
    pub selection: Selection,
}

impl Ranked for Evaluated {
    fn score(&self) -> Option<f64> {
        self.score
    }

    fn trial(&self) -> TrialId {
        self.trial
    }
}

/// Every trial of a search: a part of its state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// The position of the next draw.
    pub(super) drawn: usize,
    /// Trials that were proposed.
    pub(super) begun: u64,
    /// Those that have not ended.
    pub(super) running: Vec<(TrialId, Selection)>,
    /// Those that ended, in the order in which they did.
    pub(super) ended: Vec<Evaluated>,
    /// The canonical hashes of what was claimed.
    pub(super) claimed: BTreeSet<String>,
    /// Failed trials in a row, and why the last one did.
    pub(super) failures: usize,
    pub(super) failure: Option<String>,
    /// Still to be handed to the host.
    #[serde(default, skip_serializing_if = "Discards::is_empty")]
    discards: Discards,
}

impl History {
    /// How many trials were proposed; so the number of the one that is proposed next, from 0.
    pub const fn begun(&self) -> u64 {
        self.begun
    }

    /// The architectures that are being trained, in the order in which they were proposed.
    pub fn running(&self) -> impl Iterator<Item = (TrialId, &Selection)> {
        self.running.iter().map(|(trial, selection)| (*trial, selection))
    }

    /// The trials that ended, in the order in which they did; those that failed have no score.
    pub fn ended(&self) -> &[Evaluated] {
        &self.ended
    }

    /// The trials that ended with a score, in the order in which they did.
    pub fn scored(&self) -> impl DoubleEndedIterator<Item = &Evaluated> {
        self.ended.iter().filter(|ended| ended.score.is_some())
    }

    /// The best of all, the first where several are equal.
    pub fn best(&self) -> Option<&Evaluated> {
        self.scored().reduce(|best, next| if next.score > best.score { next } else { best })
    }

    /// What to drop now: the weights of all trials that ended but the best one, because none continues another.
    pub fn discards(&mut self) -> Vec<Discard> {
        self.discards.hand_over()
    }

    /// Takes in the report of any trial; returns the trial that it ends, if it is one of these.
    pub(super) fn update(&mut self, report: &Report, metric: Metric) -> Option<Evaluated> {
        let at = self.running.iter().position(|(trial, _)| *trial == report.trial)?;
        let end = report.end.as_ref()?;
        let (trial, selection) = self.running.remove(at);
        self.failures = if matches!(end.outcome, Outcome::Failed { .. }) { self.failures + 1 } else { 0 };
        if let Outcome::Failed { reason } = &end.outcome {
            self.failure = Some(reason.clone());
        }
        let before = self.best().map(|best| best.trial);
        self.ended.push(Evaluated { trial, score: report.final_score(metric), selection });
        let best = self.best().map(|best| best.trial);
        self.discards.extend(before.into_iter().chain([trial]).filter(|of| Some(*of) != best).map(Discard::trial));
        self.ended.last().cloned()
    }
}
