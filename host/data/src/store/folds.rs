//! A store with folds as each of its runs sees it.

use std::ops::Range;

use super::fold_rows::{Fold, FoldRows};
use super::info::StoreInfo;
use super::parts::{FEWEST_FOLDS, MOST_FOLDS, validating};
use super::split::{PerSplit, Split};
use super::warnings;
use crate::error::{Error, Result};

impl StoreInfo {
    /// The store as the run of a fold sees it: that fold is the test, the next one validates (after the last the first),
    /// and the others train. Without folds, and where one was chosen, the store itself.
    ///
    /// # Errors
    ///
    /// The store has folds and none is named, has none and one is named, or has no such fold.
    pub fn at(&self, fold: Option<u32>) -> Result<Self> {
        let count = u32::try_from(self.folds.len()).unwrap_or(u32::MAX);
        match fold {
            None if self.folds.is_empty() => Ok(self.clone()),
            None => Err(Error::input(format!(
                "it has {count} folds: say which of them is the test, with --fold 1 to --fold {count} (`genomenas compare` \
                 runs every one)"
            ))),
            Some(number) if self.folds.is_empty() => Err(Error::input(format!(
                "it has splits and no folds, so there is no fold {number}: leave out --fold, or import the data with --folds"
            ))),
            Some(number) if !(1..=count).contains(&number) => Err(Error::input(format!(
                "it has {count} folds, counted from 1, and no fold {number}: expected --fold 1 to --fold {count}"
            ))),
            Some(number) => Ok(self.of_fold(Fold { number, of: count })),
        }
    }

    /// The store as each of its runs sees it: one for each fold, or itself where it has none.
    pub fn of_runs(&self) -> Vec<Self> {
        let of = u32::try_from(self.folds.len()).unwrap_or(u32::MAX);
        if of == 0 { vec![self.clone()] } else { (1..=of).map(|number| self.of_fold(Fold { number, of })).collect() }
    }

    /// The run with the fewest rows to train on: what fits it, fits all.
    #[must_use]
    pub fn narrowest(&self) -> Self {
        self.of_runs().into_iter().min_by_key(|run| run.rows.train).unwrap_or_else(|| self.clone())
    }

    fn of_fold(&self, fold: Fold) -> Self {
        let test = fold.number - 1;
        let valid = validating(test, fold.of);
        let of = |split: Split| {
            let all = self.folds.iter().zip(0_u32..);
            all.filter(move |(_, number)| match split {
                Split::Train => *number != test && *number != valid,
                Split::Valid => *number == valid,
                Split::Test => *number == test,
            })
            .map(|(rows, _)| rows)
        };
        let all = |split: Split| FoldRows::all(&of(split).cloned().collect::<Vec<_>>(), &self.shape);
        let mut info = Self {
            rows: PerSplit::of(|split| all(split).rows),
            rows_with_unknown: PerSplit::of(|split| all(split).rows_with_unknown),
            positives: PerSplit::of(|split| all(split).positives),
            values: PerSplit::of(|split| all(split).values),
            leakage: self.folds.get(test as usize).map(|fold| fold.straddling),
            folds: Vec::new(),
            fold: Some(fold),
            ..self.clone()
        };
        let leakage = info.leakage.iter().flat_map(|leakage| leakage.warnings(&info.rows));
        let labels = warnings::about_labels(&info);
        let found: Vec<String> = leakage.chain(labels).collect();
        info.import.warnings.extend(found);
        info
    }

    /// Where the rows of each split lie among all rows of the store.
    pub(super) fn places(&self, all: &Self) -> PerSplit<[Range<usize>; 2]> {
        let none = 0..0;
        let size = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        let Some(Fold { number, of }) = self.fold else {
            let (train, valid) = (size(self.rows.train), size(self.rows.train.saturating_add(self.rows.valid)));
            let end = size(self.total_rows());
            return PerSplit {
                train: [0..train, none.clone()],
                valid: [train..valid, none.clone()],
                test: [valid..end, none],
            };
        };
        let before = |fold: u32| size(all.folds.iter().take(fold as usize).map(|fold| fold.rows).sum());
        let (test, valid) = (number - 1, validating(number - 1, of));
        let range = |fold: u32| before(fold)..before(fold + 1);
        // The two are neighbours, or the last and the first.
        let train = if valid > test {
            [0..before(test), before(valid + 1)..before(of)]
        } else {
            [before(1)..before(test), none.clone()]
        };
        PerSplit { train, valid: [range(valid), none.clone()], test: [range(test), none] }
    }

    /// Refuses folds that contradict the rest of the description.
    pub(super) fn check_folds(&self) -> Result<()> {
        let wrong = |what: &str| Err(Error::input(format!("its description: {what}")));
        if self.fold.is_some() {
            return wrong("it is that of one fold");
        }
        if self.folds.is_empty() {
            return Ok(());
        }
        let count = u32::try_from(self.folds.len()).unwrap_or(u32::MAX);
        if !(FEWEST_FOLDS..=MOST_FOLDS).contains(&count) {
            return wrong(&format!("{count} folds, expected {FEWEST_FOLDS} to {MOST_FOLDS}"));
        }
        let rows = self.folds.iter().fold(0_u64, |sum, fold| sum.saturating_add(fold.rows));
        if rows != self.rows.train || self.rows.valid != 0 || self.rows.test != 0 {
            return wrong("its folds have another number of rows than it has");
        }
        let (labels, regression) = (self.shape.labels.len(), self.shape.task.is_regression());
        let values = if regression { labels } else { 0 };
        if self.folds.iter().any(|fold| fold.positives.len() != labels || fold.values.len() != values) {
            return wrong("a fold counts another number of labels than it has");
        }
        if self.import.both_strands != PerSplit::default() {
            return wrong("a store with folds says that its splits hold both strands");
        }
        Ok(())
    }
}
