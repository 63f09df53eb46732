//! The methods of a comparison as a paragraph, and the papers that it cites. Citations are those of Pandoc: `[@key]`.

use std::collections::BTreeSet;

use genomenas_data::text::{grouped, printable};

use super::made_by::{MADE_BY_MARKDOWN, MADE_BY_TEX};
use super::references::{self, Reference};
use crate::final_recipes;
use crate::humanize::{capitalised, plural};
use crate::leaderboard;
use crate::metrics::Resampled;
use crate::model::{Comparison, Entry, Recipes, RunState, RunSummary, Setting};

/// The text and the references.
#[derive(Debug)]
pub(super) struct Methods {
    /// Markdown.
    pub(super) text: String,
    /// BibTeX.
    pub(super) references: String,
}

/// The methods of `comparison`, as it is now.
pub(super) fn methods(comparison: &Comparison) -> Methods {
    let sentences = [
        data(comparison),
        strategies(comparison),
        search(comparison),
        training(comparison),
        scores(comparison),
        computing(comparison),
    ];
    let paragraph = sentences.concat().join(" ");
    let cited = comparison.entries.iter().flat_map(|entry| references::of(&entry.plugin, &entry.strategy));
    let mut seen = BTreeSet::new();
    let cited: Vec<String> =
        cited.filter(|reference| seen.insert(reference.key)).map(|reference| reference.bibtex()).collect();
    Methods {
        text: format!("{MADE_BY_MARKDOWN}\n\n{paragraph}\n"),
        references: format!("{MADE_BY_TEX}\n\n{}", cited.join("\n")),
    }
}

/// A name in Markdown, without anything that ends the code.
fn code(name: &str) -> String {
    format!("`{}`", printable(name).replace('`', "'"))
}

/// A text of others in Markdown.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        if "\\`*_[]<>@$".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out.replace('\u{a0}', " ")
}

/// "a, b and c".
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn runs(comparison: &Comparison) -> impl Iterator<Item = &RunSummary> {
    comparison.entries.iter().flat_map(|entry| &entry.runs)
}

fn data(comparison: &Comparison) -> Vec<String> {
    let data = &comparison.data;
    let splits: Vec<String> =
        data.splits.iter().map(|split| format!("{} ({} rows)", split.name, grouped(split.rows))).collect();
    let mut said = vec![format!(
        "The data, {} (digest {}), are windows of {} bases with {}: {}.",
        code(&data.path),
        code(&data.digest),
        grouped(data.length),
        plural(data.labels.len(), "label"),
        listed(&splits)
    )];
    if !data.folds.is_empty() {
        said.push(
            "Each fold is the test of a run with every seed, the next one validates, and the others train.".to_owned(),
        );
    }
    said.extend(data.straddles().iter().map(|sentence| format!("{}.", capitalised(&plain(sentence)))));
    if data.folds.is_empty() && data.straddling.is_none() {
        said.push("Whether rows are in two splits was not looked for.".to_owned());
    }
    said
}

fn strategies(comparison: &Comparison) -> Vec<String> {
    let named = |entry: &Entry| {
        let cited: Vec<String> = references::of(&entry.plugin, &entry.strategy).iter().map(citation).collect();
        let cited = if cited.is_empty() { String::new() } else { format!(" [{}]", cited.join("; ")) };
        let set = entry.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let set = if set.is_empty() { String::new() } else { format!(" with {}", code(&set.join(" "))) };
        let control = if entry.control { ", a control" } else { "" };
        let name = if entry.name.starts_with(&entry.strategy) {
            code(&entry.strategy)
        } else {
            format!("{} (called {})", code(&entry.strategy), code(&entry.name))
        };
        format!("{name}{cited}{set}{control}")
    };
    let all: Vec<String> = comparison.entries.iter().map(named).collect();
    vec![format!("Compared were {}: {}.", count(comparison.entries.len(), "strategy", "strategies"), all.join("; "))]
}

fn citation(reference: &Reference) -> String {
    format!("@{}", reference.key)
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

fn search(comparison: &Comparison) -> Vec<String> {
    let seeds: BTreeSet<u64> = runs(comparison).map(|run| run.seed).collect();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let space = setting(&comparison.environment, "space")
        .map_or_else(String::new, |space| format!(" in the space {}", code(space)));
    let seeds = if seeds.len() == 1 {
        format!("seed {}", listed(&seeds))
    } else {
        format!("each of the seeds {}", listed(&seeds))
    };
    let mut said = vec![format!(
        "Every strategy was run with {seeds}, and each run had a budget of {} for its search{space}.",
        plain(&comparison.budget)
    )];
    let all = runs(comparison).count();
    let of = |state: fn(&RunState) -> bool| runs(comparison).filter(|run| state(&run.state)).count();
    let failed = of(|state| matches!(state, RunState::Failed { .. }));
    let open = of(|state| matches!(state, RunState::Running | RunState::Pending));
    if failed > 0 {
        let were = if failed == 1 { "was" } else { "were" };
        said.push(format!("Of {}, {failed} failed and {were} left out of all scores.", count(all, "run", "runs")));
    }
    if open > 0 {
        let have = if open == 1 { "has" } else { "have" };
        said.push(format!(
            "The comparison is not complete: of {}, {open} {have} not ended.",
            count(all, "run", "runs")
        ));
    }
    said
}

fn setting<'a>(settings: &'a [Setting], name: &str) -> Option<&'a str> {
    settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.as_str())
}

/// "epochs: at most 8; batch: 16 samples".
fn settings(settings: &[Setting]) -> String {
    let all: Vec<String> =
        settings.iter().map(|setting| plain(&format!("{}: {}", setting.name, setting.value))).collect();
    all.join("; ")
}

fn training(comparison: &Comparison) -> Vec<String> {
    let rows = leaderboard::rows(comparison);
    let common = settings(&comparison.recipe);
    let mut said = vec![match comparison.recipes {
        Recipes::Common => format!("What each run found was trained from scratch by one recipe ({common})."),
        Recipes::Own => format!(
            "What each run found was trained from scratch by the plan that the trials of its search had, where they had one ({common})."
        ),
        Recipes::Tuned => format!(
            "What each run found was trained from scratch several times, and the training that is best on the validation split was kept ({common})."
        ),
    }];
    let of_entry = |row: &leaderboard::LeaderboardRow<'_>| {
        let text = final_recipes::of_entry(row.entry, comparison.recipes)?;
        Some(format!("{}: {}", code(&row.entry.name), plain(&text)))
    };
    if !comparison.recipes.is_common() {
        let each: Vec<String> = rows.iter().filter_map(of_entry).collect();
        said.extend((!each.is_empty()).then(|| format!("These recipes were used: {}.", each.join("; "))));
    }
    let optimum: Vec<String> = leaderboard::trained_to_optimum(&rows).into_iter().map(code).collect();
    if !optimum.is_empty() {
        let was = if optimum.len() == 1 { "was" } else { "were" };
        said.push(format!("In its place, {} {was} trained to the optimum of a convex loss.", listed(&optimum)));
    }
    said
}

fn scores(comparison: &Comparison) -> Vec<String> {
    let mut said = vec![
        "The sealed test split was scored once for each run, at its end; no search and no training was given it."
            .to_owned(),
    ];
    if let Some(unconfined) = setting(&comparison.environment, "plugins") {
        said.push(format!("Plugins were {}.", plain(unconfined)));
    }
    let columns = comparison.columns().map(|column| column.name().to_owned());
    let labels = if comparison.columns().into_iter().any(|column| column.measure().is_some()) {
        ", metrics of labels as means over the labels for which they are defined"
    } else {
        ""
    };
    let over = if runs(comparison).any(|run| run.fold.is_some()) { "folds and seeds" } else { "seeds" };
    said.push(format!(
        "Reported are {} on it{labels}: the mean over {over} of finished runs and the sample standard deviation; strategies are ordered by {}.",
        listed(&columns),
        comparison.ranked_by.name()
    ));
    let intervals: Vec<&Resampled> = runs(comparison).filter_map(|run| run.result()?.bootstrap.as_ref()).collect();
    if let Some(first) = intervals.first().filter(|first| {
        intervals
            .iter()
            .all(|other| other.resamples == first.resamples && other.confidence.total_cmp(&first.confidence).is_eq())
    }) {
        said.push(format!(
            "Intervals of a run are percentiles over {} bootstrap resamples of the test split, at a confidence of {}.",
            grouped(first.resamples.into()),
            first.confidence
        ));
    }
    said
}

fn computing(comparison: &Comparison) -> Vec<String> {
    let known = ["device", "threads of a run", "runs at once", "precision"];
    let machine: Vec<Setting> =
        comparison.environment.iter().filter(|setting| known.contains(&setting.name.as_str())).cloned().collect();
    let machine = if machine.is_empty() { String::new() } else { format!("{}, and ", settings(&machine)) };
    let plugins: BTreeSet<(&str, &str)> =
        comparison.entries.iter().map(|entry| (entry.plugin.as_str(), entry.plugin_version.as_str())).collect();
    let plugins: Vec<String> =
        plugins.into_iter().map(|(plugin, version)| format!("{} {}", code(plugin), plain(version))).collect();
    vec![format!(
        "Runs used {machine}the plugins {}; this was written by {}.",
        listed(&plugins),
        plain(&comparison.generated_by)
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RunRecipe, Setting};
    use crate::sample;

    #[test]
    fn the_methods_are_those_of_the_comparison() {
        let methods = methods(&sample::comparison());
        insta::assert_snapshot!(methods.text);
        insta::assert_snapshot!(methods.references);
    }

    #[test]
    fn folds_own_recipes_names_and_plugins_without_confinement_are_said() {
        let mut comparison = Comparison { recipes: Recipes::Own, ..sample::folds() };
        comparison.environment.push(Setting::new("plugins", "not confined (--unconfined)"));
        comparison.environment.push(Setting::new("space", "genomenas cells=1"));
        comparison.entries[0].name = "small `one`".to_owned();
        comparison.entries[0].runs.iter_mut().for_each(|run| {
            run.recipe = Some(RunRecipe { settings: vec![Setting::new("epochs", "at most 2")], tried: Vec::new() });
        });
        insta::assert_snapshot!(methods(&comparison).text);
    }

    #[test]
    fn a_strategy_of_anothers_plugin_is_cited_by_nobody() {
        let mut comparison = sample::comparison();
        comparison.entries.iter_mut().for_each(|entry| entry.plugin = "theirs".to_owned());
        assert!(!methods(&comparison).references.contains('@'));
    }
}
