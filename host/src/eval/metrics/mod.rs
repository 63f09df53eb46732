//! How well scores agree with the truth: AUROC, AUPRC and F1 of every label, and their averages.
//!
//! The definitions are scikit-learn's (`roc_auc_score`, `average_precision_score`, `f1_score`), and the golden
//! tests hold them to 1e-9. One thing differs on purpose: a label without a positive or without a negative row
//! has no AUROC, so all of its metrics are undefined (`None`), it is left out of every average, and counted.
//! Nothing here knows networks or files: [`Collector`] takes batches of scores, and gives [`Metrics`].

mod collect;
#[cfg(test)]
mod golden;
mod rank;

use serde::{Deserialize, Serialize};

use crate::compare::statistics;

pub use collect::Collector;

/// What was measured on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Rows that were scored.
    pub rows: usize,
    /// Mean loss a row, where the caller measured it; `None` too if it was not finite.
    #[serde(default)]
    pub loss: Option<f64>,
    /// The share of rows whose highest score is at their class; only for multi-class tasks.
    #[serde(default)]
    pub accuracy: Option<f64>,
    /// Every label (or class), in the data's order.
    pub labels: Vec<LabelMetrics>,
    /// Area under the receiver operating characteristic, over the defined labels.
    pub auroc: Average,
    /// Area under the precision-recall curve (average precision), over the defined labels.
    pub auprc: Average,
    /// F1, over the defined labels.
    pub f1: Average,
}

/// What was measured on one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// The label's name.
    pub name: String,
    /// Rows that have the label.
    pub positives: u64,
    /// Rows that do not.
    pub negatives: u64,
    /// The chance that a positive row scores above a negative one, ties counted half.
    pub auroc: Option<f64>,
    /// Average precision: the mean over positives of the precision at their score, ties taken together.
    pub auprc: Option<f64>,
    /// F1 of "score above 0.5"; in a multi-class task, of "this class has the highest score".
    pub f1: Option<f64>,
}

/// One metric over all labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// Mean over the defined labels; `None` if there is none.
    pub mean: Option<f64>,
    /// Median over the defined labels; `None` if there is none.
    pub median: Option<f64>,
    /// Labels that count.
    pub defined: usize,
    /// Labels without a positive or without a negative row, which do not count.
    pub undefined: usize,
}

impl Metrics {
    /// The same metrics with the mean loss of the split.
    #[must_use]
    pub fn with_loss(mut self, loss: f64) -> Self {
        self.loss = loss.is_finite().then_some(loss);
        self
    }

    fn new(rows: usize, accuracy: Option<f64>, labels: Vec<LabelMetrics>) -> Self {
        let average = |of: fn(&LabelMetrics) -> Option<f64>| Average::over(labels.iter().map(of));
        Self {
            rows,
            loss: None,
            accuracy,
            auroc: average(|label| label.auroc),
            auprc: average(|label| label.auprc),
            f1: average(|label| label.f1),
            labels,
        }
    }
}

impl Average {
    /// The average of the values that are there.
    pub fn over(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut undefined = 0;
        let defined: Vec<f64> = values
            .into_iter()
            .filter_map(|value| {
                undefined += usize::from(value.is_none());
                value
            })
            .collect();
        Self {
            mean: statistics::mean(&defined),
            median: statistics::median(&defined),
            defined: defined.len(),
            undefined,
        }
    }
}
