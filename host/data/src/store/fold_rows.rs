//! Folds of a store: parts of equal standing, each the test of one run.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};

use super::leakage::SplitLeakage;
use super::shape::Shape;

/// One label of a regression over the rows of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// The smallest.
    pub least: f32,
    /// The largest.
    pub most: f32,
    /// Their mean.
    pub mean: f64,
}

/// Which fold of a store is the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// From 1.
    pub number: u32,
    /// Folds of the store.
    pub of: u32,
}

/// A fold of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldRows {
    /// Its rows.
    pub rows: u64,
    /// Rows with at least one unknown base.
    pub rows_with_unknown: u64,
    /// Positive rows of each label; of a regression, rows whose label is not 0.
    pub positives: Vec<u64>,
    /// The labels of a regression, each in numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Values>,
    /// What is in two splits of the run that this fold is the test of.
    pub straddling: SplitLeakage,
}

impl Display for Fold {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        write!(out, "fold {} of {}", self.number, self.of)
    }
}

impl FoldRows {
    /// Of no row.
    pub(super) fn none(shape: &Shape) -> Self {
        let values = if shape.task.is_regression() { shape.labels.len() } else { 0 };
        Self {
            rows: 0,
            rows_with_unknown: 0,
            positives: vec![0; shape.labels.len()],
            values: vec![Values::default(); values],
            straddling: SplitLeakage::default(),
        }
    }

    /// Several as one.
    pub(super) fn all(folds: &[Self], shape: &Shape) -> Self {
        if folds.is_empty() {
            return Self::none(shape);
        }
        Self {
            rows: folds.iter().map(|fold| fold.rows).sum(),
            rows_with_unknown: folds.iter().fold(0, |sum, fold| sum.saturating_add(fold.rows_with_unknown)),
            positives: added(folds.iter().map(|fold| fold.positives.as_slice())),
            values: together(folds.iter()),
            straddling: SplitLeakage::default(),
        }
    }
}

fn added<'a>(of: impl Iterator<Item = &'a [u64]>) -> Vec<u64> {
    let mut sum: Vec<u64> = Vec::new();
    for counts in of {
        sum.resize(counts.len(), 0);
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
    }
    sum
}

/// The values of several folds as those of one.
fn together<'a>(folds: impl Iterator<Item = &'a FoldRows>) -> Vec<Values> {
    let (mut rows, mut all) = (0, Vec::<Values>::new());
    for fold in folds.filter(|fold| fold.rows > 0) {
        if rows == 0 {
            all.clone_from(&fold.values);
        }
        let (before, here) = (rows as f64, fold.rows as f64);
        for (sum, values) in all.iter_mut().zip(&fold.values) {
            sum.least = sum.least.min(values.least);
            sum.most = sum.most.max(values.most);
            sum.mean = (sum.mean * before + values.mean * here) / (before + here);
        }
        rows += fold.rows;
    }
    all
}
