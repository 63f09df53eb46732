//! Labels × strategies: the test AUROC of each, shaded by its distance from chance.

use maud::{Markup, html};

use super::chart::{Axis, percent};
use super::{ink, name};
use crate::compare::report::model::{Comparison, RunSummary};
use crate::compare::report::numbers::{self, grouped};
use crate::compare::report::standing::Standing;
use crate::compare::statistics;

/// How many labels are shown before the table gets its own scroll bar.
pub(super) const OPEN_ROWS: usize = 40;
/// How many labels make their distribution worth drawing.
const DISTRIBUTION_FROM: usize = 8;

pub(super) fn table(comparison: &Comparison, standings: &[Standing<'_>]) -> Markup {
    let columns: Vec<(&Standing<'_>, Vec<Option<f64>>)> = standings
        .iter()
        .filter(|standing| standing.finished > 0)
        .map(|standing| (standing, means(standing, comparison.data.labels.len())))
        .collect();
    if columns.is_empty() {
        return html! { p.note { "No run has scored the test split yet." } };
    }
    let measured = columns.iter().find_map(|(standing, _)| standing.entry.runs.iter().find_map(RunSummary::result));
    let positives = |label: usize| measured.and_then(|metrics| metrics.labels.get(label)).map(|label| label.positives);
    html! {
        @if comparison.data.labels.len() >= DISTRIBUTION_FROM { (distribution(&columns)) }
        div.scroll.tall[comparison.data.labels.len() > OPEN_ROWS] {
            table.heat.sortable {
                thead {
                    tr {
                        th { "Label" }
                        th.number { "Positive rows" }
                        @for (standing, _) in &columns { th.number { (name(standing)) } }
                    }
                }
                tbody {
                    @for (index, label) in comparison.data.labels.iter().enumerate() {
                        tr {
                            th scope="row" { (label) }
                            td.number { (positives(index).map_or_else(|| numbers::NOTHING.to_owned(), grouped)) }
                            @for (_, means) in &columns { (cell(means.get(index).copied().flatten())) }
                        }
                    }
                }
            }
        }
        p.note { "Mean over finished seeds. Blue is above chance, orange below; a label without a positive or without a negative row in the test split is undefined and left out of every average." }
    }
}

/// The mean over finished seeds of each label's AUROC.
fn means(standing: &Standing<'_>, labels: usize) -> Vec<Option<f64>> {
    let results: Vec<_> = standing.entry.runs.iter().filter_map(RunSummary::result).collect();
    (0..labels)
        .map(|label| {
            let values: Vec<f64> = results.iter().filter_map(|metrics| metrics.labels.get(label)?.auroc).collect();
            statistics::mean(&values)
        })
        .collect()
}

/// A cell of an AUROC.
pub(super) fn cell(auroc: Option<f64>) -> Markup {
    html! {
        @if let Some(auroc) = auroc {
            td class={ "number " (shade(auroc)) } data-value=(auroc) { (numbers::metric(Some(auroc))) }
        } @else {
            td.number.undefined { "undefined" }
        }
    }
}

/// One of ten shades above chance, or five below it.
fn shade(auroc: f64) -> String {
    let away = if auroc >= 0.5 { ("up", (auroc - 0.5) * 20.0) } else { ("down", (0.5 - auroc) * 20.0) };
    format!("{}{:.0}", away.0, away.1.clamp(0.0, 10.0).floor())
}

/// A stroke a label: how the labels' AUROCs are spread.
fn distribution(columns: &[(&Standing<'_>, Vec<Option<f64>>)]) -> Markup {
    let values = columns.iter().flat_map(|(_, means)| means.iter().copied().flatten());
    let Some(axis) = Axis::around("AUROC", values.chain([0.5]), 5.0) else {
        return html! {};
    };
    html! {
        div.strips {
            @for (standing, means) in columns {
                @let defined: Vec<f64> = means.iter().copied().flatten().collect();
                div.strip {
                    (name(standing))
                    div.lane {
                        svg.(ink(standing)) role="img"
                            aria-label={ (standing.entry.name) ": median over labels " (numbers::metric(statistics::median(&defined))) } {
                            @let chance = percent(axis.share(0.5));
                            line.chance x1=(chance) x2=(chance) y1="0" y2="100%" {}
                            @for value in &defined {
                                @let x = percent(axis.share(*value));
                                line.stroke x1=(x) x2=(x) y1="24%" y2="76%" {}
                            }
                            @if let Some(median) = statistics::median(&defined) {
                                @let x = percent(axis.share(median));
                                line.mean x1=(x) x2=(x) y1="8%" y2="92%" {}
                            }
                        }
                    }
                    span.value { "median " (numbers::metric(statistics::median(&defined))) }
                }
            }
            div.axis aria-hidden="true" {
                span {}
                div.x-ticks { @for (share, text) in axis.ticks() { span style={ "left:" (percent(share)) } { (text) } } }
                span {}
            }
        }
        p.note { "A stroke a label, a bar at the median." }
    }
}
