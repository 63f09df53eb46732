//! The measures of one label in a regression.

/// Correlations and errors of predictions against true values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Agreement {
    /// `None` where either side is constant.
    pub(super) pearson: Option<f64>,
    /// `None` where either side is constant.
    pub(super) spearman: Option<f64>,
    /// `None` where the truth is constant.
    pub(super) r2: Option<f64>,
    /// `None` of no rows.
    pub(super) mse: Option<f64>,
}

/// One value of each side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) predicted: f64,
    pub(super) truth: f64,
}

/// How well predictions agree with the truth; each row counts as often as its weight.
pub(super) fn agreement(pairs: &[Pair], orders: &RankOrders, weight: impl Fn(usize) -> u32 + Copy) -> Agreement {
    let moments = Moments::of(pairs, weight);
    let ranks = (orders.predicted.ranks(weight), orders.truth.ranks(weight));
    let ranks: Vec<Pair> =
        ranks.0.into_iter().zip(ranks.1).map(|(predicted, truth)| Pair { predicted, truth }).collect();
    Agreement {
        pearson: moments.correlation(),
        spearman: Moments::of(&ranks, weight).correlation(),
        r2: moments.determination(),
        mse: moments.mean_squared_error(),
    }
}

/// Sums over rows, around the means.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    rows: f64,
    predicted: f64,
    truth: f64,
    together: f64,
    error: f64,
    constant: Constant,
}

/// Which sides have the same number in every row. Compared by value, because rounded sums of squares are rarely exactly
/// 0.
#[derive(Clone, Copy, Debug, Default)]
struct Constant {
    predicted: bool,
    truth: bool,
}

impl Moments {
    fn of(pairs: &[Pair], weight: impl Fn(usize) -> u32) -> Self {
        let weighted = || {
            let all = pairs.iter().enumerate().map(|(row, pair)| (f64::from(weight(row)), *pair));
            all.filter(|(weight, _)| *weight > 0.0)
        };
        let Some((_, first)) = weighted().next() else {
            return Self::default();
        };
        // Differences to one row first, so that a large common offset costs no digits.
        let (mut rows, mut predicted, mut truth) = (0.0, 0.0, 0.0);
        let mut constant = Constant { predicted: true, truth: true };
        for (weight, pair) in weighted() {
            rows += weight;
            predicted += weight * (pair.predicted - first.predicted);
            truth += weight * (pair.truth - first.truth);
            constant.predicted &= pair.predicted.total_cmp(&first.predicted).is_eq();
            constant.truth &= pair.truth.total_cmp(&first.truth).is_eq();
        }
        let mean = Pair { predicted: first.predicted + predicted / rows, truth: first.truth + truth / rows };
        let mut moments = Self { rows, constant, ..Self::default() };
        for (weight, pair) in weighted() {
            let (predicted, truth) = (pair.predicted - mean.predicted, pair.truth - mean.truth);
            moments.predicted += weight * predicted * predicted;
            moments.truth += weight * truth * truth;
            moments.together += weight * predicted * truth;
            moments.error += weight * (pair.predicted - pair.truth).powi(2);
        }
        moments
    }

    fn correlation(&self) -> Option<f64> {
        let root = self.predicted.sqrt() * self.truth.sqrt();
        let varies = !self.constant.predicted && !self.constant.truth && root > 0.0;
        varies.then(|| (self.together / root).clamp(-1.0, 1.0))
    }

    fn determination(&self) -> Option<f64> {
        (!self.constant.truth && self.truth > 0.0).then(|| 1.0 - self.error / self.truth)
    }

    fn mean_squared_error(&self) -> Option<f64> {
        (self.rows > 0.0).then(|| self.error / self.rows)
    }
}

/// The orders of both sides.
#[derive(Debug)]
pub(super) struct RankOrders {
    predicted: RankOrder,
    truth: RankOrder,
}

impl RankOrders {
    /// Of the keys of both sides.
    pub(super) fn of(predicted: &[u32], truth: impl Iterator<Item = u32>) -> Self {
        Self { predicted: RankOrder::of(predicted.iter().copied()), truth: RankOrder::of(truth) }
    }
}

/// Rows by rising value: the key in the upper half of each number, the row in the lower.
#[derive(Debug)]
struct RankOrder(Vec<u64>);

impl RankOrder {
    fn of(keys: impl Iterator<Item = u32>) -> Self {
        let mut order: Vec<u64> = (0_u64..).zip(keys).map(|(row, key)| u64::from(key) << 32 | row).collect();
        radsort::sort_by_key(&mut order, |pair| pair >> 32);
        Self(order)
    }

    /// The rank of every row, from 1; those with the same value share the mean of their ranks.
    fn ranks(&self, weight: impl Fn(usize) -> u32) -> Vec<f64> {
        let row_of = |pair: u64| usize::try_from(pair & u64::from(u32::MAX)).unwrap_or(usize::MAX);
        let mut ranks = vec![0.0; self.0.len()];
        let mut before = 0_u64;
        for tie in self.0.chunk_by(|left, right| left >> 32 == right >> 32) {
            let here: u64 = tie.iter().map(|&pair| u64::from(weight(row_of(pair)))).sum();
            let rank = before as f64 + f64::midpoint(here as f64, 1.0);
            for &pair in tie {
                if let Some(slot) = ranks.get_mut(row_of(pair)) {
                    *slot = rank;
                }
            }
            before += here;
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key;
    use super::*;

    fn measure(predicted: &[f32], truth: &[f32], weights: &[u32]) -> Agreement {
        let pair = |(predicted, truth): (&f32, &f32)| Pair { predicted: (*predicted).into(), truth: (*truth).into() };
        let pairs: Vec<Pair> = predicted.iter().zip(truth).map(pair).collect();
        let keys: Vec<u32> = predicted.iter().map(|value| key::of(*value)).collect();
        let orders = RankOrders::of(&keys, truth.iter().map(|value| key::of(*value)));
        agreement(&pairs, &orders, |row| weights[row])
    }

    fn close(left: Option<f64>, right: Option<f64>) -> bool {
        match (left, right) {
            (Some(left), Some(right)) => (left - right).abs() < 1e-9 * left.abs().max(1.0),
            (left, right) => left.is_none() && right.is_none(),
        }
    }

    fn rows() -> impl Strategy<Value = Vec<(f32, f32, u32)>> {
        let coarse = || (-3_i8..3).prop_map(f32::from);
        prop_oneof![
            prop::collection::vec((-1e3_f32..1e3, -1e3_f32..1e3, 0_u32..4), 2..40),
            prop::collection::vec((coarse(), coarse(), 0_u32..4), 2..40),
        ]
    }

    proptest! {
        #[test]
        fn a_weight_counts_a_row_as_often_as_repeating_it(rows in rows()) {
            let column = |rows: &[(f32, f32, u32)]| -> (Vec<f32>, Vec<f32>) { rows.iter().map(|row| (row.0, row.1)).unzip() };
            let weights: Vec<u32> = rows.iter().map(|row| row.2).collect();
            let (predicted, truth) = column(&rows);
            let weighted = measure(&predicted, &truth, &weights);
            let repeated: Vec<_> =
                rows.iter().flat_map(|row| std::iter::repeat_n(*row, row.2 as usize)).collect();
            let (predicted, truth) = column(&repeated);
            let plain = measure(&predicted, &truth, &vec![1; repeated.len()]);
            prop_assert!(close(weighted.pearson, plain.pearson), "{weighted:?} {plain:?}");
            prop_assert!(close(weighted.spearman, plain.spearman), "{weighted:?} {plain:?}");
            prop_assert!(close(weighted.r2, plain.r2) && close(weighted.mse, plain.mse), "{weighted:?} {plain:?}");
        }

        #[test]
        fn ranks_do_not_see_a_rising_function(rows in rows()) {
            let (predicted, truth): (Vec<f32>, Vec<f32>) = rows.iter().map(|row| (row.0, row.1)).unzip();
            let risen: Vec<f32> = predicted.iter().map(|value| value * 8.0).collect();
            let ones = vec![1; rows.len()];
            let (one, other) = (measure(&predicted, &truth, &ones), measure(&risen, &truth, &ones));
            prop_assert!(close(one.spearman, other.spearman));
        }
    }

    #[test]
    fn a_constant_side_has_no_correlation_and_a_constant_truth_no_determination() {
        let constant = measure(&[0.1; 3], &[1.0, 2.0, 3.0], &[1; 3]);
        assert_eq!((constant.pearson, constant.spearman), (None, None));
        assert!(constant.r2.is_some() && constant.mse.is_some());
        let truth = measure(&[1.0, 2.0, 3.0], &[0.1; 3], &[1; 3]);
        assert_eq!((truth.pearson, truth.spearman, truth.r2), (None, None, None));
    }
}
