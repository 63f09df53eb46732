//! Learning curves of one run: its final training by epoch, its search by training samples.

use std::collections::BTreeMap;

use genomenas_data::text::grouped;
use maud::{Markup, html};

use crate::model::{EpochPoint, RunPhase, RunSummary};
use crate::page::chart::{Axis, Chart, Line};
use crate::page::curves::{SearchMetric, best_so_far, final_points, finite};

/// The most trials whose curves are drawn.
const MOST_TRIALS: usize = 400;

/// A number of each epoch, and its name.
struct Curve {
    name: &'static str,
    of: fn(&EpochPoint) -> Option<f64>,
}

const VALID_LOSS: Curve = Curve { name: "validation loss", of: |point| point.valid_loss };
const TRAIN_LOSS: Curve = Curve { name: "training loss", of: |point| point.train_loss };
const SCORES: [Curve; 2] = [
    Curve { name: "validation AUROC", of: |point| point.valid_auroc },
    Curve { name: "validation AUPRC", of: |point| point.valid_auprc },
];

/// Epochs of the final training so far.
pub(super) fn epochs(run: &RunSummary) -> usize {
    final_points(run).count()
}

/// The epoch of the final training whose weights are kept: the first with the lowest validation loss.
pub(super) fn best(run: &RunSummary) -> Option<&EpochPoint> {
    lowest(final_points(run))
}

fn lowest<'a>(points: impl Iterator<Item = &'a EpochPoint>) -> Option<&'a EpochPoint> {
    let measured = points.filter_map(|point| Some((finite(point.valid_loss)?, point)));
    measured.min_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, point)| point)
}

/// The final training: losses, and scores where they are defined, by epoch.
pub(super) fn training(run: &RunSummary) -> Markup {
    let x = |point: &EpochPoint| f64::from(point.epoch);
    let marked: Vec<&EpochPoint> = best(run).into_iter().collect();
    let line = |curve: &Curve, class: &str, marks: &[&EpochPoint]| Line {
        points: drawn(final_points(run), x, curve),
        class: class.to_owned(),
        steps: false,
        marks: drawn(marks.iter().copied(), x, curve),
        label: None,
    };
    let losses = vec![line(&TRAIN_LOSS, "ink train", &[]), line(&VALID_LOSS, "ink c0 bold", &marked)];
    let scores = SCORES.iter().map(|curve| (curve.name, vec![line(curve, "ink c0 bold", &marked)]));
    let panels: Vec<_> = std::iter::once(("loss", losses)).chain(scores).collect();
    let charts = charts("epoch", "the final training", panels);
    html! {
        @if charts.is_empty() { p.note { "No epoch has ended yet." } } @else {
            div.panels { @for chart in &charts { div.panel { (chart) } } }
            p.note {
                "Blue: validation; grey: training loss. The dot marks the epoch with the lowest validation loss"
                @if let Some(best) = best(run) { ", epoch " (best.epoch) }
                ", whose weights are kept."
            }
        }
    }
}

/// The search: losses and scores of its trials, by the training samples that all of them used.
pub(super) fn search(run: &RunSummary) -> Markup {
    let x = |point: &EpochPoint| point.samples as f64;
    let trials = trials(run);
    let best = best_trial(&trials);
    let stride = trials.len().div_ceil(MOST_TRIALS).max(1);
    let shown = || trials.iter().enumerate().filter(move |(at, _)| at.is_multiple_of(stride) || Some(*at) == best);
    let lines = |curve: &Curve| -> Vec<Line> {
        let mut lines: Vec<Line> = shown().map(|(at, points)| of_trial(points, x, curve, Some(at) == best)).collect();
        // The best trial lies on top.
        lines.sort_by_key(|line| line.class.contains("bold"));
        lines
    };
    let mut panels: Vec<_> = [VALID_LOSS, TRAIN_LOSS].iter().map(|curve| (curve.name, lines(curve))).collect();
    for (at, curve) in SCORES.iter().enumerate() {
        let mut of_trials = lines(curve);
        if at == 0 {
            let points = best_so_far(run, SearchMetric::Auroc);
            of_trials.push(Line { points, class: "ink c1".to_owned(), steps: true, marks: Vec::new(), label: None });
        }
        panels.push((curve.name, of_trials));
    }
    let charts = charts("training samples used", "the search", panels);
    html! {
        @if charts.is_empty() { p.note { "No epoch has ended yet." } } @else {
            div.panels { @for chart in &charts { div.panel { (chart) } } }
            p.note {
                "Grey: one line per trial, or a dot for each score of a part of a supernet"
                @if stride > 1 { " (" (grouped(shown().count() as u64)) " of " (grouped(trials.len() as u64)) " trials are drawn)" }
                ". Blue: the trial with the lowest validation loss, with a dot at its best epoch. Orange: the best AUROC so far."
            }
        }
    }
}

/// The points of each trial, in the order of their numbers.
fn trials(run: &RunSummary) -> Vec<Vec<&EpochPoint>> {
    let mut trials: BTreeMap<u64, Vec<&EpochPoint>> = BTreeMap::new();
    for point in &run.curve {
        if let RunPhase::Search { trial } = point.phase {
            trials.entry(trial).or_default().push(point);
        }
    }
    trials.into_values().collect()
}

fn best_trial(trials: &[Vec<&EpochPoint>]) -> Option<usize> {
    let lowest_of = |points: &Vec<&EpochPoint>| lowest(points.iter().copied()).and_then(|point| point.valid_loss);
    let lowest = trials.iter().enumerate().filter_map(|(at, points)| Some((at, lowest_of(points)?)));
    lowest.min_by(|left, right| left.1.total_cmp(&right.1)).map(|(at, _)| at)
}

/// A trial: a line through its epochs, or one dot per mask that it scored. The best trial has a dot at its best epoch.
fn of_trial(points: &[&EpochPoint], x: fn(&EpochPoint) -> f64, curve: &Curve, best: bool) -> Line {
    let all = drawn(points.iter().copied(), x, curve);
    let scores = points.iter().all(|point| point.train_loss.is_none());
    let (points, marks) = match (scores || all.len() == 1, best) {
        (true, _) => (Vec::new(), all),
        (false, true) => (all, drawn(lowest(points.iter().copied()).into_iter(), x, curve)),
        (false, false) => (all, Vec::new()),
    };
    let class = if best { "ink c0 bold" } else { "ink control solid faint" };
    Line { points, class: class.to_owned(), steps: false, marks, label: None }
}

/// The points of a curve where its number was measured.
fn drawn<'a>(
    points: impl Iterator<Item = &'a EpochPoint>,
    x: impl Fn(&EpochPoint) -> f64,
    curve: &Curve,
) -> Vec<(f64, f64)> {
    points.filter_map(|point| Some((x(point), finite((curve.of)(point))?))).collect()
}

/// The charts of all panels with at least one point, with the same x axis.
fn charts(x_title: &'static str, of: &str, panels: Vec<(&'static str, Vec<Line>)>) -> Vec<Markup> {
    let placed = |lines: &[Line]| -> Vec<(f64, f64)> {
        lines.iter().flat_map(|line| line.points.iter().chain(&line.marks).copied()).collect()
    };
    let all: Vec<f64> = panels.iter().flat_map(|(_, lines)| placed(lines)).map(|(x, _)| x).collect();
    let chart = |(name, lines): (&'static str, Vec<Line>)| {
        let x = Axis::from_zero(x_title, all.iter().copied(), 4.0)?;
        let y = Axis::around(name, placed(&lines).into_iter().map(|(_, y)| y), 4.0)?;
        let description = format!("{name} of {of} against {x_title}");
        let chart = Chart { description, x, y, lines, reference: None, height: 180.0, labelled: false };
        Some(chart.draw())
    };
    panels.into_iter().filter_map(chart).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_best_epoch_is_the_first_with_the_lowest_validation_loss() {
        let mut run = sample::run(1, 0.8, 1000);
        for (epoch, loss) in
            run.curve.iter_mut().filter(|point| point.phase == RunPhase::Final).zip([0.7, 0.5, 0.6, 0.5])
        {
            epoch.valid_loss = Some(loss);
        }
        run.curve.truncate(12);
        assert_eq!(best(&run).map(|point| point.epoch), Some(2));
        assert_eq!(epochs(&run), 4);
    }

    #[test]
    fn a_trial_of_one_epoch_and_one_that_scores_masks_are_dots() {
        let run = sample::run(1, 0.8, 1000);
        let all = trials(&run);
        let samples = |point: &EpochPoint| point.samples as f64;
        let of = |points: &[&EpochPoint]| {
            let line = of_trial(points, samples, &VALID_LOSS, false);
            (line.points.len(), line.marks.len())
        };
        assert_eq!((all.len(), of(&all[0])), (4, (2, 0)));
        assert_eq!(of(&all[0][..1]), (0, 1));
        let masks: Vec<EpochPoint> =
            all[0].iter().map(|point| EpochPoint { train_loss: None, ..(*point).clone() }).collect();
        assert_eq!(of(&masks.iter().collect::<Vec<_>>()), (0, 2));
    }
}
