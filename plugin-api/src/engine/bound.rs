//! The most that a trial may cost, and how much of it is spent.

use crate::message::{Cost, Stopped, Unit};

/// One limit of what a trial may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// What is counted.
    pub unit: Unit,
    /// How much of it, counted from the beginning of the trial; seconds have fractions.
    pub amount: f64,
    /// The end that a trial comes to at this bound.
    pub stopped: Stopped,
}

impl Bound {
    /// The part of the bound that a cost is.
    pub fn part(&self, cost: &Cost) -> f64 {
        part_of(cost, self.unit, self.amount)
    }
}

/// The end of a trial that has reached one of its bounds, the first of them.
pub fn reached(bounds: &[Bound], cost: &Cost) -> Option<Stopped> {
    bounds.iter().find(|bound| bound.part(cost) >= 1.0).map(|bound| bound.stopped)
}

/// The part that is spent of the bound of which most is; 0 without a bound.
pub fn part(bounds: &[Bound], cost: &Cost) -> f64 {
    bounds.iter().map(|bound| bound.part(cost)).fold(0.0, f64::max)
}

/// The part of `amount` that a cost is.
pub fn part_of(cost: &Cost, unit: Unit, amount: f64) -> f64 {
    if amount <= 0.0 { 1.0 } else { in_unit(cost, unit) / amount }
}

/// The cost in one unit; seconds with their fractions.
pub fn in_unit(cost: &Cost, unit: Unit) -> f64 {
    match unit {
        Unit::Seconds => cost.seconds,
        unit => cost.in_unit(unit) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds() -> [Bound; 2] {
        let bound = |unit, amount, stopped| Bound { unit, amount, stopped };
        [bound(Unit::MultiplyAdds, 700.0, Stopped::Limit), bound(Unit::Samples, 90.0, Stopped::Budget)]
    }

    fn cost(samples: u64) -> Cost {
        Cost { samples, seconds: 0.0, multiply_adds: 10 * samples }
    }

    #[test]
    fn the_first_bound_that_is_reached_names_the_end() {
        assert_eq!(reached(&bounds(), &cost(69)), None);
        assert_eq!(reached(&bounds(), &cost(70)), Some(Stopped::Limit));
        assert_eq!(reached(&bounds(), &Cost { samples: 90, ..Cost::default() }), Some(Stopped::Budget));
        assert_eq!(reached(&[], &cost(1000)), None);
    }

    #[test]
    fn the_bound_of_which_most_is_spent_gives_the_part() {
        assert_eq!(part(&bounds(), &cost(35)).to_bits(), 0.5_f64.to_bits());
        let samples = Cost { samples: 45, multiply_adds: 7, ..Cost::default() };
        assert_eq!(part(&bounds(), &samples).to_bits(), 0.5_f64.to_bits());
        assert_eq!(part(&[], &cost(35)).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_bound_of_nothing_is_reached_before_the_first_step() {
        let nothing = Bound { amount: 0.0, ..bounds()[0] };
        assert_eq!(reached(&[nothing], &Cost::default()), Some(Stopped::Limit));
    }

    #[test]
    fn seconds_count_with_their_fractions() {
        let half = Cost { seconds: 0.5, ..Cost::default() };
        assert_eq!(part_of(&half, Unit::Seconds, 2.0).to_bits(), 0.25_f64.to_bits());
    }
}
