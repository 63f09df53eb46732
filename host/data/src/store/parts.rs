//! What the rows of a store are sorted by: its splits, or its folds, which take turns as splits.

use super::split::Split;

/// Folds that a store can have.
pub(crate) const FEWEST_FOLDS: u32 = 3;
/// Bits of the number of a part where it stands beside something else.
pub(super) const PART_BITS: u32 = 6;
/// Folds that a store can have at most: a run for each.
pub(crate) const MOST_FOLDS: u32 = 1 << PART_BITS;

/// What the rows of a store are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// Train, valid and test.
    Splits,
    /// So many folds.
    Folds(u32),
}

/// What the parts are in a run, as bits: no part is two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Roles {
    pub(super) train: u64,
    pub(super) valid: u64,
    pub(super) test: u64,
}

impl Parts {
    pub(super) fn count(self) -> usize {
        match self {
            Self::Splits => Split::ALL.len(),
            Self::Folds(count) => count as usize,
        }
    }

    /// As the column of a store names them.
    pub(super) fn names(self) -> Vec<String> {
        match self {
            Self::Splits => Split::ALL.map(|split| split.name().to_owned()).into(),
            Self::Folds(count) => (1..=count).map(|number| format!("fold {number}")).collect(),
        }
    }

    /// What the parts are in each run that they allow: one for splits, one for each fold as the test.
    pub(super) fn runs(self) -> Vec<Roles> {
        match self {
            Self::Splits => vec![Roles { train: 1, valid: 2, test: 4 }],
            Self::Folds(count) => (0..count)
                .map(|test| {
                    let (test, valid) = (1_u64 << test, 1_u64 << validating(test, count));
                    let all = u64::MAX >> (u64::BITS - count);
                    Roles { train: all & !test & !valid, valid, test }
                })
                .collect(),
        }
    }

    /// For each part the others that matter for its rows: a row of train may be anywhere else.
    pub(super) fn asked(self) -> Vec<u64> {
        let runs = self.runs();
        let of = |part: usize| {
            let bit = 1_u64 << part;
            let asked = runs.iter().map(|roles| match roles {
                Roles { valid, .. } if valid & bit != 0 => roles.train,
                Roles { test, .. } if test & bit != 0 => roles.train | roles.valid,
                _ => 0,
            });
            asked.fold(0, |all, some| all | some)
        };
        (0..self.count()).map(of).collect()
    }
}

/// The fold that validates in the run of the fold `test`, both counted from 0: the next one, after the last the first.
pub(super) fn validating(test: u32, count: u32) -> u32 {
    (test + 1) % count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_is_the_test_of_one_run_validates_in_another_and_trains_in_all_others() {
        for count in [3, 5, MOST_FOLDS] {
            let runs = Parts::Folds(count).runs();
            for fold in 0..count {
                let times = |of: fn(&Roles) -> u64| runs.iter().filter(|roles| of(roles) >> fold & 1 == 1).count();
                assert_eq!((times(|roles| roles.test), times(|roles| roles.valid)), (1, 1));
                assert_eq!(times(|roles| roles.train), count as usize - 2);
            }
        }
    }

    #[test]
    fn rows_of_a_fold_are_compared_with_all_others_and_those_of_a_split_with_the_earlier_ones() {
        assert_eq!(Parts::Folds(3).asked(), [0b110, 0b101, 0b011]);
        assert_eq!(Parts::Splits.asked(), [0, 0b001, 0b011]);
    }
}
