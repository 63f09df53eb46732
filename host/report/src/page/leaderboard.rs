//! The leaderboard, and every seed as a dot.

use maud::{Markup, html};

use super::chart::{Axis, percent};
use super::entry::{ink, name};
use crate::final_recipes;
use crate::humanize::{self, NOTHING, capitalised, duration, short};
use crate::leaderboard::{self, Count, LeaderboardRow, MeanCost, PUBLISHED, PublishedRow, Spread};
use crate::model::{Comparison, Ranking};

/// The leaderboard.
pub(super) fn table(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Markup {
    let folds = leaderboard::has_folds(rows);
    html! {
        div.scroll {
            table.board.sortable {
                thead {
                    tr {
                        th.number { "#" }
                        th { "Strategy" }
                        @for column in comparison.columns() { th.number { (capitalised(column.name())) } }
                        th.number { (if folds { "Runs" } else { "Seeds" }) }
                        th.number { "Parameters" }
                        th.number { "Multiply-adds" }
                        th.number { "Search" }
                        th.number { "Final training" }
                        th.number { "Failed" }
                    }
                }
                tbody { @for row in rows { (table_row(row)) } }
                @let published = leaderboard::published(comparison);
                @let ceiling = leaderboard::ceiling(comparison);
                @if !published.is_empty() || ceiling.is_some() {
                    tfoot {
                        @if let Some(row) = &ceiling { (table_row(row)) }
                        @for row in &published { (published_row(row)) }
                    }
                }
            }
        }
        @if !comparison.published.is_empty() { p.note { "Published: " (PUBLISHED) "." } }
        @for note in final_recipes::notes(comparison, rows) {
            p.note { @if let Some(of_entry) = note.strip_prefix("  ") { (of_entry) } @else { (capitalised(&note)) } "." }
        }
        @if let Some(note) = final_recipes::to_optimum(comparison, rows) { p.note { (capitalised(&note)) "." } }
        @let changes = leaderboard::added_later(rows).into_iter().chain(leaderboard::hidden(comparison));
        @for note in changes.chain(leaderboard::ceiling_note(comparison)) {
            p.note { (capitalised(&note)) "." }
        }
        p.note {
            "Sealed test split, mean over labels, then mean ± sample standard deviation over "
            (if folds { "folds and seeds" } else { "seeds" }) "; sorted by "
            (comparison.ranked_by.name()) ". Multiply-adds are those of one window. Costs are training samples drawn and wall-clock time, mean over finished runs. ~ marks a mean of runs that differ."
            @if folds { " Runs of different folds share training rows, so that their deviation is smaller than that of independent data." }
        }
    }
}

fn table_row(row: &LeaderboardRow<'_>) -> Markup {
    let entry = row.entry;
    html! {
        tr.unranked[row.rank.is_none()] {
            td.number.rank { (row.rank.map_or_else(|| NOTHING.to_owned(), |rank| rank.to_string())) }
            th scope="row" {
                (name(row))
                @if entry.control { span.tag { "control" } }
                @if entry.plugin.is_empty() { span.tag { "not ranked" } }
                @if let Some(day) = &entry.added { span.tag { "added " (day) } }
                span.origin { (entry.plugin) " " (entry.plugin_version) }
                @if let Some(why) = leaderboard::why_failed(row) { span.under.bad.why { (why) } }
            }
            @for scores in &row.scores { (spread_cell(scores)) }
            td.number { (row.finished) @if row.finished != entry.runs.len() { " of " (entry.runs.len()) } }
            td.number { (Count::text(row.parameters)) }
            td.number { (Count::short_text(row.multiply_adds)) }
            (cost_cell(row.search, true))
            (cost_cell(row.training, false))
            td.number.bad[row.failed > 0] { (row.failed) }
        }
    }
}

/// A result of others: no rank, no costs, and where it is from.
fn published_row(row: &PublishedRow<'_>) -> Markup {
    html! {
        tr.unranked {
            td.number.rank { (NOTHING) }
            th scope="row" {
                span.name title=(row.name) { span.text { (row.name) } }
                span.tag { "published" }
                span.origin { (row.others_text()) @if !row.others.is_empty() { "; " } (row.source) }
            }
            @for score in row.scores { td.number { @if score.is_some() { (humanize::metric(score)) } } }
            td colspan="6" {}
        }
    }
}

fn spread_cell(spread: &Spread) -> Markup {
    html! {
        td.number data-value=[spread.mean] {
            (humanize::metric(spread.mean))
            @if let Some(deviation) = spread.deviation { span.deviation { " ± " (humanize::metric(Some(deviation))) } }
        }
    }
}

fn cost_cell(cost: Option<MeanCost>, with_trials: bool) -> Markup {
    html! {
        td.number data-value=[cost.map(|cost| cost.samples)] {
            @if let Some(cost) = cost {
                (short(cost.samples)) " · " (duration(cost.seconds))
                @if with_trials { span.under { (trials(cost.trials)) } }
            } @else { (NOTHING) }
        }
    }
}

fn trials(mean: f64) -> String {
    match short(mean).as_str() {
        "1" => "1 trial".to_owned(),
        mean => format!("{mean} trials"),
    }
}

/// One row per strategy: a dot per seed, a bar at the mean, and a line at chance.
pub(super) fn dots(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Markup {
    let [metric, ..] = comparison.columns();
    let with_result = || rows.iter().filter(|row| first(row).mean.is_some());
    let values = with_result().flat_map(|row| first(row).values.iter().map(|(_, value)| *value));
    let axis = Axis::around(metric.name(), values.chain(metric.chance()), 5.0);
    let Some(axis) = axis.filter(|_| with_result().next().is_some()) else {
        return html! { p.note { "No run has a test " (metric.name()) " yet." } };
    };
    html! {
        div.strips {
            @for row in with_result() { (strip(row, metric, &axis)) }
            div.axis aria-hidden="true" {
                span {}
                div.x-ticks { @for (share, text) in axis.ticks() { span style={ "left:" (percent(share)) } { (text) } } }
                span {}
            }
        }
        p.note {
            (if leaderboard::has_folds(rows) { "One dot per fold and seed" } else { "One dot per seed" }) "; the bar marks the mean."
            @if let Some(chance) = metric.chance() { " The dashed line is chance, " (chance) "." }
        }
    }
}

/// The scores of the leaderboard's first column.
fn first<'a>(row: &'a LeaderboardRow<'_>) -> &'a Spread {
    let [first, ..] = &row.scores;
    first
}

fn strip(row: &LeaderboardRow<'_>, metric: Ranking, axis: &Axis) -> Markup {
    let scores = first(row);
    let values: Vec<String> = scores.values.iter().map(|(turn, value)| format!("{turn}: {value:.3}")).collect();
    let described = format!("{}: {}", row.entry.name, values.join(", "));
    html! {
        div.strip {
            (name(row))
            div.lane {
                svg.(ink(row)) role="img" aria-label=(described) {
                    @for (share, _) in axis.ticks() {
                        @let x = percent(share);
                        line.grid x1=(x) x2=(x) y1="0" y2="100%" {}
                    }
                    @if let Some(chance) = metric.chance() {
                        @let chance = percent(axis.share(chance));
                        line.chance x1=(chance) x2=(chance) y1="0" y2="100%" {}
                    }
                    @if let Some(mean) = scores.mean {
                        @let x = percent(axis.share(mean));
                        line.mean x1=(x) x2=(x) y1="16%" y2="84%" {}
                    }
                    @for (turn, value) in &scores.values {
                        circle cx=(percent(axis.share(*value))) cy="50%" r="4.5" {
                            title { (turn.to_string()) ": " (humanize::metric(Some(*value))) }
                        }
                    }
                }
            }
            span.value { (scores.text()) }
        }
    }
}
