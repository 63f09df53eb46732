//! The metrics of a split: what a run keeps and a report shows.

use serde::{Deserialize, Serialize};

use super::average::{Averages, Interval};
use super::label::LabelMetrics;
use super::measure::Measure;

/// The metrics of one split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Rows that were scored.
    pub rows: usize,
    /// Mean loss per row; `None` where it was not measured or not finite.
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
    /// How the intervals were made; `None` without intervals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Resampled>,
}

/// Averages over the labels of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupMetrics {
    /// The group's name.
    pub name: String,
    /// The number of its labels.
    pub labels: usize,
    /// The averages.
    #[serde(flatten)]
    pub averages: Averages,
}

/// What a resample draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Resampling {
    /// Windows, each on its own.
    Window,
    /// Chromosomes with all their windows, because neighbouring windows are alike.
    Chromosome,
}

/// How averages get intervals: see [`Bootstrap`](super::Bootstrap).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intervals {
    /// The number of resamples.
    pub resamples: u32,
    /// The blocks of rows that are drawn.
    pub by: Resampling,
    /// The share of the resamples within an interval.
    pub confidence: f64,
    /// The seed of the draws.
    pub seed: u64,
}

/// How the intervals of [`Metrics`] were made, and the intervals of the metrics over all classes together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resampled {
    /// The number of resamples.
    pub resamples: u32,
    /// The unit that was drawn.
    pub by: Resampling,
    /// The number of windows or chromosomes to draw from.
    pub blocks: usize,
    /// The share of the resamples within an interval.
    pub confidence: f64,
    /// The seed of the draws.
    pub seed: u64,
    /// Interval of the accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Interval>,
    /// Interval of the balanced accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balanced_accuracy: Option<Interval>,
    /// Interval of the Matthews correlation coefficient over classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_mcc: Option<Interval>,
}

impl Metrics {
    /// The same metrics with the mean loss of the split.
    #[must_use]
    pub fn with_loss(mut self, loss: f64) -> Self {
        self.loss = loss.is_finite().then_some(loss);
        self
    }

    /// Whether these are those of two classes, which have one AUROC: a score for the one is a score against the other.
    pub(crate) fn is_of_two_classes(&self) -> bool {
        let same = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-9,
            (one, other) => one == other,
        };
        match self.labels.as_slice() {
            [one, other] => self.accuracy.is_some() && same(one.auroc, other.auroc),
            _ => false,
        }
    }

    /// The thresholds of all labels, in order, for use on another split.
    pub fn thresholds(&self) -> Vec<Option<f64>> {
        self.labels.iter().map(|label| label.threshold).collect()
    }

    /// The measures of this split, in the order in which they are shown.
    pub fn measures(&self) -> impl Iterator<Item = Measure> {
        let all = Measure::OF_LABELS.iter().chain(Measure::OF_VALUES);
        all.copied().filter(|measure| !self.averages.get(*measure).is_absent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Bootstrap, Collector, MetricOptions, Thresholds};

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
        let asked = MetricOptions {
            groups: &["x", ""].map(str::to_owned),
            thresholds: Thresholds::Best,
            bootstrap: Some(&bootstrap),
            ..MetricOptions::of(&names)
        };
        let metrics = collector.finish(&asked).unwrap();
        let text = serde_json::to_string(&metrics).unwrap();
        assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), metrics);
    }
}
