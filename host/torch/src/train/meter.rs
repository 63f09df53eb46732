//! What a training costs, and when it has to stop.

use std::time::Instant;

use genomenas_plugin::engine::{Bound, part, reached};
use genomenas_plugin::message::{Cost, Stopped};

/// Counts the cost of one training.
#[derive(Debug)]
pub(super) struct Meter {
    bounds: Vec<Bound>,
    cost: Cost,
    /// When the clock was last read into the cost; absent while it stands still.
    clock: Option<Instant>,
}

impl Meter {
    /// A meter without bounds that has already counted `cost`.
    pub(super) fn new(cost: Cost) -> Self {
        Self::started(cost, Instant::now())
    }

    fn started(cost: Cost, now: Instant) -> Self {
        Self { bounds: Vec::new(), cost, clock: Some(now) }
    }

    /// Replaces all bounds, and starts the clock if it was stopped.
    pub(super) fn bound_by(&mut self, bounds: Vec<Bound>) {
        self.bound_by_at(bounds, Instant::now());
    }

    fn bound_by_at(&mut self, bounds: Vec<Bound>, now: Instant) {
        self.bounds = bounds;
        self.clock.get_or_insert(now);
    }

    /// Stops the clock until there are new bounds.
    pub(super) fn pause(&mut self) {
        self.pause_at(Instant::now());
    }

    fn pause_at(&mut self, now: Instant) {
        self.cost_at(now);
        self.clock = None;
    }

    /// Counts samples each time a gradient is taken of them: a pass has `forward` multiply-adds a sample, and the
    /// backward pass twice as many.
    pub(super) fn trained(&mut self, samples: u64, forward: u64) {
        self.cost.samples = self.cost.samples.saturating_add(samples);
        self.add_multiply_adds(samples.saturating_mul(3), forward);
    }

    /// Counts samples that passed through a network to train its statistics, of `forward` multiply-adds each.
    pub(super) fn observed(&mut self, samples: u64, forward: u64) {
        self.cost.samples = self.cost.samples.saturating_add(samples);
        self.add_multiply_adds(samples, forward);
    }

    /// Counts samples that were scored, of `forward` multiply-adds each.
    pub(super) fn scored(&mut self, samples: u64, forward: u64) {
        self.add_multiply_adds(samples, forward);
    }

    fn add_multiply_adds(&mut self, passes: u64, forward: u64) {
        self.cost.multiply_adds = self.cost.multiply_adds.saturating_add(passes.saturating_mul(forward));
    }

    /// The cost up to now.
    pub(super) fn cost(&mut self) -> Cost {
        self.cost_at(Instant::now())
    }

    fn cost_at(&mut self, now: Instant) -> Cost {
        if let Some(clock) = &mut self.clock {
            self.cost.seconds += now.duration_since(*clock).as_secs_f64();
            *clock = now;
        }
        self.cost
    }

    /// The reason of the first bound that is reached. It is asked for before a step, so a training overruns by at most
    /// one step.
    pub(super) fn reached(&mut self) -> Option<Stopped> {
        let cost = self.cost();
        reached(&self.bounds, &cost)
    }

    /// The part spent of the bound that is nearest its end; 0 without a bound.
    pub(super) fn part(&mut self) -> f64 {
        let cost = self.cost();
        part(&self.bounds, &cost)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use genomenas_plugin::message::Unit;

    use super::*;

    #[test]
    fn the_bound_of_which_most_is_spent_tells_the_part_and_the_first_one_reached_ends_it() {
        let mut meter = Meter::new(Cost::default());
        assert_eq!((meter.part().to_bits(), meter.reached()), (0.0_f64.to_bits(), None));
        let limit = Bound { unit: Unit::Samples, amount: 40.0, stopped: Stopped::Limit };
        let budget = Bound { unit: Unit::MultiplyAdds, amount: 600.0, stopped: Stopped::Budget };
        meter.bound_by(vec![limit, budget]);
        meter.trained(10, 5);
        // 10 of 40 samples and 150 of 600 multiply-adds; then 310 of them.
        assert_eq!((meter.part().to_bits(), meter.reached()), (0.25_f64.to_bits(), None));
        meter.scored(20, 5);
        meter.observed(10, 6);
        assert_eq!((meter.cost().samples, meter.cost().multiply_adds), (20, 310));
        assert_eq!((meter.part().to_bits(), meter.reached()), ((310.0_f64 / 600.0).to_bits(), None));
        meter.bound_by(vec![limit, Bound { amount: 310.0, ..budget }]);
        assert_eq!(meter.reached(), Some(Stopped::Budget));
        meter.bound_by(vec![Bound { amount: 20.0, ..limit }, Bound { amount: 0.0, ..budget }]);
        assert_eq!(meter.reached(), Some(Stopped::Limit));
    }

    #[test]
    fn a_paused_clock_counts_no_seconds_until_there_are_new_bounds() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut meter = Meter::started(Cost { seconds: 2.0, ..Cost::default() }, start);
        let mut seconds = |at: Instant, act: fn(&mut Meter, Instant)| {
            act(&mut meter, at);
            meter.cost_at(at).seconds.to_bits()
        };
        let expected = [5.0, 5.0, 5.0, 6.0].map(f64::to_bits);
        let found = [
            seconds(at(3), Meter::pause_at),
            seconds(at(10), |_, _| {}),
            seconds(at(20), |meter, now| meter.bound_by_at(Vec::new(), now)),
            seconds(at(21), |_, _| {}),
        ];
        assert_eq!(found, expected);
    }
}
