//! Learning curves of one run: its final training by epoch, its search by training samples.

use std::collections::BTreeMap;

use genomenas_data::text::grouped;
use maud::{Markup, html};

use crate::model::{EpochPoint, RunPhase, RunReport, RunSummary};
use crate::page::chart::{Axis, Chart, Line};
use crate::page::curves::{SearchMetric, best_so_far, final_points, finite};
use crate::page::entry::ink_of;
use crate::page::scale::chance_width;

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
pub(super) fn kept(run: &RunSummary) -> Option<&EpochPoint> {
    lowest(final_points(run))
}

fn lowest<'a>(points: impl Iterator<Item = &'a EpochPoint>) -> Option<&'a EpochPoint> {
    let measured = points.filter_map(|point| Some((finite(point.valid_loss)?, point)));
    measured.min_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, point)| point)
}

/// The final training: losses, and scores where they are defined, by epoch.
pub(super) fn training(report: &RunReport) -> Markup {
    let run = &report.run;
    let ink = format!("{} bold", ink_of(report.place.unwrap_or_default()));
    let x = |point: &EpochPoint| f64::from(point.epoch);
    let marked: Vec<&EpochPoint> = kept(run).into_iter().collect();
    let line = |curve: &Curve, class: &str, marks: &[&EpochPoint]| Line {
        points: drawn(final_points(run), x, curve),
        class: class.to_owned(),
        steps: false,
        marks: drawn(marks.iter().copied(), x, curve),
        label: None,
    };
    let losses = vec![line(&TRAIN_LOSS, "ink train", &[]), line(&VALID_LOSS, &ink, &marked)];
    let scores = SCORES.iter().map(|curve| (curve.name, vec![line(curve, &ink, &marked)]));
    let panels: Vec<_> = std::iter::once(("loss", losses)).chain(scores).collect();
    let charts = charts(report, "epoch", "the final training", panels);
    html! {
        @if charts.is_empty() { p.note { "No epoch has ended yet." } } @else {
            div.panels { @for chart in &charts { div.panel { (chart) } } }
            p.note {
                "Colour: validation; grey: training loss. The dot marks the epoch with the lowest validation loss"
                @if let Some(best) = kept(run) { ", epoch " (best.epoch) }
                ", whose weights are kept."
            }
        }
    }
}

/// The search: losses and scores of its trials, by the training samples that all of them used.
pub(super) fn search(report: &RunReport) -> Markup {
    let run = &report.run;
    let ink = ink_of(report.place.unwrap_or_default());
    let x = |point: &EpochPoint| point.samples as f64;
    let trials = trials(run);
    let metric = SearchMetric::of(std::iter::once(run));
    // Of a search under way, the best so far.
    let marked = run.won.or_else(|| best_trial(&trials, metric));
    let stride = trials.len().div_ceil(MOST_TRIALS).max(1);
    let shown = || {
        let numbered = trials.iter().enumerate();
        numbered.filter(move |(at, (id, _))| at.is_multiple_of(stride) || Some(**id) == marked).map(|(_, trial)| trial)
    };
    let lines = |curve: &Curve| -> Vec<Line> {
        let line = |(id, points): (&u64, &Vec<&EpochPoint>)| {
            let highlight = (Some(*id) == marked).then(|| (format!("{ink} bold"), best_point(points, metric)));
            of_trial(points, x, curve, highlight)
        };
        let mut lines: Vec<Line> = shown().map(line).collect();
        // The marked trial lies on top.
        lines.sort_by_key(|line| line.class.contains("bold"));
        lines
    };
    let mut panels: Vec<_> = [VALID_LOSS, TRAIN_LOSS].iter().map(|curve| (curve.name, lines(curve))).collect();
    panels.extend(SCORES.iter().map(|curve| (curve.name, lines(curve))));
    let of_best = match metric {
        SearchMetric::Auroc => SCORES[0].name,
        SearchMetric::Loss => VALID_LOSS.name,
    };
    if let Some((_, of_trials)) = panels.iter_mut().find(|(name, _)| *name == of_best) {
        let points = best_so_far(run, metric);
        of_trials.push(Line { points, class: "ink so-far".to_owned(), steps: true, marks: Vec::new(), label: None });
    }
    let charts = charts(report, "training samples used", "the search", panels);
    html! {
        @if charts.is_empty() { p.note { "No epoch has ended yet." } } @else {
            @match (run.won, marked) {
                (Some(won), _) => { p { "Trial " strong { (won) } " won: what it showed was trained in the end" @if run.test.is_none() && run.training.used.samples == 0 { ", or is to be" } "." } }
                (None, Some(best)) => { p { "Trial " strong { (best) } " has the best validation " (metric.name()) (if run.architecture.is_some() { ", and the search names no trial that speaks for what it found." } else { " so far." }) } }
                (None, None) => {}
            }
            div.panels { @for chart in &charts { div.panel { (chart) } } }
            p.note {
                "Grey: one line per trial, or a dot for each score of a part of a supernet"
                @if stride > 1 { " (" (grouped(shown().count() as u64)) " of " (grouped(trials.len() as u64)) " trials are drawn)" }
                @if let Some(marked) = marked { ". Colour: trial " (marked) ", with a dot at its best validation " (metric.name()) }
                ". Dashed: the best validation " (metric.name()) " so far."
            }
        }
    }
}

/// The points of each trial, by its number.
fn trials(run: &RunSummary) -> BTreeMap<u64, Vec<&EpochPoint>> {
    let mut trials: BTreeMap<u64, Vec<&EpochPoint>> = BTreeMap::new();
    for point in &run.curve {
        if let RunPhase::Search { trial } = point.phase {
            trials.entry(trial).or_default().push(point);
        }
    }
    trials
}

/// The trial with the best point.
fn best_trial(trials: &BTreeMap<u64, Vec<&EpochPoint>>, metric: SearchMetric) -> Option<u64> {
    let mut best: Option<(u64, f64)> = None;
    for (id, points) in trials {
        let Some(value) = best_point(points, metric).and_then(|point| metric.of_point(point)) else { continue };
        if best.is_none_or(|(_, best)| metric.is_better(value, best)) {
            best = Some((*id, value));
        }
    }
    best.map(|(id, _)| id)
}

/// The first of the best points of a trial.
fn best_point<'a>(points: &[&'a EpochPoint], metric: SearchMetric) -> Option<&'a EpochPoint> {
    let mut best: Option<(&EpochPoint, f64)> = None;
    for point in points {
        let Some(value) = metric.of_point(point) else { continue };
        if best.is_none_or(|(_, best)| metric.is_better(value, best)) {
            best = Some((point, value));
        }
    }
    best.map(|(point, _)| point)
}

/// A trial: a line through its epochs, or one dot per mask that it scored. The highlighted one, in the classes of its
/// colour, has a dot at this point.
fn of_trial(
    points: &[&EpochPoint],
    x: fn(&EpochPoint) -> f64,
    curve: &Curve,
    highlight: Option<(String, Option<&EpochPoint>)>,
) -> Line {
    let all = drawn(points.iter().copied(), x, curve);
    let scores = points.iter().all(|point| point.train_loss.is_none());
    let (class, dot) = highlight.unwrap_or_else(|| ("ink control solid faint".to_owned(), None));
    let (points, marks) =
        if scores || all.len() == 1 { (Vec::new(), all) } else { (all, drawn(dot.into_iter(), x, curve)) };
    Line { points, class, steps: false, marks, label: None }
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
fn charts(report: &RunReport, x_title: &'static str, of: &str, panels: Vec<(&'static str, Vec<Line>)>) -> Vec<Markup> {
    let rows = report.valid.as_ref().map_or_else(|| report.data.rows().valid, |metrics| metrics.rows as u64);
    let is_score = |name: &str| SCORES.iter().any(|curve| curve.name == name);
    let placed = |lines: &[Line]| -> Vec<(f64, f64)> {
        lines.iter().flat_map(|line| line.points.iter().chain(&line.marks).copied()).collect()
    };
    let all: Vec<f64> = panels.iter().flat_map(|(_, lines)| placed(lines)).map(|(x, _)| x).collect();
    let chart = |(name, lines): (&'static str, Vec<Line>)| {
        let x = Axis::from_zero(x_title, all.iter().copied(), 4.0)?;
        let values = placed(&lines).into_iter().map(|(_, y)| y);
        let y = if is_score(name) {
            Axis::of_scores(name, values, 4.0, chance_width(rows))?
        } else {
            Axis::around(name, values, 4.0)?
        };
        let description = format!("{name} of {of} against {x_title}");
        let chart =
            Chart { description, x, y, lines, points: Vec::new(), reference: None, height: 180.0, labelled: false };
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
        assert_eq!(kept(&run).map(|point| point.epoch), Some(2));
        assert_eq!(epochs(&run), 4);
    }

    #[test]
    fn a_trial_of_one_epoch_and_one_that_scores_masks_are_dots() {
        let run = sample::run(1, 0.8, 1000);
        let all = trials(&run);
        let first = all.get(&1).unwrap();
        let samples = |point: &EpochPoint| point.samples as f64;
        let of = |points: &[&EpochPoint]| {
            let line = of_trial(points, samples, &VALID_LOSS, None);
            (line.points.len(), line.marks.len())
        };
        assert_eq!((all.len(), of(first)), (4, (2, 0)));
        assert_eq!(of(&first[..1]), (0, 1));
        let masks: Vec<EpochPoint> =
            first.iter().map(|point| EpochPoint { train_loss: None, ..(*point).clone() }).collect();
        assert_eq!(of(&masks.iter().collect::<Vec<_>>()), (0, 2));
    }
}
