//! How many architectures each round measures, and what it may spend.

use genomenas_plugin::message::{Budget, Cost, Unit};

use crate::settings::Settings;

/// Steps that each sub-network of a round should get, if the budget is not to be spread too thin.
const STEPS: u64 = 4;
/// The part of a round that goes to scoring at most.
const SCORING: u64 = 3;

/// The part of what is left that scoring may be planned to cost: networks of the search form take a little more than
/// those that are counted, and the last score must not be cut.
const MARGIN: f64 = 0.95;

/// The rounds of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Architectures of each round: random ones first, then those chosen.
    pub sizes: Vec<usize>,
    /// How many of them at the beginning are random.
    pub random: usize,
    /// Architectures of one more round, the best of the others.
    pub finalists: usize,
}

/// What samples cost in the unit of the budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// A forward pass of a sample of the training split.
    pub trained: f64,
    /// A forward pass of a sample of the validation split.
    pub validated: f64,
}

/// How sub-networks are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scoring {
    /// Samples over which batch norms are computed anew.
    pub recalibrate: u32,
    /// Samples a batch.
    pub batch: u32,
    /// Batches of the validation split.
    pub validation_batches: u32,
}

impl Rounds {
    /// The rounds that `settings` ask for, or fewer and smaller ones where the budget is small. One sample's forward
    /// pass takes `forward` multiply-adds.
    pub fn new(settings: &Settings, budget: Budget, forward: u64) -> Self {
        let Settings { init_num, iterations, bo_sample_num, finalists, batch, .. } = *settings;
        let mut sizes: Vec<usize> = vec![bo_sample_num; init_num / bo_sample_num];
        let rest = init_num % bo_sample_num;
        sizes.extend((rest > 0).then_some(rest));
        let random = sizes.len();
        sizes.extend(vec![bo_sample_num; iterations]);
        let finalists = if settings.shares_weights() { finalists } else { 0 };
        let mut rounds = Self { sizes, random, finalists };
        let step = match budget.unit {
            Unit::Samples => u64::from(batch),
            Unit::MultiplyAdds => forward.saturating_mul(3).saturating_mul(batch.into()),
            // How fast the machine is turns out later.
            Unit::Seconds => return rounds,
        };
        let steps = budget.amount / step.max(1);
        if settings.shares_weights() {
            rounds.share(steps);
        } else {
            rounds.cut(steps);
        }
        rounds
    }

    /// Makes rounds smaller, and then fewer, so that each sub-network gets some of these steps.
    fn share(&mut self, steps: u64) {
        let rounds = (self.sizes.len() + usize::from(self.finalists > 0)) as u64;
        let most = (steps * (SCORING - 1) / SCORING / STEPS / rounds.max(1)).max(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.sizes.iter_mut().for_each(|size| *size = (*size).min(most));
        // One has nobody to be compared with.
        self.finalists = if most > 1 { self.finalists.min(most) } else { 0 };
        self.sizes.truncate(usize::try_from(steps).unwrap_or(usize::MAX).max(1));
    }

    /// Leaves rounds out from the end, so that each network gets at least one of these steps.
    fn cut(&mut self, steps: u64) {
        let mut left = usize::try_from(steps).unwrap_or(usize::MAX).max(1);
        for size in &mut self.sizes {
            *size = (*size).min(left);
            left -= *size;
        }
        self.sizes.retain(|size| *size > 0);
    }

    /// What the round of this number may spend of what remains; the finalists' follows the last.
    pub fn share_of(&self, round: usize, remaining: u64) -> u64 {
        let left: usize = self.sizes.iter().skip(round).sum::<usize>() + self.finalists;
        let size = self.sizes.get(round).copied().unwrap_or(self.finalists);
        part(remaining, size as u64, left as u64)
    }
}

impl Rates {
    /// The rates of a network whose forward pass takes `forward` multiply-adds; rates in seconds follow from what a trial has spent.
    pub fn new(unit: Unit, forward: u64, spent: Option<&Cost>) -> Option<Self> {
        let forward = forward as f64;
        match unit {
            Unit::Samples => Some(Self { trained: 1.0, validated: 0.0 }),
            Unit::MultiplyAdds => Some(Self { trained: forward, validated: forward }),
            Unit::Seconds => {
                let spent = spent.filter(|spent| spent.multiply_adds > 0)?;
                let each = forward * spent.seconds / spent.multiply_adds as f64;
                Some(Self { trained: each, validated: each })
            }
        }
    }
}

/// The part of a round's `share` that is kept back from training, to score `masks` sub-networks.
pub fn reserve(share: u64, masks: usize, rates: Option<Rates>, wish: Scoring) -> u64 {
    let most = share / SCORING;
    rates.map_or(most, |rates| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative; saturates")]
        let needed = wish.cost(rates, masks).ceil() as u64;
        needed.min(most)
    })
}

impl Scoring {
    /// What `settings` ask for, on splits of this number of rows.
    pub fn wish(settings: &Settings, train_rows: u64, valid_rows: u64) -> Self {
        let Settings { batch, recalibrate_batch_norm, steps_per_epoch, .. } = *settings;
        let rows = u32::try_from(train_rows).unwrap_or(u32::MAX);
        let batches = u32::try_from(valid_rows.div_ceil(batch.into())).unwrap_or(u32::MAX).max(1);
        Self { recalibrate: recalibrate_batch_norm.min(rows), batch, validation_batches: batches.min(steps_per_epoch) }
    }

    /// The same with fewer samples, so that it costs no more than is left: as much of either as of the other, but at
    /// least one batch of the validation split. Statistics of fewer than sixteen samples are worse than none.
    #[must_use]
    pub fn within(self, left: u64, rates: Option<Rates>, masks: usize) -> Self {
        const FEWEST: u32 = 16;
        let Some(rates) = rates else { return Self { recalibrate: 0, ..self } };
        let (cost, left) = (self.cost(rates, masks), MARGIN * left as f64);
        let factor = if cost > left { left / cost } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not more than it was")]
        let scaled = |count: u32| (f64::from(count) * factor) as u32;
        let recalibrate = scaled(self.recalibrate);
        // Batches that are whole, because the host rounds up to them.
        let (recalibrate, batch) = match recalibrate {
            few if few < FEWEST => (0, self.batch),
            few if few < self.batch => (few, few),
            many => (many / self.batch * self.batch, self.batch),
        };
        let validated = if rates.validated > 0.0 { scaled(self.validation_batches) } else { self.validation_batches };
        // As many samples, in batches that may be smaller.
        let samples = u64::from(validated.max(1)) * u64::from(self.batch);
        let validation_batches = u32::try_from(samples.div_ceil(batch.into())).unwrap_or(u32::MAX);
        Self { recalibrate, batch, validation_batches }
    }

    fn cost(self, rates: Rates, masks: usize) -> f64 {
        let validated = f64::from(self.validation_batches) * f64::from(self.batch);
        masks as f64 * (f64::from(self.recalibrate) * rates.trained + validated * rates.validated)
    }
}

/// The part of `amount` that `of` is of `all`, rounded down.
fn part(amount: u64, of: u64, all: u64) -> u64 {
    let part = u128::from(amount) * u128::from(of) / u128::from(all.max(1));
    // A part is at most the whole.
    u64::try_from(part).unwrap_or(amount).max(1)
}
