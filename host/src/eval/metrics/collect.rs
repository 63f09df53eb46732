//! Gathers the scores of a split batch by batch, and measures label by label.
//!
//! Memory: 4 bytes a score and 1 bit a truth value, kept label by label so that measuring a label reads one
//! contiguous stretch; measuring adds about 8 bytes a row and thread.

use crate::error::{Error, Result};

use super::{LabelMetrics, Metrics, rank::rank};

/// Takes batches of scores and truth until the declared number of rows is there; see [`Collector::finish`].
#[derive(Debug)]
pub struct Collector {
    kind: Kind,
    labels: usize,
    rows: usize,
    filled: usize,
    /// `scores[label * rows + row]`
    scores: Vec<f32>,
    /// Bit `row` of label `label` is bit `row % 64` of word `label * words + row / 64`.
    truth: Vec<u64>,
    words: usize,
    /// Rows a label was predicted for, and those of them that have it.
    predicted: Vec<u64>,
    hits: Vec<u64>,
}

/// When a row is predicted to have a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Its score is above 0.5.
    MultiLabel,
    /// Its score is the row's highest, the first one on a tie.
    MultiClass,
}

impl Collector {
    /// Room for `rows` rows of `labels` independent labels each. Fails if there is not that much memory.
    pub fn new(labels: usize, rows: usize) -> Result<Self> {
        Self::with_kind(Kind::MultiLabel, labels, rows)
    }

    /// Room for `rows` rows that belong to one of `classes` classes each. Fails if there is not that much memory.
    pub fn multi_class(classes: usize, rows: usize) -> Result<Self> {
        Self::with_kind(Kind::MultiClass, classes, rows)
    }

    fn with_kind(kind: Kind, labels: usize, rows: usize) -> Result<Self> {
        if labels == 0 || rows == 0 {
            return Err(Error::input(format!(
                "metrics need at least one label and one row, and got {labels} labels and {rows} rows: check that the split is not empty"
            )));
        }
        let words = rows.div_ceil(64);
        let too_large = || {
            Error::failed(format!(
                "the scores of {rows} rows × {labels} labels do not fit in memory (4 bytes each): evaluate a smaller split"
            ))
        };
        let count = labels.checked_mul(rows).ok_or_else(too_large)?;
        let mut scores = Vec::new();
        scores.try_reserve_exact(count).map_err(|_| too_large())?;
        scores.resize(count, 0.0);
        let mut truth = Vec::new();
        truth.try_reserve_exact(labels * words).map_err(|_| too_large())?;
        truth.resize(labels * words, 0);
        Ok(Self {
            kind,
            labels,
            rows,
            filled: 0,
            scores,
            truth,
            words,
            predicted: vec![0; labels],
            hits: vec![0; labels],
        })
    }

    /// Adds a batch: `scores` and `truth` are row-major B × labels, `truth` is 0 or 1, and in a multi-class task
    /// exactly one 1 a row. Scores are probabilities where F1 shall mean something; the ranks need only an order.
    ///
    /// Fails, and adds nothing, if the shapes do not fit or a value is not finite.
    pub fn push(&mut self, scores: &[f32], truth: &[f32]) -> Result<()> {
        let batch = self.checked_batch(scores, truth)?;
        self.count_predictions(scores, truth);
        // One label at a time: the writes are contiguous, and the batch being read fits in the cache.
        let columns = self.scores.chunks_exact_mut(self.rows);
        let bits = self.truth.chunks_exact_mut(self.words);
        for (label, (column, bits)) in columns.zip(bits).enumerate() {
            let of_label = scores.iter().skip(label).step_by(self.labels);
            for (slot, score) in column.iter_mut().skip(self.filled).zip(of_label) {
                // Adding zero turns -0.0 into +0.0, which the sort would otherwise hold to be different.
                *slot = score + 0.0;
            }
            for (offset, value) in truth.iter().skip(label).step_by(self.labels).enumerate() {
                let row = self.filled + offset;
                if let Some(word) = bits.get_mut(row / 64) {
                    *word |= u64::from(*value > 0.5) << (row % 64);
                }
            }
        }
        self.filled += batch;
        Ok(())
    }

    /// Adds a batch of a multi-class task: `scores` is row-major B × classes, `classes` holds B class numbers.
    pub fn push_classes(&mut self, scores: &[f32], classes: &[i64]) -> Result<()> {
        let mut truth = vec![0.0; classes.len().saturating_mul(self.labels)];
        for (row, (slots, &class)) in truth.chunks_exact_mut(self.labels).zip(classes).enumerate() {
            let slot = usize::try_from(class).ok().and_then(|class| slots.get_mut(class));
            *slot.ok_or_else(|| {
                Error::failed(format!(
                    "row {} has class {class}, and there are classes 0 to {}: check the data's label column",
                    self.filled + row,
                    self.labels - 1
                ))
            })? = 1.0;
        }
        self.push(scores, &truth)
    }

    /// Measures every label on `threads` threads; `names` are the labels' names in order.
    ///
    /// Fails if rows are missing or the number of names is another than that of the labels.
    pub fn finish(self, names: &[String], threads: usize) -> Result<Metrics> {
        if names.len() != self.labels {
            return Err(Error::failed(format!(
                "metrics of {} labels need as many names, and got {}",
                self.labels,
                names.len()
            )));
        }
        if self.filled != self.rows {
            return Err(Error::failed(format!(
                "metrics need all {} rows of the split, and got {}: score every batch before asking for them",
                self.rows, self.filled
            )));
        }
        let accuracy = (self.kind == Kind::MultiClass).then(|| self.hits.iter().sum::<u64>() as f64 / self.rows as f64);
        let share = self.labels.div_ceil(threads.clamp(1, self.labels));
        let mut labels: Vec<Option<LabelMetrics>> = vec![None; self.labels];
        std::thread::scope(|scope| {
            for (part, slots) in labels.chunks_mut(share).enumerate() {
                let (collected, names) = (&self, names.iter().enumerate().skip(part * share));
                scope.spawn(move || {
                    let mut scratch = (Vec::new(), Vec::new());
                    for (slot, (label, name)) in slots.iter_mut().zip(names) {
                        *slot = collected.measure(label, name, &mut scratch);
                    }
                });
            }
        });
        Ok(Metrics::new(self.rows, accuracy, labels.into_iter().flatten().collect()))
    }

    /// Measures one label; `scratch` is room for its positive and negative scores.
    fn measure(&self, label: usize, name: &str, scratch: &mut (Vec<f32>, Vec<f32>)) -> Option<LabelMetrics> {
        let (positive, negative) = scratch;
        positive.clear();
        negative.clear();
        let column = self.scores.chunks_exact(self.rows).nth(label)?;
        let bits = self.truth.chunks_exact(self.words).nth(label)?;
        for (scores, word) in column.chunks(64).zip(bits) {
            for (row, &score) in scores.iter().enumerate() {
                if word >> row & 1 == 1 {
                    positive.push(score);
                } else {
                    negative.push(score);
                }
            }
        }
        let ranked = rank(positive, negative);
        let (hits, predicted) = (*self.hits.get(label)?, *self.predicted.get(label)?);
        let chosen_or_due = predicted + positive.len() as u64;
        Some(LabelMetrics {
            name: name.to_owned(),
            positives: positive.len() as u64,
            negatives: negative.len() as u64,
            auroc: ranked.map(|ranked| ranked.auroc),
            auprc: ranked.map(|ranked| ranked.auprc),
            f1: ranked.map(|_| 2.0 * hits as f64 / chosen_or_due as f64),
        })
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
        let place = |index: usize| format!("row {}, label {}", self.filled + index / self.labels, index % self.labels);
        if let Some(index) = scores.iter().position(|score| !score.is_finite()) {
            let score = scores.get(index).copied().unwrap_or(f32::NAN);
            return Err(Error::failed(format!(
                "the score at {} is {score}, not a finite number: the network's output is unusable (a diverged training: lower the learning rate or clip its gradients)",
                place(index)
            )));
        }
        #[expect(
            clippy::float_cmp,
            reason = "truth is stored as bits; anything but exact 0 and 1 is another task's data"
        )]
        if let Some(index) = truth.iter().position(|value| *value != 0.0 && *value != 1.0) {
            let value = truth.get(index).copied().unwrap_or(f32::NAN);
            return Err(Error::failed(format!(
                "the truth at {} is {value}, and these metrics need 0 or 1: use a data set with yes/no labels",
                place(index)
            )));
        }
        if self.kind == Kind::MultiClass {
            for (row, values) in truth.chunks_exact(self.labels).enumerate() {
                let classes = values.iter().filter(|value| **value > 0.5).count();
                if classes != 1 {
                    return Err(Error::failed(format!(
                        "row {} has {classes} classes, and a multi-class task needs exactly one",
                        self.filled + row
                    )));
                }
            }
        }
        Ok(batch)
    }

    fn count_predictions(&mut self, scores: &[f32], truth: &[f32]) {
        for (scores, truth) in scores.chunks_exact(self.labels).zip(truth.chunks_exact(self.labels)) {
            let highest = first_highest(scores);
            let counts = self.predicted.iter_mut().zip(&mut self.hits);
            for (label, ((predicted, hits), (score, value))) in counts.zip(scores.iter().zip(truth)).enumerate() {
                let chosen = match self.kind {
                    Kind::MultiLabel => *score > 0.5,
                    Kind::MultiClass => label == highest,
                };
                *predicted += u64::from(chosen);
                *hits += u64::from(chosen && *value > 0.5);
            }
        }
    }
}

/// Where the highest of some finite scores is, the first one on a tie.
fn first_highest(scores: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (index, &score) in scores.iter().enumerate() {
        if score > best.1 {
            best = (index, score);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|label| format!("label {label}")).collect()
    }

    #[test]
    fn batches_of_any_size_give_the_same_metrics_on_any_number_of_threads() {
        let (labels, rows) = (5, 131);
        let scores: Vec<f32> = (0..labels * rows).map(|index| (index * 7919 % 101) as f32 / 101.0).collect();
        let truth: Vec<f32> = (0..labels * rows).map(|index| f32::from(index * 31 % 7 < 2)).collect();
        let measure = |batch: usize, threads: usize| {
            let mut collector = Collector::new(labels, rows).unwrap();
            for (scores, truth) in scores.chunks(batch * labels).zip(truth.chunks(batch * labels)) {
                collector.push(scores, truth).unwrap();
            }
            collector.finish(&names(labels), threads).unwrap()
        };
        let expected = measure(rows, 1);
        assert_eq!(expected.auroc.defined, labels);
        for (batch, threads) in [(1, 2), (7, 3), (64, 99)] {
            assert_eq!(measure(batch, threads), expected);
        }
    }

    #[test]
    fn a_label_that_never_occurs_is_undefined_skipped_and_counted() {
        let mut collector = Collector::new(2, 2).unwrap();
        collector.push(&[0.9, 0.1, 0.2, 0.8], &[1.0, 0.0, 0.0, 0.0]).unwrap();
        let metrics = collector.finish(&names(2), 1).unwrap();
        assert_eq!(metrics.labels[1].auroc, None);
        assert_eq!(metrics.labels[1].f1, None);
        assert_eq!(
            metrics.auroc,
            super::super::Average { mean: Some(1.0), median: Some(1.0), defined: 1, undefined: 1 }
        );
    }

    #[test]
    fn a_score_that_is_not_a_number_is_an_error_that_names_its_place_and_adds_nothing() {
        let mut collector = Collector::new(2, 1).unwrap();
        let error = collector.push(&[0.5, f32::NAN], &[0.0, 1.0]).unwrap_err();
        insta::assert_snapshot!(error, @"the score at row 0, label 1 is NaN, not a finite number: the network's output is unusable (a diverged training: lower the learning rate or clip its gradients)");
        collector.push(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
    }

    #[test]
    fn batches_that_do_not_fit_are_refused() {
        let mut collector = Collector::new(2, 1).unwrap();
        assert!(collector.push(&[0.5, 0.5, 0.5], &[0.0, 1.0, 0.0]).is_err());
        assert!(collector.push(&[0.5, 0.5], &[0.0]).is_err());
        assert!(collector.push(&[0.5; 4], &[0.0; 4]).is_err());
        assert!(collector.push(&[0.5; 2], &[0.25; 2]).is_err());
        assert!(collector.finish(&names(2), 1).is_err(), "a row is missing");
    }

    #[test]
    fn more_scores_than_memory_is_an_error() {
        assert!(Collector::new(usize::MAX / 8, 64).is_err());
        assert!(Collector::new(1 << 40, 1 << 18).is_err());
        assert!(Collector::new(0, 1).is_err());
    }

    #[test]
    fn a_class_that_does_not_exist_is_refused() {
        let mut collector = Collector::multi_class(3, 1).unwrap();
        assert!(collector.push_classes(&[0.1, 0.2, 0.7], &[3]).is_err());
        assert!(collector.push_classes(&[0.1, 0.2, 0.7], &[-1]).is_err());
        assert!(collector.push(&[0.1, 0.2, 0.7], &[1.0, 1.0, 0.0]).is_err());
    }
}
