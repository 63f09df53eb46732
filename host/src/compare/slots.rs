//! Runs in processes of their own, a number of them at a time.
//!
//! A slot is a place for one `genomenas run FOLDER`: it has its share of the threads and, where there are several, a
//! device of its own. A run that fails, is killed or crashes ends nothing but itself. All processes are started from
//! one thread, which outlives them: the signal that a child asks for at its parent's death is sent when the *thread*
//! that started it ends.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use genomenas_data::error::{Error, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::run::settings::files;

/// Set for a child to the comparer's process id: it asks to die with it; see [`die_with_comparer`].
const COMPARER: &str = "GENOMENAS_COMPARER";
/// What stands in a run's log before the lines of each process.
const BEGIN: &str = "--- the comparison starts this run";
/// How often ended processes are looked for.
const LOOK: Duration = Duration::from_millis(100);
/// How long a process may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);

/// A run to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What tells it from the others.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// How far a run is: the lines that a child writes to its standard output, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The finished part of the run, 0 to 1.
    pub done: f64,
    /// Training samples a second.
    pub samples_per_second: f64,
}

/// News of a job, told by its place in the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// It has a slot now.
    Started(usize),
    /// It got further.
    Progress(usize, Progress),
    /// It ended.
    Ended(usize, End),
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With exit code 0.
    Done,
    /// With another exit code, or by a signal; in words.
    Failed(String),
}

/// The slots of a comparison.
#[derive(Clone, Debug)]
pub struct Slots {
    /// The program to start.
    pub program: PathBuf,
    /// Its arguments before the run's folder.
    pub arguments: Vec<String>,
    /// How many processes at once.
    pub jobs: usize,
    /// What every process finds in its environment.
    pub environment: Vec<(String, String)>,
    /// CUDA devices to spread the processes over; none leaves the choice to them.
    pub devices: Vec<String>,
}

struct Running {
    job: usize,
    slot: usize,
    child: Child,
}

impl Slots {
    /// Runs all `jobs`. Ends early when `signal` becomes another number than 0, having ended every process, and
    /// returns that number; 0 otherwise.
    pub fn run(
        &self,
        jobs: &[Job],
        signal: &AtomicUsize,
        on_event: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<usize> {
        let mut running: Vec<Running> = Vec::new();
        let result = self.run_in(&mut running, jobs, signal, on_event);
        // On an error as on a signal: no process is left behind.
        stop(&mut running);
        result
    }

    fn run_in(
        &self,
        running: &mut Vec<Running>,
        jobs: &[Job],
        signal: &AtomicUsize,
        on_event: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<usize> {
        let (sender, receiver) = mpsc::channel();
        let mut waiting: VecDeque<(usize, &Job)> = jobs.iter().enumerate().collect();
        loop {
            let received = signal.load(Ordering::SeqCst);
            if received != 0 {
                return Ok(received);
            }
            while running.len() < self.jobs.max(1)
                && let Some((number, job)) = waiting.pop_front()
            {
                // Fewer run than there are slots, so one of them is free.
                let slot = (0..=running.len())
                    .find(|slot| running.iter().all(|other| other.slot != *slot))
                    .unwrap_or_default();
                match self.start(job, number, slot, &sender) {
                    Ok(child) => {
                        running.push(Running { job: number, slot, child });
                        on_event(Event::Started(number))?;
                    }
                    Err(error) => on_event(Event::Ended(number, End::Failed(error.to_string())))?,
                }
            }
            if running.is_empty() {
                return Ok(0);
            }
            tell(&receiver, on_event)?;
            let mut at = 0;
            while let Some(process) = running.get_mut(at) {
                match process.child.try_wait() {
                    Ok(None) => at += 1,
                    ended => {
                        let end = ended.map_or_else(
                            |error| End::Failed(error.to_string()),
                            |status| end(status.unwrap_or_default()),
                        );
                        let job = running.remove(at).job;
                        on_event(Event::Ended(job, end))?;
                    }
                }
            }
        }
    }

    fn start(&self, job: &Job, number: usize, slot: usize, sender: &Sender<(usize, Progress)>) -> Result<Child> {
        let path = job.folder.join(files::LOG);
        let open = || -> std::io::Result<std::fs::File> {
            let mut log = std::fs::File::options().create(true).append(true).open(&path)?;
            writeln!(log, "{BEGIN}")?;
            Ok(log)
        };
        let log = open().map_err(|error| Error::io("write", &path, error))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .arg(&job.folder)
            .arg("--progress-lines")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(COMPARER, std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            // A group of its own: Ctrl-C at the terminal reaches the comparer alone, which then ends each run with
            // everything that the run started.
            .process_group(0);
        if let Some(device) = self.devices.get(slot % self.devices.len().max(1)) {
            command.env("CUDA_VISIBLE_DEVICES", device);
        }
        let mut child = command.spawn().map_err(|error| {
            Error::failed(format!("cannot start {} for {}: {error}", self.program.display(), job.name))
        })?;
        if let Some(output) = child.stdout.take() {
            let sender = sender.clone();
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
        Ok(child)
    }
}

/// Asks the kernel, in a process that a comparer started, to end this process when the comparer ends, however it does.
pub fn die_with_comparer() -> Result<()> {
    let Some(comparer) = std::env::var(COMPARER).ok().and_then(|id| id.parse::<u32>().ok()) else {
        return Ok(());
    };
    let failed = |error: rustix::io::Errno| Error::failed(format!("cannot ask to end with the comparison: {error}"));
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM)).map_err(failed)?;
    // It may have ended before the kernel was asked.
    let parent = std::os::unix::process::parent_id();
    if parent == comparer {
        Ok(())
    } else {
        Err(Error::failed("the comparison that started this run has ended: start the comparison again to go on"))
    }
}

/// The CUDA devices of a comparison on `device`: more than one only where a run may take any of `count` devices.
pub fn cuda_devices(device: &str, count: usize, visible: Option<&str>) -> Vec<String> {
    if count < 2 || !matches!(device, "auto" | "cuda") {
        return Vec::new();
    }
    let listed = visible.map(|list| list.split(',').map(|id| id.trim().to_owned()).collect::<Vec<_>>());
    let mut devices =
        listed.filter(|list| list.len() >= count).unwrap_or_else(|| (0..count).map(|id| id.to_string()).collect());
    devices.truncate(count);
    devices
}

/// Passes on what children wrote, waiting a moment for the first of it.
fn tell(receiver: &Receiver<(usize, Progress)>, on_event: &mut dyn FnMut(Event) -> Result<()>) -> Result<()> {
    let mut next = receiver.recv_timeout(LOOK).ok();
    while let Some((job, progress)) = next {
        on_event(Event::Progress(job, progress))?;
        next = receiver.try_recv().ok();
    }
    Ok(())
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(0), _) => End::Done,
        (_, Some(9)) => End::Failed("its process was killed (signal 9), perhaps because memory ran out".to_owned()),
        (_, Some(signal)) => End::Failed(format!("its process was ended by signal {signal}")),
        (code, None) => End::Failed(format!("its process ended with exit code {}", code.unwrap_or(-1))),
    }
}

/// Ends all processes and what they started: by request first, then by force.
fn stop(running: &mut Vec<Running>) {
    let all = |running: &[Running], signal: Signal| {
        for process in running {
            if let Some(group) = i32::try_from(process.child.id()).ok().and_then(Pid::from_raw) {
                // An error means that it has ended already.
                let _ = kill_process_group(group, signal);
            }
        }
    };
    all(running, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while !running.is_empty() && Instant::now() < deadline {
        running.retain_mut(|process| matches!(process.child.try_wait(), Ok(None)));
        std::thread::sleep(Duration::from_millis(20));
    }
    all(running, Signal::KILL);
    for mut process in running.drain(..) {
        let _ = process.child.wait();
    }
}

/// The last error in a run's log, of the process that was started last.
pub fn last_error(folder: &Path) -> Option<String> {
    let log = std::fs::read_to_string(folder.join(files::LOG)).ok()?;
    let of_last = log.lines().rev().take_while(|line| *line != BEGIN);
    of_last.take(50).find_map(|line| line.strip_prefix("error: ")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slots that run a shell script, which finds the run's folder in $1.
    fn slots(script: &str, jobs: usize) -> Slots {
        Slots {
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

    #[test]
    fn a_run_that_fails_or_crashes_leaves_the_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let slots = slots("case $1 in */fails) exit 1;; */crashes) kill -9 $$;; esac", 2);
        let jobs = jobs(folder.path(), &["fails", "crashes", "works"]);
        let mut ends = vec![None; 3];
        let signal = slots
            .run(&jobs, &AtomicUsize::new(0), &mut |event| {
                if let Event::Ended(job, end) = event {
                    ends[job] = Some(end);
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(signal, 0);
        assert!(matches!(&ends[0], Some(End::Failed(why)) if why.contains("exit code 1")));
        assert!(matches!(&ends[1], Some(End::Failed(why)) if why.contains("signal 9")));
        assert_eq!(ends[2], Some(End::Done));
    }

    #[test]
    fn never_more_than_the_given_number_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let slots = slots("sleep 0.05", 2);
        let jobs = jobs(folder.path(), &["a", "b", "c", "d", "e"]);
        let (mut now, mut most) = (0, 0);
        slots
            .run(&jobs, &AtomicUsize::new(0), &mut |event| {
                match event {
                    Event::Started(_) => now += 1,
                    Event::Ended(..) => now -= 1,
                    Event::Progress(..) => {}
                }
                most = most.max(now);
                Ok(())
            })
            .unwrap();
        assert_eq!((now, most), (0, 2));
    }

    #[test]
    fn standard_error_goes_to_the_log_and_progress_to_the_comparer() {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "echo \"$GREETING\" >&2; echo '{\"done\":0.5,\"samples_per_second\":7.0}'; echo nonsense; sleep 0.3";
        let slots = slots(script, 1);
        let jobs = jobs(folder.path(), &["a"]);
        let mut progress = Vec::new();
        slots
            .run(&jobs, &AtomicUsize::new(0), &mut |event| {
                if let Event::Progress(job, news) = event {
                    progress.push((job, news));
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(progress, [(0, Progress { done: 0.5, samples_per_second: 7.0 })]);
        let log = std::fs::read_to_string(jobs[0].folder.join(files::LOG)).unwrap();
        assert_eq!(log, format!("{BEGIN}\nhello\n"));
    }

    #[test]
    fn an_error_of_an_earlier_process_is_not_taken_for_one_of_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(files::LOG);
        let with = |last: &str| {
            let text = format!("{BEGIN}\nerror: one\n{BEGIN}\n{last}");
            genomenas_data::files::write_atomically(&log, text.as_bytes()).unwrap();
            last_error(folder.path())
        };
        assert_eq!(with("nothing"), None);
        assert_eq!(with("error: two\n"), Some("two".to_owned()));
    }

    #[test]
    fn a_signal_ends_the_running_processes_and_what_they_started() {
        let folder = tempfile::tempdir().unwrap();
        let slots = slots("sleep 1000 & echo $! > $1/grandchild; wait", 1);
        let jobs = jobs(folder.path(), &["a", "b"]);
        let signal = AtomicUsize::new(0);
        let grandchild = jobs[0].folder.join("grandchild");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while std::fs::read_to_string(&grandchild).unwrap_or_default().is_empty() {
                    std::thread::sleep(Duration::from_millis(10));
                }
                signal.store(2, Ordering::SeqCst);
            });
            assert_eq!(slots.run(&jobs, &signal, &mut |_| Ok(())).unwrap(), 2);
        });
        let grandchild = std::fs::read_to_string(grandchild).unwrap();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.trim())).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
        assert!(!jobs[1].folder.join("grandchild").exists());
    }

    #[test]
    fn a_program_that_cannot_be_started_fails_each_run_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let slots = Slots { program: folder.path().join("none"), ..slots("", 1) };
        let mut failed = 0;
        let on_event = &mut |event| {
            failed += usize::from(matches!(event, Event::Ended(_, End::Failed(_))));
            Ok(())
        };
        slots.run(&jobs(folder.path(), &["a", "b"]), &AtomicUsize::new(0), on_event).unwrap();
        assert_eq!(failed, 2);
    }

    #[test]
    fn runs_are_spread_over_the_devices_that_the_comparer_sees() {
        assert_eq!(cuda_devices("auto", 2, None), ["0", "1"]);
        assert_eq!(cuda_devices("cuda", 2, Some("3, 5")), ["3", "5"]);
        assert!(cuda_devices("cuda:1", 2, None).is_empty());
        assert!(cuda_devices("auto", 1, None).is_empty());
        assert!(cuda_devices("cpu", 4, None).is_empty());
    }
}
