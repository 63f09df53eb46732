//! What simulated training costs: the steps of an epoch, and what they count for.

use crate::engine::{Bound, PlanRows, in_unit};
use crate::message::{Arch, Cost, Order, Plan};

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
    pub(super) rows: &'a PlanRows,
    /// Rows of the validation split.
    pub(super) valid_rows: u64,
    /// Multiply-adds of one sample's forward pass.
    pub(super) forward: u64,
    pub(super) bounds: &'a [Bound],
}

impl Pace<'_> {
    /// The next epoch of a training that ended `epochs` of them for `spent`: as many steps as the plan has, or as fit;
    /// the last one may go beyond a bound.
    pub(super) fn epoch(&self, epochs: u32, spent: Cost) -> (Steps, Cost) {
        let Self { plan, bounds, .. } = self;
        let available = (self.rows.weights / u64::from(plan.batch)).max(1);
        let steps = plan.steps_per_epoch.map_or(available, |steps| u64::from(steps).min(available));
        let batches = plan.arch.as_ref().map_or(0, |arch| architecture_batches(arch.order));
        let (alone, both) = (self.trained(1, 0), self.trained(1, batches));
        let warm = match &plan.arch {
            Some(arch) if epochs >= arch.warm_up => 0,
            arch => steps.min(steps_to(bounds, warm_up(arch.as_ref(), plan.epochs), &spent, &alone)),
        };
        let warmed = spent + self.trained(warm, 0);
        let architecture = (steps - warm).min(steps_to(bounds, 1.0, &warmed, &both));
        let scored = plan.validation_batches.map_or(u64::MAX, |n| u64::from(n).saturating_mul(plan.batch.into()));
        let strands = if plan.average_strands { 2 } else { 1 };
        let scored = self.cost(0, strands * scored.min(self.valid_rows));
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

/// How many steps of this cost it takes until `spent` is at least a share of one of the bounds.
pub(super) fn steps_to(bounds: &[Bound], share: f64, spent: &Cost, step: &Cost) -> u64 {
    let to = |bound: &Bound| {
        let short = bound.amount * share - in_unit(spent, bound.unit);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
        let steps = (short.max(0.0) / in_unit(step, bound.unit).max(f64::MIN_POSITIVE)).ceil() as u64;
        steps
    };
    bounds.iter().map(to).min().unwrap_or(u64::MAX)
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
    use crate::engine::Data;
    use crate::message::{ArchData, DataInfo, Optimizer, Stopped, Task, Unit};

    const DATA: Data = Data {
        info: DataInfo {
            length: 50,
            labels: 2,
            task: Task::MultiLabel,
            train_rows: 1_005,
            valid_rows: 300,
            reversible: true,
        },
        both_strands: false,
        next_nucleotide: false,
    };

    fn plan(order: Order) -> Plan {
        let data = ArchData::Train { part: 0.4 };
        let arch = Arch { optimizer: Optimizer::default(), clip: None, warm_up: 1, order, data };
        Plan { epochs: 10, batch: 10, validation_batches: Some(2), arch: Some(arch), ..Plan::default() }
    }

    fn epoch(plan: &Plan, amount: f64, epochs: u32, spent: Cost) -> (Steps, Cost) {
        let bounds = [Bound { unit: Unit::Samples, amount, stopped: Stopped::Budget }];
        let rows = PlanRows::new(plan, &DATA).unwrap();
        Pace { plan, rows: &rows, valid_rows: DATA.info.valid_rows, forward: 7, bounds: &bounds }.epoch(epochs, spent)
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

    #[test]
    fn the_nearest_bound_counts_the_steps() {
        let bound = |unit, amount| Bound { unit, amount, stopped: Stopped::Limit };
        let bounds = [bound(Unit::MultiplyAdds, 700.0), bound(Unit::Samples, 90.0)];
        let cost = |samples| Cost { samples, seconds: 0.0, multiply_adds: 10 * samples };
        assert_eq!(steps_to(&bounds, 1.0, &cost(0), &cost(4)), 18);
        assert_eq!(steps_to(&bounds, 0.5, &cost(0), &cost(4)), 9);
        assert_eq!(steps_to(&bounds, 1.0, &cost(60), &Cost { samples: 10, ..Cost::default() }), 3);
        assert_eq!(steps_to(&bounds, 1.0, &cost(75), &cost(4)), 0);
    }

    #[test]
    fn a_score_of_both_strands_takes_two_passes_a_row() {
        let plan = Plan { average_strands: true, ..plan(Order::First) };
        assert_eq!(epoch(&plan, 1e9, 0, Cost::default()).1.multiply_adds, 7 * (3 * 600 + 2 * 20));
    }
}
