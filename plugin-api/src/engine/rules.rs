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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::made_up::{BUDGET, epoch, proposed, report};
    use crate::engine::record::Record;
    use crate::message::{Discard, Network, Plan, Proposal, Trial};
    use crate::space::Selection;

    fn trial() -> Trial {
        Trial::train(Network::Selection { selection: Selection::default() }, Plan::default())
    }

    fn trials(trials: Vec<Trial>) -> Record {
        proposed(Proposal::Trials { trials })
    }

    fn three() -> Record {
        trials(vec![trial(); 3])
    }

    fn ended(id: u64, cost: Cost) -> Record {
        Record::End { trial: TrialId(id), report: report(id, cost), discards: Vec::new(), used: Cost::default() }
    }

    fn next(state: &SearchState) -> Next {
        state.next_step(BUDGET)
    }

    #[test]
    fn the_trial_that_has_had_the_fewest_multiply_adds_is_next() {
        let mut state = SearchState::after(2, &[three()]);
        assert_eq!(next(&state), Next::Turn(TrialId(0)));
        state.apply(&epoch(0, 1, 5, false));
        assert_eq!(next(&state), Next::Turn(TrialId(1)));
        state.apply(&epoch(1, 1, 7, false));
        assert_eq!(next(&state), Next::Turn(TrialId(0)));
    }

    #[test]
    fn a_trial_that_is_over_ends_before_others_go_on_and_the_next_of_the_queue_begins() {
        let mut state = SearchState::after(2, &[three(), epoch(0, 1, 5, true)]);
        assert_eq!(next(&state), Next::Turn(TrialId(0)));
        state.apply(&ended(0, Cost { multiply_adds: 9, ..Cost::default() }));
        let running: Vec<_> = state.running.iter().map(|trial| trial.id.0).collect();
        assert_eq!((running, state.has_room()), (vec![1, 2], false));
    }

    #[test]
    fn a_trial_that_was_dropped_ends_before_anything_else() {
        let mut dropped = epoch(0, 1, 5, true);
        if let Record::Epoch { discards, .. } = &mut dropped {
            discards.push(Discard::Trial { trial: TrialId(1) });
        }
        assert_eq!(next(&SearchState::after(2, &[three(), dropped])), Next::EndDiscarded(TrialId(1)));
    }

    #[test]
    fn a_strategy_is_asked_while_there_is_room_and_a_budget_and_it_does_not_wait() {
        assert_eq!(next(&SearchState::after(1, &[])), Next::Ask);
        let mut state = SearchState::after(2, &[trials(vec![trial()])]);
        assert_eq!(next(&state), Next::Ask);
        assert_eq!(state.next_step(Budget { amount: 0, ..BUDGET }), Next::Turn(TrialId(0)));
        state.waits = true;
        assert_eq!(next(&state), Next::Turn(TrialId(0)));
    }

    #[test]
    fn a_trial_may_spend_its_limit_and_what_the_others_leave() {
        let limited = Trial { limit_unit: Some(Unit::MultiplyAdds), ..trial().with_limit(7) };
        let state = SearchState::after(2, &[trials(vec![trial(), limited]), epoch(0, 1, 5, false)]);
        let bound = |unit, amount, stopped| Bound { unit, amount, stopped };
        let budget = |amount| bound(Unit::Samples, amount, Stopped::Budget);
        assert_eq!(state.bounds(&state.running[0], BUDGET), [budget(100.0)]);
        let limit = bound(Unit::MultiplyAdds, 7.0, Stopped::Limit);
        assert_eq!(state.bounds(&state.running[1], BUDGET), [limit, budget(99.0)]);
        let seconds = Budget { amount: 2, unit: Unit::Seconds };
        let spent = Cost { seconds: 0.5, ..Cost::default() };
        let state = SearchState::after(1, &[trials(vec![trial(); 2]), ended(0, spent)]);
        assert_eq!(state.bounds(&state.running[0], seconds), [bound(Unit::Seconds, 1.5, Stopped::Budget)]);
    }

    #[test]
    fn a_search_gives_up_on_trials_that_do_nothing_as_long_as_there_is_a_budget() {
        let after = |count: u32, cost: Cost| {
            let trials = vec![trial(); count as usize];
            let ends = (0..u64::from(count)).map(|id| ended(id, cost));
            SearchState::after(1, &std::iter::once(self::trials(trials)).chain(ends).collect::<Vec<_>>())
        };
        assert_eq!(after(99, Cost::default()).given_up(BUDGET), None);
        let idle = after(100, Cost::default());
        assert_eq!(idle.given_up(BUDGET), Some((100, "ended before their first step")));
        assert_eq!(idle.given_up(Budget { amount: 0, ..BUDGET }), None);
        let scores = Cost { multiply_adds: 1, ..Cost::default() };
        assert_eq!(after(999, scores).given_up(BUDGET), None);
        assert_eq!(after(1000, scores).given_up(BUDGET), Some((1000, "trained nothing")));
    }
}
