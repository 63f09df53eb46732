//! Counts of right and wrong decisions, and what follows from them: F1, MCC, accuracy.

/// The confusion matrix of a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Confusion {
    pub(super) true_positives: u64,
    pub(super) false_positives: u64,
    pub(super) false_negatives: u64,
    pub(super) true_negatives: u64,
}

impl Confusion {
    /// From the numbers of rows with and without the label, and of those decided to have it.
    pub(super) fn new(positives: u64, negatives: u64, hits: u64, false_positives: u64) -> Self {
        Self {
            true_positives: hits,
            false_positives,
            false_negatives: positives - hits,
            true_negatives: negatives - false_positives,
        }
    }

    /// F1; `None` without a positive row.
    pub(super) fn f1(self) -> Option<f64> {
        let positives = self.true_positives + self.false_negatives;
        let twice = 2.0 * self.true_positives as f64;
        (positives > 0).then(|| twice / (twice + (self.false_positives + self.false_negatives) as f64))
    }

    /// The Matthews correlation coefficient; `None` without a positive or without a negative row, and 0 where all rows
    /// are decided in the same way.
    pub(super) fn mcc(self) -> Option<f64> {
        let [tp, fp, fn_, tn] =
            [self.true_positives, self.false_positives, self.false_negatives, self.true_negatives].map(i128::from);
        if tp + fn_ == 0 || tn + fp == 0 {
            return None;
        }
        let sizes = [tp + fp, tp + fn_, tn + fp, tn + fn_].map(|size| size as f64);
        let root = sizes.iter().product::<f64>().sqrt();
        Some(if root > 0.0 { (tp * tn - fp * fn_) as f64 / root } else { 0.0 })
    }
}

/// Rows of one class, rows decided to be of it, and the rows that are both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ClassCount {
    pub(super) rows: u64,
    pub(super) chosen: u64,
    pub(super) hits: u64,
}

impl ClassCount {
    /// This class against all others, of `rows` rows in all.
    pub(super) fn against_the_rest(self, rows: u64) -> Confusion {
        Confusion::new(self.rows, rows - self.rows, self.hits, self.chosen - self.hits)
    }
}

/// The metrics over all classes together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct OverClasses {
    pub(super) accuracy: Option<f64>,
    pub(super) balanced_accuracy: Option<f64>,
    pub(super) mcc: Option<f64>,
}

impl OverClasses {
    /// From the counts of every class.
    pub(super) fn of(counts: &[ClassCount]) -> Self {
        let sum = |of: fn(&ClassCount) -> i128| counts.iter().map(of).sum::<i128>();
        let rows = sum(|count| count.rows.into());
        let hits = sum(|count| count.hits.into());
        let shares: Vec<f64> =
            counts.iter().filter(|count| count.rows > 0).map(|count| count.hits as f64 / count.rows as f64).collect();
        // Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient" (2004), eq. 8.
        let together = sum(|count| i128::from(count.rows) * i128::from(count.chosen));
        let truth = rows * rows - sum(|count| i128::from(count.rows).pow(2));
        let chosen = rows * rows - sum(|count| i128::from(count.chosen).pow(2));
        let root = (truth as f64).sqrt() * (chosen as f64).sqrt();
        let mcc = if chosen == 0 { 0.0 } else { (hits * rows - together) as f64 / root };
        Self {
            accuracy: (rows > 0).then(|| hits as f64 / rows as f64),
            balanced_accuracy: (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64),
            mcc: (truth > 0).then_some(mcc),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_classes_correlate_as_one_label_does(tp in 0_u64..90, fp in 0_u64..90, fn_ in 0_u64..90, tn in 0_u64..90) {
            let confusion = Confusion::new(tp + fn_, tn + fp, tp, fp);
            let yes = ClassCount { rows: tp + fn_, chosen: tp + fp, hits: tp };
            let no = ClassCount { rows: tn + fp, chosen: tn + fn_, hits: tn };
            let of_classes = OverClasses::of(&[yes, no]).mcc;
            prop_assert_eq!(confusion.mcc().is_some(), of_classes.is_some());
            if let (Some(one), Some(other)) = (confusion.mcc(), of_classes) {
                prop_assert!((one - other).abs() < 1e-12 && one.abs() <= 1.0 + 1e-12, "{one} {other}");
            }
        }
    }

    #[test]
    fn deciding_the_same_for_all_rows_correlates_with_nothing() {
        assert_eq!(Confusion::new(3, 4, 3, 4).mcc(), Some(0.0));
        assert_eq!(Confusion::new(3, 4, 0, 0).mcc(), Some(0.0));
        assert_eq!(Confusion::new(3, 4, 3, 0).mcc(), Some(1.0));
        assert_eq!(Confusion::new(3, 4, 0, 4).mcc(), Some(-1.0));
    }

    #[test]
    fn a_label_of_one_kind_of_rows_has_no_correlation_and_f1_needs_a_positive_row() {
        assert_eq!(Confusion::new(0, 4, 0, 2).mcc(), None);
        assert_eq!(Confusion::new(4, 0, 2, 0).mcc(), None);
        assert_eq!(Confusion::new(0, 4, 0, 2).f1(), None);
        assert_eq!(Confusion::new(4, 0, 4, 0).f1(), Some(1.0));
    }

    #[test]
    fn a_class_without_rows_counts_in_no_balance() {
        let counts = [(4, 2), (0, 0), (2, 2)].map(|(rows, hits)| ClassCount { rows, chosen: rows, hits });
        assert_eq!(OverClasses::of(&counts).balanced_accuracy, Some(0.75));
    }
}
