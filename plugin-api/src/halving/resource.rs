//! What architectures are given more and more of, and how much of it a budget allows.

use crate::message::{Budget, Horizon, Setup, Trial, Unit, Work};
use crate::{Error, Result};

/// Steps that the lowest rung has at least where the budget decides how long it is: fewer say nothing about a network.
const LEAST_STEPS: u64 = 10;

/// What architectures are given more and more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// What trials cost.
    Cost {
        /// In this unit.
        unit: Unit,
    },
    /// Epochs.
    Epochs,
}

impl Resource {
    /// The trial of `work` that is given `amount` more; schedules run to `top`.
    pub(super) fn trial(self, mut work: Work, amount: u64, top: u64) -> Trial {
        // A plan counts epochs in 32 bits, which no training exceeds.
        let epochs = |amount| u32::try_from(amount).unwrap_or(u32::MAX);
        if let Work::Train { plan, .. } = &mut work {
            match self {
                Self::Cost { unit } => {
                    plan.epochs = u32::MAX;
                    plan.horizon = Some(Horizon::Cost { amount: top, unit });
                }
                Self::Epochs => {
                    plan.epochs = epochs(amount);
                    plan.horizon = Some(Horizon::Epochs { epochs: epochs(top) });
                }
            }
        }
        let (limit, limit_unit) = match self {
            Self::Cost { unit } => (Some(amount), Some(unit)),
            Self::Epochs => (None, None),
        };
        Trial { limit, limit_unit, ..Trial::of(work) }
    }
}

/// How long rungs are: as the user says, or as long as the budget allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceBudget {
    /// Of what.
    pub resource: Resource,
    /// The smallest amount, if the user sets it.
    minimum: Option<u64>,
    /// Amounts that the budget decides are whole multiples of this: a step of samples, or 1.
    granule: u64,
    budget: Budget,
}

impl ResourceBudget {
    /// Reads the parameters `resource` (`budget`, `samples` or `epochs`) and `minimum` (0: the budget decides, or one
    /// epoch).
    ///
    /// # Errors
    ///
    /// The budget cannot decide how many samples a rung has.
    pub fn new(setup: &Setup, resource: &str, minimum: u64, batch: u32) -> Result<Self> {
        let budget = setup.budget;
        let resource = match resource {
            "epochs" => Resource::Epochs,
            "samples" => Resource::Cost { unit: Unit::Samples },
            _ => Resource::Cost { unit: budget.unit },
        };
        let minimum = match (minimum, resource) {
            (0, Resource::Epochs) => Some(1),
            (0, Resource::Cost { unit }) if unit != budget.unit => {
                return Err(Error::invalid(format!(
                    "parameter `minimum` is 0, so the budget decides how long rungs are, but `resource` is {} and the budget is {budget}: set `minimum` to an amount of {0}, or `resource` to \"budget\"",
                    unit.name()
                )));
            }
            (minimum, _) => Some(minimum).filter(|&minimum| minimum > 0),
        };
        let by_samples = minimum.is_none() && budget.unit == Unit::Samples;
        Ok(Self { resource, minimum, granule: if by_samples { batch.into() } else { 1 }, budget })
    }

    /// Whether the budget decides how long rungs are.
    pub const fn is_scaled(&self) -> bool {
        self.minimum.is_none()
    }

    /// Returns `times` the smallest amount where the user sets it; otherwise the largest amount whose `cost` is within
    /// the budget, and at least one step. A greater amount must not cost less.
    pub fn fit(&self, times: u64, cost: impl Fn(u64) -> u128) -> u64 {
        if let Some(minimum) = self.minimum {
            return minimum.saturating_mul(times);
        }
        let granule = self.granule;
        let fits = |steps: u64| cost(steps.saturating_mul(granule)) <= u128::from(self.budget.amount);
        let (mut most, mut beyond) = (0, self.budget.amount / granule + 1);
        while beyond - most > 1 {
            let middle = most + (beyond - most) / 2;
            if fits(middle) { most = middle } else { beyond = middle }
        }
        most.max(1).saturating_mul(granule)
    }

    /// Returns `amount` divided by `by`: whole steps where the budget decides, and at least one.
    pub fn divided(&self, amount: u64, by: u64) -> u64 {
        let steps = amount / by.max(1) / self.granule;
        steps.max(1).saturating_mul(self.granule)
    }

    /// Whether a lowest rung of `amount` is long enough to compare networks, as far as is known without one.
    pub const fn is_long_enough(&self, amount: u64) -> bool {
        self.minimum.is_some() || self.granule == 1 || amount / self.granule >= LEAST_STEPS
    }
}

/// The logarithm rounded down; that of 0 is 0. In integers, because the quotient of two float logarithms can be off by one
/// where the logarithm is whole.
pub fn floor_log(value: u64, base: u64) -> u32 {
    value.checked_ilog(base).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resource_budget(minimum: Option<u64>, granule: u64, amount: u64) -> ResourceBudget {
        let budget = Budget { amount, unit: Unit::Samples };
        ResourceBudget { resource: Resource::Cost { unit: Unit::Samples }, minimum, granule, budget }
    }

    #[test]
    fn logarithms_are_whole_and_exact() {
        let logs = [1, 2, 3, 26, 27, 80, 81, 242, 243].map(|value| floor_log(value, 3));
        assert_eq!(logs, [0, 0, 1, 2, 3, 3, 4, 4, 5]);
        assert_eq!([1, 999, 1000].map(|value| floor_log(value, 10)), [0, 2, 3]);
    }

    #[test]
    fn what_the_user_sets_is_taken_as_it_is() {
        let budget = resource_budget(Some(30), 1, 100);
        assert_eq!(budget.fit(9, u128::from), 270);
        assert_eq!(budget.divided(270, 4), 67);
        assert!(budget.is_long_enough(1));
    }

    proptest! {
        #[test]
        fn what_the_budget_decides_is_the_most_whole_steps_that_fit(
            amount in 1_u64..1_000_000, granule in 1_u64..500, trials in 1_u64..100,
        ) {
            let budget = resource_budget(None, granule, amount);
            let fitted = budget.fit(1, |of| u128::from(of) * u128::from(trials));
            prop_assert_eq!(fitted, (amount / granule / trials).max(1) * granule);
        }
    }
}
