//! The measures of one label.

use serde::{Deserialize, Serialize};

use super::measure::Measure;

/// The measures of one label; `None` where undefined or not part of the task.
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
    /// Pearson's correlation of their ranks; ties share the mean of their ranks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spearman: Option<f64>,
    /// 1 minus the squared error divided by the variance of the truth; below 0 where the mean would predict better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
    /// Mean squared error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mse: Option<f64>,
}

impl LabelMetrics {
    /// One measure of the label; `None` where it is undefined or was not measured.
    pub fn get(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Auroc => self.auroc,
            Measure::Auprc => self.auprc,
            Measure::F1 => self.f1,
            Measure::Mcc => self.mcc,
            Measure::F1AtThreshold => self.f1_at_threshold,
            Measure::MccAtThreshold => self.mcc_at_threshold,
            Measure::Pearson => self.pearson,
            Measure::Spearman => self.spearman,
            Measure::R2 => self.r2,
            Measure::Mse => self.mse,
        }
    }

    /// The share of rows that have the label; `None` in a regression.
    pub(crate) fn prevalence(&self) -> Option<f64> {
        let rows = self.positives + self.negatives;
        (rows > 0).then(|| self.positives as f64 / rows as f64)
    }
}
