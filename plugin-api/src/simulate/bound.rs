//! The most that a trial may cost.

use crate::message::{Cost, Stopped, Unit};

/// One limit of what a trial may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) unit: Unit,
    /// Counted from the beginning of the trial.
    pub(super) amount: f64,
    /// What it is called when it ends the trial.
    pub(super) stopped: Stopped,
}

/// The limits of a trial: its own, and what the run has left for it.
#[derive(Clone, Debug)]
pub(super) struct Bounds(pub(super) Vec<Bound>);

impl Bounds {
    /// The end that a trial has come to by its cost.
    pub(super) fn reached(&self, spent: &Cost) -> Option<Stopped> {
        self.0.iter().find(|bound| bound.amount <= in_unit(spent, bound.unit)).map(|bound| bound.stopped)
    }

    /// How many steps of this cost it takes until `spent` is at least a share of one of the bounds.
    pub(super) fn steps_to(&self, share: f64, spent: &Cost, step: &Cost) -> u64 {
        self.0.iter().map(|bound| bound.steps_to(share, spent, step)).min().unwrap_or(u64::MAX)
    }
}

impl Bound {
    fn steps_to(&self, share: f64, spent: &Cost, step: &Cost) -> u64 {
        let short = self.amount * share - in_unit(spent, self.unit);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
        let steps = (short.max(0.0) / in_unit(step, self.unit).max(f64::MIN_POSITIVE)).ceil() as u64;
        steps
    }
}

/// The cost in one unit; of seconds with their parts.
fn in_unit(cost: &Cost, unit: Unit) -> f64 {
    match unit {
        Unit::Seconds => cost.seconds,
        unit => cost.in_unit(unit) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds() -> Bounds {
        let bound = |unit, amount, stopped| Bound { unit, amount, stopped };
        Bounds(vec![bound(Unit::MultiplyAdds, 700.0, Stopped::Limit), bound(Unit::Samples, 90.0, Stopped::Budget)])
    }

    fn cost(samples: u64) -> Cost {
        Cost { samples, seconds: 0.0, multiply_adds: 10 * samples }
    }

    #[test]
    fn the_first_bound_that_is_reached_names_the_end() {
        assert_eq!(bounds().reached(&cost(69)), None);
        assert_eq!(bounds().reached(&cost(70)), Some(Stopped::Limit));
        assert_eq!(bounds().reached(&Cost { samples: 90, ..Cost::default() }), Some(Stopped::Budget));
    }

    #[test]
    fn the_nearest_bound_counts_the_steps() {
        assert_eq!(bounds().steps_to(1.0, &cost(0), &cost(4)), 18);
        assert_eq!(bounds().steps_to(0.5, &cost(0), &cost(4)), 9);
        assert_eq!(bounds().steps_to(1.0, &cost(60), &Cost { samples: 10, ..Cost::default() }), 3);
        assert_eq!(bounds().steps_to(1.0, &cost(75), &cost(4)), 0);
    }
}
