//! The page of a run, and what a user asks of its final training.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::PathBuf;

use genomenas_tests::runs::{bytes, journal, killed, motif_store, quietly, result, search, train};
use genomenas_tests::{Outcome, genomenas};
use tempfile::TempDir;

/// A folder with the store of motifs in it.
fn scene() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    (folder, store)
}

fn report(folder: &std::path::Path) -> std::process::Command {
    let mut command = genomenas();
    command.arg("report").arg(folder);
    command
}

const OPTIONS: &str = "--epochs 2 --shift 5 --class-weights balanced=20 --subsample 0.5 --reverse-complement";

#[test]
fn a_training_by_every_option_of_its_data_is_repeated_to_the_byte_and_its_page_names_them() {
    let (folder, store) = scene();
    let at = |name: &str| folder.path().join(name);
    for name in ["one", "again"] {
        Outcome::text(&mut train(&store, &at(name), OPTIONS));
    }
    assert!(bytes(&at("one"), "weights.safetensors") == bytes(&at("again"), "weights.safetensors"));
    // Half of 240 rows in batches of 16, twice.
    assert_eq!(result(&at("one"))["final"]["samples"], 2 * 7 * 16);
    let page = String::from_utf8(bytes(&at("one"), "report.html")).unwrap();
    for said in [
        "training windows by up to 5 bases either way",
        "a share of 0.5",
        "balanced, at most 20",
        "half of the training windows",
        "by-hand on store.arrow, seed 1",
        "Validation AUROC",
        "conv1d 4→16, kernel 9",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn what_the_data_does_not_allow_is_refused_before_a_run_is_made() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    for (options, said) in [
        ("--shift 60", "up to 60 bases, and they have 60"),
        ("--subsample 0.05", "which is 12"),
        ("--subsample 0", "subsample is 0"),
        ("--class-weights even", "balanced=MAX"),
    ] {
        let told = Outcome::refusal(&mut train(&store, &out, options), 2);
        assert!(told.contains(said), "{told}");
        assert!(!out.exists());
    }
}

#[test]
fn the_page_of_a_run_is_made_anew_with_the_same_bytes_from_its_folder_alone() {
    let (folder, store) = scene();
    let (found, trained) = (folder.path().join("found"), folder.path().join("trained"));
    Outcome::text(&mut search(&store, &found, ""));
    let mut training = quietly("train", "--epochs 3 --batch 16 --test");
    Outcome::text(training.arg("--run").arg(&found).arg("--out").arg(&trained));
    for run in [&found, &trained] {
        let page = bytes(run, "report.html");
        fs::remove_file(run.join("report.html")).unwrap();
        let said = Outcome::text(&mut report(run));
        assert!(said.contains("report.html"), "{said}");
        assert!(bytes(run, "report.html") == page);
    }
    let page = String::from_utf8(bytes(&found, "report.html")).unwrap();
    assert!(page.contains("random-search trials=3 batch=16") || page.contains("random-search batch=16 trials=3"));
    assert!(page.contains("in 3 trials") && page.contains("1,440 training samples"));
    let read = Outcome::json(report(&trained).arg("--json"));
    assert_eq!(read["run"]["curve"].as_array().unwrap().len(), 3);
    assert_eq!(read["run"]["test"]["labels"], result(&trained)["test"]["labels"]);
    // The data is needed for its names alone.
    fs::remove_file(&store).unwrap();
    Outcome::text(&mut report(&trained));
    assert!(String::from_utf8(bytes(&trained, "report.html")).unwrap().contains("Test AUROC"));
}

#[test]
fn a_run_under_way_has_a_page_that_says_so() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    assert!(killed(&mut train(&store, &out, "--epochs 200"), || out.join("journal.jsonl").exists()
        && journal(&out).len() >= 2));
    let before: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!before.iter().any(|name| name == "report.html"));
    Outcome::text(&mut report(&out));
    let page = String::from_utf8(bytes(&out, "report.html")).unwrap();
    assert!(page.contains("The final training is under way") && page.contains("No score yet"));
}

#[test]
fn a_folder_that_is_no_run_has_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let told = Outcome::refusal(&mut report(folder.path()), 2);
    assert!(told.contains("not the folder of a comparison or of a run"), "{told}");
}
