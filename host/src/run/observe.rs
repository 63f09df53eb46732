//! What a run tells the one who watches it.

use std::time::{Duration, Instant};

use genomenas_plugin::message::{Epoch, MaskScore};
use genomenas_torch::train::Watch;

use super::journal::Phase;

/// News of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something began: a search, a trial, the final training, the test.
    Phase(String),
    /// An epoch ended.
    Epoch {
        /// The trial; `None` in the final training.
        trial: Option<u64>,
        /// What was measured.
        epoch: Epoch,
    },
    /// A mask was scored.
    Score {
        /// The trial.
        trial: u64,
        /// What was measured.
        score: MaskScore,
    },
    /// A trial ended, or something else worth a line.
    Message(String),
    /// Training moves on; at most twice a second.
    Progress {
        /// Finished part of the run.
        done: f64,
        /// Training samples a second.
        rate: f64,
    },
}

/// Watches a run.
pub trait Observer {
    /// Hears of one event.
    fn event(&mut self, event: &Event);
}

/// Turns the steps of a training into [`Event::Progress`].
pub(super) struct Steps<'a> {
    observer: &'a mut dyn Observer,
    /// The part of the run that was finished when this training began, and the part that it is.
    span: (f64, f64),
    since: Instant,
    samples: u64,
}

impl<'a> Steps<'a> {
    pub(super) fn new(observer: &'a mut dyn Observer, span: (f64, f64)) -> Self {
        Self { observer, span, since: Instant::now(), samples: 0 }
    }
}

impl Watch for Steps<'_> {
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

/// The part of a run that its search is, when a final training follows.
pub(super) const SEARCH_SHARE: f64 = 0.5;

/// The span of a phase within the run.
pub(super) fn span(phase: Phase, has_search: bool, has_final: bool) -> (f64, f64) {
    match (phase, has_search, has_final) {
        (Phase::Search, _, true) => (0.0, SEARCH_SHARE),
        (Phase::Search, ..) | (Phase::Final, false, _) => (0.0, 1.0),
        (Phase::Final, true, _) => (SEARCH_SHARE, 1.0 - SEARCH_SHARE),
    }
}
