//! The architectures that runs found, and why some runs have no result.

use genomenas_data::text::grouped;
use maud::{Markup, html};

use super::entry::name;
use crate::humanize::{metric, plural, short};
use crate::leaderboard::{LeaderboardRow, Turn, has_folds};
use crate::model::{ArchitectureSummary, DecisionMade, LayerRow, Ranking, RunState, RunSummary};

/// Every found architecture as a folded section; seeds that found the same one share a section.
pub(super) fn architectures(ranking: Ranking, rows: &[LeaderboardRow<'_>]) -> Markup {
    let with_architecture = |row: &&LeaderboardRow<'_>| row.entry.runs.iter().any(|run| run.architecture.is_some());
    if !rows.iter().any(|row| with_architecture(&row)) {
        return html! { p.note { "No run has found an architecture yet." } };
    }
    html! {
        @for row in rows.iter().filter(with_architecture) {
            h3 { (name(row)) }
            @for group in by_architecture(&row.entry.runs) {
                @if let Some((run, architecture)) = group.first() { (details(ranking, run, architecture, &group)) }
            }
        }
    }
}

type RunAndArchitecture<'a> = (&'a RunSummary, &'a ArchitectureSummary);

fn by_architecture(runs: &[RunSummary]) -> Vec<Vec<RunAndArchitecture<'_>>> {
    let mut groups: Vec<Vec<RunAndArchitecture<'_>>> = Vec::new();
    for run in runs {
        let Some(architecture) = &run.architecture else {
            continue;
        };
        let same = |group: &&mut Vec<RunAndArchitecture<'_>>| {
            group.first().is_some_and(|(_, other)| other.hash == architecture.hash)
        };
        match groups.iter_mut().find(same) {
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
        div.scroll {
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
                    @for (row, run) in open {
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
