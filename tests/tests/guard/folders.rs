//! Folders of then are read, reported and finished by the program of today, with the plugin of then.

use std::fs;
use std::path::{Path, PathBuf};

use genomenas_tests::digests::{Digests, sha256};
use genomenas_tests::frozen::{reproducibly, unpack, unpacked_file};
use genomenas_tests::leaderboard::leaderboard;
use genomenas_tests::runs::{bytes, journal, run};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;
use tempfile::TempDir;

use super::{DAY, assert_same, difference, golden};

/// The folders of then, with the plugin that they began with.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    unpack(DAY, "folders", home.path());
    unpacked_file(DAY, "random-search.so", home.path());
    home
}

/// What differs in the runs below `folder` from what the program of then ended them with.
fn differences(home: &Path, folder: &str) -> Vec<(String, Vec<String>)> {
    let runs: Vec<_> = golden().folders.into_iter().filter(|run| run.folder.starts_with(folder)).collect();
    assert!(!runs.is_empty());
    runs.into_iter()
        .map(|run| (run.folder.clone(), Digests::of(&home.join(run.folder)).differences(&run.digests)))
        .collect()
}

/// What differs in the leaderboard of a comparison.
fn of_leaderboard(home: &Path, comparison: &str) -> (String, Vec<String>) {
    let rows: String = leaderboard(&home.join(comparison)).iter().map(|row| row.join("\t") + "\n").collect();
    let then = &golden().leaderboards[comparison];
    (comparison.to_owned(), difference("leaderboard.csv", &sha256(rows.as_bytes()), then))
}

/// The files of the runs of a comparison that have a result, with their content.
fn finished(comparison: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let names = listing(comparison);
    let runs = names.iter().filter_map(|name| name.strip_suffix("/result.json"));
    let files = ["result.json", "journal.jsonl", "architecture.json", "weights.safetensors", "run.toml"];
    runs.flat_map(|run| files.map(|file| comparison.join(run).join(file)))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

fn report(folder: &Path) -> String {
    Outcome::text(genomenas().arg("report").arg(folder))
}

fn go_on(comparison: &Path) -> String {
    let mut command = genomenas();
    command.args(["compare", "--out"]).arg(comparison);
    Outcome::text(&mut reproducibly(command))
}

#[test]
fn a_comparison_that_was_killed_half_way_then_is_reported_and_goes_on_to_its_frozen_bytes() {
    let home = home();
    let out = home.path().join("comparison-half");
    let before = finished(&out);
    assert_eq!(before.len(), 2 * 5, "two of four runs are done");
    let begun = listing(&out).iter().filter(|name| name.ends_with("/journal.jsonl")).count();
    assert_eq!(begun, 3, "one is in the middle of its search, one has not begun");
    assert_eq!(report(&out).matches("1/2").count(), 2);
    go_on(&out);
    assert!(before.iter().all(|(path, content)| fs::read(path).unwrap() == *content), "a finished run was repeated");
    assert_eq!(finished(&out).len(), 4 * 5);
    assert_same(differences(home.path(), "comparison-half"));
    assert_same([of_leaderboard(home.path(), "comparison-half")]);
}

#[test]
fn a_comparison_that_was_done_then_is_reported_the_same_and_repeats_no_run() {
    let home = home();
    let out = home.path().join("comparison-done");
    let (before, board) = (finished(&out), bytes(&out, "leaderboard.csv"));
    assert_eq!(before.len(), 4 * 5);
    let read = || -> Value { serde_json::from_slice(&bytes(&out, "comparison.json")).unwrap() };
    let then = read();
    let said = report(&out);
    assert_eq!(go_on(&out), said);
    assert!(finished(&out) == before, "a finished run was changed");
    assert!(bytes(&out, "leaderboard.csv") == board, "leaderboard.csv differs, times included");
    let now = read();
    let mut told = now.clone();
    // What later versions say of the data, from the store, and of the budget.
    told["data"].as_object_mut().unwrap().remove("straddling");
    told.as_object_mut().unwrap().remove("budget_epochs");
    // And what they say of the differences.
    told.as_object_mut().unwrap().remove("statistics");
    // And what they draw of what a run found, and which trial it came from.
    for entry in told["entries"].as_array_mut().unwrap() {
        for run in entry["runs"].as_array_mut().unwrap() {
            run.as_object_mut().unwrap().remove("won");
            run["architecture"].as_object_mut().unwrap().remove("drawings");
        }
    }
    for part in ["title", "data", "ranked_by", "entries", "command"] {
        assert_eq!(told[part], then[part], "{part} of comparison.json");
    }
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&told), keys(&then));
    assert_same(differences(home.path(), "comparison-done"));
    assert_same([of_leaderboard(home.path(), "comparison-done")]);
}

/// A run that was killed then goes on to its frozen bytes, and what it had journaled stays as it was.
fn goes_on(name: &str, checkpoint: &str, phase: &str) {
    let home = home();
    let folder = home.path().join(name);
    let known = journal(&folder);
    assert_eq!(known.last().unwrap()["phase"], phase);
    assert!(folder.join("checkpoints").join(checkpoint).exists());
    assert!(!folder.join("result.json").exists());
    report(&folder);
    Outcome::text(&mut reproducibly(run(&folder)));
    assert!(journal(&folder)[..known.len()] == known, "what was in the journal stays as it was");
    assert_same(differences(home.path(), name));
}

#[test]
fn a_run_that_was_killed_in_a_trial_of_its_search_then_goes_on_to_its_frozen_bytes() {
    goes_on("search-killed", "trial-1.safetensors", "search");
}

#[test]
fn a_run_that_was_killed_in_its_final_training_then_goes_on_to_its_frozen_bytes() {
    goes_on("final-killed", "final.safetensors", "final");
}
