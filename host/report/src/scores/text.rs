//! Scores as text for a terminal.

use comfy_table::{Row, Table};
use genomenas_data::Split;
use genomenas_data::text::cell as name_cell;

use crate::humanize::NOTHING;
use crate::metrics::{Average, Averages, Interval, LabelMetrics, Measure, Metrics, Resampled, Resampling};
use crate::text_table;

/// More labels than these are shown one by one only on request.
const MOST_LABELS: usize = 30;

/// Facts that the text mentions, and its length.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// The split that was scored.
    pub split: Split,
    /// Whether predictions are the mean of both strands.
    pub average_strands: bool,
    /// Whether every label is shown, however many there are.
    pub all_labels: bool,
}

/// The labels if they are few, the averages, the groups, and how they were made.
pub fn text(metrics: &Metrics, options: TextOptions) -> String {
    let measures: Vec<Measure> = metrics.measures().collect();
    let mut parts = Vec::new();
    let hidden = metrics.labels.len() > MOST_LABELS && !options.all_labels;
    if !hidden {
        parts.push(labels(metrics, &measures));
    }
    parts.push(averages(metrics, &measures));
    if !metrics.groups.is_empty() {
        parts.push(groups(metrics, &measures));
    }
    let mut lines = facts(metrics, &measures, options);
    if hidden {
        lines.push(format!(
            "{} labels are not shown: --all-labels shows them, --out FILE writes them, --json prints them",
            metrics.labels.len()
        ));
    }
    parts.push(lines.join("\n") + "\n");
    parts.join("\n")
}

/// All columns but the first are numbers.
fn aligned(table: Table, columns: usize) -> String {
    text_table::aligned(table, &(1..columns).collect::<Vec<_>>())
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
    let mut table = text_table::plain(header.iter().copied());
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
    let mut cells = vec![name_cell(&label.name)];
    if counted {
        cells.extend([label.positives.to_string(), label.negatives.to_string(), number(label.prevalence())]);
    }
    cells.extend(plain.iter().map(|measure| number(label.get(*measure))));
    if with_threshold {
        cells.push(number(label.threshold));
        cells.extend(at_threshold.iter().map(|measure| number(label.get(*measure))));
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
    let mut table = text_table::plain(header.iter().copied());
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
    let mut table = text_table::plain(header.iter().copied());
    let cell = |averages: &Averages, measure: Measure| {
        let average = averages.get(measure);
        match average.interval {
            Some(interval) => format!("{} ({})", number(average.mean), between(Some(interval))),
            None => number(average.mean),
        }
    };
    for group in &metrics.groups {
        let mut cells = vec![name_cell(&group.name), group.labels.to_string()];
        cells.extend(measures.iter().map(|measure| cell(&group.averages, *measure)));
        table.add_row(Row::from(cells));
    }
    aligned(table, header.len())
}

fn facts(metrics: &Metrics, measures: &[Measure], options: TextOptions) -> Vec<String> {
    let resampled = metrics.bootstrap.as_ref();
    let with = |name: &str, value: Option<f64>, of: fn(&Resampled) -> Option<Interval>| {
        let interval = resampled.and_then(of).map(|interval| format!(" ({})", between(Some(interval))));
        value.map(|value| format!("{name} {value:.4}{}", interval.unwrap_or_default()))
    };
    let rows = if options.average_strands { "windows, the mean of both strands' predictions" } else { "rows" };
    let first = [
        Some(format!("{} split: {} {rows}", options.split.name(), metrics.rows)),
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
        let here = if options.split == Split::Valid { " (these rows, so its scores are too good)" } else { "" };
        lines.push(format!("threshold: the one with the label's highest F1 on the validation split{here}"));
    }
    if let Some(resampled) = resampled {
        let Resampled { resamples, blocks, seed, .. } = resampled;
        let what = match resampled.by {
            Resampling::Window => "windows",
            Resampling::Chromosome => "chromosomes",
        };
        lines.push(format!("intervals: percentiles over {resamples} resamples of {blocks} {what}, seed {seed}"));
        if *blocks < FEW_BLOCKS {
            lines.push(format!("intervals from only {blocks} {what} are usually too narrow"));
        }
    }
    lines
}

/// From fewer blocks, bootstrap intervals are known to be too narrow.
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

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn shown(metrics: &Metrics, split: Split) -> String {
        text(metrics, TextOptions { split, average_strands: false, all_labels: false })
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
        let options = TextOptions { split: Split::Test, average_strands: true, all_labels: false };
        insta::assert_snapshot!(text(&sample::values(), options));
    }

    #[test]
    fn many_labels_do_not_flood_a_terminal_unless_a_person_asks_for_it() {
        let metrics = sample::many_labels();
        insta::assert_snapshot!(shown(&metrics, Split::Valid));
        let all = text(&metrics, TextOptions { split: Split::Valid, average_strands: false, all_labels: true });
        assert!(all.lines().count() > 919);
    }
}
