//! The page's answer: who leads, the leaderboard, and every seed as a dot.

use maud::{Markup, html};

use super::chart::{Axis, percent};
use super::{ink, name};
use crate::model::{Comparison, Ranking, RunState};
use crate::numbers::{self, NOTHING, duration, plural, short};
use crate::standing::{MeanCost, Spread, Standing};
use crate::statistics;

/// One sentence: the best strategy, its result, and how it compares with the control.
pub(super) fn headline(comparison: &Comparison, standings: &[Standing<'_>]) -> Markup {
    let metric = comparison.ranked_by;
    let Some(best) = standings.iter().find(|standing| standing.rank.is_some()) else {
        return html! { "No run has finished yet: " (progress(comparison)) "." };
    };
    let alone = standings.iter().filter(|standing| standing.rank.is_some()).count() == 1;
    let control = standings.iter().find(|standing| standing.entry.control && standing.rank.is_some());
    html! {
        @if best.entry.control {
            "No strategy beats the uniform-random control, " strong { (best.entry.name) }
            ", with a test " (metric.name()) " of " strong { (numbers::spread(&result(metric, best))) } (seeds(&result(metric, best)))
            @if let Some(next) = standings.iter().find(|standing| standing.rank.is_some() && !standing.entry.control) {
                "; the best of the others is " strong { (next.entry.name) } " with " (numbers::spread(&result(metric, next)))
            }
            "."
        } @else {
            strong { (best.entry.name) } (if alone { " reaches a test " } else { " leads with a test " }) (metric.name()) " of "
            strong { (numbers::spread(&result(metric, best))) } (seeds(&result(metric, best)))
            @if let Some(control) = control {
                (against_control(&result(metric, best), &result(metric, control), &control.entry.name))
            } @else {
                ". The uniform-random control has no result to compare it with."
            }
        }
    }
}

fn result(metric: Ranking, standing: &Standing<'_>) -> Spread {
    standing.of(metric)
}

fn seeds(spread: &Spread) -> String {
    match spread.values.len() {
        1 => " (one seed)".to_owned(),
        count => format!(" (mean ± sd over {count} seeds)"),
    }
}

fn against_control(best: &Spread, control: &Spread, control_name: &str) -> Markup {
    let ahead = best.mean.zip(control.mean).map(|(best, control)| best - control);
    let pairs = statistics::paired_differences(&best.values, &control.values);
    let won = pairs.iter().filter(|difference| **difference > 0.0).count();
    html! {
        ", " (numbers::metric(ahead)) " above the uniform-random control, " (control_name)
        " (" (numbers::spread(control)) ")"
        @if !pairs.is_empty() {
            ", and ahead of it on " (won) " of " (plural(pairs.len(), "paired seed"))
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
pub(super) fn table(comparison: &Comparison, standings: &[Standing<'_>]) -> Markup {
    html! {
        div.scroll {
            table.board.sortable {
                thead {
                    tr {
                        th.number { "#" }
                        th { "Strategy" }
                        @for column in comparison.columns() { th.number { (titled(column.name())) } }
                        th.number { "Seeds" }
                        th.number { "Parameters" }
                        th.number { "Multiply-adds" }
                        th.number { "Search" }
                        th.number { "Final training" }
                        th.number { "Failed" }
                    }
                }
                tbody { @for standing in standings { (row(standing)) } }
            }
        }
        p.note {
            "Sealed test split, mean over labels, then mean ± sample standard deviation over seeds; sorted by "
            (comparison.ranked_by.name()) ". Multiply-adds are those of one window. Costs are training samples drawn and wall-clock time, mean over finished runs. ~ marks a mean of runs that differ."
        }
    }
}

fn row(standing: &Standing<'_>) -> Markup {
    let entry = standing.entry;
    html! {
        tr.unranked[standing.rank.is_none()] {
            td.number.rank { (standing.rank.map_or_else(|| NOTHING.to_owned(), |rank| rank.to_string())) }
            th scope="row" {
                (name(standing))
                @if entry.control { span.tag { "control" } }
                span.origin { (entry.plugin) " " (entry.plugin_version) }
            }
            @for scores in &standing.scores { (spread_cell(scores)) }
            td.number { (standing.finished) @if standing.finished != entry.runs.len() { " of " (entry.runs.len()) } }
            td.number { (numbers::count(standing.parameters)) }
            td.number { (numbers::short_count(standing.multiply_adds)) }
            (cost_cell(standing.search, true))
            (cost_cell(standing.training, false))
            td.number.bad[standing.failed > 0] { (standing.failed) }
        }
    }
}

fn spread_cell(spread: &Spread) -> Markup {
    html! {
        td.number data-value=[spread.mean] {
            (numbers::metric(spread.mean))
            @if let Some(deviation) = spread.deviation { span.deviation { " ± " (numbers::metric(Some(deviation))) } }
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

/// The name with a capital, as the title of a column.
fn titled(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A row of dots a strategy: one a seed, and the mean; the line of chance through all of them.
pub(super) fn dots(comparison: &Comparison, standings: &[Standing<'_>]) -> Markup {
    let [metric, ..] = comparison.columns();
    let with_result = || standings.iter().filter(|standing| first(standing).mean.is_some());
    let values = with_result().flat_map(|standing| first(standing).values.iter().map(|(_, value)| *value));
    let axis = Axis::around(metric.name(), values.chain(metric.chance()), 5.0);
    let Some(axis) = axis.filter(|_| with_result().next().is_some()) else {
        return html! { p.note { "No run has a test " (metric.name()) " yet." } };
    };
    html! {
        div.strips {
            @for standing in with_result() { (strip(standing, metric, &axis)) }
            div.axis aria-hidden="true" {
                span {}
                div.x-ticks { @for (share, text) in axis.ticks() { span style={ "left:" (percent(share)) } { (text) } } }
                span {}
            }
        }
        p.note {
            "A dot a seed, a bar at the mean."
            @if let Some(chance) = metric.chance() { " The dashed line is chance, " (chance) "." }
        }
    }
}

/// The scores of the leaderboard's first column.
fn first<'a>(standing: &'a Standing<'_>) -> &'a Spread {
    let [first, ..] = &standing.scores;
    first
}

fn strip(standing: &Standing<'_>, metric: Ranking, axis: &Axis) -> Markup {
    let scores = first(standing);
    let values: Vec<String> = scores.values.iter().map(|(seed, value)| format!("seed {seed}: {value:.3}")).collect();
    let described = format!("{}: {}", standing.entry.name, values.join(", "));
    html! {
        div.strip {
            (name(standing))
            div.lane {
                svg.(ink(standing)) role="img" aria-label=(described) {
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
                    @for (seed, value) in &scores.values {
                        circle cx=(percent(axis.share(*value))) cy="50%" r="4.5" {
                            title { "seed " (seed) ": " (numbers::metric(Some(*value))) }
                        }
                    }
                }
            }
            span.value { (numbers::spread(scores)) }
        }
    }
}
