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
mod results;
mod truth;

pub use average::{Average, Averages, Interval};
pub use bootstrap::Bootstrap;
pub use collector::Collector;
pub use finish::{Asked, Thresholds};
pub use label::LabelMetrics;
pub use measure::Measure;
pub use results::{GroupMetrics, Metrics, Resampled, Resampling};
