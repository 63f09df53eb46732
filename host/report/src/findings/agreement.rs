//! Whether what a search saw agrees with what came of it: rank correlations of scores of the same runs.

use super::anytime;
use super::judged::Judged;
use crate::model::{AgreementTest, Ranking, RunSummary};
use crate::statistics::{kendall, spearman};

/// The correlations that at least three runs have both scores for.
pub(super) fn tests(judged: &Judged<'_>) -> Vec<AgreementTest> {
    let (metric, by_loss) = (judged.metric, anytime::by_loss(judged));
    let searched = if by_loss { "lowest validation loss" } else { "best validation AUROC" };
    let test = |run: &RunSummary| metric.of(run.result()?);
    let valid = |run: &RunSummary| validation(run, metric);
    let search = |run: &RunSummary| anytime::best(run, by_loss);
    let (of_search, of_valid, of_test) = (
        format!("{searched} of the search"),
        format!("validation {}", metric.name()),
        format!("test {}", metric.name()),
    );
    [
        agreement(judged, &of_search, search, &of_test, test),
        agreement(judged, &of_search, search, &of_valid, valid),
        agreement(judged, &of_valid, valid, &of_test, test),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn validation(run: &RunSummary, metric: Ranking) -> Option<f64> {
    let valid = run.valid.filter(|_| run.result().is_some())?;
    match metric.measure() {
        Some(measure) => valid.averages.get(measure).mean,
        None => valid.accuracy,
    }
}

fn agreement(
    judged: &Judged<'_>,
    of: &str,
    first: impl Fn(&RunSummary) -> Option<f64>,
    with: &str,
    second: impl Fn(&RunSummary) -> Option<f64>,
) -> Option<AgreementTest> {
    const FEWEST: usize = 3;
    let runs = judged.rows.iter().flat_map(|row| &row.entry.runs).filter(|run| run.result().is_some());
    let both = |run: &RunSummary| {
        Some((first(run)?, second(run)?)).filter(|(one, other)| one.is_finite() && other.is_finite())
    };
    let pairs: Vec<(f64, f64)> = runs.filter_map(both).collect();
    (pairs.len() >= FEWEST).then(|| AgreementTest {
        of: of.to_owned(),
        with: with.to_owned(),
        runs: pairs.len(),
        kendall: kendall(&pairs),
        spearman: spearman(&pairs),
    })
}
