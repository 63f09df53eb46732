//! What a training costs, and when it has to stop.

use std::time::Instant;

use genomenas_plugin::message::{Cost, Stopped, Unit};

/// The most that a training may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// What is counted.
    pub unit: Unit,
    /// How much of it; seconds have fractions.
    pub amount: f64,
    /// What the bound is called when it ends the training.
    pub stopped: Stopped,
}

/// Counts the cost of one training.
#[derive(Debug)]
pub struct Meter {
    bound: Option<Bound>,
    cost: Cost,
    /// When the clock was last read into the cost.
    clock: Instant,
}

impl Meter {
    /// A meter that has already counted `cost`.
    pub fn new(bound: Option<Bound>, cost: Cost) -> Self {
        Self { bound, cost, clock: Instant::now() }
    }

    /// Counts samples that were trained on, each time a gradient was taken of them: `forward` multiply-adds a sample,
    /// and the two products of the backward pass.
    pub fn trained(&mut self, samples: u64, forward: u64) {
        self.cost.samples = self.cost.samples.saturating_add(samples);
        self.add_multiply_adds(samples.saturating_mul(3), forward);
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
        let now = Instant::now();
        self.cost.seconds += now.duration_since(self.clock).as_secs_f64();
        self.clock = now;
        self.cost
    }

    /// The bound's name, once it is reached. It is checked before a step, so a training overruns by one step at most.
    pub fn reached(&mut self) -> Option<Stopped> {
        self.bound.filter(|_| self.part() >= 1.0).map(|bound| bound.stopped)
    }

    /// The part of the bound that is spent; 0 without a bound.
    pub fn part(&mut self) -> f64 {
        let cost = self.cost();
        match self.bound {
            None => 0.0,
            Some(Bound { amount, .. }) if amount <= 0.0 => 1.0,
            Some(Bound { unit: Unit::Seconds, amount, .. }) => cost.seconds / amount,
            Some(Bound { unit, amount, .. }) => cost.in_unit(unit) as f64 / amount,
        }
    }
}
