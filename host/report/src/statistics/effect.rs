//! Effect sizes.

use super::summary::{mean, standard_deviation};

/// Cohen's d of paired differences: their mean in units of their deviation (Cohen, "Statistical power analysis", 1988); `None`
/// where they do not differ.
pub fn cohens_d(differences: &[f64]) -> Option<f64> {
    let deviation = standard_deviation(differences).filter(|deviation| *deviation > 0.0)?;
    Some(mean(differences)? / deviation)
}

/// The chance that a value of `left` is above one of `right`, where a tie is half a chance (Vargha and Delaney, "A critique
/// and improvement of the CL common language effect size statistics", 2000).
pub fn vargha_delaney(left: &[f64], right: &[f64]) -> Option<f64> {
    let ahead = left.iter().flat_map(|one| right.iter().map(move |other| half_points(*one, *other))).sum::<f64>();
    let pairs = left.len() * right.len();
    (pairs > 0).then(|| ahead / 2.0 / pairs as f64)
}

/// Cliff's delta ("Dominance statistics", 1993), from -1 to 1: [`vargha_delaney`] on another scale.
pub fn cliffs_delta(left: &[f64], right: &[f64]) -> Option<f64> {
    vargha_delaney(left, right).map(|share| 2.0 * share - 1.0)
}

fn half_points(one: f64, other: f64) -> f64 {
    if one > other {
        2.0
    } else if one < other {
        0.0
    } else {
        1.0
    }
}
