//! Every baseline on data of every task, in the real host: it trains, and it is scored by what its task measures.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::{Path, PathBuf};

use genomenas_tests::made_up::{self, write};
use genomenas_tests::{Outcome, genomenas};
use serde_json::Value;

/// The baselines, each as narrow as it can be.
const BASELINES: [&str; 7] = [
    "deepsea width=0.01",
    "danq width=0.01",
    "ncnet-rr width=0.01",
    "ncnet-brr width=0.01",
    "deepvirfinder width=0.01",
    "deepvirfinder width=0.01 form=fixed_length",
    "lstm hidden=2",
];
/// Bases a window: a few more than the longest of the shortest that a baseline takes (163).
const LENGTH: usize = 170;

/// Rows with a number of each kind.
fn table(folder: &Path) -> PathBuf {
    let mut draw = made_up::draws(1);
    let mut row = |_| {
        let bases: String = (0..LENGTH).map(|_| ["A", "C", "G", "T"][draw(4)]).collect();
        let (signal, count, one, class) = (draw(1000), draw(9), draw(2), draw(3));
        format!("{bases}\t0.{signal:03}\t{count}\t{one}\t{}\n", ["ei", "ie", "n"][class])
    };
    let rows: String = (0..300).map(&mut row).collect();
    write(folder, "rows.tsv", format!("sequence\tsignal\tcount\tone\tclass\n{rows}"))
}

fn imported(folder: &Path, kind: &str, from: &Path, more: &[&str]) -> PathBuf {
    let out = folder.join(format!("{}.arrow", more.join("-").replace([',', '/'], "-")));
    let mut command = genomenas();
    command.args(["data", "import", kind]).arg(from).args(more).arg("--out").arg(&out);
    Outcome::text(&mut command);
    out
}

/// Trains a baseline as its own plan says, then by the common recipe; what it scored on the test split.
fn trained(baseline: &str, store: &Path, out: &Path) -> Value {
    let mut command = genomenas();
    command.args(["compare", "--no-control", "--seeds", "1", "--jobs", "1", "--budget", "32samples", "--epochs", "1"]);
    command.args([
        "--steps-per-epoch",
        "2",
        "--batch",
        "8",
        "--space",
        "genomenas cells=1 channels=2 nodes=2 rnn_nodes=2",
    ]);
    command.args(["--strategy", &format!("{baseline} batch=16 epochs=1"), "--data"]).arg(store).arg("--out").arg(out);
    Outcome::text(&mut command);
    let comparison: Value = serde_json::from_slice(&std::fs::read(out.join("comparison.json")).unwrap()).unwrap();
    let run = &comparison["entries"][0]["runs"][0];
    assert_eq!(run["state"]["state"], "done", "{baseline}: {run}");
    run["test"].clone()
}

/// Every baseline ends with a number for `measure`, a field of the scores.
fn all_are_scored(store: &Path, measure: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (at, baseline) in BASELINES.iter().enumerate() {
        let scores = trained(baseline, store, &folder.path().join(at.to_string()));
        let value = if scores[measure].is_object() { &scores[measure]["mean"] } else { &scores[measure] };
        assert!(value.as_f64().is_some_and(f64::is_finite), "{baseline}: {measure} in {scores}");
    }
}

#[test]
fn every_baseline_learns_labels() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--labels", "one", "--task", "multi-label"];
    all_are_scored(&imported(folder.path(), "table", &table(folder.path()), &more), "auroc");
}

#[test]
fn every_baseline_learns_classes() {
    let folder = tempfile::tempdir().unwrap();
    all_are_scored(&imported(folder.path(), "table", &table(folder.path()), &["--labels", "class"]), "accuracy");
}

#[test]
fn every_baseline_learns_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--labels", "signal,count", "--task", "regression"];
    all_are_scored(&imported(folder.path(), "table", &table(folder.path()), &more), "mse");
}

#[test]
fn every_baseline_learns_counts() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--labels", "count", "--task", "poisson-regression"];
    all_are_scored(&imported(folder.path(), "table", &table(folder.path()), &more), "mse");
}

#[test]
fn every_baseline_learns_the_next_nucleotide_and_leaves_the_other_strand_out() {
    let folder = tempfile::tempdir().unwrap();
    let genome = write(folder.path(), "genome.fa", made_up::fasta(&made_up::genome()));
    let more = ["--length", "170", "--step", "20", "--valid", "two", "--test", "three"];
    all_are_scored(&imported(folder.path(), "next", &genome, &more), "accuracy");
}
