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
    if share >= 1.0 {
        return 0.0;
    }
    solve(|t| student_two_sided(t, degrees).ln() - share.ln())
}

/// Where a function that falls from above 0 to below it, from 0 on, is 0: by the rule of false position as Dowell and
/// Jarratt mend it ("A modified regula falsi method", 1971), and by halves where that fails.
pub(super) fn solve(falls: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let (mut at_low, mut at_high) = (falls(low), falls(high));
    while at_high > 0.0 && high < 1e12 {
        (low, at_low) = (high, at_high);
        high *= 2.0;
        at_high = falls(high);
    }
    let mut last = 0_i8;
    for _ in 0..200 {
        let crossing = (low * at_high - high * at_low) / (at_high - at_low);
        let inside = crossing.is_finite() && crossing > low && crossing < high;
        let middle = if inside { crossing } else { f64::midpoint(low, high) };
        let at = falls(middle);
        if at.abs() < 1e-15 || (high - low) <= 1e-15 * high {
            return middle;
        }
        // An end that stays twice is given half its weight.
        if at > 0.0 {
            (low, at_low) = (middle, at);
            at_high *= if last == 1 { 0.5 } else { 1.0 };
            last = 1;
        } else {
            (high, at_high) = (middle, at);
            at_low *= if last == -1 { 0.5 } else { 1.0 };
            last = -1;
        }
    }
    f64::midpoint(low, high)
}
