//! What is measured of a label, and its averages over labels.

use serde::{Deserialize, Serialize};

use super::LabelMetrics;
use crate::statistics;

/// Something that is measured of every label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Area under the receiver operating characteristic.
    Auroc,
    /// Area under the precision-recall curve, as average precision.
    Auprc,
    /// F1 of "score above 0.5", or of "highest score of the row" for a class.
    F1,
    /// Matthews correlation coefficient of the same decision.
    Mcc,
    /// F1 of "score above the label's threshold".
    F1AtThreshold,
    /// Matthews correlation coefficient of "score above the label's threshold".
    MccAtThreshold,
    /// Pearson's correlation.
    Pearson,
    /// Spearman's rank correlation.
    Spearman,
    /// The coefficient of determination.
    R2,
    /// The mean squared error.
    Mse,
}

impl Measure {
    /// What is measured of independent labels, once thresholds are known.
    pub const OF_LABELS: &'static [Self] =
        &[Self::Auroc, Self::Auprc, Self::F1, Self::Mcc, Self::F1AtThreshold, Self::MccAtThreshold];
    /// What is measured of independent labels without thresholds, and of classes.
    pub const OF_CLASSES: &'static [Self] = &[Self::Auroc, Self::Auprc, Self::F1, Self::Mcc];
    /// What is measured in a regression.
    pub const OF_VALUES: &'static [Self] = &[Self::Pearson, Self::Spearman, Self::R2, Self::Mse];

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auroc => "AUROC",
            Self::Auprc => "AUPRC",
            Self::F1 => "F1",
            Self::Mcc => "MCC",
            Self::F1AtThreshold => "F1 at threshold",
            Self::MccAtThreshold => "MCC at threshold",
            Self::Pearson => "Pearson",
            Self::Spearman => "Spearman",
            Self::R2 => "R²",
            Self::Mse => "MSE",
        }
    }

    /// Its name in files: that of its field in [`LabelMetrics`] and [`Averages`].
    pub fn key(self) -> &'static str {
        match self {
            Self::Auroc => "auroc",
            Self::Auprc => "auprc",
            Self::F1 => "f1",
            Self::Mcc => "mcc",
            Self::F1AtThreshold => "f1_at_threshold",
            Self::MccAtThreshold => "mcc_at_threshold",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
            Self::R2 => "r2",
            Self::Mse => "mse",
        }
    }

    /// What it is of one label; `None` where it is undefined or was not measured.
    pub fn of_label(self, label: &LabelMetrics) -> Option<f64> {
        match self {
            Self::Auroc => label.auroc,
            Self::Auprc => label.auprc,
            Self::F1 => label.f1,
            Self::Mcc => label.mcc,
            Self::F1AtThreshold => label.f1_at_threshold,
            Self::MccAtThreshold => label.mcc_at_threshold,
            Self::Pearson => label.pearson,
            Self::Spearman => label.spearman,
            Self::R2 => label.r2,
            Self::Mse => label.mse,
        }
    }
}

/// A value and where it would lie if other rows had been drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// One metric over labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// Mean over the defined labels; `None` if there is none.
    pub mean: Option<f64>,
    /// Median over the defined labels; `None` if there is none.
    pub median: Option<f64>,
    /// Mean over the defined labels, each as often as it has positive rows; `None` if there is none, and in a
    /// regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighted: Option<f64>,
    /// Labels that count.
    pub defined: usize,
    /// Labels that the metric is undefined for, which do not count.
    pub undefined: usize,
    /// Bootstrap interval of the mean, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

impl Average {
    /// The average of the values that are there.
    pub fn over(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        Self::weighted_over(values.into_iter().map(|value| (value, 0)))
    }

    /// The average of the values that are there, each with its weight.
    pub fn weighted_over(values: impl IntoIterator<Item = (Option<f64>, u64)>) -> Self {
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

    /// Whether nothing was measured, neither defined nor undefined.
    pub fn is_absent(&self) -> bool {
        self.defined == 0 && self.undefined == 0
    }
}

/// The averages of every metric over the same labels; what a task does not measure is [absent](Average::is_absent).
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
    pub fn over<'a>(measures: &[Measure], labels: impl IntoIterator<Item = &'a LabelMetrics>) -> Self {
        let labels: Vec<&LabelMetrics> = labels.into_iter().collect();
        let mut averages = Self::default();
        for &measure in measures {
            let values = labels.iter().map(|label| (measure.of_label(label), label.positives));
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
        assert!(Average::over([]).is_absent());
        assert_eq!(Average::over([None]), Average { undefined: 1, ..Average::default() });
    }
}
