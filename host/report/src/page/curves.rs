//! Curves over training: the progress of searches, and the losses of final trainings.

use maud::{Markup, html};

use super::chart::{Axis, Chart, Line};
use super::entry::{ink, name};
use super::scale;
use crate::humanize;
use crate::leaderboard::{LeaderboardRow, has_folds};
use crate::model::{Comparison, EpochPoint, RunPhase, RunState, RunSummary};
use crate::statistics;

/// The metric that the progress of a search is shown by.
#[derive(Clone, Copy)]
pub(super) enum SearchMetric {
    Auroc,
    /// For tasks without an AUROC, such as a regression.
    Loss,
}

impl SearchMetric {
    /// The loss where no search measured an AUROC.
    pub(super) fn of<'a>(runs: impl Iterator<Item = &'a RunSummary> + Clone) -> Self {
        let has_loss = runs.clone().flat_map(searched).any(|point| finite(point.valid_loss).is_some());
        let only_loss = has_loss && runs.flat_map(searched).all(|point| point.valid_auroc.is_none());
        if only_loss { Self::Loss } else { Self::Auroc }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auroc => "AUROC",
            Self::Loss => "loss",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Auroc => "best validation AUROC so far",
            Self::Loss => "best validation loss so far",
        }
    }

    pub(super) fn of_point(self, point: &EpochPoint) -> Option<f64> {
        finite(match self {
            Self::Auroc => point.valid_auroc,
            Self::Loss => point.valid_loss,
        })
    }

    pub(super) fn is_better(self, value: f64, best: f64) -> bool {
        match self {
            Self::Auroc => value > best,
            Self::Loss => value < best,
        }
    }
}

/// Best validation AUROC (or loss) so far against training samples used by the search: one line per strategy, and a
/// faint one per seed.
pub(super) fn anytime(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Markup {
    // A fixed architecture searches nothing: its single trial is no search.
    let is_fixed = |row: &LeaderboardRow<'_>| {
        row.finished > 0 && !row.entry.runs.iter().any(|run| run.state == RunState::Done && !run.is_fixed())
    };
    let searching: Vec<&LeaderboardRow<'_>> = rows.iter().filter(|row| !is_fixed(row)).collect();
    let fixed = rows.len() - searching.len();
    let with_points: Vec<&&LeaderboardRow<'_>> =
        searching.iter().filter(|row| row.entry.runs.iter().any(|run| searched(run).next().is_some())).collect();
    let shown = &with_points[..with_points.len().min(MOST_LINES)];
    let metric = SearchMetric::of(shown.iter().flat_map(|row| &row.entry.runs));
    let runs: usize = shown.iter().map(|row| row.entry.runs.len()).sum();
    let stride = runs.div_ceil(MOST_FAINT).max(1);
    let mut faint = Vec::new();
    let mut bold = Vec::new();
    for row in shown {
        let seeds: Vec<Vec<(f64, f64)>> =
            row.entry.runs.iter().map(|run| best_so_far(run, metric)).filter(|steps| !steps.is_empty()).collect();
        let mean = mean_of_steps(&seeds);
        let Some(&end) = mean.last() else { continue };
        if seeds.len() > 1 {
            faint.extend(seeds.into_iter().step_by(stride).map(|points| Line {
                points,
                class: format!("{} faint", ink(row)),
                steps: true,
                marks: Vec::new(),
                label: None,
            }));
        }
        bold.push(Line {
            points: mean,
            class: format!("{} bold", ink(row)),
            steps: true,
            marks: vec![end],
            label: Some(html! { (name(row)) span.value { (humanize::metric(Some(end.1))) } }),
        });
    }
    let lines: Vec<Line> = faint.into_iter().chain(bold).collect();
    let points = || lines.iter().flat_map(|line| &line.points);
    let axes = (
        Axis::from_zero("training samples used by the search", points().map(|point| point.0), 4.0),
        match metric {
            SearchMetric::Auroc => {
                Axis::of_scores(metric.title(), points().map(|point| point.1), 5.0, scale::of_validation(comparison))
            }
            SearchMetric::Loss => Axis::around(metric.title(), points().map(|point| point.1), 5.0),
        },
    );
    let (Some(x), Some(y)) = axes else {
        return html! { p.note {
            @if fixed == rows.len() && fixed > 0 { "Every entry is a fixed architecture: nothing was searched." }
            @else { "No search has measured a validation " (metric.name()) " yet." }
        } };
    };
    let chart = Chart {
        description: format!(
            "Best validation {} so far against training samples used by the search, one line per strategy",
            metric.name()
        ),
        reference: None,
        x,
        y,
        lines,
        points: Vec::new(),
        height: 280.0,
        labelled: true,
    };
    html! {
        (chart.draw())
        p.note { (if has_folds(rows) { "Mean over folds and seeds, with each run" } else { "Mean over seeds, with each seed" }) " faint behind it; "
            (match metric { SearchMetric::Auroc => "higher", SearchMetric::Loss => "lower" })
            " and further left is better. Scores of parts of a supernet count too."
            @match fixed { 0 => {} 1 => { " One entry is a fixed architecture and searches nothing." } _ => { " " (fixed) " entries are fixed architectures and search nothing." } }
            @if stride > 1 { " One of " (stride) " runs is drawn." }
            @if with_points.len() > MOST_LINES { " The first " (MOST_LINES) " of " (with_points.len()) " entries are drawn." }
        }
    }
}

/// The most entries with a line, and the most faint lines of all of them together.
const MOST_LINES: usize = 30;
const MOST_FAINT: usize = 200;
/// The most panels, and the most runs in one of them.
const MOST_PANELS: usize = 40;
const MOST_RUNS: usize = 10;

/// The epochs and scores of a run's search.
pub(super) fn searched(run: &RunSummary) -> impl Iterator<Item = &EpochPoint> {
    run.curve.iter().filter(|point| point.phase != RunPhase::Final)
}

/// The best value of a run as steps: the epochs that improved it, then the last one.
pub(super) fn best_so_far(run: &RunSummary, metric: SearchMetric) -> Vec<(f64, f64)> {
    let mut best = None;
    let mut steps = Vec::new();
    let mut last = 0.0_f64;
    for point in searched(run) {
        let Some(value) = metric.of_point(point) else {
            continue;
        };
        last = last.max(point.samples as f64);
        if best.is_none_or(|best| metric.is_better(value, best)) {
            best = Some(value);
            steps.push((last, value));
        }
    }
    if let (Some(best), Some((samples, _))) = (best, steps.last())
        && *samples < last
    {
        steps.push((last, best));
    }
    steps
}

/// The mean of step functions, from where all have begun; a function that has ended keeps its last value.
fn mean_of_steps(seeds: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let begin = seeds.iter().filter_map(|steps| steps.first()).map(|step| step.0).fold(f64::NEG_INFINITY, f64::max);
    let mut samples: Vec<f64> = seeds.iter().flatten().map(|step| step.0).filter(|samples| *samples >= begin).collect();
    samples.sort_by(f64::total_cmp);
    samples.dedup();
    // A search of very many trials has more steps than a picture can show. The last step is always kept.
    let stride = samples.len().div_ceil(600).max(1);
    let kept = samples.iter().rev().step_by(stride).rev();
    kept.filter_map(|&at| {
        let values: Vec<f64> = seeds
            .iter()
            .filter_map(|steps| {
                let reached = steps.partition_point(|step| step.0 <= at);
                Some(steps.get(reached.checked_sub(1)?)?.1)
            })
            .collect();
        Some((at, statistics::mean(&values)?))
    })
    .collect()
}

/// The losses of the final training: one small chart per strategy, all to the same scale.
pub(super) fn training(rows: &[LeaderboardRow<'_>]) -> Markup {
    let points = || {
        let runs = rows.iter().flat_map(|row| &row.entry.runs);
        runs.flat_map(final_points)
    };
    let losses = || points().flat_map(|point| [finite(point.train_loss), finite(point.valid_loss)]).flatten();
    let axes = || {
        let x = Axis::from_zero("epoch", points().map(|point| f64::from(point.epoch)), 4.0)?;
        Some((x, Axis::around("loss", losses(), 4.0)?))
    };
    if axes().is_none() {
        return html! { p.note { "No final training has measured a loss yet." } };
    }
    html! {
        div.panels {
            @for row in rows.iter().take(MOST_PANELS) {
                @let lines = training_lines(row);
                @if let Some((x, y)) = axes().filter(|_| !lines.is_empty()) {
                    div.panel {
                        h3 { (name(row)) }
                        (Chart {
                            description: format!("Training and validation loss of {} at each epoch", row.entry.name),
                            x, y, lines, points: Vec::new(), reference: None, height: 150.0, labelled: false,
                        }.draw())
                    }
                }
            }
        }
        p.note { "Grey: training loss. Colour: validation loss; the dot marks the lowest, whose weights are kept. One line per " (if has_folds(rows) { "fold and seed" } else { "seed" }) "; all panels have the same scales."
            @if rows.iter().any(|row| row.entry.runs.len() > MOST_RUNS) { " Of an entry with more than " (MOST_RUNS) " runs, evenly chosen ones are drawn." }
            @if rows.len() > MOST_PANELS { " The first " (MOST_PANELS) " of " (rows.len()) " entries are drawn." }
        }
    }
}

fn training_lines(row: &LeaderboardRow<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let stride = row.entry.runs.len().div_ceil(MOST_RUNS).max(1);
    for run in row.entry.runs.iter().step_by(stride) {
        let of = |loss: fn(&EpochPoint) -> Option<f64>| -> Vec<(f64, f64)> {
            final_points(run).filter_map(|point| Some((f64::from(point.epoch), finite(loss(point))?))).collect()
        };
        let (train, valid) = (of(|point| point.train_loss), of(|point| point.valid_loss));
        let lowest = valid.iter().copied().min_by(|left, right| left.1.total_cmp(&right.1));
        for (points, class, marks) in
            [(train, "ink train".to_owned(), Vec::new()), (valid, ink(row), lowest.into_iter().collect())]
        {
            if !points.is_empty() {
                lines.push(Line { points, class, steps: false, marks, label: None });
            }
        }
    }
    lines
}

/// The epochs of the final training.
pub(super) fn final_points(run: &RunSummary) -> impl Iterator<Item = &EpochPoint> {
    run.curve.iter().filter(|point| point.phase == RunPhase::Final)
}

/// The value, if it is a number that can be drawn.
pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_begins_where_every_seed_has_and_keeps_the_value_of_one_that_ended() {
        let seeds = [vec![(1.0, 0.5), (3.0, 0.7)], vec![(2.0, 0.6), (4.0, 0.8), (9.0, 0.8)]];
        let mean = mean_of_steps(&seeds);
        let expected = [(2.0, 0.55), (3.0, 0.65), (4.0, 0.75), (9.0, 0.75)];
        assert_eq!(mean.len(), expected.len());
        for ((at, value), (expected_at, expected)) in mean.into_iter().zip(expected) {
            assert!((at - expected_at).abs() < 1e-12 && (value - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn many_steps_are_thinned_and_the_last_is_kept() {
        let steps: Vec<(f64, f64)> = (1..=5000).map(|step| (f64::from(step), f64::from(step) / 5000.0)).collect();
        let mean = mean_of_steps(&[steps]);
        assert!(mean.len() <= 600);
        assert_eq!(mean.last(), Some(&(5000.0, 1.0)));
    }
}
