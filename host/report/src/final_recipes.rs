//! What is said of the final trainings of a comparison where they differ.

use std::collections::BTreeMap;

use genomenas_data::text::{cell, printable};

use crate::leaderboard::{LeaderboardRow, trained_to_optimum};
use crate::model::{Comparison, Entry, Recipes, RunSummary};

/// What the final trainings are, then the recipe of every entry; nothing where one is for all.
pub(super) fn notes(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Vec<String> {
    let tried = || comparison.entries.iter().flat_map(|entry| &entry.runs).find_map(|run| run.recipe.as_ref());
    let head = match comparison.recipes {
        Recipes::Common => return Vec::new(),
        Recipes::Own => {
            "final trainings differ: what each entry found was trained by the plan that the trials of its search had"
                .to_owned()
        }
        Recipes::Tuned => {
            let how = tried().map_or_else(String::new, |recipe| format!(", of {} trainings", recipe.tried.len()));
            format!(
                "final trainings differ: learning rate and weight decay were tuned for each run{how}, the best on the validation split is kept; the costs are those of all"
            )
        }
    };
    let of_entry = |row: &LeaderboardRow<'_>| {
        let text = of_entry(row.entry, comparison.recipes)?;
        Some(format!("  {}: {}", cell(&row.entry.name), printable(&text)))
    };
    std::iter::once(head).chain(rows.iter().filter_map(of_entry)).collect()
}

/// Which entries were trained to the optimum of a convex loss, in a sentence without its end.
pub(super) fn to_optimum(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Option<String> {
    let names: Vec<String> = trained_to_optimum(rows).into_iter().map(cell).collect();
    let instead = match comparison.recipes {
        Recipes::Common => "the common recipe",
        Recipes::Own => "another recipe",
        Recipes::Tuned => "the tuned recipes",
    };
    (!names.is_empty())
        .then(|| format!("trained to the optimum of a convex loss, in place of {instead}: {}", names.join(", ")))
}

/// The recipes of an entry, of one seed after the other where they differ; nothing where none of its runs was trained by one.
pub(super) fn of_entry(entry: &Entry, recipes: Recipes) -> Option<String> {
    let mut seeds: BTreeMap<u64, String> = BTreeMap::new();
    let trained = entry.runs.iter().filter(|run| run.result().is_some() && !run.trained_to_optimum);
    seeds.extend(trained.map(|run| (run.seed, of_run(run, recipes))));
    let mut each: Vec<(String, Vec<u64>)> = Vec::new();
    for (seed, text) in seeds {
        match each.iter_mut().find(|(other, _)| *other == text) {
            Some((_, seeds)) => seeds.push(seed),
            None => each.push((text, vec![seed])),
        }
    }
    match each.as_slice() {
        [] => None,
        [(text, _)] => Some(text.clone()),
        several => {
            let of = |(text, seeds): &(String, Vec<u64>)| {
                let numbers: Vec<String> = seeds.iter().map(u64::to_string).collect();
                format!("seed {}: {text}", numbers.join(", "))
            };
            Some(several.iter().map(of).collect::<Vec<_>>().join(" | "))
        }
    }
}

fn of_run(run: &RunSummary, recipes: Recipes) -> String {
    let Some(recipe) = &run.recipe else {
        let why = if recipes == Recipes::Own { ", since its search trained nothing" } else { "" };
        return format!("the common recipe{why}");
    };
    let Some(kept) = recipe.tried.iter().find(|tried| tried.kept) else {
        let settings = recipe.settings.iter().map(|setting| format!("{}: {}", setting.name, setting.value));
        return settings.collect::<Vec<_>>().join("; ");
    };
    match recipe.tried.iter().filter(|tried| tried.failed.is_some()).count() {
        0 => kept.in_words(),
        failed => format!("{} ({failed} of {} failed)", kept.in_words(), recipe.tried.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaderboard::rows;
    use crate::model::{RunRecipe, Setting, TriedRecipe};
    use crate::sample;
    use crate::table::leaderboard_text;

    fn own(epochs: &str) -> RunRecipe {
        let settings = vec![Setting::new("epochs", epochs), Setting::new("batch", "16 samples")];
        RunRecipe { settings, tried: Vec::new() }
    }

    fn tuned(kept: usize) -> RunRecipe {
        let tried = |number: usize| TriedRecipe {
            learning_rate: 0.001 * (number + 1) as f64,
            weight_decay: 0.0,
            score: Some(0.5),
            failed: (number == 2).then(|| "the training loss is NaN".to_owned()),
            kept: number == kept,
        };
        RunRecipe { settings: Vec::new(), tried: (0..3).map(tried).collect() }
    }

    /// The sample, in which every finished run of the first entry has the recipe of its place.
    fn comparison(recipes: Recipes, of: impl Fn(usize) -> Option<RunRecipe>) -> Comparison {
        let mut comparison = Comparison { recipes, ..sample::comparison() };
        for (number, run) in comparison.entries[0].runs.iter_mut().enumerate() {
            run.recipe = of(number);
        }
        comparison.entries[1].runs.iter_mut().for_each(|run| run.trained_to_optimum = true);
        comparison
    }

    #[test]
    fn one_recipe_for_all_is_said_nothing_of() {
        let comparison = sample::comparison();
        assert!(notes(&comparison, &rows(&comparison)).is_empty());
    }

    #[test]
    fn recipes_of_their_own_are_listed_seed_by_seed_where_they_differ() {
        let text = |comparison: &Comparison| notes(comparison, &rows(comparison)).join("\n");
        let differ = comparison(Recipes::Own, |number| (number > 0).then(|| own("at most 2")));
        insta::assert_snapshot!(text(&differ), @"
        final trainings differ: what each entry found was trained by the plan that the trials of its search had
          deepsea width=0.1: the common recipe, since its search trained nothing
          random-search: seed 1: the common recipe, since its search trained nothing | seed 2: epochs: at most 2; batch: 16 samples
        ");
        let agree = text(&comparison(Recipes::Own, |_| Some(own("at most 2"))));
        assert!(agree.ends_with("\n  random-search: epochs: at most 2; batch: 16 samples"), "{agree}");
    }

    #[test]
    fn of_recipes_that_were_tuned_the_kept_ones_are_listed() {
        let comparison = comparison(Recipes::Tuned, |number| Some(tuned(usize::from(number > 0))));
        insta::assert_snapshot!(notes(&comparison, &rows(&comparison)).join("\n"), @"
        final trainings differ: learning rate and weight decay were tuned for each run, of 3 trainings, the best on the validation split is kept; the costs are those of all
          deepsea width=0.1: the common recipe
          random-search: seed 1: learning rate 0.001, weight decay 0 (1 of 3 failed) | seed 2: learning rate 0.002, weight decay 0 (1 of 3 failed)
        ");
        let said = leaderboard_text(&comparison, 200);
        assert!(said.contains("in place of the tuned recipes: danq width=0.1"), "{said}");
        let page = crate::page::page(&comparison);
        assert!(page.contains("tuned on the validation split") && !page.contains("the same final training"), "{page}");
        let csv = crate::table::leaderboard_csv(&comparison).unwrap();
        assert!(csv.lines().next().unwrap().ends_with(",seeds,final_recipe,failures"), "{csv}");
    }
}
