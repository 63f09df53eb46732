//! Gathers the scores of a split batch by batch.
//!
//! Memory: 4 bytes per score and 1 bit per truth value (4 bytes in a regression), kept label by label so that measuring
//! a label reads one contiguous stretch. Measuring adds 4 bytes per row and thread, in a regression 50.

use genomenas_data::error::{Error, Result};

use super::key;
use super::regression::{Pair, RankOrders};
use super::truth::{Bits, Truth, first_highest, room};

/// Takes batches of scores and truth until the declared number of rows is there; see [`Collector::finish`].
#[derive(Debug)]
pub struct Collector {
    pub(super) labels: usize,
    pub(super) rows: usize,
    filled: usize,
    /// The [key] of the score of label `label` and row `row`, at `label * rows + row`.
    pub(super) scores: Vec<u32>,
    pub(super) truth: Truth,
}

impl Collector {
    /// Room for `rows` rows of `labels` independent labels each. Fails if there is not that much memory.
    pub fn new(labels: usize, rows: usize) -> Result<Self> {
        Self::with_truth(labels, rows, || Some(Truth::Labels(Bits::new(labels, rows)?)))
    }

    /// Room for `rows` rows that belong to one of `classes` classes each. Fails if there is not that much memory.
    pub fn multi_class(classes: usize, rows: usize) -> Result<Self> {
        Self::with_truth(classes, rows, || {
            Some(Truth::Classes { bits: Bits::new(classes, rows)?, class: room(rows)?, chosen: room(rows)? })
        })
    }

    /// Room for `rows` rows of a regression with `labels` values each. Fails if there is not that much memory.
    pub fn regression(labels: usize, rows: usize) -> Result<Self> {
        Self::with_truth(labels, rows, || Some(Truth::Values(room(labels.checked_mul(rows)?)?)))
    }

    fn with_truth(labels: usize, rows: usize, truth: impl FnOnce() -> Option<Truth>) -> Result<Self> {
        if labels == 0 || rows == 0 {
            return Err(Error::input(format!(
                "metrics need at least one label and one row, and got {labels} labels and {rows} rows: check that the split is not empty"
            )));
        }
        let too_large = || {
            Error::failed(format!(
                "the scores of {rows} rows × {labels} labels do not fit in memory (4 bytes each): evaluate a smaller split"
            ))
        };
        let scores = labels.checked_mul(rows).and_then(room).ok_or_else(too_large)?;
        Ok(Self { labels, rows, filled: 0, scores, truth: truth().ok_or_else(too_large)? })
    }

    /// Adds a batch: `scores` and `truth` are row-major B × labels. F1 and MCC need probabilities; rank metrics need only
    /// an order. `truth` is 0 or 1, with exactly one 1 per row for classes; in a regression it is the value.
    ///
    /// Fails, and adds nothing, if the shapes do not fit or a value is not finite.
    pub fn push(&mut self, scores: &[f32], truth: &[f32]) -> Result<()> {
        let batch = self.checked_batch(scores, truth)?;
        let (labels, filled) = (self.labels, self.filled);
        // One label at a time: the writes are contiguous, and the batch being read fits in the cache.
        for (label, column) in self.scores.chunks_exact_mut(self.rows).enumerate() {
            let of_label = scores.iter().skip(label).step_by(labels);
            for (slot, &score) in column.iter_mut().skip(filled).zip(of_label) {
                *slot = key::of(score);
            }
        }
        match &mut self.truth {
            Truth::Labels(bits) => bits.push(labels, filled, truth),
            Truth::Classes { bits, class, chosen } => {
                bits.push(labels, filled, truth);
                let slots = class.iter_mut().zip(chosen).skip(filled);
                for ((class, chosen), (scores, truth)) in
                    slots.zip(scores.chunks_exact(labels).zip(truth.chunks_exact(labels)))
                {
                    (*class, *chosen) = (first_highest(truth), first_highest(scores));
                }
            }
            Truth::Values(values) => {
                for (label, column) in values.chunks_exact_mut(self.rows).enumerate() {
                    let of_label = truth.iter().skip(label).step_by(labels);
                    for (slot, &value) in column.iter_mut().skip(filled).zip(of_label) {
                        *slot = value;
                    }
                }
            }
        }
        self.filled += batch;
        Ok(())
    }

    /// Fails if rows are missing.
    pub(super) fn expect_all_rows(&self) -> Result<()> {
        if self.filled == self.rows {
            return Ok(());
        }
        Err(Error::failed(format!(
            "metrics need all {} rows of the split, and got {}: score every batch before asking for them",
            self.rows, self.filled
        )))
    }

    /// The number of rows of a batch that may be added.
    fn checked_batch(&self, scores: &[f32], truth: &[f32]) -> Result<usize> {
        if scores.len() != truth.len() || !scores.len().is_multiple_of(self.labels) {
            return Err(Error::failed(format!(
                "a batch of metrics needs as many scores as truth values, {} a row, and got {} scores and {} truth values",
                self.labels,
                scores.len(),
                truth.len()
            )));
        }
        let batch = scores.len() / self.labels;
        if batch > self.rows - self.filled {
            return Err(Error::failed(format!(
                "metrics were opened for {} rows, have {}, and got a batch of {batch} more: open them for all rows of the split",
                self.rows, self.filled
            )));
        }
        if let Some(index) = scores.iter().position(|score| !score.is_finite()) {
            let score = scores.get(index).copied().unwrap_or(f32::NAN);
            return Err(Error::failed(format!(
                "the score at {} is {score}, not a finite number: the network's output is unusable (a diverged training: lower the learning rate or clip its gradients)",
                self.place(index)
            )));
        }
        self.check_truth(truth)?;
        Ok(batch)
    }

    fn check_truth(&self, truth: &[f32]) -> Result<()> {
        #[expect(
            clippy::float_cmp,
            reason = "truth is stored as bits; anything but exact 0 and 1 is another task's data"
        )]
        let (fits, expected): (fn(&f32) -> bool, _) = match self.truth {
            Truth::Values(_) => (|value| value.is_finite(), "a finite number"),
            Truth::Labels(_) | Truth::Classes { .. } => (|value| *value == 0.0 || *value == 1.0, "0 or 1"),
        };
        if let Some(index) = truth.iter().position(|value| !fits(value)) {
            return Err(Error::failed(format!(
                "the truth at {} is {}, not {expected}",
                self.place(index),
                truth.get(index).copied().unwrap_or(f32::NAN)
            )));
        }
        if matches!(self.truth, Truth::Classes { .. }) {
            for (row, values) in truth.chunks_exact(self.labels).enumerate() {
                let classes = values.iter().filter(|value| **value > 0.5).count();
                if classes != 1 {
                    return Err(Error::failed(format!(
                        "row {} has {classes} classes, and a task with classes needs exactly one",
                        self.filled + row
                    )));
                }
            }
        }
        Ok(())
    }

    /// The scores' keys of a label.
    pub(super) fn column(&self, label: usize) -> &[u32] {
        self.scores.chunks_exact(self.rows).nth(label).unwrap_or_default()
    }

    /// The predictions and true values of a label of a regression, and their orders.
    pub(super) fn values(&self, label: usize) -> (Vec<Pair>, RankOrders) {
        let truth = match &self.truth {
            Truth::Values(values) => values.chunks_exact(self.rows).nth(label).unwrap_or_default(),
            Truth::Labels(_) | Truth::Classes { .. } => &[],
        };
        let column = self.column(label);
        let pair = |(&key, &truth): (&u32, &f32)| Pair { predicted: key::score(key).into(), truth: truth.into() };
        let pairs = column.iter().zip(truth).map(pair).collect();
        (pairs, RankOrders::of(column, truth.iter().map(|&value| key::of(value))))
    }

    fn place(&self, index: usize) -> String {
        format!("row {}, label {}", self.filled + index / self.labels, index % self.labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_that_is_not_a_number_is_an_error_that_names_its_place_and_adds_nothing() {
        let mut collector = Collector::new(2, 1).unwrap();
        let error = collector.push(&[0.5, f32::NAN], &[0.0, 1.0]).unwrap_err();
        insta::assert_snapshot!(error, @"the score at row 0, label 1 is NaN, not a finite number: the network's output is unusable (a diverged training: lower the learning rate or clip its gradients)");
        collector.push(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
        collector.expect_all_rows().unwrap();
    }

    #[test]
    fn scores_that_are_not_finite_are_refused_in_every_task() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let scores = [0.5, bad];
            assert!(Collector::new(2, 1).unwrap().push(&scores, &[0.0, 1.0]).is_err());
            assert!(Collector::multi_class(2, 1).unwrap().push(&scores, &[0.0, 1.0]).is_err());
            assert!(Collector::regression(2, 1).unwrap().push(&scores, &[0.0, 1.0]).is_err());
            assert!(Collector::regression(2, 1).unwrap().push(&[0.0, 1.0], &scores).is_err());
        }
    }

    #[test]
    fn batches_that_do_not_fit_are_refused() {
        let mut collector = Collector::new(2, 1).unwrap();
        assert!(collector.push(&[0.5, 0.5, 0.5], &[0.0, 1.0, 0.0]).is_err());
        assert!(collector.push(&[0.5, 0.5], &[0.0]).is_err());
        assert!(collector.push(&[0.5; 4], &[0.0; 4]).is_err());
        assert!(collector.push(&[0.5; 2], &[0.25; 2]).is_err());
        assert!(collector.expect_all_rows().is_err(), "a row is missing");
    }

    #[test]
    fn more_scores_than_memory_is_an_error() {
        assert!(Collector::new(usize::MAX / 8, 64).is_err());
        assert!(Collector::new(1 << 40, 1 << 18).is_err());
        assert!(Collector::regression(1 << 40, 1 << 18).is_err());
        assert!(Collector::new(0, 1).is_err());
    }

    #[test]
    fn a_row_without_exactly_one_class_is_refused() {
        let mut collector = Collector::multi_class(3, 1).unwrap();
        assert!(collector.push(&[0.1, 0.2, 0.7], &[0.0; 3]).is_err());
        assert!(collector.push(&[0.1, 0.2, 0.7], &[1.0, 1.0, 0.0]).is_err());
        collector.push(&[0.1, 0.2, 0.7], &[0.0, 1.0, 0.0]).unwrap();
    }
}
