//! A pool of processes, each of which does one run.
//!
//! A worker is one `genomenas run FOLDER`: it has its share of the threads and, where there are several, a device of
//! its own. A run that fails, is killed or crashes ends nothing but itself. All workers are started from one thread,
//! which outlives them: the signal that a child asks for at its parent's death is sent when the *thread* that started it
//! ends.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, PipeWriter};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::{lifetime, run_log};
use crate::plugins::site;
use crate::run::settings::files;
use crate::{exit, lock, orphans};

/// How often ended processes are looked for.
const POLL: Duration = Duration::from_millis(100);
/// How often it is looked at whether another process still works on a run.
const LOOK: Duration = Duration::from_secs(1);
/// Open files that a start must leave, so that results can be read and the report be written.
const SPARE: usize = 4;
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The finished part of the run, 0 to 1.
    pub done: f64,
    /// Training samples a second.
    pub samples_per_second: f64,
    /// What it does: "trial 3".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// The best AUROC on the validation split so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auroc: Option<f64>,
    /// The least loss on the validation split so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
}

impl Progress {
    /// Notes what a run begins to do: without the sizes in brackets, and without the terms of the search.
    pub fn begins(&mut self, phase: &str) {
        let short = phase.split(" (").next().unwrap_or(phase);
        short.split(" with ").next().unwrap_or(short).clone_into(&mut self.phase);
    }

    /// Notes what a network came to.
    pub fn found(&mut self, auroc: Option<f64>, loss: Option<f64>) {
        let best = |one: Option<f64>, other: Option<f64>, choose: fn(f64, f64) -> f64| match (one, other) {
            (Some(one), Some(other)) => Some(choose(one, other)),
            (one, other) => one.or(other),
        };
        self.auroc = best(self.auroc, auroc.filter(|value| value.is_finite()), f64::max);
        self.loss = best(self.loss, loss.filter(|value| value.is_finite()), f64::min);
    }

    /// The best so far, for a person: "AUROC 0.873", or the loss where there is no AUROC.
    pub fn best(&self) -> String {
        let loss = || self.loss.map_or_else(String::new, |loss| format!("loss {loss:.4}"));
        self.auroc.map_or_else(loss, |auroc| format!("AUROC {auroc:.3}"))
    }
}

/// What happened to a job, which is named by its index in the list of jobs.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerEvent {
    /// A worker has begun it.
    Started(usize),
    /// Another process works on it: it is waited for.
    Elsewhere(usize),
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
    running: Vec<Worker<'a>>,
    /// Jobs that other processes work on, and when that was looked at last.
    elsewhere: Vec<(usize, &'a Job)>,
    looked: Instant,
    events: VecDeque<WorkerEvent>,
    sender: Sender<(usize, Progress)>,
    receiver: Receiver<(usize, Progress)>,
}

struct Worker<'a> {
    number: usize,
    job: &'a Job,
    /// Which of the places for workers it takes, so that each has a device of its own.
    place: usize,
    process: Child,
}

/// Why a worker was not started.
enum StartError {
    /// The machine has no room for another process.
    NoRoom(String),
    /// Anything else.
    Other(String),
}

impl Job {
    /// Whether a process works on the run.
    fn is_locked(&self) -> bool {
        lock::is_held(&self.folder.join(files::LOCK))
    }
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
            elsewhere: Vec::new(),
            looked: Instant::now(),
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
            if job.is_locked() {
                self.events.push_back(WorkerEvent::Elsewhere(number));
                self.elsewhere.push((number, job));
                continue;
            }
            // Fewer run than there are places, so one of them is free.
            let is_free = |place: &usize| self.running.iter().all(|worker| worker.place != *place);
            let place = (0..=self.running.len()).find(is_free).unwrap_or_default();
            match self.start(job, number, place) {
                Ok(process) => {
                    self.running.push(Worker { number, job, place, process });
                    self.events.push_back(WorkerEvent::Started(number));
                }
                // The machine has no room for so many processes: those that run make some when they end.
                Err(StartError::NoRoom(why)) if !self.running.is_empty() => {
                    self.settings.jobs = self.running.len();
                    log::warn!("{why}: {} at once from now on", self.settings.jobs);
                    self.waiting.push_front((number, job));
                }
                Err(StartError::NoRoom(why) | StartError::Other(why)) => {
                    self.events.push_back(WorkerEvent::Ended(number, End::Failed(why)));
                }
            }
        }
    }

    /// Takes back the jobs that no other process works on any more.
    fn look_elsewhere(&mut self) {
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let (still, free): (Vec<_>, Vec<_>) = self.elsewhere.drain(..).partition(|(_, job)| job.is_locked());
        self.elsewhere = still;
        for (number, job) in free {
            if job.folder.join(files::RESULT).exists() {
                self.events.push_back(WorkerEvent::Ended(number, End::Done));
            } else {
                self.waiting.push_back((number, job));
            }
        }
    }

    fn start(&self, job: &Job, number: usize, place: usize) -> Result<Child, StartError> {
        let settings = &self.settings;
        let cannot = |error: std::io::Error| {
            let (program, limit) = (settings.program.display(), site::reason(&error));
            let why = format!("cannot start {program} for {}: {error}{limit}", job.name);
            let errno = error.raw_os_error().map(Errno::from_raw_os_error);
            let no_room = [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM];
            if errno.is_some_and(|errno| no_room.contains(&errno)) {
                StartError::NoRoom(why)
            } else {
                StartError::Other(why)
            }
        };
        let spare = (0..SPARE).map(|_| File::open("/dev/null")).collect::<std::io::Result<Vec<_>>>().map_err(cannot)?;
        // Before the process, which could not be followed without.
        let output = self.read_progress(number).map_err(cannot)?;
        let mut command = Command::new(&settings.program);
        command
            .args(&settings.arguments)
            .arg(&job.folder)
            .arg("--progress-lines")
            .envs(settings.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(run_log::begin(&job.folder).map_err(|error| StartError::Other(error.to_string()))?)
            // A group of its own: Ctrl-C at the terminal reaches the comparer alone, which then ends each run with
            // everything that the run started.
            .process_group(0);
        lifetime::tie(&mut command);
        if let Some(device) = settings.devices.get(place % settings.devices.len().max(1)) {
            command.env("CUDA_VISIBLE_DEVICES", device);
        }
        let process = orphans::spawn(&mut command).map_err(cannot)?;
        drop(spare);
        Ok(process)
    }

    /// Where a worker writes its progress to, which a thread reads: that ends with the process, or with the comparer.
    fn read_progress(&self, number: usize) -> std::io::Result<PipeWriter> {
        let (output, input) = std::io::pipe()?;
        let sender = self.sender.clone();
        thread::Builder::new().name("progress".to_owned()).spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
                if let Ok(progress) = serde_json::from_str(&line)
                    && sender.send((number, progress)).is_err()
                {
                    break;
                }
            }
        })?;
        Ok(input)
    }

    /// Takes in what workers wrote, waiting a moment for the first of it.
    fn receive(&mut self) {
        let first = self.receiver.recv_timeout(POLL).ok();
        let all = first.into_iter().chain(self.receiver.try_iter());
        self.events.extend(all.map(|(job, progress)| WorkerEvent::Progress(job, progress)));
    }

    /// Takes out the workers that have ended.
    fn reap(&mut self) {
        let (events, elsewhere) = (&mut self.events, &mut self.elsewhere);
        self.running.retain_mut(|worker| {
            let end = match worker.process.try_wait() {
                Ok(None) => return true,
                Ok(Some(status)) => end(status),
                Err(error) => End::Failed(error.to_string()),
            };
            orphans::ended(worker.process.id(), PATIENCE);
            // Another process began the run a moment before, so this one was refused.
            if matches!(end, End::Failed(_)) && worker.job.is_locked() {
                elsewhere.push((worker.number, worker.job));
                events.push_back(WorkerEvent::Elsewhere(worker.number));
            } else {
                events.push_back(WorkerEvent::Ended(worker.number, end));
            }
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
            self.look_elsewhere();
            self.start_waiting();
            if self.events.is_empty() {
                if self.running.is_empty() && self.elsewhere.is_empty() {
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
            thread::sleep(Duration::from_millis(20));
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
mod tests;
