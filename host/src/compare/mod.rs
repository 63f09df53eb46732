//! Comparisons: many runs on equal terms, and what came of them.
//!
//! [`resolve`](mod@resolve) makes a [`plan`] of a [`Request`](crate::spec::request::Request), [`Comparer`] makes the run
//! folders and lets [`workers`] do the runs, [`collect`](mod@collect) reads the folders again, and [`genomenas_report`] shows what is
//! in them. The folders are the only thing that is shared: a run can be done by hand, by another machine or by a job
//! array, and the comparer goes on from what it finds.
//!
//! Whatever is wrong with one run's folder (`standing.rs`) fails that run alone. Nothing is removed that a run did not
//! make.

pub mod calibrate;
mod ceiling;
pub mod changes;
pub mod collect;
mod data;
mod ended;
mod entries;
pub mod folder;
mod given;
pub mod gpus;
pub mod lifetime;
pub mod lock_differences;
pub mod lock_file;
pub mod pins;
pub mod plan;
pub mod preflight;
pub mod resolve;
mod run_log;
mod standing;
mod stored;
mod summed;
pub mod workers;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_data::memory;
use genomenas_plugin::space::Space;
use genomenas_report::model::RunState;
use genomenas_report::{self as report, model::Comparison};

use crate::run::settings::{Settings, files as run_files};
use crate::run::{self, State};
use crate::run_report;
use collect::{Failures, collect};
use folder::{LockedFolder, names};
use lock_file::LockFile;
use plan::{ComparisonPlan, PlannedRun};
use standing::Standing;
use workers::{Job, Progress, WorkerEvent, WorkerSettings, Workers};

/// A comparison's folder in the hands of the only process that may write to it.
#[derive(Debug)]
pub struct Comparer {
    folder: LockedFolder,
    plan: ComparisonPlan,
    space: Space,
    failures: Failures,
}

/// How [`Comparer::run`] ended.
#[derive(Debug)]
pub struct Outcome {
    /// What was measured.
    pub comparison: Comparison,
    /// Runs that are not done.
    pub failed: usize,
    /// Why the report could not be written, if it could not.
    pub unwritten: Option<Error>,
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
    /// Another process works on a run: its result is waited for.
    Elsewhere(&'a str),
    /// How far a run is.
    Progress(&'a str, &'a Progress),
    /// A run ended; with a reason if it failed.
    Ended(&'a str, Option<&'a str>),
}

/// Watches a comparison.
pub trait Observer {
    /// Receives one event.
    fn event(&mut self, event: &Event<'_>);
}

impl Comparer {
    /// Writes the plan with its `lock`, and makes the folders of all runs that have none.
    ///
    /// # Errors
    ///
    /// The plan cannot be written; of a comparison that begins, also if a run folder cannot be made. In one that goes on,
    /// that run fails.
    pub fn begin(folder: LockedFolder, plan: ComparisonPlan, space: Space, lock: LockFile) -> Result<Self> {
        let path = folder.path();
        files::remove_unfinished(path)?;
        let earlier = ComparisonPlan::read(path)?;
        match &earlier {
            Some(earlier) => {
                if let Some(difference) = earlier.first_difference(&pins::with_pins_of(&plan, earlier))? {
                    return Err(Error::input(format!(
                        "another comparison began in {} meanwhile: {difference}. Give another folder with --out",
                        path.display()
                    )));
                }
            }
            None => folder::expect_free(path, &space.to_toml()?)?,
        }
        // Without a lock nobody knows what it began with.
        let lock_before = LockFile::in_folder(path)?.or_else(|| earlier.is_some().then(LockFile::default));
        if let Some(earlier) = &earlier {
            pins::set_aside(path, earlier, &plan)?;
        }
        plan.write(path, &space)?;
        lock.write(path, lock_before.as_ref())?;
        let mut comparer = Self { folder, plan, space, failures: Failures::new() };
        for run in comparer.plan.runs() {
            let path = comparer.path(&run);
            if let Standing::Broken(_) = standing::of(&path, &comparer.plan, &run) {
                continue;
            }
            match run::create(&path, &comparer.settings(&run)?, Some(&comparer.space), None) {
                Err(error) if earlier.is_some() => _ = comparer.failures.insert(path, error.to_string()),
                other => other?,
            }
        }
        Ok(comparer)
    }

    /// Does all runs that have no result, at most the plan's `jobs` at once, and refreshes the report after each.
    ///
    /// Failed runs stay as they are unless `retry_failed` is set, which begins them again from nothing. Ends early, with
    /// every process ended, once `signal` is not 0.
    pub fn run(
        mut self,
        environment: Vec<(String, String)>,
        devices: Vec<String>,
        retry_failed: bool,
        signal: &AtomicUsize,
        observer: &mut dyn Observer,
    ) -> Result<Outcome> {
        let runs = self.plan.runs();
        let (mut jobs, mut broken) = (Vec::new(), Vec::new());
        for run in &runs {
            match self.needs_work(run, retry_failed) {
                Ok(true) => jobs.push(Job { name: run.name.clone(), folder: self.path(run) }),
                Ok(false) => {}
                Err(reason) => broken.push((run, reason)),
            }
        }
        let program = std::env::current_exe()
            .map_err(|error| Error::failed(format!("cannot find this program to start runs with: {error}")))?;
        let mut arguments = vec!["run".to_owned()];
        arguments.extend(self.plan.unconfined.then(|| "--unconfined".to_owned()));
        let at_once = (self.plan.jobs as usize).min(jobs.len());
        let environment = environment.into_iter().chain(share_of_memory(at_once)?).collect();
        let settings = WorkerSettings { program, arguments, jobs: self.plan.jobs as usize, environment, devices };
        observer.event(&Event::Begin { done: runs.len() - jobs.len() - broken.len(), all: runs.len() });
        for (run, reason) in broken {
            observer.event(&Event::Ended(&run.name, Some(&reason)));
            self.failures.insert(self.path(run), reason);
        }
        for event in Workers::new(settings.clone(), &jobs, signal) {
            self.on_event(&jobs, &event, observer);
        }
        if self.plan.ceiling && signal.load(Ordering::SeqCst) == 0 {
            self.run_ceiling(settings, retry_failed, signal, observer);
        }
        let signal = signal.load(Ordering::SeqCst);
        let (comparison, written) = self.refresh();
        let ceiling = comparison.ceiling.iter().map(|ceiling| &ceiling.entry);
        let all = comparison.entries.iter().chain(ceiling).flat_map(|entry| &entry.runs);
        let failed = all.filter(|run| run.state != RunState::Done).count();
        Ok(Outcome { comparison, failed, unwritten: written.err(), signal })
    }

    /// Trains the best architecture that was found with every seed, once all runs are over.
    fn run_ceiling(
        &mut self,
        settings: WorkerSettings,
        retry_failed: bool,
        signal: &AtomicUsize,
        observer: &mut dyn Observer,
    ) {
        let comparison = collect(self.folder.path(), &self.plan, &self.failures);
        let Ok(runs) = ceiling::runs(&self.plan, &comparison.entries) else { return };
        let (mut jobs, mut failed) = (Vec::new(), 0);
        for run in &runs {
            let path = self.folder.path().join(&run.folder);
            match ceiling::prepare(self.folder.path(), run, retry_failed) {
                Ok(true) => jobs.push(Job { name: run.name.clone(), folder: path }),
                Ok(false) => {}
                Err(error) => {
                    failed += 1;
                    observer.event(&Event::Ended(&run.name, Some(&error.to_string())));
                    self.failures.insert(path, error.to_string());
                }
            }
        }
        if let (false, Some(first)) = (jobs.is_empty(), runs.first()) {
            log::info!("the ceiling: the architecture of {} is trained again with every seed", first.found_by);
            observer.event(&Event::Begin { done: runs.len() - jobs.len() - failed, all: runs.len() });
        }
        for event in Workers::new(settings, &jobs, signal) {
            self.on_event(&jobs, &event, observer);
        }
    }

    fn on_event(&mut self, jobs: &[Job], event: &WorkerEvent, observer: &mut dyn Observer) {
        let (WorkerEvent::Started(number)
        | WorkerEvent::Elsewhere(number)
        | WorkerEvent::Progress(number, _)
        | WorkerEvent::Ended(number, _)) = event;
        let Some(job) = jobs.get(*number) else { return };
        match event {
            WorkerEvent::Started(_) => observer.event(&Event::Started(&job.name)),
            WorkerEvent::Elsewhere(_) => observer.event(&Event::Elsewhere(&job.name)),
            WorkerEvent::Progress(_, progress) => observer.event(&Event::Progress(&job.name, progress)),
            WorkerEvent::Ended(_, end) => {
                let reason = ended::failure(&job.folder, end);
                observer.event(&Event::Ended(&job.name, reason.as_deref()));
                if let Some(reason) = reason {
                    self.failures.insert(job.folder.clone(), reason);
                }
                if let (_, Err(error)) = self.refresh() {
                    // The runs matter more: it is written again after the next one, and at the end.
                    log::warn!("the report was not written: {error}");
                }
            }
        }
    }

    fn refresh(&self) -> (Comparison, Result<()>) {
        write_report(self.folder.path(), &self.plan, &self.failures)
    }

    fn path(&self, run: &PlannedRun) -> PathBuf {
        self.folder.path().join(&run.folder)
    }

    fn settings(&self, run: &PlannedRun) -> Result<Settings> {
        self.plan.settings(run).ok_or_else(|| Error::bug(format!("the plan has no entry {}", run.entry)))
    }

    /// Whether a run has to be started; or why it has failed before. Removes what an earlier attempt left and a new one
    /// must not find.
    fn needs_work(&self, run: &PlannedRun, retry_failed: bool) -> Result<bool, String> {
        let path = self.path(run);
        if let Some(reason) = self.failures.get(&path) {
            return Err(reason.clone());
        }
        match standing::of(&path, &self.plan, run) {
            Standing::Over(result) if result.state == State::Done => {
                // A kill may have come after the result was written.
                if let Err(error) = run::tidy(&path) {
                    log::warn!("{}: {error}", run.name);
                }
                run_report::write_if_missing(&path);
                Ok(false)
            }
            Standing::Over(_) if !retry_failed => Ok(false),
            Standing::Broken(broken) if !(retry_failed && broken.can_begin_again) => Err(broken.reason),
            Standing::Over(_) | Standing::Broken(_) => {
                let again =
                    self.settings(run).and_then(|settings| run::begin_again(&path, &settings, Some(&self.space), None));
                again.map(|_| true).map_err(|error| format!("it cannot begin again: {error}"))
            }
            // The note that says why its last process ended.
            Standing::Open => match std::fs::remove_file(path.join(run_files::CRASH)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(format!("its {} cannot be removed ({error})", run_files::CRASH))
                }
                _ => Ok(true),
            },
            Standing::Absent => Err("its folder is gone: the same command makes it anew".to_owned()),
        }
    }
}

/// Reads the run folders and writes the leaderboard, the JSON and the page. What was read is returned also where it cannot
/// be written.
pub fn write_report(folder: &Path, plan: &ComparisonPlan, failures: &Failures) -> (Comparison, Result<()>) {
    let comparison = collect(folder, plan, failures);
    let write = |name: &str, text: String| files::write_atomically(&folder.join(name), text.as_bytes());
    let written = || {
        write(names::LEADERBOARD, report::leaderboard_csv(&comparison)?)?;
        write(names::COMPARISON, report::json(&comparison)?)?;
        write(names::PAGE, report::page(&comparison))
    };
    let written = written();
    (comparison, written)
}

/// What gives each of several runs at once its share of the memory that is there now: alone, each would count on all of
/// it. A run that is the only one may use what is free.
fn share_of_memory(at_once: usize) -> Result<Option<(String, String)>> {
    let available = if at_once > 1 { memory::available()? } else { None };
    Ok(available.map(|available| (memory::SHARE.to_owned(), (available.bytes / at_once as u64).to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_at_once_share_the_memory_and_a_single_one_has_all_of_it() {
        assert_eq!(share_of_memory(1).unwrap(), None);
        let share = |at_once| -> f64 {
            let (name, bytes) = share_of_memory(at_once).unwrap().unwrap();
            assert_eq!(name, "GENOMENAS_MEMORY");
            bytes.parse().unwrap()
        };
        // What is free changes from one look to the next.
        let part = share(2) / share(8);
        assert!((2.0..8.0).contains(&part), "{part}");
    }
}
