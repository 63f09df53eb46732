//! Reads a comparison's run folders into the model of its report; works while runs are under way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use genomenas_plugin::message::Unit;
use genomenas_report::model::{Comparison, DataSummary, Entry, Recipes, RunState, RunSummary, Setting};
use genomenas_report::{findings, recipe};

use super::ceiling;
use super::plan::{ComparisonPlan, PlannedRun};
use super::standing::{self, Standing};
use crate::plugins::outlook;
use crate::run_report::summary::{failed, summarize};
use crate::run_report::{precision, unconfined};

/// Why runs failed, by their folders, where that could not be written into the folder itself.
pub type Failures = BTreeMap<PathBuf, String>;

/// The results so far of the runs of `plan` in `folder`. What is damaged in one run costs no other.
pub fn collect(folder: &Path, plan: &ComparisonPlan, failures: &Failures) -> Comparison {
    let runs = plan.runs();
    let mut entries = Vec::with_capacity(plan.entries.len());
    for (number, entry) in plan.entries.iter().enumerate().filter(|(_, entry)| !entry.hidden) {
        let of_entry = runs.iter().filter(|run| run.entry == number);
        entries.push(Entry {
            name: entry.name.clone(),
            strategy: entry.strategy.clone(),
            plugin: entry.plugin.clone(),
            plugin_version: entry.plugin_version.clone(),
            parameters: entry.parameters.clone().into_iter().collect(),
            control: entry.control,
            added: entry.added.clone(),
            runs: of_entry.map(|run| summary(folder, plan, run, failures)).collect(),
        });
    }
    let ceiling = plan.ceiling.then(|| ceiling::summary(folder, plan, &entries, failures));
    let ([train, valid, test], folds) = (plan.data.rows, &plan.data.folds);
    let sizes = if plan.space.sizes.is_empty() { "" } else { "; for this data " };
    let mut environment = vec![
        Setting::new("space", format!("{}{sizes}{}", plan.space.name, plan.space.sizes)),
        Setting::new("device", plan.machine.device.clone()),
        Setting::new("threads of a run", plan.machine.threads.to_string()),
        Setting::new("runs at once", plan.jobs.to_string()),
    ];
    environment.extend(precision(plan.machine.precision));
    environment.extend(plan.unconfined.then(unconfined));
    let comparison = Comparison {
        title: plan.title.clone(),
        data: DataSummary {
            path: plan.data.store.display().to_string(),
            digest: plan.data.digest.clone(),
            splits: if folds.is_empty() {
                DataSummary::split_rows(train, valid, test)
            } else {
                DataSummary::fold_rows(folds)
            },
            length: plan.data.length,
            labels: plan.data.labels.clone(),
            straddling: plan.data.straddling,
            folds: folds.clone(),
        },
        budget: outlook::budget_in_words(plan.budget, train),
        budget_epochs: (plan.budget.unit == Unit::Samples && train > 0)
            .then(|| plan.budget.amount as f64 / train as f64),
        recipes: plan.recipe,
        recipe: recipe(plan),
        ranked_by: plan.ranked_by,
        entries,
        ceiling,
        hidden: plan.entries.iter().filter(|entry| entry.hidden).count() as u64,
        statistics: None,
        published: plan.published.clone(),
        generated_by: format!("genomenas {}", env!("CARGO_PKG_VERSION")),
        command: plan.command.clone(),
        environment,
    };
    let statistics = findings::statistics(&comparison);
    Comparison { statistics: Some(statistics), ..comparison }
}

/// What the final trainings of all runs have in common.
fn recipe(plan: &ComparisonPlan) -> Vec<Setting> {
    let mut settings = recipe::settings(&plan.final_training);
    settings.extend(plan.tune.as_ref().map(|tune| Setting::new("tuned for each run", tune.in_words())));
    if plan.recipe == Recipes::Own {
        settings.insert(0, Setting::new("recipe", "each entry's own; what follows is for those that have none"));
    }
    settings
}

fn summary(comparison: &Path, plan: &ComparisonPlan, run: &PlannedRun, failures: &Failures) -> RunSummary {
    let folder = comparison.join(&run.folder);
    let shown = run.folder.display().to_string();
    let result = match standing::of(&folder, plan, run) {
        Standing::Over(result) => Some(result),
        Standing::Broken(broken) => return failed(shown, (run.fold, run.seed), broken.reason),
        Standing::Absent | Standing::Open => None,
    };
    let mut summary = summarize(&folder, shown, (run.fold, run.seed), result.as_deref());
    if let (None, Some(reason)) = (result, failures.get(&folder)) {
        summary.state = RunState::Failed { reason: reason.clone() };
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::plan::tests::plan;
    use crate::run::settings::{Settings, files as names};
    use genomenas_data::files;

    /// The states of the two runs of [`plan`], after `prepare` did something to the folder of the first, which has settings.
    fn states(prepare: impl FnOnce(&Path)) -> Vec<RunState> {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan();
        let first = folder.path().join(&plan.runs()[0].folder);
        files::create_folder(&first).unwrap();
        write(&first.join(names::SETTINGS), &plan.settings(&plan.runs()[0]).unwrap().to_toml().unwrap());
        prepare(&first);
        let comparison = collect(folder.path(), &plan, &Failures::new());
        comparison.entries[0].runs.iter().map(|run| run.state.clone()).collect()
    }

    fn write(path: &Path, text: &str) {
        files::write_atomically(path, text.as_bytes()).unwrap();
    }

    #[test]
    fn a_run_without_a_journal_has_not_begun() {
        assert_eq!(states(|_| ()), [RunState::Pending, RunState::Pending]);
    }

    #[test]
    fn a_run_with_a_journal_and_no_result_is_under_way() {
        assert_eq!(states(|folder| write(&folder.join(names::JOURNAL), ""))[0], RunState::Running);
    }

    #[test]
    fn a_run_whose_process_was_killed_failed_for_that_reason() {
        let state = states(|folder| write(&folder.join(names::CRASH), "signal 9\n"));
        assert_eq!(state[0], RunState::Failed { reason: "signal 9".to_owned() });
    }

    #[test]
    fn a_damaged_journal_or_architecture_costs_no_more_than_itself() {
        let state = states(|folder| {
            write(&folder.join(names::JOURNAL), "nonsense\n");
            write(&folder.join(names::ARCHITECTURE), "{");
        });
        assert_eq!(state[0], RunState::Running);
    }

    #[test]
    fn what_is_damaged_in_a_run_is_the_reason_of_that_run_alone() {
        let reason = |prepare: &dyn Fn(&Path)| match &states(prepare)[..] {
            [RunState::Failed { reason }, RunState::Pending] => reason.clone(),
            other => panic!("{other:?}"),
        };
        let result = |text: &'static str| reason(&move |folder| write(&folder.join(names::RESULT), text));
        assert_eq!(result("{}"), "its result.json cannot be read (missing field `state` at line 1 column 2)");
        assert!(result("{").starts_with("its result.json cannot be read (EOF"), "{}", result("{"));
        assert!(result("x").starts_with("its result.json cannot be read (expected value"));
        let other = r#"{"state":"done","seed":2,"strategy":"danq"}"#;
        assert_eq!(result(other), "its result.json is that of another run: of seed 2, expected 1");
        let folder_of = |name: &'static str| reason(&move |folder| files::create_folder(&folder.join(name)).unwrap());
        assert_eq!(folder_of(names::RESULT), "its result.json cannot be read (it is not a file)");
        assert_eq!(folder_of(names::CRASH), "its crash.txt cannot be read (it is not a file)");
        let pipe = reason(&|folder| {
            assert!(std::process::Command::new("mkfifo").arg(folder.join(names::RESULT)).status().unwrap().success());
        });
        assert_eq!(pipe, "its result.json cannot be read (it is not a file)");
        let settings = reason(&|folder| write(&folder.join(names::SETTINGS), "seed ="));
        assert!(settings.starts_with("its run.toml cannot be read ("), "{settings}");
        let gone = reason(&|folder| {
            std::fs::remove_file(folder.join(names::SETTINGS)).unwrap();
            write(&folder.join("notes.txt"), "mine");
        });
        assert!(gone.starts_with("its folder holds notes.txt and no run.toml"), "{gone}");
        let other = reason(&|folder| {
            let text = files::read_text(&folder.join(names::SETTINGS)).unwrap();
            write(&folder.join(names::SETTINGS), &text.replace("epochs = 20", "epochs = 21"));
        });
        assert!(other.starts_with("its run.toml cannot be read (") && other.contains("was changed since"), "{other}");
        let other = reason(&|folder| {
            let settings = Settings::read(folder).unwrap();
            let text = Settings { seed: 9, ..settings }.to_toml().unwrap();
            write(&folder.join(names::SETTINGS), &text);
        });
        assert!(other.starts_with("its folder holds another run: seed is 9 there and 1 here"), "{other}");
    }
}
