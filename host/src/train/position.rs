//! Where a training stands: all that a resumed one has to know besides its tensors.

use genomenas_plugin::message::{Cost, Epoch, Plan, Stopped};
use serde::{Deserialize, Serialize};

/// Where a training stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    /// Finished epochs.
    pub(super) epochs: u32,
    /// Finished weight steps, of all epochs.
    pub(super) steps: u64,
    /// Finished architecture steps, of all epochs.
    pub(super) arch_steps: u64,
    /// Finished weight steps of the epoch under way.
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
    /// Epochs since the validation loss improved by the plan's minimum.
    pub(super) without_improvement: u32,
    /// Why it ended.
    pub(super) stopped: Option<Stopped>,
}

impl Position {
    /// The finished part of the training, by epochs (`of_epoch` is that of the one under way) or by the part `spent` of
    /// its bound, whichever is nearer its end.
    pub(super) fn progress(&self, plan: &Plan, of_epoch: f64, spent: f64) -> f64 {
        let by_epochs = (f64::from(self.epochs) + of_epoch) / f64::from(plan.epochs);
        by_epochs.max(spent).min(1.0)
    }

    /// The probability of skip dropout: that of the epoch, or, where the bound will end the training before its last
    /// epoch, of the epoch that is as far into the plan.
    pub(super) fn skip_dropout(&self, plan: &Plan, spent: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a u32, and casts saturate"
        )]
        let by_bound = (spent.min(1.0) * f64::from(plan.epochs)) as u32;
        let list = &plan.skip_dropout;
        list.get(self.epochs.max(by_bound) as usize).or(list.last()).copied().unwrap_or(0.0)
    }

    /// Takes note of an epoch that ended with a score. Gives whether it is the best one yet.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skip_dropout_follows_the_epochs_and_shrinks_with_a_bound() {
        let plan = Plan { epochs: 4, skip_dropout: vec![0.4, 0.3, 0.2], ..Plan::default() };
        let at = |epochs, spent| Position { epochs, ..Position::default() }.skip_dropout(&plan, spent).to_bits();
        let expected = [0.4, 0.3, 0.2, 0.2].map(f64::to_bits);
        assert_eq!([at(0, 0.0), at(1, 0.0), at(2, 0.0), at(3, 0.0)], expected);
        assert_eq!([at(0, 0.24), at(0, 0.25), at(0, 0.6), at(0, 1.5)], expected);
        let none = Position::default().skip_dropout(&Plan::default(), 0.5);
        assert_eq!(none.to_bits(), 0.0_f64.to_bits());
    }
}
