//! Ordering trials by score.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::message::TrialId;

/// Something with a score and the trial that got it.
pub trait Ranked {
    /// The score, more is better; none where it is undefined.
    fn score(&self) -> Option<f64>;
    /// The trial.
    fn trial(&self) -> TrialId;
}

/// Sorts by score, the best first. Equal scores are sorted by trial id; what has no score comes last.
pub fn best_first<T: Ranked>(ranked: &mut [T]) {
    // No score is less than every score, and finite scores are ordered as numbers are; +0 makes one zero of the two.
    let key = |of: &T| of.score().map(|score| score + 0.0);
    ranked.sort_by(|a, b| {
        let (a, b) = ((key(a), a.trial()), (key(b), b.trial()));
        let by_score = match (a.0, b.0) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_score.then(a.1.cmp(&b.1))
    });
}

/// What an architecture has reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArchitectureResult {
    /// Its position in the [`Draws`](crate::space::Draws).
    pub architecture: usize,
    /// How far it got: more is further.
    pub reached: u64,
    /// The score it has there.
    pub score: f64,
    /// The trial that got it.
    pub trial: TrialId,
}

impl Ranked for ArchitectureResult {
    fn score(&self) -> Option<f64> {
        Some(self.score)
    }

    fn trial(&self) -> TrialId {
        self.trial
    }
}

/// The results sorted by how far they reached, and then by score, the best first; only the best one of each
/// architecture.
pub(super) fn ranked(mut results: Vec<ArchitectureResult>) -> Vec<ArchitectureResult> {
    best_first(&mut results);
    results.sort_by_key(|result| Reverse(result.reached));
    let mut known = BTreeSet::new();
    results.retain(|result| known.insert(result.architecture));
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scored(Option<f64>, u64);

    impl Ranked for Scored {
        fn score(&self) -> Option<f64> {
            self.0
        }

        fn trial(&self) -> TrialId {
            TrialId(self.1)
        }
    }

    #[test]
    fn equals_are_ordered_by_trial_and_what_has_no_score_comes_last() {
        let scored = [(None, 0), (Some(-0.0), 1), (Some(0.5), 4), (Some(0.5), 3), (Some(0.0), 2), (None, 5)];
        let mut scored = scored.map(|(score, trial)| Scored(score, trial));
        best_first(&mut scored);
        assert_eq!(scored.map(|of| of.1), [3, 4, 1, 2, 0, 5]);
    }

    #[test]
    fn what_got_further_ranks_higher_whatever_the_score_and_every_architecture_is_ranked_once() {
        let of = |architecture, reached, score, trial| {
            let trial = TrialId(trial);
            ArchitectureResult { architecture, reached, score, trial }
        };
        let all = vec![of(0, 1, 0.9, 0), of(1, 1, 0.8, 1), of(2, 1, 0.7, 2), of(1, 3, 0.1, 3), of(0, 3, 0.2, 4)];
        let order: Vec<_> = ranked(all).iter().map(|result| (result.architecture, result.trial.0)).collect();
        assert_eq!(order, [(0, 4), (1, 3), (2, 2)]);
    }
}
