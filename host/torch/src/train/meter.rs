//! What a training costs, and when it has to stop.

use std::time::Instant;

use genomenas_plugin::engine::{Bound, part, reached};
use genomenas_plugin::message::{Cost, Stopped};

/// Counts the cost of one training.
#[derive(Debug)]
pub struct Meter {
    bounds: Vec<Bound>,
    cost: Cost,
    /// When the clock was last read into the cost; absent while it stands still.
    clock: Option<Instant>,
}

impl Meter {
    /// A meter without bounds that has already counted `cost`.
    pub fn new(cost: Cost) -> Self {
        Self { bounds: Vec::new(), cost, clock: Some(Instant::now()) }
    }

    /// Replaces all bounds, and lets the clock run if it was stopped.
    pub fn bound_by(&mut self, bounds: Vec<Bound>) {
        self.bounds = bounds;
        self.clock.get_or_insert_with(Instant::now);
    }

    /// Stops the clock until there are new bounds.
    pub fn pause(&mut self) {
        self.cost();
        self.clock = None;
    }

    /// Counts samples that were trained on, each time a gradient was taken of them: `forward` multiply-adds a sample,
    /// and the two products of the backward pass.
    pub fn trained(&mut self, samples: u64, forward: u64) {
        self.cost.samples = self.cost.samples.saturating_add(samples);
        self.add_multiply_adds(samples.saturating_mul(3), forward);
    }

    /// Counts samples that passed through a network to train its statistics, of `forward` multiply-adds each.
    pub fn observed(&mut self, samples: u64, forward: u64) {
        self.cost.samples = self.cost.samples.saturating_add(samples);
        self.add_multiply_adds(samples, forward);
    }

    /// Counts samples that were scored, of `forward` multiply-adds each.
    pub fn scored(&mut self, samples: u64, forward: u64) {
        self.add_multiply_adds(samples, forward);
    }

    fn add_multiply_adds(&mut self, passes: u64, forward: u64) {
        self.cost.multiply_adds = self.cost.multiply_adds.saturating_add(passes.saturating_mul(forward));
    }

    /// The cost up to now.
    pub fn cost(&mut self) -> Cost {
        if let Some(clock) = &mut self.clock {
            let now = Instant::now();
            self.cost.seconds += now.duration_since(*clock).as_secs_f64();
            *clock = now;
        }
        self.cost
    }

    /// The name of the first bound that is reached. It is asked for before a step, so a training overruns by one step at most.
    pub fn reached(&mut self) -> Option<Stopped> {
        let cost = self.cost();
        reached(&self.bounds, &cost)
    }

    /// The part that is spent of the bound of which most is; 0 without a bound.
    pub fn part(&mut self) -> f64 {
        let cost = self.cost();
        part(&self.bounds, &cost)
    }
}

#[cfg(test)]
mod tests {
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
        let mut meter = Meter::new(Cost { seconds: 2.0, ..Cost::default() });
        meter.pause();
        let stood = meter.cost().seconds;
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_eq!(meter.cost().seconds.to_bits(), stood.to_bits());
        meter.bound_by(Vec::new());
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(meter.cost().seconds > stood);
    }
}
