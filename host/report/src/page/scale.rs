//! How far a score may be off by chance alone, so that no axis makes chance look like a lead.

use crate::metrics::Metrics;
use crate::model::{Comparison, RunSummary};

/// The width of a 95 % interval of a share that is measured on this many rows, where it is widest: 2 · 1.96 · √(¼ / n), by
/// the normal approximation; 0 where the rows are unknown.
pub(super) fn chance_width(rows: u64) -> f64 {
    if rows == 0 { 0.0 } else { (1.96 / (rows as f64).sqrt()).min(1.0) }
}

/// That width for the test split of a comparison; of several folds, for one of them.
pub(super) fn of_test(comparison: &Comparison) -> f64 {
    let results = comparison.entries.iter().flat_map(|entry| &entry.runs).filter_map(RunSummary::result);
    let rows = results.map(|metrics: &Metrics| metrics.rows as u64).min();
    chance_width(rows.unwrap_or(0))
}

/// That width for the validation split of a comparison.
pub(super) fn of_validation(comparison: &Comparison) -> f64 {
    let folds = comparison.data.folds.iter().map(|fold| fold.rows.valid).min();
    chance_width(folds.unwrap_or_else(|| comparison.data.rows().valid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_widen_an_axis_and_unknown_rows_do_not() {
        assert!((chance_width(400) - 0.098).abs() < 1e-9);
        assert!(chance_width(1) <= 1.0 && chance_width(0) == 0.0);
    }
}
