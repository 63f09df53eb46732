//! The metrics of a run on validation and test: averages over labels, and every label.

use genomenas_data::text::grouped;
use maud::{Markup, html};

use crate::humanize::{NOTHING, metric};
use crate::metrics::{Average, Measure, Metrics};
use crate::model::RunReport;
use crate::page::labels::{OPEN_ROWS, cell};

/// The AUROC of random predictions.
const CHANCE: f64 = 0.5;

/// A metric taken over all classes together.
type OverClasses = (&'static str, fn(&Metrics) -> Option<f64>);
const OVER_CLASSES: [OverClasses; 3] = [
    ("accuracy", |metrics| metrics.accuracy),
    ("balanced accuracy", |metrics| metrics.balanced_accuracy),
    ("MCC over classes", |metrics| metrics.class_mcc),
];

/// The splits that were scored.
fn splits(report: &RunReport) -> Vec<(&'static str, &Metrics)> {
    let test = report.run.result().map(|metrics| ("test", metrics));
    report.valid.as_ref().map(|metrics| ("validation", metrics)).into_iter().chain(test).collect()
}

/// "Test AUROC 0.873, AUPRC 0.412."
pub(super) fn sentence(report: &RunReport) -> Markup {
    let Some((split, metrics)) = splits(report).pop() else {
        return html! { "The run has ended without a score." };
    };
    let mean = |measure| metrics.averages.get(measure).mean;
    let measures: Vec<Measure> = metrics.measures().filter(|measure| mean(*measure).is_some()).collect();
    html! {
        (if split == "test" { "Test" } else { "Validation" }) " "
        @for (at, measure) in measures.iter().take(2).enumerate() {
            @if at > 0 { ", " }
            (measure.name()) " " strong { (metric(mean(*measure))) }
        }
        @if measures.is_empty() { "loss " strong { (loss(metrics)) } }
        @if metrics.labels.len() > 1 && !measures.is_empty() { ", mean over labels" }
        "."
    }
}

fn loss(metrics: &Metrics) -> String {
    metrics.loss.map_or_else(|| NOTHING.to_owned(), |loss| format!("{loss:.4}"))
}

/// Averages over labels, one column per split.
pub(super) fn averages(report: &RunReport) -> Markup {
    let splits = splits(report);
    let Some((_, first)) = splits.first() else {
        return html! { p.note { "No score yet: splits are scored with the kept weights at the end of the final training." } };
    };
    let undefined = |metrics: &Metrics| metrics.measures().map(|measure| metrics.averages.get(measure).undefined).max();
    let undefined = splits.iter().filter_map(|(_, metrics)| undefined(metrics)).max();
    html! {
        div.scroll {
            table {
                thead {
                    tr { th { "Mean over labels (median)" } @for (split, _) in &splits { th.number { (split) } } }
                }
                tbody {
                    @for measure in first.measures() {
                        tr {
                            th scope="row" { (measure.name()) }
                            @for (_, metrics) in &splits { td.number { (mean_and_median(metrics.averages.get(measure))) } }
                        }
                    }
                    @for (name, of) in OVER_CLASSES {
                        @if splits.iter().any(|(_, metrics)| of(metrics).is_some()) {
                            tr {
                                th scope="row" { (name) }
                                @for (_, metrics) in &splits { td.number { (metric(of(metrics))) } }
                            }
                        }
                    }
                    tr { th scope="row" { "Loss" } @for (_, metrics) in &splits { td.number { (loss(metrics)) } } }
                    tr {
                        th scope="row" { "Rows" }
                        @for (_, metrics) in &splits { td.number { (grouped(metrics.rows as u64)) } }
                    }
                }
            }
        }
        p.note {
            "The test split is sealed during search and training."
            @if let Some(undefined @ 1..) = undefined {
                " Labels for which a measure is undefined (up to " (undefined) ") are left out of its average."
            }
        }
    }
}

fn mean_and_median(average: &Average) -> Markup {
    html! { (metric(average.mean)) " " span.deviation { "(" (metric(average.median)) ")" } }
}

/// Every label, one group of columns per split.
pub(super) fn labels(report: &RunReport) -> Markup {
    let splits = splits(report);
    let Some((_, first)) = splits.first() else {
        return html! {};
    };
    // A regression has no rows with a label.
    let counted = first.labels.iter().any(|label| label.positives > 0);
    // Two classes have one AUROC, in a cell over both rows, which no sorting may part.
    let two_classes = splits.iter().all(|(_, metrics)| metrics.is_of_two_classes());
    html! {
        div.scroll.tall[first.labels.len() > OPEN_ROWS] {
            table.heat.sortable[!two_classes] {
                thead {
                    tr {
                        th { "Label" }
                        @for (split, metrics) in &splits {
                            @if counted { th.number { "Positive rows, " (split) } }
                            @for measure in metrics.measures() { th.number { (measure.name()) ", " (split) } }
                        }
                    }
                }
                tbody {
                    @for (at, label) in first.labels.iter().enumerate() {
                        tr {
                            th scope="row" { (label.name) }
                            @for (_, metrics) in &splits { (of_split(metrics, at, counted, two_classes)) }
                        }
                    }
                }
            }
        }
        p.note { @if counted { "AUROC is blue above chance and orange below. A label without a positive or without a negative row in a split is undefined there." @if two_classes { " Two classes have the same AUROC: a score for the one is a score against the other." } } @else { "A correlation is undefined where values or predictions are constant." } }
    }
}

fn of_split(metrics: &Metrics, at: usize, counted: bool, two_classes: bool) -> Markup {
    let label = metrics.labels.get(at);
    html! {
        @if counted { td.number { (label.map_or_else(|| NOTHING.to_owned(), |label| grouped(label.positives))) } }
        @for measure in metrics.measures() {
            @let value = label.and_then(|label| label.get(measure));
            @if measure == Measure::Auroc && two_classes {
                @if at == 0 { td.number.both rowspan="2" { (metric(value)) } }
            } @else if measure == Measure::Auroc { (cell(value, CHANCE)) } @else { td.number data-value=[value] { (metric(value)) } }
        }
    }
}
