//! Labels × strategies: what the test split says of each, AUROC or a correlation, shaded by its distance from chance.

use maud::{Markup, html};

use super::chart::{Axis, percent};
use super::{ink, name};
use crate::metrics::Measure;
use crate::model::{Comparison, Ranking, RunSummary};
use crate::numbers::{self, grouped};
use crate::standing::Standing;
use crate::statistics;

/// How many labels are shown before the table gets its own scroll bar.
pub(super) const OPEN_ROWS: usize = 40;
/// How many labels make their distribution worth drawing.
const DISTRIBUTION_FROM: usize = 8;

/// What is shown of every label: what the leaderboard's columns measure of labels, with a chance to be told from.
fn shown(comparison: &Comparison) -> (Measure, f64) {
    let of = |column: Ranking| Some((column.measure()?, column.chance()?));
    comparison.columns().into_iter().find_map(of).unwrap_or((Measure::Auroc, 0.5))
}

pub(super) fn title(comparison: &Comparison) -> String {
    format!("Test {} of every label", shown(comparison).0.name())
}

pub(super) fn table(comparison: &Comparison, standings: &[Standing<'_>]) -> Markup {
    let (measure, chance) = shown(comparison);
    let columns: Vec<(&Standing<'_>, Vec<Option<f64>>)> = standings
        .iter()
        .filter(|standing| standing.finished > 0)
        .map(|standing| (standing, means(standing, measure, comparison.data.labels.len())))
        .collect();
    if columns.is_empty() {
        return html! { p.note { "No run has scored the test split yet." } };
    }
    let measured = columns.iter().find_map(|(standing, _)| standing.entry.runs.iter().find_map(RunSummary::result));
    let positives = |label: usize| measured.and_then(|metrics| metrics.labels.get(label)).map(|label| label.positives);
    // A regression has no rows with a label.
    let counted = measure == Measure::Auroc;
    let undefined = if counted {
        "a label without a positive or without a negative row in the test split"
    } else {
        "a label whose values or predictions are constant in the test split"
    };
    html! {
        @if comparison.data.labels.len() >= DISTRIBUTION_FROM { (distribution(measure, chance, &columns)) }
        div.scroll.tall[comparison.data.labels.len() > OPEN_ROWS] {
            table.heat.sortable {
                thead {
                    tr {
                        th { "Label" }
                        @if counted { th.number { "Positive rows" } }
                        @for (standing, _) in &columns { th.number { (name(standing)) } }
                    }
                }
                tbody {
                    @for (index, label) in comparison.data.labels.iter().enumerate() {
                        tr {
                            th scope="row" { (label) }
                            @if counted { td.number { (positives(index).map_or_else(|| numbers::NOTHING.to_owned(), grouped)) } }
                            @for (_, means) in &columns { (cell(means.get(index).copied().flatten(), chance)) }
                        }
                    }
                }
            }
        }
        p.note { "Mean over finished seeds. Blue is above chance, orange below; " (undefined) " is undefined and left out of every average." }
    }
}

/// The mean over finished seeds of what is measured of each label.
fn means(standing: &Standing<'_>, measure: Measure, labels: usize) -> Vec<Option<f64>> {
    let results: Vec<_> = standing.entry.runs.iter().filter_map(RunSummary::result).collect();
    (0..labels)
        .map(|label| {
            let values: Vec<f64> =
                results.iter().filter_map(|metrics| measure.of_label(metrics.labels.get(label)?)).collect();
            statistics::mean(&values)
        })
        .collect()
}

/// A cell of a score whose value for a guess is `chance`.
pub(super) fn cell(score: Option<f64>, chance: f64) -> Markup {
    html! {
        @if let Some(score) = score {
            td class={ "number " (shade(score, chance)) } data-value=(score) { (numbers::metric(Some(score))) }
        } @else {
            td.number.undefined { "undefined" }
        }
    }
}

/// One of ten shades above chance, or five below it.
fn shade(score: f64, chance: f64) -> String {
    let away = (score - chance) / (1.0 - chance) * 10.0;
    let (side, away) = if away >= 0.0 { ("up", away) } else { ("down", -away) };
    format!("{side}{:.0}", away.clamp(0.0, 10.0).floor())
}

/// A stroke a label: how what is measured of labels is spread.
fn distribution(measure: Measure, chance: f64, columns: &[(&Standing<'_>, Vec<Option<f64>>)]) -> Markup {
    let values = columns.iter().flat_map(|(_, means)| means.iter().copied().flatten());
    let Some(axis) = Axis::around(measure.name(), values.chain([chance]), 5.0) else {
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
                            @let chance = percent(axis.share(chance));
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
