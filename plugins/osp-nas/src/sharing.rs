//! How the budget is shared: every training may spend the part of what is left that its work is of all the work to come.

use genomenas_plugin::message::{Ask, Setup, Unit};
use genomenas_plugin::space::{Mask, Space};
use genomenas_plugin::{Result, seed};

use crate::Settings;
use crate::cells::Cell;
use crate::round::Round;

/// Recalibration may cost at most this part of the samples that are trained.
const RECALIBRATED: f64 = 0.25;
/// The most samples that validation of masks may take for each sample that is trained: as many multiply-adds, once for a
/// validated sample and three times for a trained one.
const VALIDATED: f64 = 3.0;
/// Fewer samples say too little about the statistics of a batch norm, or about a loss.
const LEAST: f64 = 16.0;

/// Work that is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// A training of a supernet with `options` options.
    Train { epochs: u32, options: usize },
    /// A score of `masks` masks of it.
    Score { masks: usize, options: usize },
}

/// What is known of the cost of a job before it is done.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    unit: Unit,
    /// Samples of a step, of an epoch, and of a validation.
    batch: f64,
    epoch: f64,
    validation: f64,
    /// Recalibration of a mask, and samples that are trained a mask, when the budget suffices for everything.
    recalibration: f64,
    trained_a_mask: f64,
    forward: Forward,
}

/// Multiply-adds of one sample's forward pass: about a line from an architecture to the first supernet.
#[derive(Clone, Copy, Debug)]
struct Forward {
    options: (f64, f64),
    multiply_adds: (f64, f64),
}

/// The share of the next job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share {
    /// What it may spend.
    pub(crate) limit: u64,
    /// In which unit: of seconds, once it is known what they are worth, in multiply-adds, of which there are more.
    pub(crate) unit: Unit,
    /// How many whole training steps that is.
    pub(crate) steps: f64,
    /// The part of all the work to come that the rest of the budget suffices for.
    pub(crate) scale: f64,
}

/// The size of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScoreSize {
    pub(crate) recalibrate: u32,
    pub(crate) batch: u32,
    pub(crate) validation_batches: u32,
}

impl Sharing {
    /// What a search costs that begins with this mask.
    pub(crate) fn new(setup: &Setup, settings: &Settings, cells: &[Cell], initial: &Mask) -> Result<Self> {
        let batch = u64::from(settings.batch);
        let batches = u64::from(settings.steps_per_epoch);
        let steps = (setup.data.train_rows / batch).clamp(1, batches);
        let epoch = (steps * batch) as f64;
        let ahead = ahead(settings, cells, initial, Some(0));
        let (mut trained, mut masks) = (0.0, 0.0);
        for job in &ahead {
            match *job {
                Job::Train { epochs, .. } => trained += f64::from(epochs) * epoch,
                Job::Score { masks: count, .. } => masks += count as f64,
            }
        }
        let trained_a_mask = trained / f64::max(masks, 1.0);
        Ok(Self {
            unit: setup.budget.unit,
            batch: batch as f64,
            epoch,
            validation: batches.saturating_mul(batch).min(setup.data.valid_rows) as f64,
            recalibration: f64::from(settings.recalibration).min(RECALIBRATED * trained_a_mask),
            trained_a_mask,
            forward: Forward::new(&setup.space, cells, initial, setup.seed)?,
        })
    }

    /// The share of the first of these jobs.
    pub(crate) fn share(&self, ask: &Ask, ahead: &[Job]) -> Share {
        let remaining = ask.remaining as f64;
        let (all, first) = (self.all(ahead), self.all(ahead.get(..1).unwrap_or_default()));
        let part = if all > 0.0 { first / all } else { 1.0 };
        let Some(price) = self.price(ask) else {
            // Before anything was done, nothing is known of the seconds that it takes.
            let limit = whole(remaining * part).max(1);
            return Share { limit, unit: self.unit, steps: f64::INFINITY, scale: 1.0 };
        };
        let left = remaining / price;
        let scale = if all > 0.0 { (left / all).min(1.0) } else { 1.0 };
        let (unit, step, validation) = match (self.unit, ahead.first()) {
            // Scores may cost no sample, but a run that has none left is over.
            (Unit::Samples, _) => (Unit::Samples, self.batch, 1.0),
            (_, Some(Job::Train { options, .. } | Job::Score { options, .. })) => {
                let forward = self.forward.of(*options);
                (
                    Unit::MultiplyAdds,
                    3.0 * self.batch * forward,
                    f64::from(self.validation_batches(scale)) * self.batch * forward,
                )
            }
            (_, None) => (Unit::MultiplyAdds, 1.0, 0.0),
        };
        // The validation after the last step comes whatever the limit is.
        let steps = ((left * part - validation) / step).floor();
        Share { limit: whole(steps * step).max(1), unit, steps, scale }
    }

    /// Validation batches after an epoch at this scale.
    pub(crate) fn validation_batches(&self, scale: f64) -> u32 {
        batches(self.validation * scale, self.batch)
    }

    /// The size of a score at this scale.
    pub(crate) fn score(&self, scale: f64) -> ScoreSize {
        let samples = (self.recalibration * scale).floor();
        let samples = if samples < LEAST.min(self.batch) { 0.0 } else { samples };
        // Smaller batches where fewer samples are recalibrated, since batches are taken whole.
        let batch = if samples > 0.0 { self.batch.min(samples) } else { self.batch };
        let validation = match self.unit {
            // Costs nothing.
            Unit::Samples => self.validation.min(VALIDATED * self.trained_a_mask * scale),
            _ => self.validated() * scale,
        };
        let batch = batch.min(validation.ceil().max(LEAST));
        ScoreSize {
            recalibrate: narrow((samples / batch).floor() * batch),
            batch: narrow(batch),
            validation_batches: batches(validation, batch),
        }
    }

    /// What a job costs when the budget suffices: in samples, or in multiply-adds.
    fn work(&self, job: &Job) -> f64 {
        let (samples, passes, options) = match *job {
            Job::Train { epochs, options } => {
                let epochs = f64::from(epochs);
                (epochs * self.epoch, epochs * (3.0 * self.epoch + self.validation), options)
            }
            Job::Score { masks, options } => {
                let masks = masks as f64;
                (masks * self.recalibration, masks * (self.recalibration + self.validated()), options)
            }
        };
        match self.unit {
            Unit::Samples => samples,
            _ => passes * self.forward.of(options),
        }
    }

    /// Validation of a mask when the budget suffices.
    fn validated(&self) -> f64 {
        self.validation.min(VALIDATED * self.trained_a_mask)
    }

    fn all(&self, jobs: &[Job]) -> f64 {
        jobs.iter().map(|job| self.work(job)).sum()
    }

    /// What a unit of work costs of the budget, as far as it is known.
    fn price(&self, ask: &Ask) -> Option<f64> {
        match self.unit {
            Unit::Seconds => (ask.used.multiply_adds > 0).then(|| ask.used.seconds / ask.used.multiply_adds as f64),
            _ => Some(1.0),
        }
    }
}

impl Forward {
    fn new(space: &Space, cells: &[Cell], initial: &Mask, seed: u64) -> Result<Self> {
        let options = |mask: &Mask| cells.iter().map(|cell| cell.remaining(mask)).sum::<usize>() as f64;
        let first = space.masked(initial)?;
        let last = Mask::from(&first.sample(&mut seed::stream(seed, "size", 0)));
        let multiply_adds = |space: &Space| space.supernet_layers().map(|layers| layers.multiply_adds() as f64);
        Ok(Self {
            options: (options(&last), options(initial)),
            multiply_adds: (multiply_adds(&space.masked(&last)?)?, multiply_adds(&first)?),
        })
    }

    fn of(&self, options: usize) -> f64 {
        let (few, many) = self.options;
        let part = if many > few { ((options as f64 - few) / (many - few)).clamp(0.0, 1.0) } else { 1.0 };
        self.multiply_adds.0 + (self.multiply_adds.1 - self.multiply_adds.0) * part
    }
}

/// Everything that is still to come while this remains: first the training after `training` rounds, if it is due.
pub(crate) fn ahead(settings: &Settings, cells: &[Cell], remaining: &Mask, training: Option<u32>) -> Vec<Job> {
    let mut options = cells.iter().map(|cell| cell.remaining(remaining)).sum();
    let mut left: Vec<usize> = cells.iter().map(|cell| cell.removable(remaining)).collect();
    let mut jobs = Vec::new();
    jobs.extend(training.map(|rounds| Job::Train { epochs: settings.epochs_after(rounds), options }));
    loop {
        // A single one has nothing to be compared with.
        let sizes = left.iter().map(|&left| if left > 1 { left.min(settings.candidates) } else { 0 });
        let sizes: Vec<usize> = sizes.collect();
        let masks = Round::masks_of(sizes.iter().copied(), settings.jointly);
        if masks == 0 {
            break;
        }
        jobs.push(Job::Score { masks, options });
        for (left, size) in left.iter_mut().zip(sizes) {
            *left -= size.saturating_sub(1);
            options -= size.saturating_sub(1);
        }
        jobs.push(Job::Train { epochs: settings.epochs, options });
    }
    jobs.push(Job::Score { masks: most_last(cells, &left), options });
    jobs
}

/// The most architectures that can be left at the end, when each cell has this number of options too many.
fn most_last(cells: &[Cell], left: &[usize]) -> usize {
    let ways = |cell: &Cell| {
        let edges = cell.groups.iter().map(|group| if group.decisions.len() > group.keep { group.keep + 1 } else { 2 });
        edges.max().unwrap_or(1)
    };
    let open = cells.iter().zip(left).filter(|(_, left)| **left > 0);
    let all = open.fold(1_usize, |all, (cell, _)| all.saturating_mul(ways(cell)));
    if all == 1 { 0 } else { all.min(crate::draw::MOST_LAST) }
}

/// The number of whole batches in this number of samples, at least one.
fn batches(samples: f64, batch: f64) -> u32 {
    narrow((samples / batch).ceil()).max(1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
const fn whole(number: f64) -> u64 {
    number as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
const fn narrow(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::{Group, add, pair};
    use genomenas_plugin::space::Decision;

    /// A cell of one decision with this many options, and the mask that has all of them.
    fn cell(name: &str, options: usize) -> (Cell, Mask) {
        let options: Vec<String> = (0..options).map(|option| option.to_string()).collect();
        let mut mask = Mask::default();
        for option in &options {
            add(&mut mask, pair(name, option));
        }
        let decision = Decision { id: name.to_owned(), options, search_only: Vec::new() };
        (Cell { name: name.to_owned(), groups: vec![Group { decisions: vec![decision], keep: 1 }] }, mask)
    }

    fn rounds(jobs: &[Job]) -> usize {
        jobs.iter().filter(|job| matches!(job, Job::Train { .. })).count()
    }

    #[test]
    fn of_m_options_too_many_n_candidates_a_round_leave_one_after_m_minus_1_by_n_minus_1_rounds() {
        for too_many in 1..120_usize {
            let (cell, mask) = cell("only", too_many + 1);
            for candidates in 2..20 {
                let settings = Settings { candidates, ..Settings::default() };
                let jobs = ahead(&settings, std::slice::from_ref(&cell), &mask, None);
                assert_eq!(rounds(&jobs), (too_many - 1).div_ceil(candidates - 1));
                assert_eq!(jobs.last(), Some(&Job::Score { masks: 2, options: 2 }));
            }
        }
    }

    #[test]
    fn a_cell_that_has_one_option_too_many_waits_for_the_others() {
        let ((small, few), (large, many)) = (cell("small", 3), cell("large", 8));
        let mask = Mask(few.0.into_iter().chain(many.0).collect());
        for (jointly, masks) in [(true, [4, 4, 4]), (false, [6, 4, 4])] {
            let settings = Settings { jointly, ..Settings::default() };
            let jobs = ahead(&settings, &[small.clone(), large.clone()], &mask, None);
            let train = |options| Job::Train { epochs: 1, options };
            let score = |masks, options| Job::Score { masks, options };
            assert_eq!(jobs, [score(masks[0], 11), train(7), score(masks[1], 7), train(4), score(masks[2], 4)]);
        }
    }
}
