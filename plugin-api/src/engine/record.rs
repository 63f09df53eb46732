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
    /// One of several final trainings ended, of which one is kept.
    Tuned(Tuned),
}

/// A final training of several that differ in their recipes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// Its number, from 0.
    pub training: u32,
    /// Its learning rate.
    pub learning_rate: f64,
    /// Its weight decay.
    pub weight_decay: f64,
    /// What its weights reach on the validation split, in the metric that decides; absent where that is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Their loss there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Why it has no weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Whether it is better than all before it: the last that is, is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub best: bool,
    /// What it has cost, alone.
    pub cost: Cost,
}

impl Tuned {
    /// Whether it is better than all of `before`: by its score, then by its loss; of equals the first one is kept.
    pub fn beats(&self, before: &[Self]) -> bool {
        let key = |tuned: &Self| {
            let loss = tuned.loss.map_or(f64::NEG_INFINITY, |loss| -loss);
            (tuned.score.unwrap_or(f64::NEG_INFINITY), loss)
        };
        let (score, loss) = key(self);
        self.failed.is_none()
            && before
                .iter()
                .filter(|other| other.failed.is_none())
                .map(key)
                .all(|(other, other_loss)| score.total_cmp(&other).then(loss.total_cmp(&other_loss)).is_gt())
    }

    /// The one of several that is kept.
    pub fn kept(all: &[Self]) -> Option<&Self> {
        all.iter().rev().find(|tuned| tuned.best)
    }
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
            Self::Epoch { report: None, .. } | Self::Propose { .. } | Self::Tuned(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_training_with_the_best_score_is_kept_and_of_equals_the_one_of_the_lower_loss_or_the_first() {
        let of = |score: Option<f64>, loss: Option<f64>, failed: bool| Tuned {
            score,
            loss,
            failed: failed.then(|| "it diverged".to_owned()),
            ..Tuned::default()
        };
        let kept = |trainings: &[Tuned]| {
            let mut all: Vec<Tuned> = Vec::new();
            for (number, tuned) in (0..).zip(trainings) {
                let best = tuned.beats(&all);
                all.push(Tuned { training: number, best, ..tuned.clone() });
            }
            Tuned::kept(&all).map(|tuned| tuned.training)
        };
        let scored = |score, loss| of(Some(score), Some(loss), false);
        assert_eq!(kept(&[scored(0.7, 0.5), scored(0.9, 0.6), scored(0.8, 0.1)]), Some(1));
        assert_eq!(kept(&[scored(0.9, 0.6), scored(0.9, 0.5), scored(0.9, 0.5)]), Some(1));
        assert_eq!(kept(&[of(None, Some(0.1), false), scored(0.2, 0.9), of(Some(1.0), None, true)]), Some(1));
        assert_eq!(kept(&[of(None, Some(0.3), false), of(None, Some(0.1), false)]), Some(1));
        assert_eq!(kept(&[of(None, None, false)]), Some(0));
        assert_eq!(kept(&[of(None, None, true), of(None, None, true)]), None);
    }

    #[test]
    fn a_training_of_several_is_a_line_of_the_journal() {
        let record = Record::Tuned(Tuned { training: 2, learning_rate: 0.003, best: true, ..Tuned::default() });
        let line = serde_json::to_string(&record).unwrap();
        assert!(line.starts_with(r#"{"type":"tuned","training":2,"learning_rate":0.003"#), "{line}");
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }
}
