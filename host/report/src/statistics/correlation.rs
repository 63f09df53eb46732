//! Rank correlations of pairs.

use super::ranking::midranks;
use super::summary::mean;

/// Kendall's tau-b ("The treatment of ties in ranking problems", 1945); `None` where one side is constant.
pub fn kendall(pairs: &[(f64, f64)]) -> Option<f64> {
    let (mut agree, mut left_differs, mut right_differs) = (0.0, 0.0, 0.0);
    for (at, one) in pairs.iter().enumerate() {
        for other in pairs.iter().skip(at + 1) {
            let (left, right) = (sign(one.0 - other.0), sign(one.1 - other.1));
            agree += left * right;
            left_differs += left.abs();
            right_differs += right.abs();
        }
    }
    (left_differs > 0.0 && right_differs > 0.0).then(|| agree / (left_differs * right_differs).sqrt())
}

/// Spearman's correlation: that of the ranks; `None` where one side is constant.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let left = midranks(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let right = midranks(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    let (left_mean, right_mean) = (mean(&left)?, mean(&right)?);
    let (mut both, mut of_left, mut of_right) = (0.0, 0.0, 0.0);
    for (one, other) in left.iter().zip(&right) {
        let (one, other) = (one - left_mean, other - right_mean);
        both += one * other;
        of_left += one * one;
        of_right += other * other;
    }
    (of_left > 0.0 && of_right > 0.0).then(|| both / (of_left * of_right).sqrt())
}

fn sign(difference: f64) -> f64 {
    if difference > 0.0 {
        1.0
    } else if difference < 0.0 {
        -1.0
    } else {
        0.0
    }
}
