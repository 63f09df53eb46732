//! The terms that all runs share, and how to repeat the comparison.

use genomenas_data::text::grouped;
use maud::{Markup, html};

use super::straddling;
use crate::humanize::{capitalised, plural};
use crate::model::{Comparison, Recipes, Setting};

/// One sentence: data, runs, budget.
pub(super) fn sentence(comparison: &Comparison) -> Markup {
    let runs: usize = comparison.entries.iter().map(|entry| entry.runs.len()).sum();
    let training = match comparison.recipes {
        Recipes::Common => "the same final training",
        Recipes::Own => "a final training by its own recipe",
        Recipes::Tuned => "final trainings by the same few recipes, tuned on the validation split,",
    };
    html! {
        (capitalised(&plural_strategies(comparison.entries.len()))) ", " (plural(runs, "run")) ", each with "
        (comparison.budget) " to search, " (training) " and the same sealed test split"
        (if comparison.data.folds.is_empty() { "" } else { " of each fold" }) " of "
        (comparison.data.path) ": " (plural(comparison.data.labels.len(), "label")) ", windows of "
        (grouped(comparison.data.length)) " bases."
    }
}

fn plural_strategies(count: usize) -> String {
    if count == 1 { "1 strategy".to_owned() } else { format!("{count} strategies") }
}

/// Data, budget, recipe, versions.
pub(super) fn table(comparison: &Comparison) -> Markup {
    let data = &comparison.data;
    html! {
        div.columns {
            div {
                h3 { "Data and budget" }
                dl.terms {
                    (term("data", &data.path))
                    div { dt { "digest" } dd { code { (data.digest) } } }
                    @for split in &data.splits { div { dt { (split.name) } dd { (grouped(split.rows)) " rows" } } }
                    (term("in two splits", &straddling::in_words(data)))
                    (term("window", &format!("{} bases", grouped(data.length))))
                    (term("labels", &grouped(data.labels.len() as u64)))
                    (term("budget", &comparison.budget))
                    @if !data.folds.is_empty() {
                        (term("folds", "each is the test of a run with every seed, the next one validates, the others train"))
                    }
                    (term("seeds", &seeds(comparison)))
                }
            }
            div { h3 { "Final training" } (settings(&comparison.recipe)) }
            div {
                h3 { "Versions" }
                dl.terms {
                    (term("made by", &comparison.generated_by))
                    @for setting in &comparison.environment { (term(&setting.name, &setting.value)) }
                    @for (plugin, version) in plugins(comparison) { (term(plugin, version)) }
                }
            }
        }
    }
}

/// Settings as a list.
pub(super) fn settings(settings: &[Setting]) -> Markup {
    html! { dl.terms { @for setting in settings { (term(&setting.name, &setting.value)) } } }
}

/// A line of a list.
pub(super) fn term(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn seeds(comparison: &Comparison) -> String {
    let mut seeds: Vec<u64> = comparison.entries.iter().flat_map(|entry| &entry.runs).map(|run| run.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    match seeds.as_slice() {
        // A long list without a gap.
        [first, .., last] if seeds.len() > 12 && last - first == seeds.len() as u64 - 1 => {
            format!("{first} to {last}")
        }
        _ => seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn plugins(comparison: &Comparison) -> Vec<(&str, &str)> {
    let mut plugins: Vec<(&str, &str)> =
        comparison.entries.iter().map(|entry| (entry.plugin.as_str(), entry.plugin_version.as_str())).collect();
    plugins.sort_unstable();
    plugins.dedup();
    plugins
}

/// The command.
pub(super) fn again(comparison: &Comparison) -> Markup {
    html! {
        pre { code { (comparison.command) } }
        @for entry in comparison.entries.iter().filter(|entry| entry.added.is_some()) {
            p.note {
                (entry.name) " was added on " (entry.added.as_deref().unwrap_or_default())
                " by " code { "genomenas compare --out" } " with " code { "--add" } ", on the same terms."
            }
        }
        p.note {
            "In the same folder, the command continues where it stopped and skips finished runs; in a new folder it starts over. The same seeds give the same proposals. "
            "Each run's folder holds its resolved settings, its journal of every hook call and epoch, and its weights."
        }
    }
}
