//! The metrics that a leaderboard shows and can be sorted by.

use genomenas_data::Task;
use serde::{Deserialize, Serialize};

use super::run::ValidationSummary;
use crate::metrics::{Measure, Metrics};

/// A metric of the sealed test split: averaged over labels, or taken over all classes together, then averaged over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ranking {
    /// By AUROC.
    #[default]
    Auroc,
    /// By AUPRC.
    Auprc,
    /// By F1.
    F1,
    /// By accuracy; for classes only.
    Accuracy,
    /// By Pearson's correlation; for a regression only, like the two below.
    Pearson,
    /// By Spearman's rank correlation.
    Spearman,
    /// By the coefficient of determination.
    R2,
}

impl Ranking {
    /// All of them.
    pub(super) const ALL: [Self; 7] =
        [Self::Auroc, Self::Auprc, Self::F1, Self::Accuracy, Self::Pearson, Self::Spearman, Self::R2];
    /// The columns for independent labels.
    pub(super) const OF_LABELS: [Self; 3] = [Self::Auroc, Self::Auprc, Self::F1];
    /// The columns for classes.
    pub(super) const OF_CLASSES: [Self; 3] = [Self::Accuracy, Self::Auroc, Self::F1];
    /// The columns for a regression.
    pub(super) const OF_VALUES: [Self; 3] = [Self::Pearson, Self::Spearman, Self::R2];

    /// The columns of a leaderboard for this task; it is sorted by the first one unless the request names another.
    pub fn of_task(task: Task) -> [Self; 3] {
        match task {
            Task::MultiLabel => Self::OF_LABELS,
            Task::MultiClass | Task::NextNucleotide => Self::OF_CLASSES,
            Task::Regression | Task::PoissonRegression => Self::OF_VALUES,
        }
    }

    /// Whether it is defined for this task.
    pub fn is_of(self, task: Task) -> bool {
        Self::of_task(task).contains(&self) || self == Self::Auprc && task.is_classes()
    }

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auroc => "AUROC",
            Self::Auprc => "AUPRC",
            Self::F1 => "F1",
            Self::Accuracy => "accuracy",
            Self::Pearson => "Pearson",
            Self::Spearman => "Spearman",
            Self::R2 => "R²",
        }
    }

    /// Its name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Auroc => "auroc",
            Self::Auprc => "auprc",
            Self::F1 => "f1",
            Self::Accuracy => "accuracy",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
            Self::R2 => "r2",
        }
    }

    /// Its value for random predictions, where that is the same for all data.
    pub(crate) fn chance(self) -> Option<f64> {
        match self {
            Self::Auroc => Some(0.5),
            Self::Pearson | Self::Spearman | Self::R2 => Some(0.0),
            Self::Auprc | Self::F1 | Self::Accuracy => None,
        }
    }

    /// The measure of each label that it averages; `None` for accuracy, which is taken over all classes together.
    pub(crate) fn measure(self) -> Option<Measure> {
        match self {
            Self::Auroc => Some(Measure::Auroc),
            Self::Auprc => Some(Measure::Auprc),
            Self::F1 => Some(Measure::F1),
            Self::Accuracy => None,
            Self::Pearson => Some(Measure::Pearson),
            Self::Spearman => Some(Measure::Spearman),
            Self::R2 => Some(Measure::R2),
        }
    }

    /// Its value on the validation split.
    pub fn of_validation(self, valid: &ValidationSummary) -> Option<f64> {
        match self.measure() {
            Some(measure) => valid.averages.get(measure).mean,
            None => valid.accuracy,
        }
    }

    /// Its value on a split.
    pub fn of(self, metrics: &Metrics) -> Option<f64> {
        match self.measure() {
            Some(measure) => metrics.averages.get(measure).mean,
            None => metrics.accuracy,
        }
    }
}
