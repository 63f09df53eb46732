//! Ranks of several entries over blocks: Friedman's test ("The use of ranks to avoid the assumption of normality", 1937), and
//! the Nemenyi test of pairs, as Demšar recommends ("Statistical comparisons of classifiers over multiple data sets", 2006).

use super::distribution::chi_squared_above;
use super::ranking::midranks;
use super::studentized_range::{above, exceeded};

/// Friedman's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Friedman {
    /// Chi-squared, corrected for ties.
    pub statistic: f64,
    /// Its degrees of freedom, one less than the entries.
    pub degrees: usize,
    /// The chance of so much where all entries are equal.
    pub p: f64,
}

/// Friedman's test of blocks with one value per entry; `None` for fewer than three entries or two blocks, or where all
/// values of every block are equal.
pub fn friedman(blocks: &[Vec<f64>]) -> Option<Friedman> {
    let (entries, count) = (blocks.first()?.len(), blocks.len() as f64);
    if entries < 3 || blocks.len() < 2 || blocks.iter().any(|block| block.len() != entries) {
        return None;
    }
    let (k, mut sums, mut ties) = (entries as f64, vec![0.0; entries], 0.0);
    for block in blocks {
        let ranks = midranks(block);
        for (sum, rank) in sums.iter_mut().zip(&ranks) {
            *sum += rank;
        }
        let mut sorted = ranks;
        sorted.sort_by(f64::total_cmp);
        ties += sorted
            .chunk_by(|left, right| left.total_cmp(right).is_eq())
            .map(|tied| cubed_less_itself(tied.len()))
            .sum::<f64>();
    }
    let correction = 1.0 - ties / (cubed_less_itself(entries) * count);
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let statistic = (12.0 / (k * count * (k + 1.0)) * squares - 3.0 * count * (k + 1.0)) / correction;
    (correction > 0.0).then(|| Friedman { statistic, degrees: entries - 1, p: chi_squared_above(statistic, k - 1.0) })
}

/// The chance that the average ranks of two of `entries` equal entries differ by this much or more over `blocks`.
pub fn nemenyi(difference: f64, entries: usize, blocks: usize) -> f64 {
    above(difference.abs() / unit(entries, blocks) * std::f64::consts::SQRT_2, entries)
}

/// By how much the average ranks of two entries have to differ for a Nemenyi test at `level`.
pub fn critical_difference(level: f64, entries: usize, blocks: usize) -> f64 {
    exceeded(level, entries) / std::f64::consts::SQRT_2 * unit(entries, blocks)
}

/// The standard error of a difference of average ranks.
fn unit(entries: usize, blocks: usize) -> f64 {
    (entries as f64 * (entries as f64 + 1.0) / (6.0 * blocks as f64)).sqrt()
}

fn cubed_less_itself(count: usize) -> f64 {
    let count = count as f64;
    count * (count * count - 1.0)
}
