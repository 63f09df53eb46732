//! The distribution of the studentized range with infinitely many degrees of freedom: the range of `k` independent standard
//! normal values (Tukey 1949; the integral is that of Copenhaver and Holland, "Computation of the distribution of the maximum
//! studentized range statistic", 1988).

use super::distribution::{normal_cdf, normal_density, solve};

/// The chance that `k` standard normal values spread over more than `q`.
pub(super) fn above(q: f64, k: usize) -> f64 {
    /// Of the trapezoidal rule, whose error of a smooth function that vanishes at both ends falls faster than any power.
    const STEP: f64 = 1.0 / 64.0;
    /// Beyond it the density is below 1e-18.
    const STEPS: i32 = 9 * 64;
    if q <= 0.0 || k < 2 {
        return 1.0;
    }
    let others = i32::try_from(k - 1).unwrap_or(i32::MAX);
    let within: f64 = (-STEPS..=STEPS)
        .map(|step| {
            let z = f64::from(step) * STEP;
            normal_density(z) * (normal_cdf(z + q) - normal_cdf(z)).powi(others)
        })
        .sum();
    (1.0 - k as f64 * within * STEP).clamp(0.0, 1.0)
}

/// The range that `k` standard normal values exceed with this chance.
pub(super) fn exceeded(share: f64, k: usize) -> f64 {
    solve(|q| above(q, k) - share)
}
