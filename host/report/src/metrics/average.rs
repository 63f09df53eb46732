//! Averages over labels.

use serde::{Deserialize, Serialize};

use super::label::LabelMetrics;
use super::measure::Measure;
use crate::statistics;

/// A bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// One measure over labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// Mean over the defined labels; `None` if there is none.
    pub mean: Option<f64>,
    /// Median over the defined labels; `None` if there is none.
    pub median: Option<f64>,
    /// Mean over the defined labels, weighted by their positive rows; `None` if there is none, and in a regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighted: Option<f64>,
    /// Labels for which it is defined.
    pub defined: usize,
    /// Labels for which it is undefined, which are left out.
    pub undefined: usize,
    /// Bootstrap interval of the mean, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

impl Average {
    /// The average of the defined values, each with its weight.
    fn weighted_over(values: impl IntoIterator<Item = (Option<f64>, u64)>) -> Self {
        let (mut undefined, mut weights, mut sum) = (0, 0.0, 0.0);
        let mut defined = Vec::new();
        for (value, weight) in values {
            let Some(value) = value else {
                undefined += 1;
                continue;
            };
            weights += weight as f64;
            sum += weight as f64 * value;
            defined.push(value);
        }
        Self {
            mean: statistics::mean(&defined),
            median: statistics::median(&defined),
            weighted: (weights > 0.0).then(|| sum / weights),
            defined: defined.len(),
            undefined,
            interval: None,
        }
    }

    /// Whether there is no label at all, neither defined nor undefined.
    pub fn is_absent(&self) -> bool {
        self.defined == 0 && self.undefined == 0
    }
}

/// The averages of every measure over the same labels; a measure that is not part of the task is
/// [absent](Average::is_absent).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Averages {
    /// Area under the receiver operating characteristic.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub auroc: Average,
    /// Area under the precision-recall curve (average precision).
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub auprc: Average,
    /// F1.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub f1: Average,
    /// Matthews correlation coefficient.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub mcc: Average,
    /// F1 at the labels' thresholds.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub f1_at_threshold: Average,
    /// Matthews correlation coefficient at the labels' thresholds.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub mcc_at_threshold: Average,
    /// Pearson's correlation.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub pearson: Average,
    /// Spearman's rank correlation.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub spearman: Average,
    /// Coefficient of determination.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub r2: Average,
    /// Mean squared error.
    #[serde(skip_serializing_if = "Average::is_absent")]
    pub mse: Average,
}

impl Averages {
    /// The averages of these measures over labels.
    pub(crate) fn over<'a>(measures: &[Measure], labels: impl IntoIterator<Item = &'a LabelMetrics>) -> Self {
        let labels: Vec<&LabelMetrics> = labels.into_iter().collect();
        let mut averages = Self::default();
        for &measure in measures {
            let values = labels.iter().map(|label| (label.get(measure), label.positives));
            *averages.get_mut(measure) = Average::weighted_over(values);
        }
        averages
    }

    /// The average of one measure.
    pub fn get(&self, measure: Measure) -> &Average {
        match measure {
            Measure::Auroc => &self.auroc,
            Measure::Auprc => &self.auprc,
            Measure::F1 => &self.f1,
            Measure::Mcc => &self.mcc,
            Measure::F1AtThreshold => &self.f1_at_threshold,
            Measure::MccAtThreshold => &self.mcc_at_threshold,
            Measure::Pearson => &self.pearson,
            Measure::Spearman => &self.spearman,
            Measure::R2 => &self.r2,
            Measure::Mse => &self.mse,
        }
    }

    /// The average of one measure, to change.
    pub(super) fn get_mut(&mut self, measure: Measure) -> &mut Average {
        match measure {
            Measure::Auroc => &mut self.auroc,
            Measure::Auprc => &mut self.auprc,
            Measure::F1 => &mut self.f1,
            Measure::Mcc => &mut self.mcc,
            Measure::F1AtThreshold => &mut self.f1_at_threshold,
            Measure::MccAtThreshold => &mut self.mcc_at_threshold,
            Measure::Pearson => &mut self.pearson,
            Measure::Spearman => &mut self.spearman,
            Measure::R2 => &mut self.r2,
            Measure::Mse => &mut self.mse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undefined_label_is_counted_and_weighs_nothing() {
        let average = Average::weighted_over([(Some(0.5), 1), (None, 100), (Some(0.9), 3), (Some(0.7), 0)]);
        assert!((average.mean.unwrap() - 0.7).abs() < 1e-12);
        assert!((average.weighted.unwrap() - 0.8).abs() < 1e-12);
        assert_eq!((average.median, average.defined, average.undefined), (Some(0.7), 3, 1));
    }

    #[test]
    fn no_label_at_all_has_no_average() {
        assert!(Average::weighted_over([]).is_absent());
        assert_eq!(Average::weighted_over([(None, 0)]), Average { undefined: 1, ..Average::default() });
    }
}
