//! How much one answer of a strategy may hold: looked at before the answer is in the log.
//!
//! An answer is in the log, whole, before anything is done with it, and each of its trials is a record and a report at
//! least. So what is too much has to be refused before. The bounds lie at or above what the ranges of the strategies in
//! this repository allow. A log of an earlier version may hold more: it is read as it is.

use std::io::{self, Write};

use serde::Serialize;

use crate::message::{Discard, Proposal};
use crate::space::Space;
use crate::{Error, Result};

/// The most trials of one proposal.
pub const MOST_TRIALS: usize = 10_000;

/// The most bytes of one answer, as a log holds it.
pub const MOST_BYTES: usize = 32 << 20;

/// The most bytes of answers between two steps that cost anything.
const MOST_UNPAID_BYTES: usize = 2 * MOST_BYTES;

/// Counts the bytes of answers between two steps that cost anything: trials that do nothing can be told from others only
/// once there are many of them, and each may be large.
#[derive(Debug, Default)]
pub(super) struct Unpaid(usize);

impl Unpaid {
    /// Adds an answer.
    ///
    /// # Errors
    ///
    /// It is too much by now.
    pub(super) fn add(&mut self, bytes: usize) -> Result<()> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > MOST_UNPAID_BYTES {
            return Err(Error::invalid(format!(
                "answered with {} bytes since a trial did anything: expected at most {MOST_UNPAID_BYTES}",
                self.0
            )));
        }
        Ok(())
    }

    /// A trial has had a step of so many multiply-adds.
    pub(super) const fn paid(&mut self, multiply_adds: u64) {
        if multiply_adds > 0 {
            self.0 = 0;
        }
    }
}

/// Refuses a proposal that holds too much. Returns its bytes.
pub(super) fn proposal(proposal: &Proposal) -> Result<usize> {
    if let Proposal::Trials { trials } = proposal
        && trials.len() > MOST_TRIALS
    {
        return Err(Error::invalid(format!(
            "proposed {} trials in one answer: expected at most {MOST_TRIALS}; it can propose more when it is asked again",
            trials.len()
        )));
    }
    let bytes = size(proposal)?;
    if bytes > MOST_BYTES {
        return Err(Error::invalid(format!(
            "proposed {bytes} bytes in one answer: expected at most {MOST_BYTES}; it can propose fewer trials or masks at a time, with shorter names"
        )));
    }
    Ok(bytes)
}

/// Refuses discards that are more than there could be to drop. Returns their bytes.
pub(super) fn discards(discards: &[Discard], space: &Space) -> Result<usize> {
    let of_space: usize = space.decisions.iter().map(|decision| 1 + decision.options.len()).sum();
    let most = of_space.saturating_add(MOST_TRIALS);
    if discards.len() > most {
        return Err(Error::invalid(format!(
            "dropped {} options, edges and trials in one answer: expected at most {most}, which are {MOST_TRIALS} trials and what the space has",
            discards.len()
        )));
    }
    let bytes = size(discards)?;
    if bytes > MOST_BYTES {
        return Err(Error::invalid(format!(
            "dropped {bytes} bytes of names in one answer: expected at most {MOST_BYTES}"
        )));
    }
    Ok(bytes)
}

/// The bytes of a message as JSON.
fn size<T: Serialize + ?Sized>(message: &T) -> Result<usize> {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, message)?;
    Ok(counter.0)
}

/// Counts what is written.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Plan, Trial, TrialId, Work};
    use crate::space::{GenomeNas, Mask, Selection};

    fn trials(count: usize) -> Proposal {
        Proposal::Trials { trials: vec![Trial::train(Selection::default(), Plan::default()); count] }
    }

    #[test]
    fn a_proposal_has_a_bound_of_trials_and_one_of_bytes() {
        assert!(proposal(&trials(MOST_TRIALS)).is_ok_and(|bytes| bytes > 100 * MOST_TRIALS));
        let refused = |proposed: &Proposal| proposal(proposed).unwrap_err().message;
        let many = refused(&trials(MOST_TRIALS + 1));
        assert!(many.starts_with("proposed 10001 trials in one answer: expected at most 10000"), "{many}");
        let name = "n".repeat(MOST_BYTES);
        let long = Mask([(name, ["o".to_owned()].into())].into());
        let score = Work::Score {
            weights_of: TrialId(0),
            masks: vec![long],
            recalibrate_batch_norm: 0,
            batch: 1,
            validation_batches: None,
        };
        let large = refused(&Proposal::trial(Trial::of(score)));
        assert!(large.contains("bytes in one answer: expected at most 33554432"), "{large}");
    }

    #[test]
    fn what_the_ranges_of_strategies_allow_at_most_fits() {
        let space = GenomeNas::new(1000, 919).space().unwrap();
        let whole = Trial::train(space.sample_distinct(1, 1)[0].clone(), Plan::default()).with_limit(1);
        assert!(proposal(&Proposal::Trials { trials: vec![whole; MOST_TRIALS] }).is_ok());
        let masks = vec![Mask::from(&space.sample_distinct(1, 1)[0]); 10_000];
        let score = Work::Score {
            weights_of: TrialId(0),
            masks,
            recalibrate_batch_norm: 0,
            batch: 1,
            validation_batches: None,
        };
        assert!(proposal(&Proposal::trial(Trial::of(score))).is_ok());
    }

    #[test]
    fn bytes_add_up_until_a_trial_does_something() {
        let mut unpaid = Unpaid::default();
        for _ in 0..10 {
            unpaid.add(MOST_UNPAID_BYTES).unwrap();
            unpaid.paid(1);
        }
        unpaid.add(MOST_UNPAID_BYTES).unwrap();
        unpaid.paid(0);
        assert!(unpaid.add(1).unwrap_err().message.starts_with("answered with 67108865 bytes"));
    }

    #[test]
    fn no_more_is_dropped_than_there_is() {
        let space = GenomeNas { cells: 1, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(50, 2) }.space().unwrap();
        let every: usize = space.decisions.iter().map(|decision| 1 + decision.options.len()).sum();
        let drop = |count: usize| vec![Discard::trial(TrialId(7)); count];
        assert!(discards(&drop(every + MOST_TRIALS), &space).is_ok());
        let refused = discards(&drop(every + MOST_TRIALS + 1), &space).unwrap_err().message;
        assert!(refused.contains("options, edges and trials in one answer"), "{refused}");
        let name = "n".repeat(MOST_BYTES);
        assert!(discards(&[Discard::Edge { decision: name }], &space).is_err());
    }
}
