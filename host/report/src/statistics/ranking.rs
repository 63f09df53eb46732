//! Ranks: of values, and of entries over blocks.

use serde::{Deserialize, Serialize};

/// Entries by their average rank over blocks, as a diagram of critical differences shows them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranks {
    /// Name and average rank, best (lowest) first.
    pub entries: Vec<(String, f64)>,
    /// Borda points of each, in the same order: over all blocks, how many others it was ahead of (a tie is half a point).
    pub borda: Vec<f64>,
    /// The blocks.
    pub blocks: usize,
    /// By how much average ranks have to differ (Nemenyi, at 5 %); `None` with too few blocks for a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical_difference: Option<f64>,
    /// Places in `entries` that are not distinguishable from each other: the largest such groups, of at least two entries,
    /// which may overlap. All entries where there is no critical difference.
    pub groups: Vec<Vec<usize>>,
}

/// Ranks from 1 for the lowest value on; equal values share the mean of their ranks.
pub fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let value = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
    order.sort_by(|&left, &right| value(left).total_cmp(&value(right)));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    // Adding zero makes both zeros equal; they sort next to each other.
    for equal in order.chunk_by(|&left, &right| (value(left) + 0.0).total_cmp(&(value(right) + 0.0)).is_eq()) {
        let rank = before as f64 + f64::midpoint(1.0, equal.len() as f64);
        for &at in equal {
            if let Some(slot) = ranks.get_mut(at) {
                *slot = rank;
            }
        }
        before += equal.len();
    }
    ranks
}

/// Average ranks over blocks, each of which holds one value per name; the highest value has rank 1.
pub fn ranks(names: &[String], blocks: &[Vec<f64>], critical_difference: Option<f64>) -> Ranks {
    let mut sums = vec![0.0; names.len()];
    for block in blocks {
        let down: Vec<f64> = block.iter().map(|value| -value).collect();
        for (sum, rank) in sums.iter_mut().zip(midranks(&down)) {
            *sum += rank;
        }
    }
    let (count, all) = (blocks.len(), names.len() as f64);
    let mut entries: Vec<(String, f64, f64)> = names
        .iter()
        .zip(sums)
        .filter(|_| count > 0)
        .map(|(name, sum)| (name.clone(), sum / count as f64, count as f64 * all - sum))
        .collect();
    entries.sort_by(|left, right| left.1.total_cmp(&right.1));
    let averages: Vec<f64> = entries.iter().map(|(_, rank, _)| *rank).collect();
    Ranks {
        borda: entries.iter().map(|(_, _, points)| *points).collect(),
        entries: entries.into_iter().map(|(name, rank, _)| (name, rank)).collect(),
        blocks: count,
        critical_difference,
        groups: groups(&averages, critical_difference.unwrap_or(f64::INFINITY)),
    }
}

/// The largest stretches of ascending ranks that span less than `difference`, of at least two.
pub(crate) fn groups(ascending: &[f64], difference: f64) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut reached = 0;
    for (first, rank) in ascending.iter().enumerate() {
        let end = ascending.partition_point(|other| other - rank < difference);
        if end > reached && end - first > 1 {
            groups.push((first..end).collect());
        }
        reached = reached.max(end);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_the_mean_of_their_ranks() {
        assert_eq!(midranks(&[0.3, 0.1, 0.3, 0.2]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(midranks(&[0.0, -0.0]), [1.5, 1.5]);
    }

    #[test]
    fn groups_are_the_largest_ones_and_may_overlap() {
        assert_eq!(groups(&[1.0, 1.5, 2.4, 4.0], 1.0), [vec![0, 1], vec![1, 2]]);
        assert_eq!(groups(&[1.0, 1.5, 1.9, 4.0], 1.0), [vec![0, 1, 2]]);
        assert!(groups(&[1.0, 3.0], 1.0).is_empty());
    }

    #[test]
    fn the_highest_value_of_a_block_ranks_first_and_beats_all_others() {
        let names = ["a", "b", "c"].map(str::to_owned);
        let found = ranks(&names, &[vec![0.1, 0.9, 0.5], vec![0.2, 0.8, 0.2]], None);
        let shown: Vec<(&str, f64)> = found.entries.iter().map(|(name, rank)| (name.as_str(), *rank)).collect();
        assert_eq!(shown, [("b", 1.0), ("c", 2.25), ("a", 2.75)]);
        assert_eq!(found.borda, [4.0, 1.5, 0.5]);
        assert_eq!(found.groups, [[0, 1, 2]], "without a critical difference nothing is distinguished");
    }
}
