//! Runs in which a test says how good each architecture is.

use std::fmt;

use crate::message::Epoch;
use crate::simulate::{Curves, Simulation};
use crate::space::Selection;

/// Every epoch shows the AUPRC that `judge` gives an architecture, which is its quality, too.
#[must_use]
pub fn judged(simulation: Simulation, judge: impl Fn(&Selection) -> f64 + Send + Sync + 'static) -> Simulation {
    simulation.curves(Judged(judge))
}

struct Judged<F>(F);

impl<F> fmt::Debug for Judged<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judged").finish_non_exhaustive()
    }
}

impl<F: Fn(&Selection) -> f64 + Send + Sync> Curves for Judged<F> {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        Some((self.0)(selection))
    }

    fn at(&self, selection: &Selection, _samples: f64) -> Epoch {
        Epoch { auprc: self.quality(selection), ..Epoch::default() }
    }
}
