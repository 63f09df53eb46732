//! The measures of a label, and their names.

/// A measure that every label has on its own.
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
    /// The measures of independent labels with thresholds.
    pub const OF_LABELS: &'static [Self] =
        &[Self::Auroc, Self::Auprc, Self::F1, Self::Mcc, Self::F1AtThreshold, Self::MccAtThreshold];
    /// The measures of independent labels without thresholds, and of classes.
    pub const OF_CLASSES: &'static [Self] = &[Self::Auroc, Self::Auprc, Self::F1, Self::Mcc];
    /// The measures of a regression.
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

    /// Its name in files: that of its field in [`LabelMetrics`](super::LabelMetrics) and [`Averages`](super::Averages).
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
}
