//! The signed-rank test of paired differences (Wilcoxon, "Individual comparisons by ranking methods", 1945).

use super::distribution::normal_two_sided;
use super::ranking::midranks;

/// The signed-rank test of paired differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wilcoxon {
    /// The smaller one of the sums of the ranks of positive and of negative differences.
    pub statistic: f64,
    /// The chance of so much on either side where signs are a matter of chance.
    pub p: f64,
    /// Whether all signs were counted out; otherwise by the normal approximation.
    pub exact: bool,
}

/// Up to so many differences all signs are counted out: their number is then a float without error.
const MOST_EXACT: usize = 50;

/// The test of these differences, of which those of 0 are left out; `None` where none remains.
///
/// Equal sizes share their ranks, and the exact test counts the signs of just those ranks, so that ties need no
/// approximation.
pub fn wilcoxon(differences: &[f64]) -> Option<Wilcoxon> {
    let signed: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    if signed.is_empty() {
        return None;
    }
    let ranks = midranks(&signed.iter().map(|difference| difference.abs()).collect::<Vec<_>>());
    let positive: f64 = signed.iter().zip(&ranks).filter(|(sign, _)| **sign > 0.0).map(|(_, rank)| rank).sum();
    let statistic = positive.min(ranks.iter().sum::<f64>() - positive);
    let exact = ranks.len() <= MOST_EXACT;
    let p = if exact { exactly(statistic, &ranks) } else { normally(statistic, &ranks) };
    Some(Wilcoxon { statistic, p, exact })
}

/// Twice the share of all signs whose positive ranks sum to at most `statistic`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "twice a mean rank is a small whole number"
)]
fn exactly(statistic: f64, ranks: &[f64]) -> f64 {
    let doubled: Vec<usize> = ranks.iter().map(|rank| (2.0 * rank).round() as usize).collect();
    let mut ways = vec![0.0; doubled.iter().sum::<usize>() + 1];
    if let Some(none) = ways.first_mut() {
        *none = 1.0;
    }
    for rank in &doubled {
        for sum in (*rank..ways.len()).rev() {
            let without = ways.get(sum - rank).copied().unwrap_or(0.0);
            if let Some(ways) = ways.get_mut(sum) {
                *ways += without;
            }
        }
    }
    let most = (2.0 * statistic).round() as usize;
    let share = ways.iter().take(most + 1).sum::<f64>() / ways.iter().sum::<f64>();
    (2.0 * share).min(1.0)
}

/// By the normal approximation, corrected for ties and not for continuity.
fn normally(statistic: f64, ranks: &[f64]) -> f64 {
    let count = ranks.len() as f64;
    let mut sorted = ranks.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cubes = |tied: &[f64]| (tied.len() as f64).powi(3) - tied.len() as f64;
    let ties: f64 = sorted.chunk_by(|left, right| left.total_cmp(right).is_eq()).map(cubes).sum();
    let variance = (count * (count + 1.0) * (2.0 * count + 1.0) - ties / 2.0) / 24.0;
    if variance <= 0.0 {
        return 1.0;
    }
    normal_two_sided((statistic - count * (count + 1.0) / 4.0) / variance.sqrt())
}
