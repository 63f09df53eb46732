//! A turn of a trial under way: its next epoch or mask, or its end.

use std::time::Duration;

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::{Alphas, Cost, Epoch, MaskScore, Outcome, Stopped};
use genomenas_torch::train::meter::Bound;
use genomenas_torch::train::{Training, Watch};

use super::network::Networks;
use super::work::{Doing, Scores};

/// A checkpoint younger than this is not written again after an epoch: what it lacks is trained again, to the same
/// result.
const CHECKPOINT_AGE: Duration = Duration::from_secs(5);

/// What came of a turn.
pub(super) enum Turn {
    Epoch {
        epoch: Epoch,
        cost: Cost,
        alphas: Alphas,
        /// Whether the training has come to its end with it.
        last: bool,
    },
    Score {
        score: MaskScore,
        cost: Cost,
    },
    End {
        outcome: Outcome,
        cost: Cost,
        best: Option<Epoch>,
        alphas: Alphas,
    },
}

impl Doing {
    /// Sets what it may spend from its beginning on, and lets its clock run.
    pub(super) fn bound_by(&mut self, bounds: Vec<Bound>) {
        match self {
            Self::Training(training) => training.bound_by(bounds),
            Self::Scoring(scores) => scores.scoring.bound_by(bounds),
        }
    }

    /// Stops its clock until the next turn.
    pub(super) fn pause(&mut self) {
        match self {
            Self::Training(training) => training.pause(),
            Self::Scoring(scores) => scores.scoring.pause(),
        }
    }

    /// The next epoch or mask after those that the strategy was `told` of.
    pub(super) fn turn(
        &mut self,
        told: u32,
        take_turns: bool,
        networks: &Networks<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Turn> {
        match self {
            Self::Training(training) => train(training, told, take_turns, watch),
            Self::Scoring(scores) => Ok(score(scores, told, networks, watch)),
        }
    }
}

fn train(training: &mut Training, told: u32, take_turns: bool, watch: &mut dyn Watch) -> Result<Turn> {
    // A kill may have come after an epoch was saved and before the strategy was told of it.
    let mut next = training.last().filter(|last| last.number > told).cloned();
    loop {
        if next.is_none() {
            next = match training.next_epoch(watch).map_err(Error::from) {
                Ok(epoch) => epoch,
                Err(error) if error.is_failure() => {
                    let (cost, best) = (training.cost(), training.best().cloned());
                    return Ok(Turn::End { outcome: failed(&error), cost, best, alphas: Alphas::default() });
                }
                // A full disk, say: not of the trial's making.
                Err(error) => return Err(error),
            };
        }
        match next.take() {
            Some(epoch) if epoch.number <= told => {}
            Some(epoch) => {
                // Where trials take turns, others may have spent meanwhile what an epoch done again could spend.
                if take_turns || !training.saved_within(CHECKPOINT_AGE) {
                    training.save()?;
                }
                let (cost, alphas, last) = (training.cost(), training.alphas()?, training.stopped().is_some());
                return Ok(Turn::Epoch { epoch, cost, alphas, last });
            }
            None => {
                let stopped = training.stopped().ok_or_else(|| Error::bug("a training ended without a reason"))?;
                // Another trial may go on from these weights.
                training.save()?;
                let (cost, best, alphas) = (training.cost(), training.best().cloned(), training.alphas()?);
                return Ok(Turn::End { outcome: Outcome::Completed { stopped }, cost, best, alphas });
            }
        }
    }
}

fn score(scores: &mut Scores, told: u32, networks: &Networks<'_>, watch: &mut dyn Watch) -> Turn {
    let Scores { scoring, trained, mixing, masks } = scores;
    let scored = match masks.get(told as usize) {
        Some(mask) => networks
            .of_mask(mask, trained, mixing)
            .and_then(|layers| Ok(scoring.score(told, &layers, mixing, watch)?))
            .map_err(|error| failed(&error)),
        None => Ok(None),
    };
    let outcome = match scored {
        Ok(Some(score)) => return Turn::Score { score, cost: scoring.cost() },
        Ok(None) => Outcome::Completed { stopped: scoring.stopped().unwrap_or(Stopped::Masks) },
        Err(outcome) => outcome,
    };
    Turn::End { outcome, cost: scoring.cost(), best: None, alphas: Alphas::default() }
}

fn failed(error: &Error) -> Outcome {
    Outcome::Failed { reason: error.to_string() }
}
