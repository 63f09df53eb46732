//! What a plan records of its data, and over which folds a comparison goes.

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::{Split, StoreInfo};
use genomenas_report::model::FoldSummary;

use super::plan::{ComparisonPlan, DataPlan};

/// What a plan records of a store.
pub(super) fn plan(store: PathBuf, info: &StoreInfo) -> DataPlan {
    let runs = info.of_runs();
    let mean = |split: Split| runs.iter().map(|run| run.rows.get(split)).sum::<u64>() / runs.len().max(1) as u64;
    let summary = |run: &StoreInfo| FoldSummary { rows: run.rows.clone(), straddling: run.leakage.unwrap_or_default() };
    DataPlan {
        store,
        digest: info.digest.clone(),
        length: info.shape.length as u64,
        rows: Split::ALL.map(mean),
        labels: info.shape.labels.clone(),
        straddling: info.leakage,
        folds: if info.folds.is_empty() { Vec::new() } else { runs.iter().map(summary).collect() },
    }
}

/// The title of a comparison that nobody gave one.
pub(super) fn title(store: &Path) -> String {
    format!("Comparison on {}", store.file_stem().unwrap_or_default().to_string_lossy())
}

/// Refuses to go on with the comparison in `out` over another number of folds, in words that a digest does not have.
pub(super) fn refuse_other_folds(plan: &ComparisonPlan, store: &Path, info: &StoreInfo, out: &Path) -> Result<()> {
    let (there, here) = (plan.data.folds.len(), info.folds.len());
    if there == here || plan.data.digest == info.digest {
        return Ok(());
    }
    let named = |folds: usize| if folds == 0 { "splits without folds".to_owned() } else { format!("{folds} folds") };
    Err(Error::input(format!(
        "the comparison in {} is over {}, and {} has {}: go on with the data that it began with, or begin another one in another \
         folder with --out",
        out.display(),
        named(there),
        store.display(),
        named(here)
    )))
}
