//! How much an architecture promises, from the distribution of its logit.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

use crate::gcn::sigmoid;
use crate::regression::Normal;

/// What candidates are ranked by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Acquisition {
    /// The expected score plus a number of its standard deviations.
    Ucb {
        /// How many.
        exploration: f64,
    },
    /// The expected improvement of the logit.
    Ei {
        /// The best logit so far.
        best: f64,
    },
}

impl Acquisition {
    /// The value for an architecture.
    pub fn value(self, logit: Normal) -> f64 {
        match self {
            Self::Ucb { exploration } => {
                let (expected, deviation) = of_score(logit);
                expected + exploration * deviation
            }
            Self::Ei { best } => {
                let gamma = (logit.mean - best) / logit.deviation;
                let cumulative = 0.5 * libm::erfc(-gamma * FRAC_1_SQRT_2);
                let density = (-0.5 * gamma * gamma).exp() / (2.0 * PI).sqrt();
                logit.deviation * (gamma * cumulative + density)
            }
        }
    }
}

/// The mean and the standard deviation of the score, both by approximating the logistic function by the normal
/// distribution's (Daunizeau 2017; `MacKay` 1992).
pub fn of_score(Normal { mean, deviation }: Normal) -> (f64, f64) {
    let g = PI / 8.0;
    let a = 4.0 - 2.0 * SQRT_2;
    let b = -(SQRT_2 + 1.0).ln();
    let variance = deviation * deviation;
    let expected = sigmoid(mean / (1.0 + g * variance).sqrt());
    let square = sigmoid(a * (mean + b) / (1.0 + g * a * a * variance).sqrt());
    // The two approximations can cross where the score is all but certain.
    (expected, (square - expected * expected).max(0.0).sqrt())
}
