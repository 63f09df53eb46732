//! Runs that are killed at any moment and executed again, and run folders that were damaged in between.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::write;
use genomenas_tests::runs::{
    bytes, journal, killed, motif_store, of_type, planned, result, run, search, start, timeless, timeless_journal,
    train, wait_until,
};
use genomenas_tests::{Outcome, listing, scripted_plugin};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs of a search of three trials of two epochs and a final training of four.
struct Scene {
    folder: TempDir,
    store: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = motif_store(folder.path());
        Outcome::text(&mut search(&store, &folder.path().join("searched"), ""));
        Outcome::text(&mut train(&store, &folder.path().join("trained"), "--epochs 4"));
        Self { folder, store }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A run that has not begun.
    fn planned(&self, name: &str) -> PathBuf {
        let folder = self.at(name);
        planned(&folder, &self.at("searched"), &self.at("trained"));
        folder
    }

    /// A run that was never disturbed.
    fn undisturbed(&self) -> PathBuf {
        let folder = self.planned("undisturbed");
        Outcome::text(&mut run(&folder));
        folder
    }

    /// A run that was killed once this many records were in its journal.
    fn killed_after(&self, name: &str, records: usize) -> PathBuf {
        let folder = self.planned(name);
        assert!(killed(&mut run(&folder), || journal(&folder).len() >= records));
        folder
    }
}

/// Asserts that two finished runs left the same.
fn same(one: &Path, other: &Path) {
    for name in ["architecture.json", "weights.safetensors"] {
        assert!(bytes(one, name) == bytes(other, name), "{name} of {} differs", one.display());
    }
    assert_eq!(timeless_journal(one), timeless_journal(other));
    assert_eq!(timeless(result(one)), timeless(result(other)));
    assert_eq!(listing(one), listing(other));
}

/// The content of every file of a run's folder but the lock, and what a write that was killed left behind.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let kept = |name: &String| {
        name != "run.lock"
            && Path::new(name).extension().is_none_or(|ending| ending != "part")
            && folder.join(name).is_file()
    };
    listing(folder).into_iter().filter(kept).map(|name| (name.clone(), bytes(folder, &name))).collect()
}

/// Places of the records in the journal of [`Scene::undisturbed`]: a proposal; two epochs and the end of each of three
/// trials; the finding; four epochs.
const RECORDS: usize = 1 + 3 * 3 + 1 + 4;

#[test]
fn a_run_that_is_killed_after_every_record_ends_as_if_it_had_never_been_killed() {
    let scene = Scene::new();
    let undisturbed = scene.undisturbed();
    assert_eq!(journal(&undisturbed).len(), RECORDS);
    let folder = scene.planned("killed");
    let mut kills = 0;
    loop {
        let before = journal(&folder).len();
        if !killed(&mut run(&folder), || journal(&folder).len() > before) {
            break;
        }
        kills += 1;
    }
    assert!(kills >= RECORDS / 2, "killed {kills} times only");
    Outcome::text(&mut run(&folder));
    same(&folder, &undisturbed);
}

#[test]
fn a_run_that_is_killed_in_a_trial_between_trials_and_in_the_final_training_goes_on() {
    let scene = Scene::new();
    let undisturbed = scene.undisturbed();
    for (name, records) in [("in-a-trial", 2), ("between-trials", 4), ("after-the-finding", 11), ("final", 12)] {
        let folder = scene.killed_after(name, records);
        assert!(!folder.join("result.json").exists());
        Outcome::text(&mut run(&folder));
        same(&folder, &undisturbed);
    }
}

#[test]
fn a_run_that_is_killed_before_its_first_record_goes_on() {
    let scene = Scene::new();
    let undisturbed = scene.undisturbed();
    let folder = scene.planned("early");
    assert!(killed(&mut run(&folder), || folder.join("run.lock").exists()));
    Outcome::text(&mut run(&folder));
    same(&folder, &undisturbed);
}

#[test]
fn a_long_trial_goes_on_from_its_checkpoint_and_ends_as_if_it_had_never_been_killed() {
    let scene = Scene::new();
    // A trial saves itself when the last save is five seconds old.
    let long = |name: &str| {
        search(&scene.store, &scene.at(name), "--set trials=1 --set batch=1 --set epochs=1000 --budget 9000samples")
    };
    let (undisturbed, out) = (scene.at("undisturbed"), scene.at("killed"));
    let checkpoint = out.join("checkpoints/trial-0.safetensors");
    let in_the_middle = killed(&mut long("killed"), || checkpoint.exists());
    assert!(in_the_middle, "the trial ended before it saved itself: make it longer");
    let known = journal(&out);
    Outcome::text(&mut long("killed"));
    Outcome::text(&mut long("undisturbed"));
    assert_eq!(timeless_journal(&out), timeless_journal(&undisturbed));
    assert!(journal(&out)[..known.len()] == known, "what was in the journal stays as it was");
    assert_eq!(timeless(result(&out)), timeless(result(&undisturbed)));
}

#[test]
fn a_last_line_that_is_cut_off_is_taken_back() {
    let scene = Scene::new();
    let undisturbed = scene.undisturbed();
    let folder = scene.killed_after("cut", 5);
    let mut lines = bytes(&folder, "journal.jsonl");
    lines.extend(b"{\"type\":\"epoch\",\"phase\":\"se");
    write(&folder, "journal.jsonl", lines);
    Outcome::text(&mut run(&folder));
    same(&folder, &undisturbed);
}

#[test]
fn every_damaged_file_is_named_in_one_line_and_nothing_else_is_touched() {
    let scene = Scene::new();
    // In the final training: the search's files and a checkpoint are there.
    let folder = scene.killed_after("damaged", 13);
    for name in ["run.toml", "journal.jsonl", "architecture.json", "checkpoints/final.safetensors"] {
        let whole = bytes(&folder, name);
        let garbage: Vec<u8> = (0..200_u8).map(|byte| byte.wrapping_mul(151)).collect();
        let half = whole[..whole.len() / 2].to_vec();
        let mut damages = vec![garbage, [half, b"\n".to_vec()].concat()];
        if name != "journal.jsonl" {
            damages.push(Vec::new());
        }
        for damaged in damages {
            write(&folder, name, &damaged);
            let before = content(&folder);
            let told = Outcome::refusal(&mut run(&folder), 2);
            assert!(told.contains(name), "{name}: {told}");
            assert!(content(&folder) == before, "{name}: something was written");
        }
        write(&folder, name, whole);
    }
    Outcome::text(&mut run(&folder));
    same(&folder, &scene.undisturbed());
}

#[test]
fn a_line_within_the_journal_that_is_no_record_is_named_by_its_number() {
    let scene = Scene::new();
    let folder = scene.killed_after("damaged", 6);
    let text = String::from_utf8(bytes(&folder, "journal.jsonl")).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines[2] = "{\"type\":\"epoch\"}";
    write(&folder, "journal.jsonl", lines.join("\n") + "\n");
    let before = content(&folder);
    let told = Outcome::refusal(&mut run(&folder), 2);
    assert!(told.contains("journal.jsonl") && told.contains("line 3 is not a journal record"), "{told}");
    assert!(content(&folder) == before);
}

#[test]
fn a_damaged_state_of_the_strategy_is_named_and_can_be_removed() {
    let scene = Scene::new();
    let undisturbed = scene.undisturbed();
    let folder = scene.killed_after("damaged", 6);
    let name = "checkpoints/strategy.state";
    let whole = bytes(&folder, name);
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [flipped, whole[..whole.len() - 1].to_vec(), whole[..5].to_vec(), Vec::new()] {
        write(&folder, name, damaged);
        let before = content(&folder);
        let told = Outcome::refusal(&mut run(&folder), 2);
        assert!(told.contains("strategy.state: it is damaged") && told.contains("remove it"), "{told}");
        assert!(content(&folder) == before);
    }
    fs::remove_file(folder.join(name)).unwrap();
    Outcome::text(&mut run(&folder));
    same(&folder, &undisturbed);
}

#[test]
fn a_damaged_checkpoint_of_a_trial_is_named_and_the_trial_is_not_lost() {
    let scene = Scene::new();
    let undisturbed = scene.undisturbed();
    let folder = scene.killed_after("damaged", 2);
    let name = "checkpoints/trial-0.safetensors";
    assert!(!folder.join(name).exists(), "a trial of so short a time has not saved itself");
    write(&folder, name, "damaged");
    let before = content(&folder);
    let told = Outcome::refusal(&mut run(&folder), 2);
    assert!(told.contains(name), "{told}");
    assert!(content(&folder) == before);
    fs::remove_file(folder.join(name)).unwrap();
    Outcome::text(&mut run(&folder));
    same(&folder, &undisturbed);
}

/// A search of two trials, the second of which goes on from the first.
fn two_trials(scene: &Scene, name: &str) -> Command {
    let train = |epochs: u64, init: Value| {
        let network = json!({ "type": "selection", "selection": { "kernel": "7", "function": "relu" } });
        let plan = json!({ "epochs": epochs, "batch": 16 });
        let trial = json!({ "work": "train", "network": network, "plan": plan, "init": init });
        json!({ "type": "trials", "trials": [trial] })
    };
    let proposals = [train(1, json!({ "type": "fresh" })), train(60, json!({ "type": "continue", "trial": 0 }))];
    let best = json!({ "type": "selection", "selection": { "kernel": "5", "function": "tanh" } });
    let script = json!({ "proposals": proposals, "discards": {}, "best": best, "wasteful": false });
    // What reads as JSON is taken for what it is, and the parameter is a text.
    let script = json!(script.to_string());
    let options = format!("--strategy scripted --budget 100000samples --set script={script}");
    let mut search = search(&scene.store, &scene.at(name), &options);
    search.arg("--plugins").arg(scripted_plugin());
    search
}

#[test]
fn a_checkpoint_of_its_parent_that_cannot_be_read_stops_the_run_and_fails_no_trial() {
    let scene = Scene::new();
    Outcome::text(&mut two_trials(&scene, "undisturbed"));
    let folder = scene.at("stopped");
    // The first trial has ended, and the second one has nothing but its parent's checkpoint.
    assert!(killed(&mut two_trials(&scene, "stopped"), || journal(&folder).len() >= 4));
    drop(fs::remove_file(folder.join("checkpoints/trial-1.safetensors")));
    let name = "checkpoints/trial-0.safetensors";
    let whole = bytes(&folder, name);
    for damaged in [b"damaged".to_vec(), whole[..whole.len() / 2].to_vec()] {
        write(&folder, name, damaged);
        let before = content(&folder);
        let told = Outcome::refusal(&mut run(&folder), 2);
        assert!(told.contains(name), "{told}");
        assert!(content(&folder) == before, "no trial failed, and the run has no result");
    }
    write(&folder, name, whole);
    Outcome::text(&mut run(&folder));
    let undisturbed = scene.at("undisturbed");
    assert_eq!(timeless_journal(&folder), timeless_journal(&undisturbed));
    assert_eq!(timeless(result(&folder)), timeless(result(&undisturbed)));
}

#[test]
fn a_finished_run_that_is_executed_again_gives_the_same_result_and_writes_nothing() {
    let scene = Scene::new();
    let folder = scene.undisturbed();
    let before = content(&folder);
    let said = Outcome::json(run(&folder).arg("--json"));
    assert_eq!(said, result(&folder));
    assert!(content(&folder) == before);
    // The verb that made it says the same.
    let again = Outcome::json(&mut search(&scene.store, &scene.at("searched"), "--json"));
    assert_eq!(again, result(&scene.at("searched")));
}

#[test]
fn a_run_folder_has_one_process_at_a_time() {
    let scene = Scene::new();
    let out = scene.at("long");
    let long = || search(&scene.store, &out, "--budget 100000000samples");
    let mut first = start(&mut long());
    wait_until("an epoch ended", || !of_type(&journal(&out), "epoch", None).is_empty());
    for second in [&mut run(&out), &mut long()] {
        let told = Outcome::refusal(second, 2);
        assert!(told.contains("another process is working on"), "{told}");
    }
    assert_eq!(first.try_wait().unwrap(), None, "the first one goes on");
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_folder_without_a_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for out in [folder.path().join("nothing"), folder.path().to_owned()] {
        let told = Outcome::refusal(&mut run(&out), 2);
        assert!(told.contains("run.toml"), "{told}");
    }
    assert_eq!(listing(folder.path()), Vec::<String>::new());
}
