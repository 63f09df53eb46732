//! What a run scored on validation and test: averages over labels, and every label.

use maud::{Markup, html};

use crate::compare::report::model::RunReport;
use crate::compare::report::numbers::{NOTHING, grouped, metric, plural};
use crate::compare::report::page::labels::{OPEN_ROWS, cell};
use crate::eval::metrics::{Average, LabelMetrics, Metrics};

/// One measure of a split.
struct Measured {
    name: &'static str,
    average: Average,
    of_label: fn(&LabelMetrics) -> Option<f64>,
}

/// What was measured on a split, in the order in which a person reads it.
fn measured(metrics: &Metrics) -> Vec<Measured> {
    vec![
        Measured { name: "AUROC", average: metrics.auroc, of_label: |label| label.auroc },
        Measured { name: "AUPRC", average: metrics.auprc, of_label: |label| label.auprc },
        Measured { name: "F1", average: metrics.f1, of_label: |label| label.f1 },
    ]
}

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
    let measures: Vec<Measured> = measured(metrics).into_iter().filter(|one| one.average.mean.is_some()).collect();
    html! {
        (if split == "test" { "Test" } else { "Validation" }) " "
        @for (at, one) in measures.iter().take(2).enumerate() {
            @if at > 0 { ", " }
            (one.name) " " strong { (metric(one.average.mean)) }
        }
        @if measures.is_empty() { "loss " strong { (loss(metrics)) } }
        @if metrics.labels.len() > 1 && !measures.is_empty() { ", mean over labels" }
        "."
    }
}

fn loss(metrics: &Metrics) -> String {
    metrics.loss.map_or_else(|| NOTHING.to_owned(), |loss| format!("{loss:.4}"))
}

/// Averages over labels, a column a split.
pub(super) fn averages(report: &RunReport) -> Markup {
    let splits = splits(report);
    let Some((_, first)) = splits.first() else {
        return html! { p.note { "No score yet: splits are scored with the kept weights at the end of the final training." } };
    };
    let undefined = splits.iter().flat_map(|(_, metrics)| measured(metrics)).map(|one| one.average.undefined).max();
    html! {
        div.scroll {
            table {
                thead {
                    tr { th { "Mean over labels (median)" } @for (split, _) in &splits { th.number { (split) } } }
                }
                tbody {
                    @for (at, name) in measured(first).iter().map(|one| one.name).enumerate() {
                        tr {
                            th scope="row" { (name) }
                            @for (_, metrics) in &splits {
                                td.number { @if let Some(one) = measured(metrics).get(at) { (mean_and_median(&one.average)) } }
                            }
                        }
                    }
                    @if splits.iter().any(|(_, metrics)| metrics.accuracy.is_some()) {
                        tr {
                            th scope="row" { "Accuracy" }
                            @for (_, metrics) in &splits { td.number { (metric(metrics.accuracy)) } }
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
                " Up to " (plural(undefined, "label")) " without a positive or a negative row left out of an average."
            }
        }
    }
}

fn mean_and_median(average: &Average) -> Markup {
    html! { (metric(average.mean)) " " span.deviation { "(" (metric(average.median)) ")" } }
}

/// Every label, a group of columns a split.
pub(super) fn labels(report: &RunReport) -> Markup {
    let splits = splits(report);
    let Some((_, first)) = splits.first() else {
        return html! {};
    };
    html! {
        div.scroll.tall[first.labels.len() > OPEN_ROWS] {
            table.heat.sortable {
                thead {
                    tr {
                        th { "Label" }
                        @for (split, metrics) in &splits {
                            th.number { "Positive rows, " (split) }
                            @for one in measured(metrics) { th.number { (one.name) ", " (split) } }
                        }
                    }
                }
                tbody {
                    @for (at, label) in first.labels.iter().enumerate() {
                        tr {
                            th scope="row" { (label.name) }
                            @for (_, metrics) in &splits { (of_split(metrics, at)) }
                        }
                    }
                }
            }
        }
        p.note { "AUROC is blue above chance and orange below. A label without a positive or without a negative row in a split is undefined there." }
    }
}

fn of_split(metrics: &Metrics, at: usize) -> Markup {
    let label = metrics.labels.get(at);
    html! {
        td.number { (label.map_or_else(|| NOTHING.to_owned(), |label| grouped(label.positives))) }
        @for one in measured(metrics) {
            @let value = label.and_then(one.of_label);
            @if one.name == "AUROC" { (cell(value)) } @else { td.number data-value=[value] { (metric(value)) } }
        }
    }
}
