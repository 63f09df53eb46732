//! How well scores agree with the truth: of every label, and averaged over labels.
//!
//! The definitions are scikit-learn's, and the golden tests hold them to 1e-9:
//!
//! | measure | scikit-learn | undefined (`None`) |
//! |---|---|---|
//! | AUROC | `roc_auc_score` | without a positive or without a negative row |
//! | AUPRC | `average_precision_score` (step-wise) | without a positive row (scikit-learn warns and gives 0) |
//! | F1 | `f1_score` | without a positive row (scikit-learn gives 0) |
//! | MCC | `matthews_corrcoef` | without a positive or without a negative row (scikit-learn gives 0) |
//! | accuracy | `accuracy_score` | never |
//! | balanced accuracy | `balanced_accuracy_score` | never; classes without a row do not count |
//! | MCC over classes | `matthews_corrcoef` | with rows of one class only (scikit-learn gives 0) |
//! | Pearson, Spearman | `scipy.stats.pearsonr`, `spearmanr` | where the truth or the scores are constant |
//! | R² | `r2_score` | where the truth is constant (scikit-learn gives 0 or 1) |
//! | MSE | `mean_squared_error` | never |
//!
//! So whether a measure of a label is defined depends on the rows of the split, never on what a network decides (but
//! for correlations): all networks are averaged over the same labels. A network that decides the same for all rows has
//! an MCC of 0, as in scikit-learn. What is undefined is left out of every average, and counted.
//!
//! Nothing here knows networks or files: [`Collector`] takes batches of scores, and gives [`Metrics`].

mod average;
mod bootstrap;
mod collect;
mod decided;
#[cfg(test)]
mod golden;
mod key;
mod measure;
mod rank;
mod values;

use serde::{Deserialize, Serialize};

pub use average::{Average, Averages, Interval, Measure};
pub use bootstrap::{Bootstrap, Resampled, Resampling};
pub use collect::Collector;
pub use measure::{Asked, Thresholds};

/// What was measured on one split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Rows that were scored.
    pub rows: usize,
    /// Mean loss a row, where the caller measured it; `None` too if it was not finite.
    #[serde(default)]
    pub loss: Option<f64>,
    /// The share of rows whose highest score is at their class; only for tasks with classes, like the two below.
    #[serde(default)]
    pub accuracy: Option<f64>,
    /// The mean over classes of the share of a class's rows whose highest score is at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balanced_accuracy: Option<f64>,
    /// The Matthews correlation coefficient of classes and highest scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_mcc: Option<f64>,
    /// Every label (or class), in the data's order.
    pub labels: Vec<LabelMetrics>,
    /// Averages over all labels.
    #[serde(flatten)]
    pub averages: Averages,
    /// Averages over the labels of each group, in the order in which the groups first occur; empty without groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupMetrics>,
    /// How the intervals were made, if there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Resampled>,
}

/// What was measured on one label. What the task does not measure is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// The label's name.
    pub name: String,
    /// Rows that have the label; 0 in a regression.
    #[serde(default)]
    pub positives: u64,
    /// Rows that do not; 0 in a regression.
    #[serde(default)]
    pub negatives: u64,
    /// The chance that a positive row scores above a negative one, ties counted half.
    #[serde(default)]
    pub auroc: Option<f64>,
    /// Average precision: the mean over positives of the precision at their score, ties taken together.
    #[serde(default)]
    pub auprc: Option<f64>,
    /// F1 of "score above 0.5"; in a task with classes, of "this class has the highest score".
    #[serde(default)]
    pub f1: Option<f64>,
    /// Matthews correlation coefficient of the same decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc: Option<f64>,
    /// The threshold with the highest F1 on the validation split; only of independent labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// F1 of "score above the threshold".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1_at_threshold: Option<f64>,
    /// Matthews correlation coefficient of "score above the threshold".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc_at_threshold: Option<f64>,
    /// Pearson's correlation of scores and true values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pearson: Option<f64>,
    /// Pearson's correlation of their ranks, ties sharing the mean of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spearman: Option<f64>,
    /// 1 less the squared error's share of the truth's variance; below 0 if the mean would be a better prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
    /// Mean squared error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mse: Option<f64>,
}

/// Averages over the labels of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupMetrics {
    /// The group's name.
    pub name: String,
    /// Its labels.
    pub labels: usize,
    /// The averages.
    #[serde(flatten)]
    pub averages: Averages,
}

impl Metrics {
    /// The same metrics with the mean loss of the split.
    #[must_use]
    pub fn with_loss(mut self, loss: f64) -> Self {
        self.loss = loss.is_finite().then_some(loss);
        self
    }

    /// The labels' thresholds, in order, for another split.
    pub fn thresholds(&self) -> Vec<Option<f64>> {
        self.labels.iter().map(|label| label.threshold).collect()
    }

    /// What was measured, in the order in which a person reads it.
    pub fn measures(&self) -> impl Iterator<Item = Measure> {
        let all = Measure::OF_LABELS.iter().chain(Measure::OF_VALUES);
        all.copied().filter(|measure| !self.averages.get(*measure).is_absent())
    }
}

impl LabelMetrics {
    /// The share of rows that have the label; `None` in a regression.
    pub fn prevalence(&self) -> Option<f64> {
        let rows = self.positives + self.negatives;
        (rows > 0).then(|| self.positives as f64 / rows as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_that_an_earlier_version_wrote_are_read() {
        let text = r#"{"rows": 4, "loss": 0.5, "accuracy": null,
            "labels": [{"name": "a", "positives": 1, "negatives": 3, "auroc": 0.75, "auprc": 0.5, "f1": 0.25}],
            "auroc": {"mean": 0.75, "median": 0.75, "defined": 1, "undefined": 0},
            "auprc": {"mean": 0.5, "median": 0.5, "defined": 1, "undefined": 0},
            "f1": {"mean": 0.25, "median": 0.25, "defined": 1, "undefined": 0}}"#;
        let metrics: Metrics = serde_json::from_str(text).unwrap();
        assert_eq!((metrics.averages.auroc.mean, metrics.labels[0].auprc), (Some(0.75), Some(0.5)));
        assert_eq!(metrics.measures().collect::<Vec<_>>(), [Measure::Auroc, Measure::Auprc, Measure::F1]);
        assert!(metrics.averages.mcc.is_absent() && metrics.bootstrap.is_none());
    }

    #[test]
    fn metrics_survive_being_written_and_read() {
        let names = ["a", "b"].map(str::to_owned);
        let bootstrap = Bootstrap::new(20, Resampling::Chromosome, &[1, 1, 2, 3], 0.9, 1).unwrap();
        let mut collector = Collector::new(2, 4).unwrap();
        collector.push(&[0.1, 0.9, 0.4, 0.3, 0.2, 0.6, 0.7, 0.8], &[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]).unwrap();
        let asked = Asked {
            groups: &["x", ""].map(str::to_owned),
            thresholds: Thresholds::Best,
            bootstrap: Some(&bootstrap),
            ..Asked::of(&names)
        };
        let metrics = collector.finish(&asked).unwrap();
        let text = serde_json::to_string(&metrics).unwrap();
        assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), metrics);
    }
}
