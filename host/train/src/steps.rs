//! The steps of a training as news of its run.

use std::time::{Duration, Instant};

use genomenas::run::{Event, Observer};
use genomenas_torch::train::StepObserver;

/// Turns the steps of a training into [`Event::Progress`].
pub(super) struct Steps<'a> {
    observer: &'a mut dyn Observer,
    /// The part of the run that was finished when this training began, and the part that it is.
    span: (f64, f64),
    since: Instant,
    samples: u64,
}

impl<'a> Steps<'a> {
    /// Nothing was done yet.
    pub(super) fn new(observer: &'a mut dyn Observer, span: (f64, f64)) -> Self {
        Self { observer, span, since: Instant::now(), samples: 0 }
    }
}

impl StepObserver for Steps<'_> {
    fn step(&mut self, done: f64, samples: u64) {
        self.samples += samples;
        let elapsed = self.since.elapsed();
        if elapsed > Duration::from_millis(500) {
            let rate = self.samples as f64 / elapsed.as_secs_f64();
            let (before, part) = self.span;
            self.observer.event(&Event::Progress { done: (before + part * done).min(1.0), rate });
            self.since = Instant::now();
            self.samples = 0;
        }
    }
}
