//! Tails of distributions, on the special functions of `statrs`.

use statrs::function::beta::beta_reg;
use statrs::function::erf::erfc;
use statrs::function::gamma::gamma_ur;

/// The share of a standard normal distribution up to `x`.
pub(super) fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / std::f64::consts::SQRT_2)
}

/// The density of the standard normal distribution.
pub(super) fn normal_density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The share of a standard normal distribution at least as far from 0 as `z`.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The share of a chi-squared distribution above `x`.
pub(super) fn chi_squared_above(x: f64, degrees: f64) -> f64 {
    if x > 0.0 && degrees > 0.0 { gamma_ur(degrees / 2.0, x / 2.0) } else { 1.0 }
}

/// The share of Student's distribution at least as far from 0 as `t`; any positive number of degrees of freedom.
pub(super) fn student_two_sided(t: f64, degrees: f64) -> f64 {
    if degrees > 1e7 {
        return normal_two_sided(t);
    }
    let x = degrees / (degrees + t * t);
    if x <= 0.0 || degrees <= 0.0 { 0.0 } else { beta_reg(degrees / 2.0, 0.5, x.min(1.0)) }
}

/// The `t` beyond which, on both sides together, the share `share` of Student's distribution lies.
pub(super) fn student_beyond(share: f64, degrees: f64) -> f64 {
    solve(|t| student_two_sided(t, degrees) - share)
}

/// Where a function that falls from above 0 to below it, from 0 on, is 0.
pub(super) fn solve(falls: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while falls(high) > 0.0 && high < 1e9 {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if falls(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
