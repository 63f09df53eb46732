//! What simulated training costs: the steps of an epoch, and what they count for.

use super::bound::Bounds;
use super::drive::refused;
use crate::Result;
use crate::message::{Arch, ArchData, ClassWeights, Cost, DataInfo, Order, Plan, Task};

/// Multiply-adds of a simulated second.
const SPEED: f64 = 1e9;

/// The batches whose gradient an architecture step of this order takes, beside that of the weight step it precedes.
///
/// First order: ∇α L(w, α). Second order: g, then ∇α and ∇w' of L(w', α) in one pass, then the two sides of the finite
/// difference.
pub const fn architecture_batches(order: Order) -> u64 {
    match order {
        Order::First => 1,
        Order::Second { .. } => 4,
    }
}

/// Training rows that a plan uses.
fn used_rows(plan: &Plan, data: &DataInfo) -> u64 {
    plan.subsample.map_or(data.train_rows, |share| part_of(data.train_rows, share))
}

/// Rows that architecture steps take from those of the weights.
fn arch_rows(plan: &Plan, data: &DataInfo) -> u64 {
    match plan.arch.as_ref().map(|arch| arch.data) {
        Some(ArchData::Train { part }) => part_of(used_rows(plan, data), part),
        _ => 0,
    }
}

/// Rows that weights are trained on: without those of architecture steps.
fn weight_rows(plan: &Plan, data: &DataInfo) -> u64 {
    used_rows(plan, data).saturating_sub(arch_rows(plan, data))
}

fn part_of(rows: u64, part: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 < part ≤ 1")]
    let count = (rows as f64 * part).round() as u64;
    count.min(rows)
}

/// Refuses a plan that nothing can be trained by on this data, whatever the network.
pub(super) fn check_plan(plan: &Plan, data: &DataInfo) -> Result<()> {
    check_batch(plan, data)?;
    if plan.shift as usize >= data.length {
        return Err(refused(format!(
            "the plan shifts windows by up to {} bases, and they have {}: shift by at most {}",
            plan.shift,
            data.length,
            data.length.saturating_sub(1)
        )));
    }
    if plan.class_weights != ClassWeights::None && matches!(data.task, Task::Regression | Task::PoissonRegression) {
        return Err(refused(
            "the plan weighs classes (class_weights), and the labels of a regression are numbers: leave it out",
        ));
    }
    Ok(())
}

/// Refuses a batch that the rows of weight steps or of architecture steps do not fill.
fn check_batch(plan: &Plan, data: &DataInfo) -> Result<()> {
    let (batch, train, used) = (u64::from(plan.batch), data.train_rows, used_rows(plan, data));
    match plan.subsample {
        _ if batch <= used => {}
        None => {
            return Err(refused(format!(
                "a batch of {batch} is larger than the training split of {train} rows: take at most {train}"
            )));
        }
        Some(share) => {
            return Err(refused(format!(
                "a batch of {batch} is larger than the share of {share} (subsample) of the {train} training rows, which is {used}: take a smaller batch or a larger share"
            )));
        }
    }
    match plan.arch.as_ref().map(|arch| arch.data) {
        Some(ArchData::Train { part }) => {
            let (arch, weights) = (arch_rows(plan, data), weight_rows(plan, data));
            if arch < batch || weights < batch {
                return Err(refused(format!(
                    "architecture steps read {part} of the {used} training rows: that leaves {arch} rows to them and {weights} to the weights, and a batch has {batch}; take a smaller batch or another part"
                )));
            }
        }
        Some(ArchData::Valid) if data.valid_rows < batch => {
            let valid = data.valid_rows;
            return Err(refused(format!(
                "architecture steps read the validation split, whose {valid} rows do not fill a batch of {batch}: take a batch of at most {valid}"
            )));
        }
        _ => {}
    }
    Ok(())
}

/// The steps of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// Steps on weights.
    pub(super) weights: u64,
    /// How many of them an architecture step preceded.
    pub(super) architecture: u64,
}

/// How fast a trial goes through its bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace<'a> {
    pub(super) plan: &'a Plan,
    pub(super) data: &'a DataInfo,
    /// Multiply-adds of one sample's forward pass.
    pub(super) forward: u64,
    pub(super) bounds: &'a Bounds,
}

impl Pace<'_> {
    /// The next epoch of a training that ended `epochs` of them for `spent`: as many steps as the plan has, or as fit;
    /// the last one may go beyond a bound.
    pub(super) fn epoch(&self, epochs: u32, spent: Cost) -> (Steps, Cost) {
        let Self { plan, bounds, .. } = self;
        let available = (weight_rows(plan, self.data) / u64::from(plan.batch)).max(1);
        let steps = plan.steps_per_epoch.map_or(available, |steps| u64::from(steps).min(available));
        let batches = plan.arch.as_ref().map_or(0, |arch| architecture_batches(arch.order));
        let (alone, both) = (self.trained(1, 0), self.trained(1, batches));
        let warm = match &plan.arch {
            Some(arch) if epochs >= arch.warm_up => 0,
            arch => steps.min(bounds.steps_to(warm_up(arch.as_ref(), plan.epochs), &spent, &alone)),
        };
        let warmed = spent + self.trained(warm, 0);
        let architecture = (steps - warm).min(bounds.steps_to(1.0, &warmed, &both));
        let scored = plan.validation_batches.map_or(u64::MAX, |n| u64::from(n).saturating_mul(plan.batch.into()));
        let scored = self.cost(0, scored.min(self.data.valid_rows));
        let weights = warm + architecture;
        (Steps { weights, architecture }, self.trained(weights, architecture.saturating_mul(batches)) + scored)
    }

    /// The cost of `steps` weight steps and of `batches` more batches.
    fn trained(&self, steps: u64, batches: u64) -> Cost {
        self.cost(steps.saturating_add(batches).saturating_mul(self.plan.batch.into()), 0)
    }

    fn cost(&self, samples: u64, scored: u64) -> Cost {
        of_passes(samples, samples.saturating_mul(3).saturating_add(scored), self.forward)
    }
}

/// What it costs to take so many training samples, in so many passes of `forward` multiply-adds each.
pub(super) fn of_passes(samples: u64, passes: u64, forward: u64) -> Cost {
    let multiply_adds = forward.saturating_mul(passes);
    Cost { samples, seconds: multiply_adds as f64 / SPEED, multiply_adds }
}

/// The share of the bounds that trains weights only.
fn warm_up(arch: Option<&Arch>, epochs: u32) -> f64 {
    arch.map_or(1.0, |arch| (f64::from(arch.warm_up) / f64::from(epochs)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Optimizer, Stopped, Unit};
    use crate::simulate::bound::Bound;

    const DATA: DataInfo = DataInfo {
        length: 50,
        labels: 2,
        task: Task::MultiLabel,
        train_rows: 1_005,
        valid_rows: 300,
        reversible: true,
    };

    fn plan(order: Order) -> Plan {
        let data = ArchData::Train { part: 0.4 };
        let arch = Arch { optimizer: Optimizer::default(), clip: None, warm_up: 1, order, data };
        Plan { epochs: 10, batch: 10, validation_batches: Some(2), arch: Some(arch), ..Plan::default() }
    }

    fn epoch(plan: &Plan, amount: f64, epochs: u32, spent: Cost) -> (Steps, Cost) {
        let bounds = Bounds(vec![Bound { unit: Unit::Samples, amount, stopped: Stopped::Budget }]);
        Pace { plan, data: &DATA, forward: 7, bounds: &bounds }.epoch(epochs, spent)
    }

    #[test]
    fn weights_train_on_the_whole_batches_of_the_rows_that_architecture_steps_leave() {
        let plan = plan(Order::First);
        let (steps, cost) = epoch(&plan, 1e9, 0, Cost::default());
        assert_eq!(steps, Steps { weights: 60, architecture: 0 });
        assert_eq!((cost.samples, cost.multiply_adds), (600, 7 * (3 * 600 + 20)));
        let (steps, _) = epoch(&Plan { arch: None, ..plan.clone() }, 1e9, 0, Cost::default());
        assert_eq!(steps, Steps { weights: 100, architecture: 0 });
    }

    #[test]
    fn a_share_of_the_rows_has_so_many_steps_and_leaves_its_part_to_architecture_steps() {
        let plan = Plan { subsample: Some(0.5), ..plan(Order::First) };
        // Of 1,005 rows 503, of which architecture steps read 201.
        assert_eq!(epoch(&plan, 1e9, 0, Cost::default()).0, Steps { weights: 30, architecture: 0 });
        let alone = Plan { arch: None, ..plan.clone() };
        assert_eq!(epoch(&alone, 1e9, 0, Cost::default()).0, Steps { weights: 50, architecture: 0 });
        assert!(check_plan(&Plan { batch: 503, ..alone.clone() }, &DATA).is_ok());
        let refused = check_plan(&Plan { batch: 504, ..alone }, &DATA).unwrap_err().message;
        assert!(refused.contains("share of 0.5") && refused.contains("which is 503"), "{refused}");
        assert!(check_plan(&Plan { batch: 202, ..plan }, &DATA).unwrap_err().message.contains("201 rows to them"));
    }

    #[test]
    fn plans_that_the_data_does_not_allow_are_refused() {
        assert!(check_plan(&Plan { shift: 49, ..Plan::default() }, &DATA).is_ok());
        let far = check_plan(&Plan { shift: 50, ..Plan::default() }, &DATA).unwrap_err().message;
        assert!(far.contains("up to 50 bases") && far.contains("at most 49"), "{far}");
        let weighed = Plan { class_weights: ClassWeights::Balanced { maximum: 10.0 }, ..Plan::default() };
        assert!(check_plan(&weighed, &DATA).is_ok());
        let numbers = DataInfo { task: Task::Regression, ..DATA };
        assert!(check_plan(&weighed, &numbers).unwrap_err().message.contains("class_weights"));
    }

    #[test]
    fn after_the_warm_up_every_step_costs_the_batches_of_its_architecture_step_too() {
        for (order, batches) in [(Order::First, 2), (Order::Second { weight_decay: 0.0 }, 5)] {
            let (steps, cost) = epoch(&plan(order), 1e9, 1, Cost::default());
            assert_eq!(steps, Steps { weights: 60, architecture: 60 });
            assert_eq!(cost.samples, 60 * 10 * batches);
        }
    }

    #[test]
    fn a_bound_warms_up_for_its_share_and_may_be_passed_by_one_step() {
        let plan = plan(Order::First);
        let (steps, cost) = epoch(&plan, 501.0, 0, Cost::default());
        assert_eq!(steps, Steps { weights: 6 + 23, architecture: 23 });
        assert_eq!(cost.samples, 60 + 460);
        let spent = Cost { samples: 495, ..Cost::default() };
        assert_eq!(epoch(&plan, 501.0, 0, spent).0, Steps { weights: 1, architecture: 1 });
    }

    #[test]
    fn a_warm_up_as_long_as_the_training_trains_weights_alone() {
        let mut plan = plan(Order::First);
        plan.arch.as_mut().unwrap().warm_up = 99;
        assert_eq!(epoch(&plan, 95.0, 9, Cost::default()).0, Steps { weights: 10, architecture: 0 });
    }
}
