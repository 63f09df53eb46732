//! The architectures that runs found, and why some runs have no result.

use std::collections::BTreeMap;

use genomenas_data::text::grouped;
use maud::{Markup, html};

use super::entry::name;
use super::graph;
use super::labels::OPEN_ROWS;
use crate::humanize::{metric, plural, short};
use crate::leaderboard::{LeaderboardRow, Turn, best_run, has_folds};
use crate::model::{ArchitectureSummary, Comparison, DecisionMade, LayerRow, Ranking, RunState, RunSummary};

/// Every found architecture as a folded section; seeds that found the same one share a section.
pub(super) fn architectures(ranking: Ranking, rows: &[LeaderboardRow<'_>]) -> Markup {
    let with_architecture = |row: &&LeaderboardRow<'_>| row.entry.runs.iter().any(|run| run.architecture.is_some());
    if !rows.iter().any(|row| with_architecture(&row)) {
        return html! { p.note { "No run has found an architecture yet." } };
    }
    let mut left = MOST_LISTED;
    html! {
        @for row in rows.iter().filter(with_architecture) {
            @let groups = by_architecture(&row.entry.runs);
            @let listed = groups.len().min(MOST_OF_ENTRY).min(left);
            h3 { (name(row)) }
            @for group in groups.iter().take(listed) {
                @if let Some((run, architecture)) = group.first() { (details(ranking, run, architecture, group)) }
            }
            @if groups.len() > listed {
                p.note { @if listed > 0 { "And " } (plural(groups.len() - listed, if listed > 0 { "other architecture" } else { "architecture" })) ", on the pages of its runs." }
            }
            @let () = left -= listed;
        }
    }
}

/// The architectures of an entry whose layers are listed; those of others are on the pages of their runs.
const MOST_OF_ENTRY: usize = 5;
/// The architectures of all entries whose layers are listed.
const MOST_LISTED: usize = 120;
/// The most runs in the table of those without a result.
const MOST_OPEN: usize = 300;

/// The drawn architecture of the first entry: of its runs, the one with the lowest validation loss.
pub(super) fn of_first(comparison: &Comparison) -> Option<Markup> {
    let run = best_run(comparison)?;
    let architecture = run.architecture.as_ref().filter(|architecture| !architecture.drawings.is_empty())?;
    let entry = comparison.entries.iter().find(|entry| entry.runs.iter().any(|other| std::ptr::eq(other, run)))?;
    Some(html! {
        p { strong { (entry.name) } ", " (Turn::of(run).to_string()) @if entry.runs.len() > 1 { ": of its runs, the one with the lowest validation loss" } ". " (folder(run)) }
        (graph::drawings(architecture))
    })
}

type RunAndArchitecture<'a> = (&'a RunSummary, &'a ArchitectureSummary);

fn by_architecture(runs: &[RunSummary]) -> Vec<Vec<RunAndArchitecture<'_>>> {
    let mut groups: Vec<Vec<RunAndArchitecture<'_>>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        let Some(architecture) = &run.architecture else {
            continue;
        };
        let place = *places.entry(architecture.hash.as_str()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push((run, architecture)),
            None => groups.push(vec![(run, architecture)]),
        }
    }
    groups
}

fn details(
    ranking: Ranking,
    run: &RunSummary,
    architecture: &ArchitectureSummary,
    group: &[RunAndArchitecture<'_>],
) -> Markup {
    let folds = group.iter().any(|(run, _)| run.fold.is_some());
    let named = |run: &RunSummary| if folds { Turn::of(run).to_string() } else { run.seed.to_string() };
    let seeds: Vec<String> = group.iter().map(|(run, _)| named(run)).collect();
    let scores: Vec<String> =
        group.iter().filter_map(|(run, _)| run.result()).map(|metrics| metric(ranking.of(metrics))).collect();
    html! {
        details {
            summary {
                @if folds { (seeds.join("; ")) }
                @else { (if seeds.len() == 1 { "seed " } else { "seeds " }) (seeds.join(", ")) }
                @if !scores.is_empty() { " · " (ranking.name()) " " (scores.join(", ")) }
                @if let Some(parameters) = run.parameters { " · " (grouped(parameters)) " parameters" }
                " · " (plural(architecture.layers.len(), "layer"))
                " · " code { (architecture.hash.chars().take(12).collect::<String>()) }
            }
            @if !run.decisions.is_empty() { (decisions(&run.decisions)) }
            (layers(&architecture.layers))
            p.note {
                "Hash " code { (architecture.hash) } ". "
                (if group.len() == 1 { "Folder: " } else { "Folders: " })
                @for (index, (run, _)) in group.iter().enumerate() {
                    @if index > 0 { ", " }
                    (folder(run))
                }
                "."
            }
        }
    }
}

/// A run's folder, relative to the comparison's; for a finished run, a link to the page there.
fn folder(run: &RunSummary) -> Markup {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.+=".contains(letter);
    let name = html! { code { (run.folder) } };
    if run.state == RunState::Done && run.folder.chars().all(plain) {
        html! { a href={ (run.folder) "/report.html" } { (name) } }
    } else {
        name
    }
}

/// The layers of an architecture.
pub(super) fn layers(layers: &[LayerRow]) -> Markup {
    html! {
        div.scroll.tall[layers.len() > OPEN_ROWS] {
            table.layers {
                thead {
                    tr {
                        th { "Layer" } th { "Operation" } th { "Shape" }
                        th.number { "Parameters" } th.number { "Multiply-adds" }
                    }
                }
                tbody {
                    @for layer in layers {
                        tr {
                            th scope="row" { (layer.name) }
                            td { (layer.op) }
                            td { (layer.shape) }
                            td.number { (grouped(layer.parameters)) }
                            td.number { (short(layer.multiply_adds as f64)) }
                        }
                    }
                }
            }
        }
    }
}

/// The chosen option of each decision.
pub(super) fn decisions(decisions: &[DecisionMade]) -> Markup {
    html! {
        dl.decisions { @for made in decisions { div { dt { (made.decision) } dd { (made.option) } } } }
    }
}

/// Runs that failed, with their reasons, and runs that have not ended.
pub(super) fn failures(rows: &[LeaderboardRow<'_>]) -> Markup {
    let open: Vec<(&LeaderboardRow<'_>, &RunSummary)> = rows
        .iter()
        .flat_map(|row| row.entry.runs.iter().map(move |run| (row, run)))
        .filter(|(_, run)| run.state != RunState::Done)
        .collect();
    let folds = has_folds(rows);
    if open.is_empty() {
        return html! { p { "Every run finished." } };
    }
    html! {
        div.scroll {
            table.failures {
                thead { tr { th { "Strategy" } @if folds { th.number { "Fold" } } th.number { "Seed" } th { "State" } th { "Reason" } th { "Folder" } } }
                tbody {
                    @for &(row, run) in open.iter().take(MOST_OPEN) {
                        tr {
                            th scope="row" { (name(row)) }
                            @if folds { td.number { (run.fold.unwrap_or_default()) } }
                            td.number { (run.seed) }
                            td { (state(&run.state)) }
                            td.reason { (run.failure().unwrap_or_default()) }
                            td { code { (run.folder) } }
                        }
                    }
                }
            }
        }
        @if open.len() > MOST_OPEN { p.note { "The first " (MOST_OPEN) " of " (grouped(open.len() as u64)) " are listed." } }
    }
}

fn state(state: &RunState) -> &'static str {
    match state {
        RunState::Done => "done",
        RunState::Failed { .. } => "failed",
        RunState::Running => "under way",
        RunState::Pending => "waiting",
    }
}
