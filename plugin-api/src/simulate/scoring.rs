//! The scoring of one trial: parts of a supernet, one after the other.

use super::cost::{of_passes, steps_to};
use super::curves::Truth;
use super::supernet::Supernet;
use super::training::Weights;
use crate::Result;
use crate::engine::{Networks, StepOutcome, Turn, reached};
use crate::message::{Alphas, Cost, MaskScore, Mixing, Stopped, Work};
use crate::space::Mask;

/// A scoring under way.
#[derive(Debug)]
pub(super) struct Scoring {
    /// The mask that the supernet was trained with.
    pub(super) trained: Mask,
    /// How the options of a part count.
    pub(super) mixing: Mixing,
    pub(super) weights: Weights,
    pub(super) spent: Cost,
}

impl Scoring {
    /// Scores the next mask, unless there is none or a bound comes first.
    ///
    /// # Errors
    ///
    /// The mask is not a part of what was trained.
    pub(super) fn step(&mut self, turn: &Turn<'_>, networks: &Networks<'_>, truth: &Truth<'_>) -> Result<StepOutcome> {
        let next = match &turn.trial.trial.work {
            Work::Score { masks, .. } => masks.get(turn.trial.reported as usize),
            Work::Train { .. } => None,
        };
        let end = |stopped| StepOutcome::End { stopped, alphas: Alphas::default() };
        let Some(mask) = next else { return Ok(end(Stopped::Masks)) };
        Ok(match self.score(mask, turn, networks, truth)? {
            Some(score) => StepOutcome::Score(score),
            None => end(reached(turn.bounds, &self.spent).unwrap_or(Stopped::Budget)),
        })
    }

    fn score(
        &mut self,
        mask: &Mask,
        turn: &Turn<'_>,
        networks: &Networks<'_>,
        truth: &Truth<'_>,
    ) -> Result<Option<MaskScore>> {
        let Work::Score { weights_of, recalibrate_batch_norm, batch, validation_batches, .. } = &turn.trial.trial.work
        else {
            return Ok(None);
        };
        let part = networks.of_mask(mask, &self.trained, &self.mixing)?;
        let forward = part.layers.multiply_adds();
        let (batch, info) = (u64::from(*batch), &networks.data.info);
        let recalibrated = u64::from(*recalibrate_batch_norm).div_ceil(batch.max(1)).saturating_mul(batch);
        let validation = validation_batches.map_or(u64::MAX, |batches| batch.saturating_mul(batches.into()));
        for (samples, trains) in [(recalibrated, true), (validation.min(info.valid_rows), false)] {
            let pass = |samples: u64| of_passes(if trains { samples } else { 0 }, samples, forward);
            // The last batch of the validation split may be smaller; it counts with the others.
            let fit = steps_to(turn.bounds, 1.0, &self.spent, &pass(batch));
            if fit < samples.div_ceil(batch.max(1)) {
                self.spent += pass(batch.saturating_mul(fit));
                return Ok(None);
            }
            self.spent += pass(samples);
        }
        let Some(of) = part.part else { return Ok(None) };
        let good =
            Supernet::new(of.space, part.mixing, truth.landscape).good_part(&self.weights.alphas, truth.landscape);
        let score = truth.landscape.score(good, self.weights.samples, info.train_rows, *weights_of, mask);
        Ok(Some(MaskScore { mask: turn.trial.reported, ..score }))
    }
}
