//! `genomenas data import fasta` and `next`, and the splits of `windows`: what the flags do, and what is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::{self, gzip, write};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::{Value, json};

fn import(kind: &str, out: &Path) -> Command {
    let mut command = genomenas();
    command.args(["data", "import", kind, "--json", "--overwrite", "--out"]).arg(out);
    command
}

/// The made-up genome as a file: `one` (6,000 bases), `two` (3,000, of which 50 unknown) and `three` (3,000).
fn genome(folder: &Path) -> PathBuf {
    write(folder, "genome.fa.gz", gzip(made_up::fasta(&made_up::genome()).as_bytes()))
}

/// Records of 40 bases, all different.
fn records(count: usize, seed: u64) -> String {
    let mut draw = made_up::draws(seed);
    let mut record = |number| {
        let bases: String = (0..40).map(|_| ["A", "C", "G", "T"][draw(4)]).collect();
        format!(">{number}\n{bases}\n")
    };
    (0..count).map(&mut record).collect()
}

fn rows(info: &Value) -> u64 {
    ["train", "valid", "test"].iter().map(|split| info["rows"][split].as_u64().unwrap()).sum()
}

#[test]
fn a_file_of_each_class_is_split_by_share_with_nothing_in_two_splits() {
    let folder = tempfile::tempdir().unwrap();
    let virus = write(folder.path(), "virus.fa", records(200, 1));
    let host = write(folder.path(), "host.fna.gz", gzip(records(300, 2).as_bytes()));
    let out = folder.path().join("store.arrow");
    let info = Outcome::json(import("fasta", &out).args([&virus, &host]).args(["--length", "20", "--seed", "3"]));
    assert_eq!((&info["task"], &info["labels"]), (&json!("multi-class"), &json!(["virus", "host"])));
    assert_eq!(rows(&info), 1000);
    assert_eq!(
        info["straddling"]["equal_sequences"],
        json!({"valid_in_train": 0, "test_in_train": 0, "test_in_valid": 0})
    );
    let command = &mut import("fasta", &out);
    command.arg(&virus).arg(format!("others={}", host.display()));
    let info = Outcome::json(command.args(["--task", "multi-label", "--background", "others"]));
    assert_eq!((&info["labels"], rows(&info)), (&json!(["virus"]), 500));
}

#[test]
fn windows_with_the_next_base_are_split_by_record_by_share_and_by_file() {
    let folder = tempfile::tempdir().unwrap();
    let genome = genome(folder.path());
    let out = folder.path().join("store.arrow");
    let next = || {
        let mut command = import("next", &out);
        command.arg(&genome).args(["--length", "99", "--step", "100"]);
        command
    };
    let info = Outcome::json(next().args(["--valid", "two", "--test", "three"]));
    // Windows of 100 bases with the predicted one; two is 1,000 bases, 50 unknown ones, and 1,950 bases.
    assert_eq!(info["rows"], json!({"train": 60, "valid": 29, "test": 30}));
    assert_eq!((&info["task"], &info["length"]), (&json!("next-nucleotide"), &json!(99)));
    let shares = ["--valid-share", "0.2", "--test-share", "0.2", "--block", "1000"];
    let info = Outcome::json(next().args(shares));
    assert_eq!(
        info["straddling"]["overlapping_windows"],
        json!({"valid_in_train": 0, "test_in_train": 0, "test_in_valid": 0})
    );
    let other = write(folder.path(), "other.txt", made_up::genome()[2].1.as_bytes());
    let text = write(folder.path(), "letters.txt", "ACGGT".repeat(40));
    let info = Outcome::json(next().arg("--valid-paths").arg(&other).arg("--test-paths").arg(&text));
    assert_eq!(info["rows"], json!({"train": 119, "valid": 30, "test": 2}));
    assert_eq!(info["chromosomes"], json!(["one", "two", "three", "other", "letters"]));
}

#[test]
fn windows_may_be_split_by_region_and_by_share() {
    let folder = tempfile::tempdir().unwrap();
    made_up::store(folder.path());
    let windows = || {
        let mut command = import("windows", &folder.path().join("out.arrow"));
        command.args(["--bin", "100", "--context", "50"]);
        command.arg("--genome").arg(folder.path().join("genome.fa"));
        command.arg("--labels").arg(folder.path().join("labels.bed"));
        command
    };
    let info = Outcome::json(windows().args(["--valid", "one:2001-4000", "--test", "two,three"]));
    // Rows of 200 bases every 100 from 50 on: 18 lie in the region, 2 across each of its edges, of 58.
    assert_eq!(info["rows"], json!({"train": 36, "valid": 18, "test": 56}));
    let shares = ["--valid-share", "0.2", "--test-share", "0.2", "--block", "1000", "--seed", "1"];
    let first = Outcome::json(windows().args(shares));
    assert_eq!(Outcome::json(windows().args(shares))["digest"], first["digest"]);
    assert_eq!(first["straddling"]["overlapping_windows"]["test_in_train"], 0);
}

#[test]
fn imports_of_sequences_that_cannot_be_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let genome = genome(folder.path());
    let empty = write(folder.path(), "empty.fa", "");
    let out = folder.path().join("out.arrow");
    let refusals = [
        import("fasta", &out).arg(&genome),
        import("fasta", &out).arg(&genome).arg(folder.path().join("no.fa")),
        import("fasta", &out).arg(&genome).arg(&empty).args(["--length", "20"]),
        import("next", &out).arg(&genome),
        import("next", &out).arg(&genome).args(["--valid", "two", "--test", "two:1-10"]),
        import("next", &out).arg(&genome).args(["--valid-share", "0.5", "--test-share", "0.5"]),
        import("next", &out).arg(&genome).args(["--valid-share", "0.5", "--valid", "two"]),
        import("next", &out).arg(&genome).args(["--valid", "two", "--test", "three", "--length", "1000000"]),
    ]
    .map(|command| Outcome::refusal(command, 2).replace(&format!("{}/", folder.path().display()), ""));
    insta::assert_snapshot!(refusals.join("\n"));
    assert_eq!(listing(folder.path()), ["empty.fa", "genome.fa.gz"]);
}
