//! Scores as text for a terminal.

use comfy_table::{ContentArrangement, Row, Table, presets};
use genomenas_data::Split;
use genomenas_report::metrics::{Average, Averages, Interval, LabelMetrics, Measure, Metrics, Resampled, Resampling};

use crate::cli::out;

/// Labels that are shown one by one unless all are asked for.
const MOST_LABELS: usize = 30;
/// What stands where there is no number.
const NOTHING: &str = "–";

/// What is shown, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) split: Split,
    pub(super) average_strands: bool,
    pub(super) all_labels: bool,
}

/// The labels if they are few, the averages, the groups, and what else is to know.
pub(super) fn text(metrics: &Metrics, shown: Shown) -> String {
    let measures: Vec<Measure> = metrics.measures().collect();
    let mut parts = Vec::new();
    let hidden = metrics.labels.len() > MOST_LABELS && !shown.all_labels;
    if !hidden {
        parts.push(labels(metrics, &measures));
    }
    parts.push(averages(metrics, &measures));
    if !metrics.groups.is_empty() {
        parts.push(groups(metrics, &measures));
    }
    let mut lines = facts(metrics, &measures, shown);
    if hidden {
        lines.push(format!(
            "{} labels are not shown: --all-labels shows them, --out FILE writes them, --json prints them",
            metrics.labels.len()
        ));
    }
    parts.push(lines.join("\n") + "\n");
    parts.join("\n")
}

fn table<'a>(header: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(Row::from(header.into_iter().map(str::to_owned).collect::<Vec<_>>()));
    table
}

/// All columns but the first are numbers.
fn aligned(table: Table, columns: usize) -> String {
    out::aligned(table, &(1..columns).collect::<Vec<_>>())
}

fn labels(metrics: &Metrics, measures: &[Measure]) -> String {
    let counted = !measures.contains(&Measure::Mse);
    let with_threshold = measures.contains(&Measure::F1AtThreshold);
    let mut header = vec!["label"];
    if counted {
        header.extend(["positives", "negatives", "prevalence"]);
    }
    let (plain, at_threshold): (Vec<Measure>, Vec<Measure>) =
        measures.iter().partition(|measure| !matches!(measure, Measure::F1AtThreshold | Measure::MccAtThreshold));
    header.extend(plain.iter().map(|measure| measure.name()));
    if with_threshold {
        header.push("threshold");
        header.extend(at_threshold.iter().map(|measure| measure.name()));
    }
    let mut table = table(header.iter().copied());
    for label in &metrics.labels {
        table.add_row(Row::from(cells(label, counted, with_threshold, &plain, &at_threshold)));
    }
    aligned(table, header.len())
}

fn cells(
    label: &LabelMetrics,
    counted: bool,
    with_threshold: bool,
    plain: &[Measure],
    at_threshold: &[Measure],
) -> Vec<String> {
    let mut cells = vec![one_line(&label.name)];
    if counted {
        cells.extend([label.positives.to_string(), label.negatives.to_string(), number(label.prevalence())]);
    }
    cells.extend(plain.iter().map(|measure| number(measure.of_label(label))));
    if with_threshold {
        cells.push(number(label.threshold));
        cells.extend(at_threshold.iter().map(|measure| number(measure.of_label(label))));
    }
    cells
}

fn averages(metrics: &Metrics, measures: &[Measure]) -> String {
    let has = |of: fn(&Average) -> bool| measures.iter().any(|measure| of(metrics.averages.get(*measure)));
    let weighted = has(|average| average.weighted.is_some());
    let interval = metrics.bootstrap.as_ref().map(interval_name);
    let mut header = vec!["over labels", "mean"];
    header.extend(interval.as_deref());
    header.push("median");
    if weighted {
        header.push("weighted");
    }
    header.extend(["defined", "undefined"]);
    let mut table = table(header.iter().copied());
    for measure in measures {
        let average = metrics.averages.get(*measure);
        let mut cells = vec![measure.name().to_owned(), number(average.mean)];
        if interval.is_some() {
            cells.push(between(average.interval));
        }
        cells.push(number(average.median));
        if weighted {
            cells.push(number(average.weighted));
        }
        cells.extend([average.defined.to_string(), average.undefined.to_string()]);
        table.add_row(Row::from(cells));
    }
    aligned(table, header.len())
}

fn groups(metrics: &Metrics, measures: &[Measure]) -> String {
    let mut header = vec!["mean of a group", "labels"];
    header.extend(measures.iter().map(|measure| measure.name()));
    let mut table = table(header.iter().copied());
    let cell = |averages: &Averages, measure: Measure| {
        let average = averages.get(measure);
        match average.interval {
            Some(interval) => format!("{} ({})", number(average.mean), between(Some(interval))),
            None => number(average.mean),
        }
    };
    for group in &metrics.groups {
        let mut cells = vec![one_line(&group.name), group.labels.to_string()];
        cells.extend(measures.iter().map(|measure| cell(&group.averages, *measure)));
        table.add_row(Row::from(cells));
    }
    aligned(table, header.len())
}

fn facts(metrics: &Metrics, measures: &[Measure], shown: Shown) -> Vec<String> {
    let resampled = metrics.bootstrap.as_ref();
    let with = |name: &str, value: Option<f64>, of: fn(&Resampled) -> Option<Interval>| {
        let interval = resampled.and_then(of).map(|interval| format!(" ({})", between(Some(interval))));
        value.map(|value| format!("{name} {value:.4}{}", interval.unwrap_or_default()))
    };
    let rows = if shown.average_strands { "windows, the mean of both strands' predictions" } else { "rows" };
    let first = [
        Some(format!("{} split: {} {rows}", shown.split.name(), metrics.rows)),
        metrics.loss.map(|loss| format!("mean loss {loss:.4}")),
        with("accuracy", metrics.accuracy, |of| of.accuracy),
        with("balanced accuracy", metrics.balanced_accuracy, |of| of.balanced_accuracy),
        with("MCC over classes", metrics.class_mcc, |of| of.class_mcc),
    ];
    let mut lines = vec![first.into_iter().flatten().collect::<Vec<_>>().join(", ")];
    if measures.iter().any(|measure| metrics.averages.get(*measure).undefined > 0) {
        let why = if measures.contains(&Measure::Mse) {
            "the truth or the predictions are constant"
        } else {
            "the split has no positive or no negative row of the label"
        };
        lines.push(format!("undefined, because {why}: left out of the averages"));
    }
    if measures.contains(&Measure::F1AtThreshold) {
        let here = if shown.split == Split::Valid { ", so on these rows, which flatters it" } else { "" };
        lines.push(format!("threshold: that of the label's highest F1 on the validation split{here}"));
    }
    if let Some(resampled) = resampled {
        let Resampled { resamples, blocks, seed, .. } = resampled;
        let what = match resampled.by {
            Resampling::Window => "windows",
            Resampling::Chromosome => "chromosomes",
        };
        lines.push(format!("intervals: percentiles over {resamples} resamples of {blocks} {what}, seed {seed}"));
        if *blocks < FEW_BLOCKS {
            lines.push(format!("an interval from only {blocks} {what} says little: it is too narrow as a rule"));
        }
    }
    lines
}

/// Of fewer blocks a bootstrap is known to be too sure of itself.
const FEW_BLOCKS: usize = 10;

fn interval_name(resampled: &Resampled) -> String {
    // Rounded, because 0.29 * 100 is 28.999….
    format!("{}% interval", (resampled.confidence * 1e6).round() / 1e4)
}

fn between(interval: Option<Interval>) -> String {
    interval.map_or_else(|| NOTHING.to_owned(), |Interval { low, high }| format!("{low:.4} to {high:.4}"))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.4}"))
}

/// Names come from outside: nothing in them may break the lines, or speak to the terminal.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
pub(super) mod sample {
    //! Made-up scores.

    use genomenas_report::metrics::{Asked, Bootstrap, Collector, Metrics, Resampling, Thresholds};

    fn names() -> Vec<String> {
        ["CTCF", "tab\there", "Pol2"].map(str::to_owned).into()
    }

    fn numbers(count: u64, factor: u64) -> impl Iterator<Item = f32> {
        (0..count).map(move |at| (at * factor % 97) as f32 / 128.0)
    }

    /// Of three labels, the second without a positive row.
    pub(in super::super) fn labels() -> Metrics {
        with_intervals(false)
    }

    pub(in super::super) fn with_intervals(intervals: bool) -> Metrics {
        let names = names();
        let mut collector = Collector::new(3, 60).unwrap();
        let scores: Vec<f32> = numbers(180, 31).collect();
        let truth: Vec<f32> = scores
            .iter()
            .enumerate()
            .map(|(at, score)| f32::from(at % 3 != 1 && score * 128.0 + (at * 13 % 60) as f32 > 90.0))
            .collect();
        collector.push(&scores, &truth).unwrap();
        let blocks: Vec<u32> = (0..60).collect();
        let bootstrap = Bootstrap::new(200, Resampling::Window, &blocks, 0.95, 1).unwrap();
        let asked = Asked {
            thresholds: Thresholds::Best,
            groups: &["tf", "", "tf"].map(str::to_owned),
            bootstrap: intervals.then_some(&bootstrap),
            ..Asked::of(&names)
        };
        collector.finish(&asked).unwrap().with_loss(0.25)
    }

    pub(in super::super) fn classes() -> Metrics {
        let mut collector = Collector::multi_class(3, 30).unwrap();
        let scores: Vec<f32> = numbers(90, 17).collect();
        let classes: Vec<i64> = (0..30).map(|row| row * 7 % 3).collect();
        collector.push_classes(&scores, &classes).unwrap();
        let blocks: Vec<u32> = (0..30).map(|row| row / 10).collect();
        let bootstrap = Bootstrap::new(100, Resampling::Chromosome, &blocks, 0.9, 7).unwrap();
        collector.finish(&Asked { bootstrap: Some(&bootstrap), ..Asked::of(&names()) }).unwrap().with_loss(1.125)
    }

    /// Of three labels, the second with a constant truth.
    pub(in super::super) fn values() -> Metrics {
        let mut collector = Collector::regression(3, 40).unwrap();
        let scores: Vec<f32> = numbers(120, 17).collect();
        let truth = scores.iter().zip(numbers(120, 29)).enumerate();
        let truth: Vec<f32> =
            truth.map(|(at, (score, noise))| if at % 3 == 1 { 0.5 } else { score + 0.5 * noise }).collect();
        collector.push(&scores, &truth).unwrap();
        collector.finish(&Asked::of(&names())).unwrap().with_loss(0.0625)
    }

    pub(in super::super) fn many_labels() -> Metrics {
        let metrics = labels();
        let label = metrics.labels[0].clone();
        Metrics { labels: vec![label; 919], ..metrics }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(metrics: &Metrics, split: Split) -> String {
        text(metrics, Shown { split, average_strands: false, all_labels: false })
    }

    #[test]
    fn a_few_labels_are_shown_with_their_averages_groups_and_thresholds() {
        insta::assert_snapshot!(shown(&sample::labels(), Split::Valid));
    }

    #[test]
    fn intervals_stand_beside_the_means() {
        insta::assert_snapshot!(shown(&sample::with_intervals(true), Split::Test));
    }

    #[test]
    fn classes_have_an_accuracy_and_few_chromosomes_a_warning() {
        insta::assert_snapshot!(shown(&sample::classes(), Split::Test));
    }

    #[test]
    fn a_regression_has_correlations() {
        let shown = Shown { split: Split::Test, average_strands: true, all_labels: false };
        insta::assert_snapshot!(text(&sample::values(), shown));
    }

    #[test]
    fn many_labels_do_not_flood_a_terminal_unless_a_person_asks_for_it() {
        let metrics = sample::many_labels();
        insta::assert_snapshot!(shown(&metrics, Split::Valid));
        let all = text(&metrics, Shown { split: Split::Valid, average_strands: false, all_labels: true });
        assert!(all.lines().count() > 919);
    }
}
