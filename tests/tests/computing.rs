//! What a run computes with: kernels and precision. What cannot be is refused before anything is made.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::Path;
use std::process::Command;

use genomenas_tests::comparisons::{compare, run_folder};
use genomenas_tests::runs::{bytes, motif_store, search, train};
use genomenas_tests::{Outcome, listing};

/// The commands that make a folder, each for a folder of its own in `home`, by their verbs.
fn makers(home: &Path, store: &Path, options: &str) -> [(&'static str, Command); 3] {
    [
        ("search", search(store, &home.join("search"), options)),
        ("train", train(store, &home.join("train"), options)),
        ("compare", compare(store, &home.join("compare"), options)),
    ]
}

#[test]
fn kernels_that_there_are_not_are_refused_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let before = listing(home.path());
    for (verb, mut command) in makers(home.path(), &store, "") {
        let refused = Outcome::refusal(command.env("GENOMENAS_KERNELS", "quick"), 2);
        assert_eq!(refused, "GENOMENAS_KERNELS is 'quick': expected plain or fused, or leave it out", "{verb}");
    }
    assert_eq!(added(&before, home.path()), [""; 0]);
}

#[test]
fn the_log_of_a_run_begins_with_what_it_computes_on() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let said = Outcome::of(train(&store, &home.path().join("train"), "--epochs 1").env("GENOMENAS_KERNELS", "plain"));
    assert!(said.stderr.contains("device cpu, threads 1, kernels plain"), "{}", said.stderr);
    let out = home.path().join("compared");
    Outcome::text(&mut compare(&store, &out, ""));
    let log = String::from_utf8(bytes(&run_folder(&out, 0, 1), "run.log")).unwrap();
    assert!(log.contains("device cpu, threads 1, kernels fused"), "{log}");
}

/// What is in a folder now and was not before, but for the files of spaces and architectures that helpers write.
fn added(before: &[String], folder: &Path) -> Vec<String> {
    let helpers = |name: &str| name == "motifs.toml" || name.starts_with("by-hand");
    listing(folder).into_iter().filter(|name| !before.contains(name) && !helpers(name)).collect()
}
