//! The two rank metrics of one label, from its scores alone.

/// AUROC and AUPRC of one label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    pub(super) auroc: f64,
    pub(super) auprc: f64,
}

/// Ranks the positive rows of a label among its negative rows; `None` if either is empty. Sorts both slices.
///
/// The two classes are sorted apart, so that a radix sort of bare `f32` does, without carrying the truth along,
/// and the counts are exact integers until the last division.
pub(super) fn rank(positives: &mut [f32], negatives: &mut [f32]) -> Option<Ranked> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    radsort::sort(positives);
    radsort::sort(negatives);

    // From the highest score down: `above` negatives score higher than the positives at hand, `tied` the same.
    let mut wins_twice: u128 = 0;
    let mut precision_sum = 0.0;
    let mut found: usize = 0;
    let mut rest = &*negatives;
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
        rest = below;
    }
    let pairs = positives.len() as f64 * negatives.len() as f64;
    Some(Ranked { auroc: wins_twice as f64 / (2.0 * pairs), auprc: precision_sum / positives.len() as f64 })
}

/// What is left of an ascending slice when the values at its top that satisfy `take` are taken away.
fn without_top(ascending: &[f32], take: impl Fn(f32) -> bool) -> &[f32] {
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
        fn the_rank_statistic_is_the_share_of_pairs_won(mut positives in scores(), mut negatives in scores()) {
            let expected = auroc_of_all_pairs(&positives, &negatives);
            let ranked = rank(&mut positives, &mut negatives).unwrap();
            prop_assert!((ranked.auroc - expected).abs() < 1e-12, "{} is not {expected}", ranked.auroc);
        }

        #[test]
        fn average_precision_is_the_mean_precision_at_the_positives(mut positives in scores(), mut negatives in scores()) {
            let expected = average_precision_of_every_positive(&positives, &negatives);
            let ranked = rank(&mut positives, &mut negatives).unwrap();
            prop_assert!((ranked.auprc - expected).abs() < 1e-12, "{} is not {expected}", ranked.auprc);
        }

        #[test]
        fn turning_the_scores_around_turns_auroc_around(mut positives in scores(), mut negatives in scores()) {
            let mut turned: Vec<f32> = positives.iter().map(|score| -score).collect();
            let mut turned_negatives: Vec<f32> = negatives.iter().map(|score| -score).collect();
            let auroc = rank(&mut positives, &mut negatives).unwrap().auroc;
            let other = rank(&mut turned, &mut turned_negatives).unwrap().auroc;
            prop_assert!((auroc + other - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_label_without_positives_or_without_negatives_has_no_rank() {
        assert_eq!(rank(&mut [], &mut [0.1]), None);
        assert_eq!(rank(&mut [0.1], &mut []), None);
    }
}
