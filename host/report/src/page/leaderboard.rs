//! The headline, the leaderboard, and every seed as a dot.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::chart::{Axis, percent};
use super::entry::{ink, name};
use super::scale;
use crate::final_recipes;
use crate::humanize::{self, NOTHING, capitalised, duration, plural, short};
use crate::leaderboard::{self, Count, LeaderboardRow, MeanCost, PUBLISHED, PublishedRow, Spread};
use crate::model::{Comparison, Ranking, RunState};
use crate::statistics;

/// One sentence: the best strategy, its result, and how it compares with the best control.
pub(super) fn headline(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Markup {
    let metric = comparison.ranked_by;
    let Some(best) = rows.iter().find(|row| row.rank.is_some()) else {
        return html! { "No run has finished yet: " (progress(comparison)) "." };
    };
    let alone = rows.iter().filter(|row| row.rank.is_some()).count() == 1;
    let control = rows.iter().find(|row| row.entry.control && row.rank.is_some());
    html! {
        @if best.entry.control {
            "No strategy beats " (the_control(rows)) ", " strong { (best.entry.name) }
            ", with a test " (metric.name()) " of " strong { (best.score(metric).text()) } (seeds(&best.score(metric)))
            @if let Some(next) = rows.iter().find(|row| row.rank.is_some() && !row.entry.control) {
                "; the best of the others is " strong { (next.entry.name) } " with " (next.score(metric).text())
            }
            "."
        } @else {
            strong { (best.entry.name) } (if alone { " reaches a test " } else { " leads with a test " }) (metric.name()) " of "
            strong { (best.score(metric).text()) } (seeds(&best.score(metric)))
            @if let Some(control) = control {
                (against_control(&best.score(metric), &control.score(metric), &format!("{}, {}", the_control(rows), control.entry.name)))
            } @else {
                ". No control has a result to compare it with."
            }
        }
    }
}

/// "the control", or "the best control" of several.
fn the_control(rows: &[LeaderboardRow<'_>]) -> &'static str {
    if rows.iter().filter(|row| row.entry.control).count() > 1 { "the best control" } else { "the control" }
}

fn seeds(spread: &Spread) -> String {
    let folds: BTreeSet<Option<u32>> = spread.values.iter().map(|(turn, _)| turn.fold).collect();
    let seeds: BTreeSet<u64> = spread.values.iter().map(|(turn, _)| turn.seed).collect();
    match spread.values.len() {
        1 if !folds.contains(&None) => " (one run)".to_owned(),
        count if count > 1 && !folds.contains(&None) => {
            format!(" (mean ± sd over {count} runs: {}, {})", plural(folds.len(), "fold"), plural(seeds.len(), "seed"))
        }
        1 => " (one seed)".to_owned(),
        count => format!(" (mean ± sd over {count} seeds)"),
    }
}

fn against_control(best: &Spread, control: &Spread, control_name: &str) -> Markup {
    let ahead = best.mean.zip(control.mean).map(|(best, control)| best - control);
    let pairs = statistics::paired_differences(&best.values, &control.values);
    let won = pairs.iter().filter(|difference| **difference > 0.0).count();
    html! {
        ", " (humanize::metric(ahead)) " above " (control_name)
        " (" (control.text()) ")"
        @if !pairs.is_empty() {
            ", and ahead of it on " (won) " of " (plural(pairs.len(), if best.values.iter().any(|(turn, _)| turn.fold.is_some()) { "paired run" } else { "paired seed" }))
        }
        "."
    }
}

/// "2 failed, 1 waits".
fn progress(comparison: &Comparison) -> String {
    let runs = || comparison.entries.iter().flat_map(|entry| &entry.runs);
    let count = |is: fn(&RunState) -> bool| runs().filter(|run| is(&run.state)).count();
    let parts = [
        (count(|state| matches!(state, RunState::Done)), "done without a defined metric"),
        (count(|state| matches!(state, RunState::Failed { .. })), "failed"),
        (count(|state| *state == RunState::Running), "under way"),
        (count(|state| *state == RunState::Pending), "waiting"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { "the comparison has no runs".to_owned() } else { parts.join(", ") }
}

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
                @if !published.is_empty() { tfoot { @for row in &published { (published_row(row)) } } }
            }
        }
        @if !comparison.published.is_empty() { p.note { "Published: " (PUBLISHED) "." } }
        @for note in final_recipes::notes(comparison, rows) {
            p.note { @if let Some(of_entry) = note.strip_prefix("  ") { (of_entry) } @else { (capitalised(&note)) } "." }
        }
        @if let Some(note) = final_recipes::to_optimum(comparison, rows) { p.note { (capitalised(&note)) "." } }
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
                span.origin { (entry.plugin) " " (entry.plugin_version) }
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
    let axis = Axis::of_scores(metric.name(), values.chain(metric.chance()), 5.0, scale::of_test(comparison));
    let Some(axis) = axis.filter(|_| with_result().next().is_some()) else {
        return html! { p.note { "No run has a test " (metric.name()) " yet." } };
    };
    html! {
        div.strips {
            @for row in with_result() { (strip(row, metric, &axis)) }
            (axis.below_strips())
        }
        p.note {
            (if leaderboard::has_folds(rows) { "One dot per fold and seed" } else { "One dot per seed" }) "; the bar marks the mean."
            @if let Some(chance) = metric.chance() { " The dashed line is chance, " (chance) "." }
            @if with_result().any(|row| stride(first(row)) > 1) { " Of an entry with more than " (MOST_DOTS) " runs, evenly chosen ones are drawn." }
        }
    }
}

/// The scores of the leaderboard's first column.
fn first<'a>(row: &'a LeaderboardRow<'_>) -> &'a Spread {
    let [first, ..] = &row.scores;
    first
}

/// The most dots of an entry.
const MOST_DOTS: usize = 250;

/// One of how many runs is drawn.
fn stride(scores: &Spread) -> usize {
    scores.values.len().div_ceil(MOST_DOTS).max(1)
}

fn strip(row: &LeaderboardRow<'_>, metric: Ranking, axis: &Axis) -> Markup {
    let scores = first(row);
    let values: Vec<String> =
        scores.values.iter().step_by(stride(scores)).map(|(turn, value)| format!("{turn}: {value:.3}")).collect();
    let described = format!("{}: {}", row.entry.name, values.join(", "));
    html! {
        div.strip {
            (name(row))
            div.lane {
                svg.(ink(row)) role="img" aria-label=(described) {
                    (axis.grid())
                    @if let Some(chance) = metric.chance() {
                        @let chance = percent(axis.share(chance));
                        line.chance x1=(chance) x2=(chance) y1="0" y2="100%" {}
                    }
                    @if let Some(mean) = scores.mean {
                        @let x = percent(axis.share(mean));
                        line.mean x1=(x) x2=(x) y1="16%" y2="84%" {}
                    }
                    @for (turn, value) in scores.values.iter().step_by(stride(scores)) {
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
