//! The scoring of one trial: parts of a supernet, one after the other.

use super::bound::Bounds;
use super::cost::of_passes;
use super::curves::Truth;
use super::drive::refused;
use super::supernet::Supernet;
use super::training::Weights;
use crate::Result;
use crate::message::{Cost, MaskScore, Mixing, Setup, TrialId, Work};
use crate::space::Mask;

/// A supernet that a completed trial trained.
#[derive(Clone, Debug)]
pub(super) struct Trained {
    /// What of the space it had.
    pub(super) mask: Mask,
    pub(super) mixing: Mixing,
}

/// A scoring under way.
#[derive(Debug)]
pub(super) struct Scoring {
    weights_of: TrialId,
    weights: Weights,
    parts: Vec<Part>,
    /// Training samples a mask, in whole batches.
    recalibrated: u64,
    /// Validation samples a mask.
    scored: u64,
    batch: u64,
    rows: u64,
    pub(super) spent: Cost,
}

/// A mask to score.
#[derive(Debug)]
struct Part {
    mask: Mask,
    supernet: Supernet,
    /// Multiply-adds of one sample's forward pass.
    forward: u64,
}

impl Scoring {
    /// The scoring of `work`, of what a trial `trained` and left as `weights`.
    ///
    /// # Errors
    ///
    /// A mask is none of what was trained.
    pub(super) fn new(
        setup: &Setup,
        work: &Work,
        trained: &Trained,
        weights: Weights,
        truth: &Truth<'_>,
    ) -> Result<Self> {
        let Work::Score { weights_of, masks, recalibrate_batch_norm, batch, validation_batches } = work else {
            return Err(refused("it scores nothing"));
        };
        let mixing = mixing_of_a_score(&trained.mixing);
        let part = |(at, mask): (usize, &Mask)| {
            Part::new(mask, trained, &mixing, truth).map_err(|error| error.context(format!("mask {at}")))
        };
        let batch = u64::from(*batch);
        let validation = validation_batches.map_or(u64::MAX, |batches| batch.saturating_mul(batches.into()));
        Ok(Self {
            weights_of: *weights_of,
            weights,
            parts: masks.iter().enumerate().map(part).collect::<Result<_>>()?,
            recalibrated: u64::from(*recalibrate_batch_norm).div_ceil(batch.max(1)).saturating_mul(batch),
            scored: validation.min(setup.data.valid_rows),
            batch,
            rows: setup.data.train_rows,
            spent: Cost::default(),
        })
    }

    /// Scores the mask at this position; `None` when there is none, or a bound came first.
    pub(super) fn score(&mut self, at: u32, bounds: &Bounds, truth: &Truth<'_>) -> Option<MaskScore> {
        let part = self.parts.get(at as usize)?;
        let pass = |samples: u64, trained: u64| of_passes(trained, samples, part.forward);
        for (samples, trained) in [(self.recalibrated, self.batch), (self.scored, 0)] {
            // The last batch of the validation split may be smaller; it counts with the others.
            let (batches, step) = (samples.div_ceil(self.batch.max(1)), pass(self.batch, trained));
            let fit = bounds.steps_to(1.0, &self.spent, &step);
            if fit < batches {
                let cut = self.batch.saturating_mul(fit);
                self.spent += pass(cut, if trained == 0 { 0 } else { cut });
                return None;
            }
            self.spent += pass(samples, if trained == 0 { 0 } else { samples });
        }
        let good = part.supernet.good_part(&self.weights.alphas, truth.landscape);
        let score = truth.landscape.score(good, self.weights.samples, self.rows, self.weights_of, &part.mask);
        Some(MaskScore { mask: at, ..score })
    }
}

impl Part {
    fn new(mask: &Mask, trained: &Trained, mixing: &Mixing, truth: &Truth<'_>) -> Result<Self> {
        let stray = mask.0.iter().flat_map(|(id, options)| options.iter().map(move |option| (id, option)));
        if let Some((id, option)) = stray.into_iter().find(|(id, option)| !trained.mask.has(id, option)) {
            return Err(refused(format!("it has option '{option}' of decision '{id}', which was not trained")));
        }
        let supernet = Supernet::new(truth.space, &trained.mask, Some(mask), mixing, truth.landscape)?;
        let forward = supernet.space.supernet_layers()?.multiply_adds();
        Ok(Self { mask: mask.clone(), supernet, forward })
    }
}

/// How the options of a mask count: as in the supernet's training, where that computed more than sub-networks.
fn mixing_of_a_score(trained: &Mixing) -> Mixing {
    match trained {
        Mixing::Sum => Mixing::Sum,
        mixing if mixing.learns() => Mixing::Softmax,
        _ => Mixing::Uniform { options: u32::MAX },
    }
}
