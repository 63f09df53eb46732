//! Records that tests make up.

use super::record::{Phase, Record};
use crate::message::{Alphas, Ask, Budget, Cost, Epoch, Proposal, Report, TrialId, Unit};

/// A small one.
pub(super) const BUDGET: Budget = Budget { amount: 100, unit: Unit::Samples };

/// An answer, when nothing of the budget was used.
pub(super) fn proposed(proposal: Proposal) -> Record {
    let ask = Ask {
        budget: BUDGET,
        remaining: BUDGET.amount,
        used: Cost::default(),
        next_trial: TrialId(0),
        in_flight: Vec::new(),
        slots: 2,
    };
    Record::Propose { ask, proposal, seconds: 0.0 }
}

/// The cost of a sample.
pub(super) fn cost(multiply_adds: u64) -> Cost {
    Cost { samples: 1, multiply_adds, ..Cost::default() }
}

/// A report that says nothing but the cost.
pub(super) fn report(id: u64, cost: Cost) -> Report {
    Report {
        trial: TrialId(id),
        cost,
        remaining: 0,
        epoch: None,
        score: None,
        alphas: Alphas::default(),
        drawn_anew: None,
        end: None,
    }
}

/// An epoch of a trial of the search.
pub(super) fn epoch(id: u64, number: u32, multiply_adds: u64, last: bool) -> Record {
    let epoch = Epoch { number, ..Epoch::default() };
    let report = Some(Report { epoch: Some(epoch.clone()), ..report(id, cost(multiply_adds)) });
    let (phase, trial, used) = (Phase::Search, Some(TrialId(id)), Cost::default());
    Record::Epoch { phase, trial, epoch, used, report, discards: Vec::new(), last }
}
