//! Reads a comparison's run folders into what the report is made of; works while runs are under way.

use std::io::ErrorKind;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_plugin::engine::{self, Record};
use genomenas_plugin::message;
use genomenas_plugin::space::Architecture;
use genomenas_report::{
    Comparison, Cost, DataSummary, Entry, EpochPoint, Phase, RunState, RunSummary, Setting, Split, ValidationSummary,
};
use genomenas_report::{architecture, words};

use super::plan::{ComparisonPlan, PlannedRun};
use crate::run::journal;
use crate::run::settings::files as names;
use crate::run::{RunResult, State};

/// Why a run's process ended without a result; written by the comparer, taken away when the run goes on.
pub const CRASH: &str = "crash.txt";

/// What the runs of `plan` in `folder` found so far.
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
    let split = |(name, rows): (&str, u64)| Split { name: name.to_owned(), rows };
    let setting = |name: &str, value: String| Setting { name: name.to_owned(), value };
    Ok(Comparison {
        title: plan.title.clone(),
        data: DataSummary {
            path: plan.data.store.display().to_string(),
            digest: plan.data.digest.clone(),
            splits: ["train", "validation", "test"].into_iter().zip(plan.data.rows).map(split).collect(),
            length: plan.data.length,
            labels: plan.data.labels.clone(),
        },
        budget: words::budget(plan.budget),
        recipe: words::recipe(&plan.final_training),
        ranked_by: plan.ranked_by,
        entries,
        generated_by: format!("genomenas {}", env!("CARGO_PKG_VERSION")),
        command: plan.command.clone(),
        environment: vec![
            setting("space", plan.space.name.clone()),
            setting("device", plan.machine.device.clone()),
            setting("threads of a run", plan.machine.threads.to_string()),
            setting("runs at once", plan.jobs.to_string()),
        ],
    })
}

fn summary(comparison: &Path, run: &PlannedRun) -> Result<RunSummary> {
    let folder = comparison.join(&run.folder);
    let result = RunResult::read(&folder)?;
    of_run(&folder, run.folder.display().to_string(), run.seed, result.as_ref())
}

/// What came of the run in `folder`, which is called `shown`, so far.
pub(super) fn of_run(folder: &Path, shown: String, seed: u64, result: Option<&RunResult>) -> Result<RunSummary> {
    let state = match result {
        Some(result) => match result.state {
            State::Done => RunState::Done,
            State::Failed => {
                RunState::Failed { reason: result.reason.clone().unwrap_or_else(|| "no reason given".to_owned()) }
            }
        },
        None => match read_if_there(&folder.join(CRASH))? {
            Some(reason) => RunState::Failed { reason: reason.trim().to_owned() },
            None if folder.join(names::JOURNAL).exists() => RunState::Running,
            None => RunState::Pending,
        },
    };
    let architecture = read_architecture(&folder.join(names::ARCHITECTURE));
    let cost = |cost: Option<message::Cost>, trials: u64| {
        cost.map_or_else(Cost::default, |cost| Cost {
            samples: cost.samples,
            seconds: cost.seconds,
            multiply_adds: cost.multiply_adds,
            trials,
        })
    };
    let of = |part: fn(&RunResult) -> Option<u64>| result.and_then(part);
    Ok(RunSummary {
        seed,
        folder: shown,
        state,
        test: result.and_then(|result| result.test.clone()),
        valid: result.and_then(|result| result.valid.as_ref()).map(|metrics| ValidationSummary {
            loss: metrics.loss,
            accuracy: metrics.accuracy,
            averages: metrics.averages,
        }),
        parameters: of(|result| result.parameters),
        multiply_adds: of(|result| result.multiply_adds),
        search: cost(result.and_then(|result| result.search), of(|result| Some(result.trials)).unwrap_or(0)),
        training: cost(result.and_then(|result| result.final_training), 0),
        curve: curve(&folder.join(names::JOURNAL)),
        decisions: architecture.as_ref().map(architecture::decisions).unwrap_or_default(),
        architecture: architecture.as_ref().and_then(|found| told(architecture::summary(found))),
    })
}

/// What was measured after every epoch and of every mask. A journal that cannot be read costs the run its curve, not the report.
fn curve(path: &Path) -> Vec<EpochPoint> {
    if !path.exists() {
        return Vec::new();
    }
    let finite = |value: f64| value.is_finite().then_some(value);
    let point = |record| match record {
        Record::Epoch { phase, trial, epoch, used, .. } => Some(EpochPoint {
            phase: match phase {
                engine::Phase::Search => Phase::Search { trial: trial.map_or(0, |trial| trial.0) },
                engine::Phase::Final => Phase::Final,
            },
            epoch: epoch.number,
            samples: used.samples,
            seconds: used.seconds,
            train_loss: finite(epoch.train_loss),
            valid_loss: finite(epoch.valid_loss),
            valid_auroc: epoch.auroc,
            valid_auprc: epoch.auprc,
        }),
        Record::Score { report: message::Report { trial, score: Some(score), .. }, used, .. } => Some(EpochPoint {
            phase: Phase::Search { trial: trial.0 },
            epoch: score.mask.saturating_add(1),
            samples: used.samples,
            seconds: used.seconds,
            train_loss: None,
            valid_loss: score.valid_loss,
            valid_auroc: score.auroc,
            valid_auprc: score.auprc,
        }),
        _ => None,
    };
    told(journal::read(path)).unwrap_or_default().into_iter().filter_map(point).collect()
}

/// The architecture in a file, if there is one that can be read.
pub(super) fn read_architecture(path: &Path) -> Option<Architecture> {
    let text = told(read_if_there(path))??;
    told(Architecture::from_json(&text).map_err(|error| Error::file("use", path, error)))
}

/// The value, or nothing and a warning.
pub(super) fn told<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(|error| log::warn!("left out of the report: {error}")).ok()
}

fn read_if_there(path: &Path) -> Result<Option<String>> {
    match files::read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) => match std::fs::metadata(path) {
            Err(missing) if matches!(missing.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::plan::tests::plan;

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

    #[test]
    fn the_curve_holds_the_epochs_of_search_and_final_training_and_the_scores_of_masks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let line = |phase: &str, trial: &str, number: u32| {
            format!(
                r#"{{"type":"epoch","phase":"{phase}"{trial},"epoch":{{"number":{number},"train_loss":0.7,"valid_loss":0.6,"auroc":0.8}},"used":{{"samples":{number}0,"seconds":1.5}}}}"#
            )
        };
        let score = r#"{"type":"score","report":{"trial":4,"cost":{},"remaining":1,"score":{"mask":5,"auroc":0.9}},"used":{"samples":15}}"#;
        write(&path, &format!("{}\n{score}\n{}\n", line("search", r#","trial":3"#, 1), line("final", "", 2)));
        let mut curve = curve(&path);
        let mask = curve.remove(1);
        assert_eq!((mask.phase, mask.epoch, mask.samples), (Phase::Search { trial: 4 }, 6, 15));
        assert_eq!((mask.train_loss, mask.valid_auroc), (None, Some(0.9)));
        assert_eq!(curve[0].phase, Phase::Search { trial: 3 });
        assert_eq!((curve[1].phase.clone(), curve[1].epoch, curve[1].samples), (Phase::Final, 2, 20));
        assert_eq!(curve[0].valid_auroc, Some(0.8));
        assert_eq!(curve[0].valid_auprc, None);
    }
}
