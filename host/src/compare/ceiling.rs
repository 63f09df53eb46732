//! The ceiling of a comparison: the best architecture that anyone found, by its score on the validation split, trained again
//! from scratch by the common recipe with every seed. It is no strategy: nobody paid for its search alone.
//!
//! It follows from the run folders, and lies in a folder named by its hash: where something better is found later, another
//! one is trained, and nothing is lost.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;
use genomenas_plugin::space::Architecture;
use genomenas_report::model::{Ceiling, Entry, RunState, RunSummary};

use super::plan::{ComparisonPlan, folder_of};
use crate::run::settings::{Data, Settings, files};
use crate::run::{self, RunResult, State};
use crate::run_report;
use crate::run_report::summary::{failed, summarize};

/// The folder of its runs, and its name on the board.
const NAME: &str = "ceiling";

/// A run of the ceiling.
#[derive(Debug)]
pub(super) struct CeilingRun {
    /// For a person.
    pub(super) name: String,
    /// Its folder, relative to the comparison's.
    pub(super) folder: PathBuf,
    /// Which run found the architecture: "danq width=0.1, seed 2".
    pub(super) found_by: String,
    /// The folder of that run.
    from: PathBuf,
    settings: Settings,
}

/// Why there are no runs of the ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotYet {
    /// Something better may still be found.
    Open,
    /// Nothing was found that can be trained by the common recipe.
    Nothing,
}

/// The runs of the ceiling of a comparison whose entries came to this. Over folds, the best of each fold is trained there:
/// what was found in another run saw rows of its test.
pub(super) fn runs(plan: &ComparisonPlan, entries: &[Entry]) -> Result<Vec<CeilingRun>, NotYet> {
    let mut all = entries.iter().flat_map(|entry| &entry.runs);
    if all.any(|run| matches!(run.state, RunState::Running | RunState::Pending)) {
        return Err(NotYet::Open);
    }
    let of = |(fold, seed): (Option<u32>, u64)| {
        let (entry, best) = best(plan, entries, fold)?;
        let hash = &best.architecture.as_ref()?.hash;
        let of_fold = fold.map_or_else(String::new, |fold| format!(" fold {fold}"));
        Some(CeilingRun {
            name: format!("{NAME}{of_fold} seed {seed}"),
            folder: Path::new(NAME).join(hash.get(..12).unwrap_or(hash)).join(folder_of(fold, seed)),
            found_by: format!("{},{} seed {}", entry.name, of_fold, best.seed),
            from: PathBuf::from(&best.folder),
            settings: settings(plan, fold, seed),
        })
    };
    turns(plan).into_iter().map(of).collect::<Option<Vec<_>>>().ok_or(NotYet::Nothing)
}

/// What is shown of the ceiling of the comparison in `folder`, whose entries came to this.
pub(super) fn summary(
    folder: &Path,
    plan: &ComparisonPlan,
    entries: &[Entry],
    failures: &BTreeMap<PathBuf, String>,
) -> Ceiling {
    let of_run = |run: &CeilingRun| {
        let (path, turn) = (folder.join(&run.folder), (run.settings.data.fold, run.settings.seed));
        let shown = run.folder.display().to_string();
        match RunResult::look(&path) {
            Ok(result) => {
                let mut summary = summarize(&path, shown, turn, result.as_ref());
                if let (None, Some(reason)) = (result, failures.get(&path)) {
                    summary.state = RunState::Failed { reason: reason.clone() };
                }
                summary
            }
            Err(unreadable) => {
                failed(shown, turn, format!("its {} cannot be read ({})", files::RESULT, unreadable.why))
            }
        }
    };
    let (found_by, runs) = match runs(plan, entries) {
        Ok(runs) => {
            let mut found_by: Vec<String> = Vec::new();
            for run in &runs {
                if !found_by.contains(&run.found_by) {
                    found_by.push(run.found_by.clone());
                }
            }
            (found_by, runs.iter().map(of_run).collect())
        }
        Err(why) => {
            let state = match why {
                NotYet::Open => RunState::Pending,
                NotYet::Nothing => {
                    let reason = "no run found an architecture that the common recipe can train".to_owned();
                    RunState::Failed { reason }
                }
            };
            let of = |turn| RunSummary { state: state.clone(), ..failed(NAME.to_owned(), turn, String::new()) };
            (Vec::new(), turns(plan).into_iter().map(of).collect())
        }
    };
    let entry = Entry {
        name: NAME.to_owned(),
        strategy: NAME.to_owned(),
        plugin: String::new(),
        plugin_version: String::new(),
        parameters: BTreeMap::new(),
        control: false,
        added: None,
        runs,
    };
    Ceiling { found_by, entry }
}

/// Makes the folder of a run of the ceiling, unless it is there; returns whether the run has to be started.
///
/// # Errors
///
/// The architecture cannot be read, or another run lies there.
pub(super) fn prepare(comparison: &Path, run: &CeilingRun, retry_failed: bool) -> Result<bool> {
    let (path, from) = (comparison.join(&run.folder), comparison.join(&run.from).join(files::ARCHITECTURE));
    let text = disk::read_text(&from)?;
    let architecture = Architecture::from_json(&text).map_err(|error| Error::file("use", &from, error))?;
    run::create(&path, &run.settings, None, Some(&architecture))?;
    let again = || run::begin_again(&path, &run.settings, None, Some(&architecture));
    match RunResult::look(&path) {
        Ok(Some(result)) if result.state == State::Done => {
            run_report::write_if_missing(&path);
            run::tidy(&path).map(|()| false)
        }
        Ok(Some(_)) => {
            if retry_failed {
                again()
            } else {
                Ok(false)
            }
        }
        Err(unreadable) if retry_failed && unreadable.damaged => again(),
        Err(_) => Ok(false),
        Ok(None) => match std::fs::remove_file(path.join(files::CRASH)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io("remove", &path.join(files::CRASH), error))
            }
            _ => Ok(true),
        },
    }
}

/// The run of a fold that did best on the validation split, in what the leaderboard is sorted by; of equal ones the first.
fn best<'a>(plan: &ComparisonPlan, entries: &'a [Entry], fold: Option<u32>) -> Option<(&'a Entry, &'a RunSummary)> {
    let runs = entries.iter().flat_map(|entry| entry.runs.iter().map(move |run| (entry, run)));
    let mut best: Option<(f64, (&Entry, &RunSummary))> = None;
    for (entry, run) in runs {
        // A linear model is one with its own training.
        let fits = run.state == RunState::Done && run.fold == fold && !run.trained_to_optimum;
        let score = run.valid.as_ref().and_then(|valid| plan.ranked_by.of_validation(valid));
        if let Some(score) = score.filter(|_| fits && run.architecture.is_some())
            && best.is_none_or(|(before, _)| score > before)
        {
            best = Some((score, (entry, run)));
        }
    }
    best.map(|(_, found)| found)
}

/// Folds and seeds, in the order in which they are run.
fn turns(plan: &ComparisonPlan) -> Vec<(Option<u32>, u64)> {
    let folds: Vec<Option<u32>> = match plan.data.folds.len() {
        0 => vec![None],
        _ => plan.data.folds.iter().zip(1..).map(|(_, number)| Some(number)).collect(),
    };
    plan.seeds.iter().flat_map(|seed| folds.iter().map(move |fold| (*fold, *seed))).collect()
}

fn settings(plan: &ComparisonPlan, fold: Option<u32>, seed: u64) -> Settings {
    Settings {
        version: 1,
        genomenas: plan.genomenas.clone(),
        seed,
        device: plan.machine.device.clone(),
        threads: plan.machine.threads,
        precision: plan.machine.precision,
        test: true,
        own_recipe: false,
        architecture_sha256: None,
        data: Data { store: plan.data.store.clone(), digest: plan.data.digest.clone(), fold },
        search: None,
        tune: None,
        final_training: Some(plan.final_training.clone()),
    }
}

#[cfg(test)]
mod tests {
    use genomenas_report::metrics::Averages;
    use genomenas_report::model::{ArchitectureSummary, ValidationSummary};

    use super::super::plan::tests::plan;
    use super::*;

    fn run(seed: u64, auroc: f64, hash: &str) -> RunSummary {
        let mut averages = Averages::default();
        averages.auroc.mean = Some(auroc);
        RunSummary {
            state: RunState::Done,
            valid: Some(ValidationSummary { loss: Some(0.5), accuracy: None, averages }),
            architecture: Some(ArchitectureSummary { hash: hash.to_owned(), layers: Vec::new(), drawings: Vec::new() }),
            ..failed(format!("runs/danq/seed-{seed}"), (None, seed), String::new())
        }
    }

    fn entry(name: &str, runs: Vec<RunSummary>) -> Entry {
        let Ceiling { entry, .. } = summary(Path::new("none"), &plan(), &[], &BTreeMap::new());
        Entry { name: name.to_owned(), runs, ..entry }
    }

    #[test]
    fn the_best_on_the_validation_split_is_trained_with_every_seed_once_all_runs_are_over() {
        let mut entries = vec![
            entry("danq", vec![run(1, 0.8, "aaaaaaaaaaaaaaaa"), run(2, 0.9, "bbbbbbbbbbbbbbbb")]),
            entry("kmer-lr", vec![RunSummary { trained_to_optimum: true, ..run(1, 0.99, "cccc") }]),
        ];
        let found = runs(&plan(), &entries).unwrap();
        let folders: Vec<_> = found.iter().map(|run| run.folder.display().to_string()).collect();
        assert_eq!(folders, ["ceiling/bbbbbbbbbbbb/seed-1", "ceiling/bbbbbbbbbbbb/seed-2"]);
        assert_eq!((found[0].found_by.as_str(), found[0].name.as_str()), ("danq, seed 2", "ceiling seed 1"));
        assert_eq!(found[1].settings.seed, 2);
        entries[0].runs[0].state = RunState::Running;
        assert_eq!(runs(&plan(), &entries).unwrap_err(), NotYet::Open);
        entries[0].runs[0].state = RunState::Failed { reason: "out of memory".to_owned() };
        assert_eq!(runs(&plan(), &entries).unwrap().len(), 2, "a run that failed is over");
        assert_eq!(runs(&plan(), &entries[1..]).unwrap_err(), NotYet::Nothing);
        let shown = summary(Path::new("none"), &plan(), &entries[1..], &BTreeMap::new());
        assert!(shown.found_by.is_empty() && shown.entry.runs.len() == 2);
        assert!(shown.entry.runs[0].failure().unwrap().contains("no run found an architecture"));
    }
}
