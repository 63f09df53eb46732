//! A run folder as a summary: state, results, costs, and the curve of its epochs so far.

use std::io::ErrorKind;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_plugin::engine::{Phase, Record, Tuned};
use genomenas_plugin::message::{Cost, Report};
use genomenas_plugin::space::Architecture;
use genomenas_report::architecture;
use genomenas_report::model::{
    EpochPoint, PhaseCost, RunPhase, RunRecipe, RunState, RunSummary, TriedRecipe, ValidationSummary,
};

use crate::run::journal;
use crate::run::resamples;
use crate::run::settings::files as names;
use crate::run::{RunResult, State, check_architecture};

/// The state and results so far of the run in `folder`, which the report calls `shown`, with its fold and its seed.
pub(crate) fn summarize(
    folder: &Path,
    shown: String,
    (fold, seed): (Option<u32>, u64),
    result: Option<&RunResult>,
) -> RunSummary {
    let state = match result {
        Some(result) => match result.state {
            State::Done => RunState::Done,
            State::Failed => {
                RunState::Failed { reason: result.reason.clone().unwrap_or_else(|| "no reason given".to_owned()) }
            }
        },
        None => match crash(folder) {
            Some(reason) => RunState::Failed { reason },
            None if folder.join(names::JOURNAL).exists() => RunState::Running,
            None => RunState::Pending,
        },
    };
    let found = folder.join(names::ARCHITECTURE);
    let architecture = read_architecture(&found).filter(|read| or_warn(check_architecture(folder, read)).is_some());
    let journal = folder.join(names::JOURNAL);
    let written =
        [(&journal, result.is_some()), (&found, result.is_some_and(|result| result.architecture_hash.is_some()))];
    for (path, _) in written.into_iter().filter(|(path, written)| *written && !path.exists()) {
        log::warn!("left out of the report: {} is missing", path.display());
    }
    let cost =
        |used: Option<Cost>, trials: u64| used.map_or_else(PhaseCost::default, |used| PhaseCost { used, trials });
    let of = |part: fn(&RunResult) -> Option<u64>| result.and_then(part);
    RunSummary {
        fold,
        seed,
        folder: shown,
        state,
        test: result.and_then(|result| result.test.clone()),
        resamples: result.and_then(|result| resamples::read(folder, result)),
        valid: result.and_then(|result| result.valid.as_ref()).map(|metrics| ValidationSummary {
            loss: metrics.loss,
            accuracy: metrics.accuracy,
            averages: metrics.averages,
        }),
        parameters: of(|result| result.parameters),
        multiply_adds: of(|result| result.multiply_adds),
        search: cost(result.and_then(|result| result.search), of(|result| Some(result.trials)).unwrap_or(0)),
        training: cost(result.and_then(|result| result.final_training), 0),
        trained_to_optimum: result.is_some_and(|result| result.trained_to_optimum),
        recipe: result.and_then(recipe),
        curve: curve(&journal, result.and_then(|result| result.chain.as_deref())),
        decisions: architecture.as_ref().map(architecture::decisions).unwrap_or_default(),
        architecture: architecture.as_ref().and_then(|found| or_warn(architecture::summary(found))),
    }
}

/// The recipe of a final training, where it is not that of the run's settings.
fn recipe(result: &RunResult) -> Option<RunRecipe> {
    let plan = result.final_plan.as_ref()?;
    let kept = Tuned::kept(&result.tuned).map(|kept| kept.training);
    let tried = |tuned: &Tuned| TriedRecipe {
        learning_rate: tuned.learning_rate,
        weight_decay: tuned.weight_decay,
        score: tuned.score,
        failed: tuned.failed.clone(),
        kept: Some(tuned.training) == kept,
    };
    Some(RunRecipe {
        settings: genomenas_report::recipe::settings(plan),
        tried: result.tuned.iter().map(tried).collect(),
    })
}

/// A run of which nothing but the reason why it failed is shown.
pub(crate) fn failed(shown: String, (fold, seed): (Option<u32>, u64), reason: String) -> RunSummary {
    RunSummary {
        fold,
        seed,
        folder: shown,
        state: RunState::Failed { reason },
        test: None,
        resamples: None,
        valid: None,
        parameters: None,
        multiply_adds: None,
        search: PhaseCost::default(),
        training: PhaseCost::default(),
        trained_to_optimum: false,
        recipe: None,
        curve: Vec::new(),
        decisions: Vec::new(),
        architecture: None,
    }
}

/// Why the run's process ended without a result, if the comparer noted that.
fn crash(folder: &Path) -> Option<String> {
    /// A reason is a sentence.
    const MOST: u64 = 1 << 20;
    match files::read_own(&folder.join(names::CRASH), MOST) {
        Ok(text) => Some(String::from_utf8_lossy(&text).trim().to_owned()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        Err(error) => Some(format!("its {} cannot be read ({error})", names::CRASH)),
    }
}

/// A point per epoch and per scored mask; of several final trainings, of the one that is best so far. A journal that cannot be read, or does not end as it did
/// when the run `ended`, leaves the curve empty.
fn curve(path: &Path, ended: Option<&str>) -> Vec<EpochPoint> {
    let finite = |value: f64| value.is_finite().then_some(value);
    let point = |record| match record {
        Record::Epoch { phase, trial, epoch, used, .. } => Some(EpochPoint {
            phase: match phase {
                Phase::Search => RunPhase::Search { trial: trial.map_or(0, |trial| trial.0) },
                Phase::Final => RunPhase::Final,
            },
            epoch: epoch.number,
            samples: used.samples,
            seconds: used.seconds,
            train_loss: finite(epoch.train_loss),
            valid_loss: finite(epoch.valid_loss),
            valid_auroc: epoch.auroc,
            valid_auprc: epoch.auprc,
        }),
        Record::Score { report: Report { trial, score: Some(score), .. }, used, .. } => Some(EpochPoint {
            phase: RunPhase::Search { trial: trial.0 },
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
    let mut curve = Vec::new();
    let mut kept = Vec::new();
    for record in records(path, ended) {
        if let Record::Tuned(tuned) = &record {
            let ended = curve.extract_if(.., |point: &mut EpochPoint| point.phase == RunPhase::Final);
            let ended: Vec<EpochPoint> = ended.collect();
            if tuned.best {
                kept = ended;
            }
        }
        curve.extend(point(record));
    }
    if !kept.is_empty() {
        curve.retain(|point| point.phase != RunPhase::Final);
        curve.extend(kept);
    }
    curve
}

/// The records of the journal of a run, which `ended` with this chain if it did; none of a journal that cannot be read, or
/// does not end as it did then.
pub(super) fn records(path: &Path, ended: Option<&str>) -> Vec<Record> {
    /// A longer one is left out, so that a report does not need all memory.
    const LONGEST: u64 = 4 << 30;
    match std::fs::metadata(path) {
        Ok(there) if there.is_file() && there.len() <= LONGEST => {
            or_warn(journal::read(path, ended)).unwrap_or_default()
        }
        Ok(_) => {
            log::warn!("left out of the report: {} is not a file, or larger than {LONGEST} bytes", path.display());
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}

/// The architecture in a file, if there is one that can be read.
pub(crate) fn read_architecture(path: &Path) -> Option<Architecture> {
    if !path.exists() {
        return None;
    }
    let text = or_warn(files::read_text(path))?;
    or_warn(Architecture::from_json(&text).map_err(|error| Error::file("use", path, error)))
}

/// The value, or `None` and a warning: what cannot be read is left out of the report.
pub(crate) fn or_warn<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(|error| log::warn!("left out of the report: {error}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let text = format!("{}\n{score}\n{}\n", line("search", r#","trial":3"#, 1), line("final", "", 2));
        files::write_atomically(&path, text.as_bytes()).unwrap();
        let mut curve = curve(&path, None);
        let mask = curve.remove(1);
        assert_eq!((mask.phase, mask.epoch, mask.samples), (RunPhase::Search { trial: 4 }, 6, 15));
        assert_eq!((mask.train_loss, mask.valid_auroc), (None, Some(0.9)));
        assert_eq!(curve[0].phase, RunPhase::Search { trial: 3 });
        assert_eq!((curve[1].phase.clone(), curve[1].epoch, curve[1].samples), (RunPhase::Final, 2, 20));
        assert_eq!(curve[0].valid_auroc, Some(0.8));
        assert_eq!(curve[0].valid_auprc, None);
    }
}
