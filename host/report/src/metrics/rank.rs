//! The rank metrics of one label, from the keys of its scores alone.

use super::confusion::Confusion;
use super::key;

/// The rank metrics of a label's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ranked {
    /// `None` without a positive or without a negative row.
    pub(super) auroc: Option<f64>,
    /// `None` without a positive row.
    pub(super) auprc: Option<f64>,
    /// The threshold above which the decisions have the highest F1; the highest such one. `None` without a positive
    /// row.
    pub(super) threshold: Option<f64>,
}

/// The threshold of a probability where no other is asked for.
pub(super) const HALF: f64 = 0.5;

/// Ranks the positive rows of a label among its negative rows. Both slices are ascending.
///
/// The two kinds of rows are sorted apart, so that a radix sort of bare numbers is enough, and the counts are exact
/// integers until the last division.
pub(super) fn rank(positives: &[u32], negatives: &[u32]) -> Ranked {
    // From the highest score down: `above` negatives score higher than the positives at hand, `tied` the same.
    let mut wins_twice: u128 = 0;
    let mut precision_sum = 0.0;
    let mut found: usize = 0;
    let mut rest = negatives;
    let mut best = (0.0, None);
    // Ascending, so a value that is at least the next one is equal to it.
    for tie in positives.chunk_by(|left, right| left >= right).rev() {
        let Some(&score) = tie.first() else { continue };
        let not_above = without_top(rest, |negative| negative > score);
        let below = without_top(not_above, |negative| negative >= score);
        let tied = not_above.len() - below.len();
        found += tie.len();
        wins_twice += tie.len() as u128 * (2 * below.len() + tied) as u128;
        let chosen = found + (negatives.len() - below.len());
        precision_sum += tie.len() as f64 * (found as f64 / chosen as f64);
        // F1 only rises where a positive row is found, so its highest value is at the end of some tie of them.
        let f1 = 2.0 * found as f64 / (chosen + positives.len()) as f64;
        if f1 > best.0 {
            let next_positive = positives.get(..positives.len() - found).and_then(<[u32]>::last);
            best = (f1, Some(between(score, next_positive.max(below.last()).copied())));
        }
        rest = below;
    }
    let pairs = positives.len() as f64 * negatives.len() as f64;
    Ranked {
        auroc: (pairs > 0.0).then(|| wins_twice as f64 / (2.0 * pairs)),
        auprc: (!positives.is_empty()).then(|| precision_sum / positives.len() as f64),
        threshold: best.1,
    }
}

/// The decisions by "score above the threshold". Both slices are ascending.
pub(super) fn confusion_at(positives: &[u32], negatives: &[u32], threshold: f64) -> Confusion {
    let above = |keys: &[u32]| (keys.len() - keys.partition_point(|&key| !is_above(key, threshold))) as u64;
    Confusion::new(positives.len() as u64, negatives.len() as u64, above(positives), above(negatives))
}

/// Whether the score of a key is above a threshold.
pub(super) fn is_above(key: u32, threshold: f64) -> bool {
    f64::from(key::score(key)) > threshold
}

/// A threshold that a score is above and the next lower one is not. Of two neighbouring `f32`, an `f64` lies between.
fn between(score: u32, next: Option<u32>) -> f64 {
    let score = f64::from(key::score(score));
    next.map_or(score.next_down(), |next| f64::midpoint(score, f64::from(key::score(next))))
}

/// An ascending slice without the values at its top that satisfy `take`.
fn without_top(ascending: &[u32], take: impl Fn(u32) -> bool) -> &[u32] {
    let mut rest = ascending;
    while let [head @ .., last] = rest
        && take(*last)
    {
        rest = head;
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(scores: &[f32]) -> Vec<u32> {
        let mut keys: Vec<u32> = scores.iter().map(|&score| key::of(score)).collect();
        keys.sort_unstable();
        keys
    }

    fn rank_scores(positives: &[f32], negatives: &[f32]) -> Ranked {
        rank(&sorted(positives), &sorted(negatives))
    }

    /// The definition: every pair of a positive and a negative row, a tie worth half.
    fn auroc_of_all_pairs(positives: &[f32], negatives: &[f32]) -> f64 {
        let mut sum = 0.0;
        for positive in positives {
            for negative in negatives {
                sum += match positive.total_cmp(negative) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        sum / (positives.len() * negatives.len()) as f64
    }

    /// The definition: for every positive, the share of positives among all rows that score at least as high.
    fn average_precision_of_every_positive(positives: &[f32], negatives: &[f32]) -> f64 {
        let at_least = |of: &[f32], score: f32| of.iter().filter(|other| **other >= score).count() as f64;
        let sum: f64 = positives
            .iter()
            .map(|&score| at_least(positives, score) / (at_least(positives, score) + at_least(negatives, score)))
            .sum();
        sum / positives.len() as f64
    }

    fn scores() -> impl Strategy<Value = Vec<f32>> {
        prop_oneof![
            prop::collection::vec(-1.0e3_f32..1.0e3, 1..60),
            prop::collection::vec((0_u8..5).prop_map(|step| f32::from(step) / 4.0), 1..60),
        ]
    }

    proptest! {
        #[test]
        fn the_rank_statistic_is_the_share_of_pairs_won(positives in scores(), negatives in scores()) {
            let expected = auroc_of_all_pairs(&positives, &negatives);
            let auroc = rank_scores(&positives, &negatives).auroc.unwrap();
            prop_assert!((auroc - expected).abs() < 1e-12, "{auroc} is not {expected}");
        }

        #[test]
        fn average_precision_is_the_mean_precision_at_the_positives(positives in scores(), negatives in scores()) {
            let expected = average_precision_of_every_positive(&positives, &negatives);
            let auprc = rank_scores(&positives, &negatives).auprc.unwrap();
            prop_assert!((auprc - expected).abs() < 1e-12, "{auprc} is not {expected}");
        }

        #[test]
        fn turning_the_scores_around_turns_auroc_around(positives in scores(), negatives in scores()) {
            let turned = |scores: &[f32]| scores.iter().map(|score| -score).collect::<Vec<_>>();
            let auroc = rank_scores(&positives, &negatives).auroc.unwrap();
            let other = rank_scores(&turned(&positives), &turned(&negatives)).auroc.unwrap();
            prop_assert!((auroc + other - 1.0).abs() < 1e-12);
        }

        #[test]
        fn no_threshold_decides_better_than_the_best_one(positives in scores(), negatives in scores()) {
            let (yes, no) = (sorted(&positives), sorted(&negatives));
            let best = confusion_at(&yes, &no, rank(&yes, &no).threshold.unwrap()).f1().unwrap();
            for &score in positives.iter().chain(&negatives) {
                for threshold in [f64::from(score), f64::from(score).next_down()] {
                    prop_assert!(confusion_at(&yes, &no, threshold).f1().unwrap() <= best + 1e-12);
                }
            }
        }
    }

    #[test]
    fn a_label_without_positives_or_without_negatives_has_no_rank() {
        assert_eq!(rank_scores(&[], &[0.1]), Ranked::default());
        let only = rank_scores(&[0.1], &[]);
        assert_eq!((only.auroc, only.auprc), (None, Some(1.0)));
    }

    #[test]
    fn the_threshold_lies_in_the_middle_of_the_gap_it_cuts() {
        assert_eq!(rank_scores(&[0.75, 1.0], &[0.25, 0.0]).threshold, Some(0.5));
        assert_eq!(rank_scores(&[0.5], &[0.5]).threshold, Some(0.5_f64.next_down()));
        let (low, high) = (0.5_f32, 0.5_f32.next_up());
        let threshold = rank_scores(&[high], &[low]).threshold.unwrap();
        assert!(f64::from(low) < threshold && threshold < f64::from(high));
    }
}
