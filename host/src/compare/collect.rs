//! Reads a comparison's run folders into the model of its report; works while runs are under way.

use std::path::Path;

use genomenas_data::error::Result;
use genomenas_report::model::{Comparison, DataSummary, Entry, RunSummary, Setting};
use genomenas_report::{humanize, recipe};

use super::plan::{ComparisonPlan, PlannedRun};
use crate::run::RunResult;
use crate::run_report::summary::summarize;
use crate::run_report::unconfined;

/// The results so far of the runs of `plan` in `folder`.
pub fn collect(folder: &Path, plan: &ComparisonPlan) -> Result<Comparison> {
    let runs = plan.runs();
    let mut entries = Vec::with_capacity(plan.entries.len());
    for (number, entry) in plan.entries.iter().enumerate() {
        let of_entry = runs.iter().filter(|run| run.entry == number);
        entries.push(Entry {
            name: entry.name.clone(),
            strategy: entry.strategy.clone(),
            plugin: entry.plugin.clone(),
            plugin_version: entry.plugin_version.clone(),
            parameters: entry.parameters.clone().into_iter().collect(),
            control: entry.control,
            runs: of_entry.map(|run| summary(folder, run)).collect::<Result<_>>()?,
        });
    }
    let [train, valid, test] = plan.data.rows;
    let mut environment = vec![
        Setting::new("space", plan.space.name.clone()),
        Setting::new("device", plan.machine.device.clone()),
        Setting::new("threads of a run", plan.machine.threads.to_string()),
        Setting::new("runs at once", plan.jobs.to_string()),
    ];
    environment.extend(plan.unconfined.then(unconfined));
    Ok(Comparison {
        title: plan.title.clone(),
        data: DataSummary {
            path: plan.data.store.display().to_string(),
            digest: plan.data.digest.clone(),
            splits: DataSummary::split_rows(train, valid, test),
            length: plan.data.length,
            labels: plan.data.labels.clone(),
        },
        budget: humanize::budget(plan.budget),
        recipe: recipe::settings(&plan.final_training),
        ranked_by: plan.ranked_by,
        entries,
        generated_by: format!("genomenas {}", env!("CARGO_PKG_VERSION")),
        command: plan.command.clone(),
        environment,
    })
}

fn summary(comparison: &Path, run: &PlannedRun) -> Result<RunSummary> {
    let folder = comparison.join(&run.folder);
    let result = RunResult::read(&folder)?;
    summarize(&folder, run.folder.display().to_string(), run.seed, result.as_ref())
}

#[cfg(test)]
mod tests {
    use genomenas_data::files;
    use genomenas_report::model::RunState;

    use super::*;
    use crate::compare::plan::tests::plan;
    use crate::run::settings::files as names;
    use crate::run_report::summary::CRASH;

    /// The states of the two runs of [`plan`], after `prepare` did something to the first one's folder.
    fn states(prepare: impl FnOnce(&Path)) -> Vec<RunState> {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan();
        let first = folder.path().join(&plan.runs()[0].folder);
        files::create_folder(&first).unwrap();
        prepare(&first);
        let comparison = collect(folder.path(), &plan).unwrap();
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
        let state = states(|folder| write(&folder.join(CRASH), "signal 9\n"));
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
}
