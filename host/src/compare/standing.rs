//! What the folder of a planned run says of it. Whatever is missing or damaged there is told of that run alone.

use std::io::ErrorKind;
use std::path::Path;

use genomenas_data::error::Error;

use super::plan::{ComparisonPlan, PlannedRun};
use crate::difference;
use crate::foreign::listed;
use crate::run::settings::{Settings, files};
use crate::run::{RunResult, folder};

/// Where a run stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// Nothing of it is there, or no more than a making that was killed leaves.
    Absent,
    /// It was made, and is not over.
    Open,
    /// It is over.
    Over(Box<RunResult>),
    /// What lies there cannot be used.
    Broken(Broken),
}

/// Why a run cannot be used as it is.
#[derive(Debug)]
pub(super) struct Broken {
    /// In words.
    pub(super) reason: String,
    /// Whether the folder is certainly this run's and what is wrong there stays wrong, so that what the run made may be
    /// removed to begin it again.
    pub(super) can_begin_again: bool,
}

/// Where `run` of `plan` stands, by what lies in its folder.
pub(super) fn of(path: &Path, plan: &ComparisonPlan, run: &PlannedRun) -> Standing {
    let broken = |reason: String, can_begin_again| Standing::Broken(Broken { reason, can_begin_again });
    let settings = path.join(files::SETTINGS);
    if std::fs::symlink_metadata(&settings).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return match folder::without_settings(path) {
            Ok(names) if names.is_empty() => Standing::Absent,
            Ok(names) => broken(
                format!(
                    "its folder holds {} and no {}: put {} back, or move the folder away to begin the run again",
                    listed(&names),
                    files::SETTINGS,
                    files::SETTINGS
                ),
                false,
            ),
            Err(error) => broken(format!("its folder cannot be read ({error})"), false),
        };
    }
    let there = match Settings::read(path) {
        Ok(there) => there,
        // What the machine cannot read now may be whole.
        Err(error) => {
            let whole = matches!(&error, Error::Io { source, .. } if source.kind() != ErrorKind::InvalidData);
            return broken(format!("its {} cannot be read ({error})", files::SETTINGS), !whole);
        }
    };
    let planned = plan.settings(run).map(|planned| planned.placed_as(&there));
    match difference::first(&Some(&there), &planned.as_ref(), &[]) {
        Ok(None) => {}
        Ok(Some(difference)) => {
            let what = format!("its folder holds another run: {difference}; move it away to begin the run again");
            return broken(what, false);
        }
        Err(error) => return broken(error.to_string(), false),
    }
    match RunResult::look(path) {
        Ok(None) => Standing::Open,
        Ok(Some(result)) => match other_run(&result, &there) {
            None => Standing::Over(Box::new(result)),
            Some(why) => broken(format!("its {} is that of another run: {why}", files::RESULT), true),
        },
        Err(unreadable) => {
            broken(format!("its {} cannot be read ({})", files::RESULT, unreadable.why), unreadable.damaged)
        }
    }
}

/// In what a result differs from the run whose folder it lies in.
fn other_run(result: &RunResult, settings: &Settings) -> Option<String> {
    if result.fold != settings.data.fold {
        let name = |fold: Option<u32>| fold.map_or_else(|| "none".to_owned(), |fold| fold.to_string());
        return Some(format!("of fold {}, expected {}", name(result.fold), name(settings.data.fold)));
    }
    let strategy = settings.search.as_ref().map(|search| &search.strategy);
    if result.seed != settings.seed {
        return Some(format!("of seed {}, expected {}", result.seed, settings.seed));
    }
    let name = |strategy: Option<&String>| strategy.map_or_else(|| "none".to_owned(), |name| format!("'{name}'"));
    (result.strategy.as_ref() != strategy)
        .then(|| format!("of strategy {}, expected {}", name(result.strategy.as_ref()), name(strategy)))
}
