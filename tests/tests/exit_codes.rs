//! The exit code says whose turn it is: 2 where the person must change something, 1 where work, a plugin or the machine
//! failed. What else is wrong input is in `bad_input.rs`.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use genomenas_tests::made_up::write;
use genomenas_tests::runs::{self, motif_store, motif_table, search};
use genomenas_tests::{Outcome, genomenas, hostile_plugin, limited, listing};
use tempfile::TempDir;

fn scene() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    (folder, store)
}

/// The same command where no file may grow beyond so many kilobytes, as on a disk that is full.
fn on_a_full_disk(command: &Command, kilobytes: u32) -> Command {
    // The signal would end the process before it could report anything.
    limited(&format!("trap '' XFSZ; ulimit -f {kilobytes}"), command)
}

#[test]
fn wrong_input_is_2() {
    let (folder, store) = scene();
    let out = folder.path().join("out");
    Outcome::refusal(&mut search(&store, &out, "--strategy no-such-strategy"), 2);
    Outcome::refusal(&mut search(&folder.path().join("no-such.arrow"), &out, ""), 2);
    assert!(!out.exists());
}

#[test]
fn an_import_onto_a_full_disk_is_1_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let table = write(folder.path(), "table.tsv", motif_table(60, 3));
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let mut import = genomenas();
    import.args(["data", "import", "table", "--task", "multi-label", "--split", "split", "--labels", "motif"]);
    import.arg(&table).arg("--out").arg(out.join("store.arrow"));
    let error = Outcome::refusal(&mut on_a_full_disk(&import, 1), 1);
    assert!(error.contains("store.arrow"), "{error}");
    assert_eq!(listing(&out), [""; 0]);
}

#[test]
fn a_search_on_a_full_disk_is_1_and_goes_on_once_there_is_room() {
    let (folder, store) = scene();
    let out = folder.path().join("out");
    // Room for the settings and some of the journal, and not for a checkpoint.
    let error = Outcome::refusal(&mut on_a_full_disk(&search(&store, &out, ""), 4), 1);
    assert!(error.contains("cannot write ") && error.contains(out.to_str().unwrap()), "{error}");
    assert!(!out.join("result.json").exists(), "the run is not over");
    Outcome::text(&mut search(&store, &out, ""));
    let result = runs::result(&out);
    assert_eq!((result["state"].as_str(), result["trials"].as_u64()), (Some("done"), Some(3)));
    let journal = runs::journal(&out);
    let ends = runs::of_type(&journal, "end", None);
    assert!(ends.len() == 3 && ends.iter().all(|end| !end.to_string().contains("failed")), "{ends:?}");
}

#[test]
fn output_that_cannot_be_written_is_1() {
    let mut describe = genomenas();
    describe.args(["describe", "--space", "genomenas", "--length", "200", "--labels", "2", "--toml"]);
    describe.stdout(File::options().write(true).open("/dev/full").unwrap());
    let error = Outcome::refusal(&mut describe, 1);
    assert!(error.contains("cannot write to standard output"), "{error}");
}

#[test]
fn a_plugin_that_crashes_is_1() {
    let (folder, store) = scene();
    let out = folder.path().join("out");
    let mut command = search(&store, &out, "--strategy hostile --set misbehave=segfault");
    let error = Outcome::refusal(command.arg("--plugins").arg(hostile_plugin()), 1);
    assert!(error.contains("died with signal 11 (segmentation fault) in propose"), "{error}");
    let mut describe = genomenas();
    describe.args([
        "describe",
        "--strategy",
        "hostile",
        "--set",
        "misbehave=abort",
        "--length",
        "200",
        "--labels",
        "2",
    ]);
    let error = Outcome::refusal(describe.arg("--plugins").arg(hostile_plugin()), 1);
    assert!(error.contains("died with signal 6 (abort) in propose"), "{error}");
}

#[test]
fn a_run_that_failed_is_1_also_when_it_is_asked_for_again() {
    let (folder, store) = scene();
    let out = folder.path().join("out");
    let fails = || {
        let mut command = search(&store, &out, "--strategy hostile --set misbehave=error");
        command.arg("--plugins").arg(hostile_plugin());
        command
    };
    let first = Outcome::refusal(&mut fails(), 1);
    assert_eq!(Outcome::refusal(&mut fails(), 1), first);
}
