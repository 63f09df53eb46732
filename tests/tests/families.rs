//! Whatever a plugin starts ends with it, however it, its run or its comparison ends.
//!
//! Where the kernel confines a plugin, it starts nothing. These are the plugins that are not confined.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::process::Command;
use std::time::Duration;

use genomenas_tests::families::{Scene, signal, started};
use genomenas_tests::runs::{space, wait_until};
use genomenas_tests::{Outcome, genomenas, hostile_plugin};

/// Ways to start something, with how many processes that is.
const ACTS: [(&str, usize); 4] = [("children", 20), ("daemon", 1), ("daemon-noisy", 1), ("command", 1)];
/// The run, the supervisor and the plugin.
const OURS: usize = 3;

#[test]
fn what_a_plugin_started_ends_with_its_run() {
    for (act, _) in ACTS {
        let scene = Scene::unconfined();
        let outcome = Outcome::of(&mut scene.describe(&[("act", act), ("then", "nothing")]));
        assert_eq!(outcome.code, Some(0), "{act}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(&format!("reach {act}: done")), "{outcome:?}");
        // At once: nobody waits for what comes later.
        assert_eq!(scene.mark.living(), [], "{act}");
        scene.nothing_is_left(act);
    }
}

#[test]
fn what_a_crashed_plugin_started_ends_before_it_is_started_again() {
    for (act, _) in ACTS {
        for (then, told) in [("segfault", "signal 11"), ("exit", "exit code 0")] {
            let scene = Scene::unconfined();
            let told_by_us = Outcome::refusal(&mut scene.describe(&[("act", act), ("then", then)]), 1);
            assert!(told_by_us.contains(told), "{act} {then}: {told_by_us}");
            assert_eq!(scene.mark.living(), [], "{act} {then}");
        }
    }
}

#[test]
fn a_static_constructor_is_no_exception() {
    let scene = Scene::unconfined();
    let outcome =
        Outcome::of(scene.search("found", &[("act", "nothing"), ("then", "nothing")]).env("LANG", "evil:children"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("reach children: done"), "{outcome:?}");
    assert_eq!(scene.mark.living(), []);
}

#[test]
fn a_run_that_is_killed_leaves_nothing() {
    for (act, processes) in ACTS {
        for signals in [&["KILL"][..], &["STOP", "KILL"]] {
            let scene = Scene::unconfined();
            let mut command = scene.describe(&[("act", act), ("then", "sleep")]);
            let mut run = started(&mut command, &scene.mark, OURS + processes);
            for name in signals {
                signal(name, run.id());
            }
            run.wait().unwrap();
            scene.nothing_is_left(&format!("{act} {signals:?}"));
        }
    }
}

#[test]
fn a_run_that_is_killed_while_its_plugin_is_stopped_leaves_nothing() {
    for (act, processes) in [("children", 20), ("daemon", 1)] {
        let scene = Scene::unconfined();
        let mut run =
            started(&mut scene.search("found", &[("act", act), ("then", "sleep")]), &scene.mark, OURS + processes);
        let others: Vec<u32> = scene.mark.living().iter().map(|one| one.pid).filter(|&pid| pid != run.id()).collect();
        for &pid in &others {
            signal("STOP", pid);
        }
        run.kill().unwrap();
        run.wait().unwrap();
        scene.nothing_is_left(act);
    }
}

#[test]
fn a_plugin_that_outlives_its_supervisor_is_ended_by_the_run() {
    for act in ["children", "daemon", "no-pdeathsig"] {
        let scene = Scene::unconfined();
        let mut run = started(&mut scene.search("found", &[("act", act), ("then", "sleep")]), &scene.mark, OURS);
        wait_until("the act was done", || scene.mark.living().len() > OURS || act == "no-pdeathsig");
        std::thread::sleep(Duration::from_millis(100));
        // Three times, then the run is given up.
        let mut killed = std::collections::BTreeSet::new();
        wait_until("the run had ended", || {
            for pid in scene.mark.with("--supervise") {
                if killed.insert(pid) || killed.len() < 4 {
                    signal("KILL", pid);
                }
            }
            run.try_wait().unwrap().is_some()
        });
        assert_eq!(run.wait().unwrap().code(), Some(1), "{act}");
        assert_eq!(scene.mark.living(), [], "{act}");
    }
}

#[test]
fn the_copy_of_a_plugin_goes_with_a_killed_run_where_there_is_no_cache() {
    let scene = Scene::unconfined();
    let mut command = scene.describe(&[("act", "nothing"), ("then", "sleep")]);
    // A file where a folder should be cannot be written into, not even by root.
    command.env("HOME", "/dev/null").env("XDG_CACHE_HOME", "/dev/null/cache");
    let mut run = started(&mut command, &scene.mark, OURS);
    let folders = || std::fs::read_dir(scene.out("temporary")).unwrap().count();
    wait_until("the copy and the scratch folder were there", || folders() == 2);
    run.kill().unwrap();
    run.wait().unwrap();
    scene.nothing_is_left("the copy");
}

/// A comparison of two runs of `reaching` that never end.
fn comparison(scene: &Scene, act: &str) -> Command {
    let mut command = genomenas();
    command
        .arg("compare")
        .args("--no-control --seeds 1,2 --jobs 2 --device cpu --threads 2 --budget 480samples".split_whitespace());
    command.args(["--strategy", &format!("reaching act={act} then=sleep")]).arg("--plugins").arg(hostile_plugin());
    command.arg("--space").arg(space(scene.folder.path())).arg("--data").arg(&scene.store);
    command.arg("--out").arg(scene.out("compared"));
    scene.mark(&mut command);
    command
}

#[test]
fn a_comparer_that_is_killed_leaves_nothing() {
    for (act, processes) in [("children", 20), ("daemon", 1)] {
        for signals in [&["KILL"][..], &["TERM"]] {
            let scene = Scene::unconfined();
            let all = 1 + 2 * (OURS + processes);
            let mut comparer = started(&mut comparison(&scene, act), &scene.mark, all);
            for name in signals {
                signal(name, comparer.id());
            }
            comparer.wait().unwrap();
            scene.nothing_is_left(&format!("{act} {signals:?}"));
        }
    }
}

#[test]
fn runs_that_are_stopped_end_with_their_comparer() {
    let scene = Scene::unconfined();
    let mut comparer = started(&mut comparison(&scene, "daemon"), &scene.mark, 1 + 2 * (OURS + 1));
    let others: Vec<u32> = scene.mark.living().iter().map(|one| one.pid).filter(|&pid| pid != comparer.id()).collect();
    for &pid in &others {
        signal("STOP", pid);
    }
    comparer.kill().unwrap();
    comparer.wait().unwrap();
    scene.nothing_is_left("stopped");
}

#[test]
fn what_a_run_and_its_supervisor_leave_when_both_are_killed_is_ended_by_the_comparer() {
    let scene = Scene::unconfined();
    let mut comparer = started(&mut comparison(&scene, "daemon"), &scene.mark, 1 + 2 * (OURS + 1));
    let (runs, supervisors) = (scene.mark.with(" run "), scene.mark.with("--supervise"));
    assert_eq!((runs.len(), supervisors.len()), (2, 2), "{:?}", scene.mark.living());
    for pid in runs.iter().chain(&supervisors) {
        signal("KILL", *pid);
    }
    assert_eq!(comparer.wait().unwrap().code(), Some(1));
    assert_eq!(scene.mark.living(), []);
}
