//! Labels × strategies: AUROC or a correlation on the test split, shaded by its distance from chance.

use genomenas_data::text::grouped;
use maud::{Markup, html};

use super::chart::{Axis, percent};
use super::entry::{ink, name};
use crate::humanize;
use crate::leaderboard::{LeaderboardRow, has_folds};
use crate::metrics::{Measure, Metrics};
use crate::model::{Comparison, Ranking, RunSummary};
use crate::statistics;

/// Tables of more labels have a scroll bar of their own.
pub(super) const OPEN_ROWS: usize = 40;
/// From so many labels on, their distribution is drawn.
const DISTRIBUTION_FROM: usize = 8;

/// The measure shown for every label, and its value by chance: the leaderboard's first column that has both.
fn shown(comparison: &Comparison) -> (Measure, f64) {
    let of = |column: Ranking| Some((column.measure()?, column.chance()?));
    comparison.columns().into_iter().find_map(of).unwrap_or((Measure::Auroc, 0.5))
}

pub(super) fn title(comparison: &Comparison) -> String {
    format!("Test {} of every label", shown(comparison).0.name())
}

pub(super) fn table(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Markup {
    let (measure, chance) = shown(comparison);
    let columns: Vec<(&LeaderboardRow<'_>, Vec<Option<f64>>)> = rows
        .iter()
        .filter(|row| row.finished > 0)
        .map(|row| (row, means(row, measure, comparison.data.labels.len())))
        .collect();
    if columns.is_empty() {
        return html! { p.note { "No run has scored the test split yet." } };
    }
    let measured = columns.iter().find_map(|(row, _)| row.entry.runs.iter().find_map(RunSummary::result));
    let two_classes = measure == Measure::Auroc && measured.is_some_and(Metrics::is_of_two_classes);
    let labels = labels(comparison, two_classes);
    let positives = |label: usize| measured.and_then(|metrics| metrics.labels.get(label)).map(|label| label.positives);
    // A regression has no rows with a label.
    let counted = measure == Measure::Auroc;
    // Of each fold as the test there are others.
    let shows_positives = counted && !has_folds(rows) && !two_classes;
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
                        @if shows_positives { th.number { "Positive rows" } }
                        @for (row, _) in &columns { th.number { (name(row)) } }
                    }
                }
                tbody {
                    @for (index, label) in labels.iter().enumerate() {
                        tr {
                            th scope="row" { (label) }
                            @if shows_positives { td.number { (positives(index).map_or_else(|| humanize::NOTHING.to_owned(), grouped)) } }
                            @for (_, means) in &columns { (cell(means.get(index).copied().flatten(), chance)) }
                        }
                    }
                }
            }
        }
        p.note { "Mean over finished " (if has_folds(rows) { "runs" } else { "seeds" }) ". Blue is above chance, orange below; " (undefined) " is undefined and left out of every average."
            @if two_classes { " Of two classes, either has the other's rows as its negatives: both have the same AUROC, which is one row." }
        }
    }
}

/// The rows of the table: one for two classes.
fn labels(comparison: &Comparison, two_classes: bool) -> Vec<String> {
    match comparison.data.labels.as_slice() {
        [one, other] if two_classes => vec![format!("{one} or {other}")],
        labels => labels.to_vec(),
    }
}

/// The mean of a measure over finished seeds, for each label.
fn means(row: &LeaderboardRow<'_>, measure: Measure, labels: usize) -> Vec<Option<f64>> {
    let results: Vec<_> = row.entry.runs.iter().filter_map(RunSummary::result).collect();
    (0..labels)
        .map(|label| {
            let values: Vec<f64> =
                results.iter().filter_map(|metrics| metrics.labels.get(label)?.get(measure)).collect();
            statistics::mean(&values)
        })
        .collect()
}

/// A cell of a score, shaded by its distance from `chance`.
pub(super) fn cell(score: Option<f64>, chance: f64) -> Markup {
    html! {
        @if let Some(score) = score {
            td class={ "number " (shade(score, chance)) } data-value=(score) { (humanize::metric(Some(score))) }
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

/// The distribution of a measure over labels: one stroke per label.
fn distribution(measure: Measure, chance: f64, columns: &[(&LeaderboardRow<'_>, Vec<Option<f64>>)]) -> Markup {
    let values = columns.iter().flat_map(|(_, means)| means.iter().copied().flatten());
    let Some(axis) = Axis::around(measure.name(), values.chain([chance]), 5.0) else {
        return html! {};
    };
    html! {
        div.strips {
            @for (row, means) in columns {
                @let defined: Vec<f64> = means.iter().copied().flatten().collect();
                div.strip {
                    (name(row))
                    div.lane {
                        svg.(ink(row)) role="img"
                            aria-label={ (row.entry.name) ": median over labels " (humanize::metric(statistics::median(&defined))) } {
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
                    span.value { "median " (humanize::metric(statistics::median(&defined))) }
                }
            }
            (axis.below_strips())
        }
        p.note { "One stroke per label; the bar marks the median." }
    }
}
