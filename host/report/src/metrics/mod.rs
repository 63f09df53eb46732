//! How well predictions agree with the truth, for every label and averaged over labels.
//!
//! The definitions are scikit-learn's, and the golden tests hold them to 1e-9:
//!
//! | measure | scikit-learn | undefined (`None`) |
//! |---|---|---|
//! | AUROC | `roc_auc_score` | without a positive or without a negative row |
//! | AUPRC | `average_precision_score` (step-wise) | without a positive row (scikit-learn warns and returns 0) |
//! | F1 | `f1_score` | without a positive row (scikit-learn returns 0) |
//! | MCC | `matthews_corrcoef` | without a positive or without a negative row (scikit-learn returns 0) |
//! | accuracy | `accuracy_score` | never |
//! | balanced accuracy | `balanced_accuracy_score` | never; classes without a row do not count |
//! | MCC over classes | `matthews_corrcoef` | with rows of one class only (scikit-learn returns 0) |
//! | Pearson, Spearman | `scipy.stats.pearsonr`, `spearmanr` | where the truth or the scores are constant |
//! | R² | `r2_score` | where the truth is constant (scikit-learn returns 0 or 1) |
//! | MSE | `mean_squared_error` | never |
//!
//! So, except for correlations, whether a measure of a label is defined depends on the rows of the split alone: all
//! networks are averaged over the same labels. A network that decides the same for all rows has an MCC of 0, as in
//! scikit-learn. Undefined values are left out of every average, and counted.
//!
//! [`Collector`] takes batches of scores; [`Collector::finish`] returns [`Metrics`]. Nothing here knows networks or files.

mod average;
mod bootstrap;
mod collector;
mod confusion;
mod finish;
#[cfg(test)]
mod golden;
mod key;
mod label;
mod measure;
mod parallel;
mod rank;
mod regression;
mod resamples;
mod results;
mod truth;

pub use average::{Average, Averages, Interval};
pub use bootstrap::Bootstrap;
pub use collector::Collector;
pub use finish::{MetricOptions, Thresholds};
pub use label::LabelMetrics;
pub use measure::Measure;
pub use resamples::{ResampledAverage, Resamples};
pub use results::{GroupMetrics, Intervals, Metrics, Resampled, Resampling};
