//! Workers that run a shell script in the place of a run.

use std::io::Write as _;

use std::path::Path;

use super::*;

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
            WorkerEvent::Progress(..) | WorkerEvent::Elsewhere(_) => {}
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
            File::options().write(true).open(&pipe).unwrap().write_all(b"go\n").unwrap();
        }
    }
    assert_eq!(progress, [(0, Progress { done: 0.5, samples_per_second: 7.0, ..Progress::default() })]);
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
fn a_run_that_another_process_works_on_is_waited_for_and_done_if_that_one_did_not() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), &["done-there", "left-there", "free"]);
    let mut held: Vec<_> =
        jobs.iter().take(2).map(|job| lock::try_lock(&job.folder.join(files::LOCK)).unwrap().unwrap()).collect();
    let mut seen = Vec::new();
    for event in Workers::new(settings("exit 0", 1), &jobs, &NO_SIGNAL) {
        if event == WorkerEvent::Ended(2, End::Done) {
            File::create(jobs[0].folder.join(files::RESULT)).unwrap();
            held.clear();
        }
        seen.push(event);
    }
    let (at, end) = (WorkerEvent::Elsewhere, |job| WorkerEvent::Ended(job, End::Done));
    let started = WorkerEvent::Started;
    assert_eq!(seen, [at(0), at(1), started(2), end(2), end(0), started(1), end(1)]);
}

#[test]
fn a_worker_that_is_refused_because_another_process_was_faster_has_not_failed() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path(), &["a"]);
    let lock_path = jobs[0].folder.join(files::LOCK);
    // It ends with an error once somebody has the lock.
    let script = "while ! test -e $1/taken; do sleep 0.01; done; exit 2";
    let mut held = None;
    let mut seen = Vec::new();
    for event in Workers::new(settings(script, 1), &jobs, &NO_SIGNAL) {
        match event {
            WorkerEvent::Started(_) if held.is_none() => {
                held = lock::try_lock(&lock_path).unwrap();
                File::create(jobs[0].folder.join("taken")).unwrap();
            }
            WorkerEvent::Elsewhere(_) => {
                File::create(jobs[0].folder.join(files::RESULT)).unwrap();
                held = None;
            }
            _ => {}
        }
        seen.push(event);
    }
    drop(held);
    assert_eq!(seen, [WorkerEvent::Started(0), WorkerEvent::Elsewhere(0), WorkerEvent::Ended(0, End::Done)]);
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

#[test]
fn a_run_tells_what_it_does_and_the_best_that_it_found() {
    let mut progress = Progress::default();
    assert_eq!(progress.best(), "");
    progress.begins("search with random-search, 64 samples");
    assert_eq!(progress.phase, "search");
    progress.begins("trial 3 (1234 weights)");
    progress.found(None, Some(0.5));
    progress.found(None, Some(0.7));
    assert_eq!((progress.phase.as_str(), progress.best().as_str()), ("trial 3", "loss 0.5000"));
    progress.found(Some(0.8), Some(f64::NAN));
    progress.found(Some(0.7), None);
    assert_eq!(progress.best(), "AUROC 0.800");
    let line = serde_json::to_string(&progress).unwrap();
    assert_eq!(serde_json::from_str::<Progress>(&line).unwrap(), progress);
}
