//! What a search does next, and what its trials may spend: functions of its state alone.

use super::bound::Bound;
use super::state::{RunningTrial, SearchState};
use crate::message::{Budget, Cost, Stopped, TrialId, Unit};

/// Trials in a row that did nothing before the search gives up on the strategy.
const MOST_IDLE: u32 = 100;
/// Trials in a row that trained on no sample: scores cost none, so no budget in samples would end them.
const MOST_UNPAID: u32 = 1000;

/// The next step of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Ends a trial that the strategy dropped.
    EndDiscarded(TrialId),
    /// Lets a trial train an epoch, score a mask, or come to its end.
    Turn(TrialId),
    /// Asks the strategy.
    Ask,
}

impl SearchState {
    /// What is left of the budget.
    pub(super) fn remaining(&self, budget: Budget) -> u64 {
        budget.remaining(&self.spent())
    }

    /// What comes next. Of the trials that run, the turn goes to one that is over, else to the one that has had the
    /// fewest multiply-adds.
    pub(super) fn next_step(&self, budget: Budget) -> Next {
        if let Some(trial) = self.running.iter().find(|trial| self.discarded.contains(&trial.id)) {
            return Next::EndDiscarded(trial.id);
        }
        let asks = self.has_room() && !self.waits && self.remaining(budget) > 0;
        match self.running.iter().min_by_key(|trial| (!trial.over, trial.cost.multiply_adds, trial.id)) {
            Some(trial) if !asks => Next::Turn(trial.id),
            _ => Next::Ask,
        }
    }

    /// What a trial may spend from its beginning on: its own limit, and what the other trials leave of the budget.
    pub(super) fn bounds(&self, trial: &RunningTrial, budget: Budget) -> Vec<Bound> {
        let unit = trial.trial.limit_unit.unwrap_or(budget.unit);
        let limit = trial.trial.limit.map(|limit| Bound { unit, amount: limit as f64, stopped: Stopped::Limit });
        let others = self.spent_with(trial.id, Cost::default());
        // Strategies read whole seconds; a trial may have the last part of one.
        let amount = match budget.unit {
            Unit::Seconds => budget.amount as f64 - others.seconds,
            unit => budget.amount.saturating_sub(others.in_unit(unit)) as f64,
        };
        limit.into_iter().chain([Bound { unit: budget.unit, amount, stopped: Stopped::Budget }]).collect()
    }

    /// What the last trials did, where the search gives up because of it, and how many they were. Without a budget
    /// the strategy is not given up: trials of the queue end before they begin, and it has yet to finish.
    pub(super) fn given_up(&self, budget: Budget) -> Option<(u32, &'static str)> {
        match self {
            _ if self.remaining(budget) == 0 => None,
            _ if self.idle_streak >= MOST_IDLE => Some((MOST_IDLE, "ended before their first step")),
            _ if self.zero_cost_streak >= MOST_UNPAID => Some((MOST_UNPAID, "trained nothing")),
            _ => None,
        }
    }
}
