//! A pool of processes, each of which does one run.
//!
//! A worker is one `genomenas run FOLDER`: it has its share of the threads and, where there are several, a device of
//! its own. A run that fails, is killed or crashes ends nothing but itself. All workers are started from one thread,
//! which outlives them: the signal that a child asks for at its parent's death is sent when the *thread* that started it
//! ends.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use genomenas_data::error::{Error, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::{lifetime, run_log};
use crate::{exit, orphans};

/// How often ended processes are looked for.
const POLL: Duration = Duration::from_millis(100);
/// How long a process may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);
/// How long what a killed run left may take to end by itself: the supervisor of its plugin ends the plugin's family.
const PATIENCE: Duration = Duration::from_secs(3);

/// A run to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The run's name, for a person.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// How far a run is: the lines that a worker writes to its standard output, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The finished part of the run, 0 to 1.
    pub done: f64,
    /// Training samples a second.
    pub samples_per_second: f64,
}

/// What happened to a job, which is named by its index in the list of jobs.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerEvent {
    /// A worker has begun it.
    Started(usize),
    /// It got further.
    Progress(usize, Progress),
    /// It ended.
    Ended(usize, End),
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With exit code 0.
    Done,
    /// With another exit code, or by a signal; in words.
    Failed(String),
}

/// What every worker is started with.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The program to start.
    pub program: PathBuf,
    /// Its arguments before the run's folder.
    pub arguments: Vec<String>,
    /// How many workers at once.
    pub jobs: usize,
    /// Variables for the environment of each.
    pub environment: Vec<(String, String)>,
    /// CUDA devices to spread the workers over; none leaves the choice to them.
    pub devices: Vec<String>,
}

/// The workers of a list of jobs: an iterator over what happens, until all jobs have ended or a signal came.
///
/// Dropping it ends every worker that still runs, and everything that it started.
pub struct Workers<'a> {
    settings: WorkerSettings,
    signal: &'a AtomicUsize,
    waiting: VecDeque<(usize, &'a Job)>,
    running: Vec<Worker>,
    events: VecDeque<WorkerEvent>,
    sender: Sender<(usize, Progress)>,
    receiver: Receiver<(usize, Progress)>,
}

struct Worker {
    job: usize,
    /// Which of the places for workers it takes, so that each has a device of its own.
    place: usize,
    process: Child,
}

impl<'a> Workers<'a> {
    /// Workers for `jobs`, none of them started yet. The iterator ends early once `signal` is not 0.
    pub fn new(settings: WorkerSettings, jobs: &'a [Job], signal: &'a AtomicUsize) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self {
            settings,
            signal,
            waiting: jobs.iter().enumerate().collect(),
            running: Vec::new(),
            events: VecDeque::new(),
            sender,
            receiver,
        }
    }

    /// Starts workers until as many run as may.
    fn start_waiting(&mut self) {
        while self.running.len() < self.settings.jobs.max(1)
            && let Some((number, job)) = self.waiting.pop_front()
        {
            // Fewer run than there are places, so one of them is free.
            let is_free = |place: &usize| self.running.iter().all(|worker| worker.place != *place);
            let place = (0..=self.running.len()).find(is_free).unwrap_or_default();
            self.events.push_back(match self.start(job, number, place) {
                Ok(process) => {
                    self.running.push(Worker { job: number, place, process });
                    WorkerEvent::Started(number)
                }
                Err(error) => WorkerEvent::Ended(number, End::Failed(error.to_string())),
            });
        }
    }

    fn start(&self, job: &Job, number: usize, place: usize) -> Result<Child> {
        let settings = &self.settings;
        let mut command = Command::new(&settings.program);
        command
            .args(&settings.arguments)
            .arg(&job.folder)
            .arg("--progress-lines")
            .envs(settings.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(run_log::begin(&job.folder)?)
            // A group of its own: Ctrl-C at the terminal reaches the comparer alone, which then ends each run with
            // everything that the run started.
            .process_group(0);
        lifetime::tie(&mut command);
        if let Some(device) = settings.devices.get(place % settings.devices.len().max(1)) {
            command.env("CUDA_VISIBLE_DEVICES", device);
        }
        let mut process = orphans::spawn(&mut command).map_err(|error| {
            Error::failed(format!("cannot start {} for {}: {error}", settings.program.display(), job.name))
        })?;
        if let Some(output) = process.stdout.take() {
            let sender = self.sender.clone();
            // It ends with the process, or with the comparer.
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
                    if let Ok(progress) = serde_json::from_str(&line)
                        && sender.send((number, progress)).is_err()
                    {
                        break;
                    }
                }
            });
        }
        Ok(process)
    }

    /// Takes in what workers wrote, waiting a moment for the first of it.
    fn receive(&mut self) {
        let first = self.receiver.recv_timeout(POLL).ok();
        let all = first.into_iter().chain(self.receiver.try_iter());
        self.events.extend(all.map(|(job, progress)| WorkerEvent::Progress(job, progress)));
    }

    /// Takes out the workers that have ended.
    fn reap(&mut self) {
        self.running.retain_mut(|worker| {
            let end = match worker.process.try_wait() {
                Ok(None) => return true,
                Ok(Some(status)) => end(status),
                Err(error) => End::Failed(error.to_string()),
            };
            orphans::ended(worker.process.id(), PATIENCE);
            self.events.push_back(WorkerEvent::Ended(worker.job, end));
            false
        });
    }

    /// Sends `signal` to all workers and what they started.
    fn signal_all(&self, signal: Signal) {
        for worker in &self.running {
            if let Some(group) = i32::try_from(worker.process.id()).ok().and_then(Pid::from_raw) {
                // An error means that it has ended already.
                let _ = kill_process_group(group, signal);
            }
        }
    }
}

impl Iterator for Workers<'_> {
    type Item = WorkerEvent;

    fn next(&mut self) -> Option<WorkerEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.signal.load(Ordering::SeqCst) != 0 {
                return None;
            }
            self.start_waiting();
            if self.events.is_empty() {
                if self.running.is_empty() {
                    return None;
                }
                self.receive();
                self.reap();
            }
        }
    }
}

impl Drop for Workers<'_> {
    /// Ends all workers and what they started: by request first, then by force.
    fn drop(&mut self) {
        self.signal_all(Signal::TERM);
        // One that was stopped takes the request only now.
        self.signal_all(Signal::CONT);
        let deadline = Instant::now() + GRACE;
        while !self.running.is_empty() && Instant::now() < deadline {
            self.running.retain_mut(|worker| {
                let runs = matches!(worker.process.try_wait(), Ok(None));
                if !runs {
                    orphans::ended(worker.process.id(), PATIENCE);
                }
                runs
            });
            std::thread::sleep(Duration::from_millis(20));
        }
        self.signal_all(Signal::KILL);
        for mut worker in self.running.drain(..) {
            let _ = worker.process.wait();
            orphans::ended(worker.process.id(), PATIENCE);
        }
    }
}

fn end(status: ExitStatus) -> End {
    if status.success() { End::Done } else { End::Failed(format!("its process {}", exit::in_words(status))) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use std::path::Path;

    use super::*;
    use crate::run::settings::files;

    /// Workers that run a shell script, which finds the run's folder in $1.
    fn settings(script: &str, jobs: usize) -> WorkerSettings {
        WorkerSettings {
            program: "/bin/sh".into(),
            arguments: ["-c", script, "sh"].map(str::to_owned).to_vec(),
            jobs,
            environment: vec![("GREETING".to_owned(), "hello".to_owned())],
            devices: Vec::new(),
        }
    }

    fn jobs(folder: &Path, names: &[&str]) -> Vec<Job> {
        let job = |name: &&str| {
            let folder = folder.join(name);
            std::fs::create_dir(&folder).unwrap();
            Job { name: (*name).to_owned(), folder }
        };
        names.iter().map(job).collect()
    }

    static NO_SIGNAL: AtomicUsize = AtomicUsize::new(0);

    #[test]
    fn a_run_that_fails_or_crashes_leaves_the_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path(), &["fails", "crashes", "works"]);
        let script = "case $1 in */fails) exit 1;; */crashes) kill -9 $$;; esac";
        let mut ends = vec![None; 3];
        for event in Workers::new(settings(script, 2), &jobs, &NO_SIGNAL) {
            if let WorkerEvent::Ended(job, end) = event {
                ends[job] = Some(end);
            }
        }
        assert!(matches!(&ends[0], Some(End::Failed(why)) if why.contains("exit code 1")));
        assert!(matches!(&ends[1], Some(End::Failed(why)) if why.contains("signal 9")));
        assert_eq!(ends[2], Some(End::Done));
    }

    #[test]
    fn never_more_than_the_given_number_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path(), &["a", "b", "c", "d", "e"]);
        let (mut running, mut most, mut ended) = (0, 0, 0);
        for event in Workers::new(settings("exit 0", 2), &jobs, &NO_SIGNAL) {
            match event {
                WorkerEvent::Started(_) => running += 1,
                WorkerEvent::Ended(..) => (running, ended) = (running - 1, ended + 1),
                WorkerEvent::Progress(..) => {}
            }
            most = most.max(running);
        }
        assert_eq!((running, most, ended), (0, 2, 5));
    }

    #[test]
    fn standard_error_goes_to_the_log_and_progress_to_the_comparer() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path(), &["a"]);
        // The script reads the pipe, and so waits until somebody writes to it: until the progress has come.
        let pipe = jobs[0].folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let line = r#"{"done":0.5,"samples_per_second":7.0}"#;
        let script = format!("echo \"$GREETING\" >&2; echo '{line}'; echo nonsense; read line < $1/pipe");
        let mut progress = Vec::new();
        for event in Workers::new(settings(&script, 1), &jobs, &NO_SIGNAL) {
            if let WorkerEvent::Progress(job, news) = event {
                progress.push((job, news));
                std::fs::File::options().write(true).open(&pipe).unwrap().write_all(b"go\n").unwrap();
            }
        }
        assert_eq!(progress, [(0, Progress { done: 0.5, samples_per_second: 7.0 })]);
        let log = std::fs::read_to_string(jobs[0].folder.join(files::LOG)).unwrap();
        assert!(log.ends_with("\nhello\n"), "{log}");
    }

    #[test]
    fn a_signal_ends_the_running_processes_and_what_they_started() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path(), &["a", "b"]);
        let signal = AtomicUsize::new(0);
        let line = r#"{"done":0.0,"samples_per_second":0.0}"#;
        let script = format!("sleep 1000 & echo $! > $1/grandchild; echo '{line}'; wait");
        for event in Workers::new(settings(&script, 1), &jobs, &signal) {
            // The line comes after the grandchild was started.
            if let WorkerEvent::Progress(..) = event {
                signal.store(2, Ordering::SeqCst);
            }
        }
        let grandchild = std::fs::read_to_string(jobs[0].folder.join("grandchild")).unwrap();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.trim())).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
        assert!(!jobs[1].folder.join("grandchild").exists());
    }

    #[test]
    fn a_program_that_cannot_be_started_fails_each_run_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs(folder.path(), &["a", "b"]);
        let settings = WorkerSettings { program: folder.path().join("none"), ..settings("", 1) };
        let failed = Workers::new(settings, &jobs, &NO_SIGNAL)
            .filter(|event| matches!(event, WorkerEvent::Ended(_, End::Failed(_))));
        assert_eq!(failed.count(), 2);
    }
}
