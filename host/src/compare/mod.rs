//! Comparisons: many runs on equal terms, and what came of them.
//!
//! [`resolve`](mod@resolve) makes a [`plan`] of a [`Request`](crate::spec::request::Request), [`Comparer`] makes the run
//! folders and lets [`workers`] do the runs, [`collect`] reads the folders again, and [`genomenas_report`] shows what is
//! in them. The folders are the only thing that is shared: a run can be done by hand, by another machine or by a job
//! array, and the comparer goes on from what it finds.

pub mod collect;
pub mod gpus;
pub mod lifetime;
pub mod plan;
pub mod resolve;
mod run_log;
pub mod workers;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_plugin::space::Space;
use genomenas_report::{self as report, model::Comparison};

use crate::lock::try_lock;
use crate::run;
use crate::run::{RunResult, State};
use crate::run_report;
use crate::run_report::summary::CRASH;
use plan::{ComparisonPlan, PlannedRun};
use workers::{End, Job, Progress, WorkerEvent, WorkerSettings, Workers};

/// The names of what a comparison writes beside its plan.
pub mod names {
    /// The leaderboard as CSV.
    pub const LEADERBOARD: &str = "leaderboard.csv";
    /// Everything that was measured, as JSON.
    pub const COMPARISON: &str = "comparison.json";
    /// The page.
    pub const PAGE: &str = "report.html";
    /// Held while a comparer works on the folder.
    pub const LOCK: &str = "compare.lock";
}

/// A comparison's folder in the hands of the only process that may write to it.
#[derive(Debug)]
pub struct Comparer {
    folder: PathBuf,
    plan: ComparisonPlan,
    space: Space,
    _lock: File,
}

/// The folder of a comparison, locked, before its plan is settled.
#[derive(Debug)]
pub struct LockedFolder {
    folder: PathBuf,
    lock: File,
}

/// How [`Comparer::run`] ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was measured.
    pub comparison: Comparison,
    /// Runs that failed.
    pub failed: usize,
    /// The signal that ended it early; 0 if none did.
    pub signal: usize,
}

/// What happens in a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// The comparison begins.
    Begin {
        /// Runs that need no more work.
        done: usize,
        /// All runs.
        all: usize,
    },
    /// A run has begun or goes on.
    Started(&'a str),
    /// How far a run is.
    Progress(&'a str, Progress),
    /// A run ended; with a reason if it failed.
    Ended(&'a str, Option<&'a str>),
}

/// Watches a comparison.
pub trait Observer {
    /// Receives one event.
    fn event(&mut self, event: &Event<'_>);
}

impl LockedFolder {
    /// Makes the folder if need be, and keeps other comparers out of it until this value is gone.
    pub fn open(folder: &Path) -> Result<Self> {
        files::create_folder(folder)?;
        let folder = folder.canonicalize().map_err(|error| Error::io("open", folder, error))?;
        let lock = try_lock(&folder.join(names::LOCK))?.ok_or_else(|| {
            Error::input(format!(
                "another comparison is at work in {}: wait for its end, or give another folder with --out",
                folder.display()
            ))
        })?;
        files::remove_unfinished(&folder)?;
        Ok(Self { folder, lock })
    }

    /// The folder, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes the plan and makes the folders of all runs that have none.
    pub fn begin(self, plan: ComparisonPlan, space: Space) -> Result<Comparer> {
        plan.write(&self.folder, &space)?;
        let comparer = Comparer { folder: self.folder, plan, space, _lock: self.lock };
        comparer.plan.runs().iter().try_for_each(|run| comparer.create(run))?;
        Ok(comparer)
    }
}

impl Comparer {
    /// Does all runs that have no result, at most the plan's `jobs` at once, and refreshes the report after each.
    ///
    /// Failed runs stay as they are unless `retry_failed` is set, which begins them again from nothing. Ends early, with
    /// every process ended, once `signal` is not 0.
    pub fn run(
        &self,
        environment: Vec<(String, String)>,
        devices: Vec<String>,
        retry_failed: bool,
        signal: &AtomicUsize,
        observer: &mut dyn Observer,
    ) -> Result<Outcome> {
        let runs = self.plan.runs();
        let mut jobs = Vec::new();
        for run in &runs {
            if self.needs_work(run, retry_failed)? {
                jobs.push(Job { name: run.name.clone(), folder: self.folder.join(&run.folder) });
            }
        }
        let program = std::env::current_exe()
            .map_err(|error| Error::failed(format!("cannot find this program to start runs with: {error}")))?;
        let arguments = vec!["run".to_owned()];
        let settings = WorkerSettings { program, arguments, jobs: self.plan.jobs as usize, environment, devices };
        observer.event(&Event::Begin { done: runs.len() - jobs.len(), all: runs.len() });
        for event in Workers::new(settings, &jobs, signal) {
            self.on_event(&jobs, &event, observer)?;
        }
        let signal = signal.load(Ordering::SeqCst);
        let comparison = self.refresh()?;
        let failed =
            comparison.entries.iter().flat_map(|entry| &entry.runs).filter(|run| run.failure().is_some()).count();
        Ok(Outcome { comparison, failed, signal })
    }

    fn on_event(&self, jobs: &[Job], event: &WorkerEvent, observer: &mut dyn Observer) -> Result<()> {
        let (WorkerEvent::Started(number) | WorkerEvent::Progress(number, _) | WorkerEvent::Ended(number, _)) = event;
        let Some(job) = jobs.get(*number) else { return Ok(()) };
        match event {
            WorkerEvent::Started(_) => observer.event(&Event::Started(&job.name)),
            WorkerEvent::Progress(_, progress) => observer.event(&Event::Progress(&job.name, *progress)),
            WorkerEvent::Ended(_, end) => {
                let reason = failure(job, end)?;
                observer.event(&Event::Ended(&job.name, reason.as_deref()));
                self.refresh()?;
            }
        }
        Ok(())
    }

    fn refresh(&self) -> Result<Comparison> {
        write_report(&self.folder, &self.plan)
    }

    fn create(&self, run: &PlannedRun) -> Result<()> {
        let settings =
            self.plan.settings(run).ok_or_else(|| Error::bug(format!("the plan has no entry {}", run.entry)))?;
        let folder = self.folder.join(&run.folder);
        // A kill while the folder was being made left it without settings: it does not hold a run yet.
        if folder.exists() && !folder.join(run::settings::files::SETTINGS).exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| Error::io("remove", &folder, error))?;
        }
        run::create(&folder, &settings, Some(&self.space), None)
    }

    /// Whether a run has to be started. Removes what an earlier attempt left and a new one must not find.
    fn needs_work(&self, run: &PlannedRun, retry_failed: bool) -> Result<bool> {
        let folder = self.folder.join(&run.folder);
        match RunResult::read(&folder)?.map(|result| result.state) {
            Some(State::Done) => {
                // A kill may have come after the result was written.
                run::tidy(&folder)?;
                run_report::write_if_missing(&folder);
                return Ok(false);
            }
            Some(State::Failed) if !retry_failed => return Ok(false),
            Some(State::Failed) => {
                std::fs::remove_dir_all(&folder).map_err(|error| Error::io("remove", &folder, error))?;
                self.create(run)?;
            }
            None => {}
        }
        remove_if_there(&folder.join(CRASH))?;
        Ok(true)
    }
}

/// Reads the run folders and writes the leaderboard, the JSON and the page.
pub fn write_report(folder: &Path, plan: &ComparisonPlan) -> Result<Comparison> {
    let comparison = collect::collect(folder, plan)?;
    let write = |name: &str, text: String| files::write_atomically(&folder.join(name), text.as_bytes());
    write(names::LEADERBOARD, report::leaderboard_csv(&comparison)?)?;
    write(names::COMPARISON, report::json(&comparison)?)?;
    write(names::PAGE, report::page(&comparison))?;
    Ok(comparison)
}

/// Why a run failed, if it did. Where its process left no result, the reason is written into its folder.
fn failure(job: &Job, end: &End) -> Result<Option<String>> {
    if let Some(result) = RunResult::read(&job.folder)? {
        return Ok(match result.state {
            State::Done => None,
            State::Failed => Some(result.reason.unwrap_or_else(|| "no reason given".to_owned())),
        });
    }
    let reason = match end {
        End::Done => "its process ended without a result".to_owned(),
        End::Failed(how) => run_log::last_error(&job.folder).unwrap_or_else(|| how.clone()),
    };
    files::write_atomically(&job.folder.join(CRASH), format!("{reason}\n").as_bytes())?;
    Ok(Some(reason))
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_comparer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = LockedFolder::open(folder.path()).unwrap();
        let error = LockedFolder::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("another comparison"), "{error}");
        drop(first);
        assert!(LockedFolder::open(folder.path()).is_ok());
    }

    #[test]
    fn a_process_that_ends_without_a_result_leaves_its_last_error_as_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let job = Job { name: "danq seed 1".to_owned(), folder: folder.path().to_owned() };
        let end = End::Failed("its process died with signal 11".to_owned());
        assert_eq!(failure(&job, &end).unwrap().unwrap(), "its process died with signal 11");
        let log = folder.path().join(run::settings::files::LOG);
        files::write_atomically(&log, b"start\nerror: the store changed\n").unwrap();
        assert_eq!(failure(&job, &end).unwrap().unwrap(), "the store changed");
        assert_eq!(files::read_text(&folder.path().join(CRASH)).unwrap(), "the store changed\n");
    }
}
