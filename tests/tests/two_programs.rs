//! `genomenas` does without libtorch, and becomes `genomenas-train` where it needs it.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::process::Command;

use genomenas_tests::runs::{motif_store, search};
use genomenas_tests::{Installation, Outcome, built_program};

/// An installation without the program that trains.
fn without_training() -> Installation {
    let installation = Installation::new();
    fs::remove_file(installation.folder().join("genomenas-train")).unwrap();
    installation
}

#[test]
fn what_needs_no_tensor_works_where_the_program_that_trains_is_missing() {
    let installation = without_training();
    for arguments in ["--version", "train --help", "plugin list", "describe --space genomenas --length 200 --labels 3"]
    {
        Outcome::text(installation.genomenas().args(arguments.split(' ')));
    }
}

#[test]
fn what_trains_or_scores_says_which_file_is_missing() {
    let installation = without_training();
    for arguments in ["search --strategy x --data x --budget 1samples --out x", "evaluate --run x"] {
        let refused = Outcome::refusal(installation.genomenas().args(arguments.split(' ')), 2);
        assert!(refused.contains("genomenas-train is missing") && refused.contains("make build"), "{refused}");
    }
}

#[test]
fn the_program_that_trains_is_not_started_by_itself_or_by_another_version() {
    let mut alone = Command::new(built_program("genomenas-train"));
    let refused = Outcome::refusal(alone.args(["evaluate", "--run", "x"]), 2);
    assert!(refused.contains("start genomenas"), "{refused}");
    // As a genomenas of another version would: with its own process number.
    let script = "GENOMENAS_BECAME=\"$$ 99.0.0\" exec \"$0\" evaluate --run x";
    let refused = Outcome::refusal(Command::new("sh").args(["-c", script]).arg(built_program("genomenas-train")), 2);
    assert!(refused.contains("genomenas beside it of version 99.0.0"), "{refused}");
}

#[test]
fn threads_that_the_environment_asks_for_are_not_replaced_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    let mut search = search(&store, &folder.path().join("out"), "--strategy no-such-strategy");
    let outcome = Outcome::of(search.env("OMP_NUM_THREADS", "7"));
    assert!(outcome.stderr.contains("OMP_NUM_THREADS=1 (not 7)"), "{}", outcome.stderr);
}
