//! How far a training is: all that a checkpoint holds besides tensors.

use genomenas_plugin::engine::part_of;
use genomenas_plugin::message::{Cost, DrawnAnew, Epoch, Horizon, Plan, Stopped};
use serde::{Deserialize, Serialize};

/// How far a training is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TrainingProgress {
    /// The training's seed, which no other training of the run has; absent in checkpoints of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
    /// Finished epochs.
    pub(super) epochs: u32,
    /// Finished weight steps, of all epochs.
    pub(super) steps: u64,
    /// Finished architecture steps, of all epochs.
    pub(super) arch_steps: u64,
    /// Finished weight steps of the current epoch.
    pub(super) epoch_steps: u32,
    /// Sum of the losses of the epoch's samples.
    pub(super) loss_sum: f64,
    /// Samples of the epoch so far.
    pub(super) epoch_samples: u64,
    /// Finished part of the training when the epoch began.
    pub(super) at_epoch: f64,
    /// Cost so far.
    pub(super) cost: Cost,
    /// The last epoch.
    pub(super) last: Option<Epoch>,
    /// The epoch with the lowest validation loss.
    pub(super) best: Option<Epoch>,
    /// Epochs since the validation loss improved by at least the plan's minimum.
    pub(super) without_improvement: u32,
    /// Why it ended.
    pub(super) stopped: Option<Stopped>,
    /// What the trainings that it continues did.
    pub(super) before: Before,
    /// What it did not find in the weights that it began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) drawn_anew: Option<DrawnAnew>,
}

/// What the trainings that another one continues did, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Before {
    /// Finished epochs.
    pub(super) epochs: u32,
    /// Weight steps.
    pub(super) steps: u64,
    /// Architecture steps.
    pub(super) arch_steps: u64,
    /// Their cost.
    pub(super) cost: Cost,
}

impl TrainingProgress {
    /// The progress of a new training that continues this one.
    pub(super) fn continued(&self) -> Self {
        let Before { epochs, steps, arch_steps, cost } = self.before;
        let before = Before {
            epochs: epochs.saturating_add(self.epochs),
            steps: steps.saturating_add(self.steps),
            arch_steps: arch_steps.saturating_add(self.arch_steps),
            cost: cost + self.cost,
        };
        Self { before, ..Self::default() }
    }

    /// How far the schedules are, after this `cost` and the part `spent` of the training's bounds.
    pub(super) fn of_schedules(&self, plan: &Plan, cost: Cost, spent: f64) -> ScheduleProgress {
        let epochs = self.before.epochs.saturating_add(self.epochs);
        match plan.horizon {
            None => ScheduleProgress { epochs: self.epochs, of: plan.epochs, spent, by_epochs: true },
            Some(Horizon::Epochs { epochs: of }) => ScheduleProgress { epochs, of, spent: 0.0, by_epochs: true },
            Some(Horizon::Cost { amount, unit }) => {
                let spent = part_of(&(self.before.cost + cost), unit, amount as f64);
                ScheduleProgress { epochs, of: plan.epochs, spent, by_epochs: false }
            }
        }
    }

    /// Records an epoch that ended with a score. Returns whether it is the best one yet.
    pub(super) fn end_epoch(&mut self, epoch: Epoch, plan: &Plan) -> bool {
        let lowest = self.best.as_ref().map_or(f64::INFINITY, |best| best.valid_loss);
        let needed = plan.early_stopping.map_or(0.0, |stopping| stopping.minimum_improvement);
        self.without_improvement = if epoch.valid_loss < lowest - needed { 0 } else { self.without_improvement + 1 };
        let best = epoch.valid_loss < lowest;
        if best {
            self.best = Some(epoch.clone());
        }
        self.last = Some(epoch);
        self.epochs += 1;
        self.epoch_steps = 0;
        self.loss_sum = 0.0;
        self.epoch_samples = 0;
        best
    }

    /// Why the plan itself ends the training here, if it does.
    pub(super) fn ended(&self, plan: &Plan) -> Option<Stopped> {
        if self.epochs >= plan.epochs {
            return Some(Stopped::Epochs);
        }
        let patience = plan.early_stopping.map_or(u32::MAX, |stopping| stopping.patience);
        (self.without_improvement >= patience).then_some(Stopped::EarlyStopping)
    }
}

/// How far schedules are: over this training alone, or with a horizon over all trainings that it continues.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ScheduleProgress {
    /// Finished epochs.
    pub(super) epochs: u32,
    /// Epochs in all.
    pub(super) of: u32,
    /// The part that is spent of what bounds them.
    pub(super) spent: f64,
    /// Whether the epochs bound them as well.
    by_epochs: bool,
}

impl ScheduleProgress {
    /// The finished part, from 0 to 1: by epochs (`of_epoch` is the finished part of the current one) or by what is
    /// spent, whichever is larger.
    pub(super) fn part(&self, of_epoch: f64) -> f64 {
        let by_epochs = if self.by_epochs { (f64::from(self.epochs) + of_epoch) / f64::from(self.of) } else { 0.0 };
        by_epochs.max(self.spent).min(1.0)
    }

    /// The value for the current epoch in a list, whose last value is for all later epochs. Where the bound will end the
    /// training before its last epoch, the epoch is the one that is as far into the plan.
    pub(super) fn value_in(&self, list: &[f64]) -> Option<f64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a u32, and casts saturate"
        )]
        let by_bound = (self.spent.min(1.0) * f64::from(self.of)) as u32;
        list.get(self.epochs.max(by_bound) as usize).or(list.last()).copied()
    }
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::Unit;

    use super::*;

    #[test]
    fn skip_dropout_follows_the_epochs_and_shrinks_with_a_bound() {
        let plan = Plan { epochs: 4, ..Plan::default() };
        let at = |epochs, spent| {
            let schedule =
                TrainingProgress { epochs, ..TrainingProgress::default() }.of_schedules(&plan, Cost::default(), spent);
            schedule.value_in(&[0.4, 0.3, 0.2]).map(f64::to_bits)
        };
        let expected = [0.4, 0.3, 0.2, 0.2].map(|value: f64| Some(value.to_bits()));
        assert_eq!([at(0, 0.0), at(1, 0.0), at(2, 0.0), at(3, 0.0)], expected);
        assert_eq!([at(0, 0.24), at(0, 0.25), at(0, 0.6), at(0, 1.5)], expected);
        assert_eq!(TrainingProgress::default().of_schedules(&plan, Cost::default(), 0.5).value_in(&[]), None);
    }

    #[test]
    fn with_a_horizon_schedules_count_all_trainings_that_go_on_from_each_other() {
        let cost = |samples| Cost { samples, ..Cost::default() };
        let first = TrainingProgress { epochs: 3, steps: 30, cost: cost(300), ..TrainingProgress::default() };
        let second = TrainingProgress { epochs: 2, steps: 20, cost: cost(200), ..first.continued() };
        let third = TrainingProgress { epochs: 1, ..second.continued() };
        assert_eq!((third.before.epochs, third.before.steps, third.before.cost.samples), (5, 50, 500));
        // Half an epoch and 50 samples into the second epoch of the third, and four fifths of its own bound spent.
        let progress = |horizon| {
            let plan = Plan { epochs: 2, horizon, ..Plan::default() };
            third.of_schedules(&plan, cost(150), 0.8).part(0.5).to_bits()
        };
        assert_eq!(progress(None), 0.8_f64.to_bits());
        assert_eq!(progress(Some(Horizon::Epochs { epochs: 10 })), 0.65_f64.to_bits());
        assert_eq!(progress(Some(Horizon::Cost { amount: 1300, unit: Unit::Samples })), 0.5_f64.to_bits());
        assert_eq!(progress(Some(Horizon::Cost { amount: 100, unit: Unit::Samples })), 1.0_f64.to_bits());
        let plan = Plan { horizon: Some(Horizon::Epochs { epochs: 10 }), ..Plan::default() };
        let schedule = third.of_schedules(&plan, cost(150), 0.8);
        assert_eq!(schedule.value_in(&[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]), Some(0.6));
    }
}
