//! The incumbents of searches: the best validation score so far, against samples and seconds.

use super::judged::Judged;
use crate::model::{AnytimeCurve, EpochPoint, RunPhase, RunSummary};
use crate::statistics::quantile;

/// Cost and best score so far, where it improves.
type Steps = Vec<(f64, f64)>;

/// The curves of each entry, against samples and against seconds.
pub(super) fn curves(judged: &Judged<'_>) -> Vec<(Option<AnytimeCurve>, Option<AnytimeCurve>)> {
    let by_loss = by_loss(judged);
    let samples = against(judged, by_loss, |point| point.samples as f64);
    let seconds = against(judged, by_loss, |point| point.seconds);
    samples.into_iter().zip(seconds).collect()
}

/// The best score of a run's search: the AUROC, or less the loss where no search of the comparison has an AUROC.
pub(super) fn best(run: &RunSummary, by_loss: bool) -> Option<f64> {
    steps(run, by_loss, |_| 0.0).0.last().map(|step| step.1)
}

/// Whether searches are told by their loss: those of a regression measure no AUROC.
pub(super) fn by_loss(judged: &Judged<'_>) -> bool {
    let runs = judged.rows.iter().flat_map(|row| &row.entry.runs);
    !runs.flat_map(searched).any(|point| point.valid_auroc.is_some())
}

fn searched(run: &RunSummary) -> impl Iterator<Item = &EpochPoint> {
    run.curve.iter().filter(|point| point.phase != RunPhase::Final)
}

/// The incumbent as steps, higher is better, and where the search ends.
fn steps(run: &RunSummary, by_loss: bool, cost: fn(&EpochPoint) -> f64) -> (Steps, f64) {
    let (mut steps, mut end): (Steps, f64) = (Vec::new(), 0.0);
    for point in searched(run) {
        let score = if by_loss { point.valid_loss.map(|loss| -loss) } else { point.valid_auroc };
        let Some(score) = score.filter(|score| score.is_finite()) else { continue };
        end = end.max(cost(point));
        if steps.last().is_none_or(|step| score > step.1) {
            steps.push((end, score));
        }
    }
    (steps, end)
}

fn against(judged: &Judged<'_>, by_loss: bool, cost: fn(&EpochPoint) -> f64) -> Vec<Option<AnytimeCurve>> {
    let of_row = |row: &crate::leaderboard::LeaderboardRow<'_>| -> Vec<(Steps, f64)> {
        let runs = row.entry.runs.iter().filter(|run| run.result().is_some());
        runs.map(|run| steps(run, by_loss, cost)).filter(|(steps, _)| !steps.is_empty()).collect()
    };
    let entries: Vec<Vec<(Steps, f64)>> = judged.rows.iter().map(of_row).collect();
    let all = || entries.iter().flatten();
    // The same stretch for all: before it a search has no incumbent, and no height could stand in for one.
    let from = all().filter_map(|(steps, _)| steps.first()).map(|step| step.0).fold(f64::NEG_INFINITY, f64::max);
    let to = all().map(|(_, end)| *end).fold(f64::NEG_INFINITY, f64::max);
    entries.iter().map(|runs| curve(runs, (from, to), by_loss)).collect()
}

fn curve(runs: &[(Steps, f64)], (from, to): (f64, f64), by_loss: bool) -> Option<AnytimeCurve> {
    /// As many as a picture can show.
    const MOST_STEPS: usize = 200;
    if runs.is_empty() || !from.is_finite() || to < from {
        return None;
    }
    let shown = |score: f64| if by_loss { -score } else { score };
    let quartiles = |mut values: Vec<f64>| -> Option<(f64, f64, f64)> {
        values.sort_by(f64::total_cmp);
        Some((quantile(&values, 0.25)?, quantile(&values, 0.5)?, quantile(&values, 0.75)?))
    };
    let area = quartiles(runs.iter().map(|(steps, _)| shown(height(steps, from, to))).collect())?;
    let mut costs: Vec<f64> =
        runs.iter().flat_map(|(steps, _)| steps).map(|step| step.0).filter(|cost| *cost > from).collect();
    costs.push(from);
    costs.sort_by(f64::total_cmp);
    costs.dedup();
    let stride = costs.len().div_ceil(MOST_STEPS).max(1);
    let kept: Vec<f64> = costs.iter().rev().step_by(stride).rev().copied().collect();
    let at = |cost: f64| {
        let (low, middle, high) = quartiles(runs.iter().map(|(steps, _)| shown(reached(steps, cost))).collect())?;
        Some((cost, low, middle, high))
    };
    let score = if by_loss { "loss" } else { "auroc" };
    Some(AnytimeCurve { score: score.to_owned(), from, to, area, steps: kept.into_iter().filter_map(at).collect() })
}

/// The incumbent at a cost; the first one before it.
fn reached(steps: &Steps, cost: f64) -> f64 {
    let after = steps.partition_point(|step| step.0 <= cost);
    steps.get(after.saturating_sub(1)).map_or(f64::NAN, |step| step.1)
}

/// The area under the steps between two costs as a mean height.
fn height(steps: &Steps, from: f64, to: f64) -> f64 {
    if to <= from {
        return reached(steps, from);
    }
    let inner = steps.iter().map(|step| step.0).filter(|cost| *cost > from && *cost < to);
    let ends: Vec<f64> = std::iter::once(from).chain(inner).chain([to]).collect();
    let pieces = ends.iter().zip(ends.iter().skip(1));
    pieces.map(|(begin, end)| reached(steps, *begin) * (end - begin)).sum::<f64>() / (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_mean_height_of_the_steps() {
        let steps = vec![(1.0, 0.5), (3.0, 0.7), (4.0, 0.9)];
        // 1 to 3 at 0.5, 3 to 4 at 0.7, 4 to 6 at 0.9.
        assert!((height(&steps, 1.0, 6.0) - (1.0 + 0.7 + 1.8) / 5.0).abs() < 1e-12);
        assert!((height(&steps, 3.0, 3.0) - 0.7).abs() < 1e-12);
    }

    #[test]
    fn a_curve_has_the_quartiles_of_its_searches() {
        let runs = vec![(vec![(1.0, 0.5), (3.0, 0.7)], 4.0), (vec![(2.0, 0.6)], 4.0), (vec![(1.0, 0.8)], 2.0)];
        let curve = curve(&runs, (2.0, 4.0), false).unwrap();
        assert_eq!(curve.steps.first(), Some(&(2.0, 0.55, 0.6, 0.7)));
        assert_eq!(curve.steps.last().map(|step| (step.0, step.2)), Some((3.0, 0.7)));
        let (_, middle, _) = curve.area;
        assert!((middle - 0.6).abs() < 1e-12);
    }
}
