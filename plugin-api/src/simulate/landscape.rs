//! The made-up truth: how good an architecture is, and what training it would show.

use rand::RngExt;

use crate::message::{Epoch, MaskScore, TrialId};
use crate::space::{Architecture, Decision, Mask, Selection, Space};
use crate::{Result, seed};

/// How much two decisions that follow each other matter together, beside what each matters alone.
const INTERACTION: f64 = 0.3;
/// Standard deviation of what is measured around what is true.
const NOISE: f64 = 0.004;
/// How much of the differences between parts of a supernet shows under shared weights.
const SHARED: f64 = 0.6;
/// Standard deviation of how far off a part shows: what training takes away, and what it leaves.
const SHARED_NOISE: (f64, f64) = (0.3, 0.02);
/// Random architectures that the found one is compared with.
const COMPARED: u64 = 200;

/// The truth of one seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Landscape {
    pub(super) seed: u64,
}

impl Landscape {
    /// How good a selection is; about standard normal over the space.
    pub(super) fn of_selection(self, selection: &Selection) -> f64 {
        let count = selection.0.len().max(1) as f64;
        let made: Vec<String> = selection.0.iter().map(|(decision, option)| choice(decision, option)).collect();
        let alone: f64 = made.iter().map(|choice| self.normal(choice, 0)).sum();
        let together: f64 = made.windows(2).map(|pair| self.normal(&pair.join("&"), 0)).sum();
        (alone + INTERACTION * together) / count.sqrt()
    }

    /// How good an architecture is that is none of the space: by its canonical hash.
    pub(super) fn of_stranger(self, architecture: &Architecture) -> Result<f64> {
        Ok(self.normal(&architecture.canonical_hash()?, 0))
    }

    /// How good an option is by itself; nothing that an architecture may not have is worth anything.
    pub(super) fn of_option(self, decision: &Decision, option: &str) -> f64 {
        if decision.final_options().any(|known| known == option) {
            self.normal(&choice(&decision.id, option), 0)
        } else {
            0.0
        }
    }

    /// How much of what there is to learn is learned after these samples of a split of `rows`, between 0 and 1.
    pub(super) fn learned(samples: f64, rows: u64) -> f64 {
        1.0 - (-samples / (2.0 * rows.max(1) as f64)).exp()
    }

    /// What is measured after training on `samples` of a split of `rows`, for an architecture this good.
    pub(super) fn epoch(self, good: f64, samples: f64, rows: u64, trial: TrialId, number: u32) -> Epoch {
        let learned = Self::learned(samples, rows);
        let noise = NOISE * self.normal(&format!("epoch {number}"), trial.0);
        let [loss, auroc, auprc, f1] = measured(good, learned, noise);
        Epoch {
            number,
            train_loss: loss - 0.02 * learned,
            valid_loss: loss,
            auroc: Some(auroc),
            auprc: Some(auprc),
            f1: Some(f1),
        }
    }

    /// What is measured of a part of a supernet that trained on `samples`, for a part this good. Shared weights tell
    /// less than own ones: good and bad parts lie nearer together, and what is seen is off by some amount, which is the
    /// same whenever the part is scored with the same weights, and shrinks with the samples.
    pub(super) fn score(self, good: f64, samples: f64, rows: u64, weights_of: TrialId, part: &Mask) -> MaskScore {
        let learned = Self::learned(samples, rows);
        let off = (SHARED_NOISE.0 * (1.0 - learned) + SHARED_NOISE.1)
            * self.normal(&format!("part {:?}", part.0), weights_of.0);
        let [loss, auroc, auprc, f1] = measured(SHARED * good + off, learned, 0.0);
        MaskScore { mask: 0, valid_loss: Some(loss), auroc: Some(auroc), auprc: Some(auprc), f1: Some(f1) }
    }

    /// The share of random architectures that are no better than one this good.
    pub(super) fn percentile(self, good: f64, space: &Space) -> f64 {
        let no_better = |index: &u64| {
            self.of_selection(&space.sample(&mut seed::stream(self.seed, "landscape comparison", *index))) <= good
        };
        (0..COMPARED).filter(no_better).count() as f64 / COMPARED as f64
    }

    /// A draw that is standard normal but for its tails: the sum of twelve uniform ones.
    pub(super) fn normal(self, name: &str, index: u64) -> f64 {
        let mut stream = seed::stream(self.seed, &format!("landscape {name}"), index);
        (0..12).map(|_| stream.random::<f64>()).sum::<f64>() - 6.0
    }
}

/// Loss, AUROC, AUPRC and F1 of something this good, when this much of what there is to learn is learned.
fn measured(good: f64, learned: f64, noise: f64) -> [f64; 4] {
    let reach = 0.45 / (1.0 + (-good).exp());
    let auroc = (0.5 + (0.04 + reach) * learned + noise).clamp(0.0, 1.0);
    let above = (auroc - 0.5).max(0.0);
    [0.69 - 0.6 * (auroc - 0.5), auroc, above * 1.8, above * 1.6]
}

/// The name of a choice in the landscape.
fn choice(decision: &str, option: &str) -> String {
    format!("{decision}={option}")
}
