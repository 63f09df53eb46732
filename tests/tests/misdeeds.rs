//! Every way in which a plugin can hang, end, flood or answer nonsense, each in a run of one comparison: the run ends with
//! the right words in bounded time, and a healthy run beside them ends with the bytes that it has alone.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use genomenas_tests::made_up::write;
use genomenas_tests::runs::{bytes, motif_store, result, search, space, timeless};
use genomenas_tests::{Outcome, genomenas, hostile_plugin};
use serde_json::Value;

/// Orders, and a part of the reason for which the run fails; none where it is done all the same.
const MISDEEDS: [(&str, Option<&str>); 49] = [
    // Hangs.
    ("sleep hook=propose", Some("did not answer propose within 2 s and was killed (where it needs longer: --hook")),
    ("sleep hook=update", Some("did not answer update within 2 s")),
    ("sleep hook=discard", Some("did not answer discard within 2 s")),
    ("sleep hook=save", Some("did not answer save within 2 s")),
    ("sleep hook=load abort_at_update=4", Some("did not answer load within 2 s")),
    ("loop hook=update", Some("did not answer update within 2 s")),
    ("loop hook=load abort_at_update=4", Some("did not answer load within 2 s")),
    ("stop hook=propose", Some("did not answer propose within 2 s")),
    ("sleep hook=drop", None),
    ("loop hook=drop", None),
    ("stop hook=drop", None),
    // Exits.
    ("exit hook=propose", Some("ended by itself with exit code 0 in propose")),
    ("exit-1 hook=update", Some("ended by itself with exit code 1 in update")),
    ("exit-fast hook=discard", Some("ended by itself with exit code 7 in discard")),
    ("exit-1 hook=save", Some("ended by itself with exit code 1 in save")),
    ("exit-1 hook=load abort_at_update=4", Some("ended by itself with exit code 1 in load")),
    ("abort hook=propose", Some("died with signal 6 (abort) in propose")),
    ("segfault hook=discard", Some("died with signal 11 (segmentation fault) in discard")),
    ("recurse hook=propose", Some("stack overflow")),
    ("kill hook=propose", Some("died with signal 9 (killed, by a person or for memory) in propose")),
    ("terminate hook=update", Some("died with signal 15 (terminated) in update")),
    ("panic hook=save", Some("panicked: ordered to panic in save")),
    ("panic-payload hook=update", Some("panicked: a value that is not text")),
    ("error hook=discard", Some("failed in discard: ordered to fail in discard")),
    ("panic hook=drop", None),
    ("exit-1 hook=drop", None),
    ("abort hook=drop", None),
    ("segfault hook=drop", None),
    ("kill hook=drop", None),
    // Floods.
    ("flood-out hook=propose", None),
    ("flood-err hook=update", None),
    ("flood-line hook=propose", None),
    ("flood-err hook=drop", None),
    ("huge-reply", Some("a reply of 68157440 bytes; at most 67108864 are allowed")),
    // Replies past the interface.
    ("reply-drip", Some("did not answer propose within 2 s")),
    ("reply-gigabyte", Some("sent something that is not an answer in propose: a frame of 1073741824 bytes")),
    ("reply-kind", Some("sent something that is not an answer in propose: a frame of the unknown kind 99")),
    ("reply-half", Some("died with signal 6 (abort) in propose")),
    ("reply-empty", Some("its reply cannot be read: EOF while parsing a value")),
    ("reply-deep", Some("its reply cannot be read: recursion limit exceeded")),
    ("reply-not-text", Some("its reply cannot be read: ")),
    ("reply-overflow", Some("its reply cannot be read: number out of range")),
    ("reply-nan", Some("its reply cannot be read: expected value")),
    ("number-huge", None),
    ("number-negative", None),
    ("number-nan", Some("its reply cannot be read: ")),
    ("reply-twice", Some("sent something that is not an answer in update: it answered call 3 instead of 4")),
    ("nothing", None),
    ("print hook=propose", None),
];

/// The strategy under orders, as a comparison names it.
fn entry(orders: &str) -> String {
    format!("hostile trials=2 misbehave={orders}")
}

/// A comparison on the store in `home`, beside random search.
fn compare(home: &Path, out: &Path, entries: &[String]) -> Command {
    let mut command = genomenas();
    let terms = "--no-control --seeds 1 --budget 320samples --epochs 1 --batch 16 --device cpu --threads 8 --jobs 8 --hook-deadline 2s";
    command.arg("compare").args(terms.split_whitespace());
    for entry in entries {
        command.args(["--strategy", entry]);
    }
    command.args(["--strategy", HEALTHY, "--plugins"]).arg(hostile_plugin());
    command.arg("--space").arg(space(home)).arg("--data").arg(home.join("store.arrow")).arg("--out").arg(out);
    command
}

const HEALTHY: &str = "random-search trials=2 batch=16";

/// The folder of the healthy run of a comparison.
fn healthy(out: &Path) -> PathBuf {
    out.join("runs/random-search-batch=16-trials=2/seed-1")
}

#[test]
fn every_misdeed_ends_its_own_run_in_words_and_changes_no_byte_of_a_healthy_one() {
    let home = tempfile::tempdir().unwrap();
    motif_store(home.path());
    let alone = home.path().join("alone");
    Outcome::text(&mut compare(home.path(), &alone, &[]));

    let out = home.path().join("together");
    let entries: Vec<String> = MISDEEDS.iter().map(|(orders, _)| entry(orders)).collect();
    let begun = Instant::now();
    let outcome = Outcome::of(&mut compare(home.path(), &out, &entries));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    // A run that nothing ends would go on for ever.
    assert!(begun.elapsed() < Duration::from_secs(600), "{:?}", begun.elapsed());

    let comparison: Value = serde_json::from_slice(&bytes(&out, "comparison.json")).unwrap();
    let mut wrong = Vec::new();
    for ((orders, expected), entry) in MISDEEDS.iter().zip(comparison["entries"].as_array().unwrap()) {
        let state = &entry["runs"][0]["state"];
        let fits = match expected {
            Some(part) => state["reason"].as_str().is_some_and(|reason| reason.contains(part) && reason.len() < 4000),
            None => state["state"] == "done",
        };
        if !fits {
            wrong.push(format!("{orders}: expected {expected:?}, got {state}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    for name in ["architecture.json", "weights.safetensors"] {
        assert!(bytes(&healthy(&out), name) == bytes(&healthy(&alone), name), "{name} differs");
    }
    assert_eq!(timeless(result(&healthy(&out))), timeless(result(&healthy(&alone))));
}

/// The hostile plugin in `folder`, whose library does something while it is loaded.
fn with_constructor(folder: &Path, order: &str) -> PathBuf {
    let (before, after) = (b"hostile-constructor:none", format!("hostile-constructor:{order}"));
    let mut library = fs::read(hostile_plugin()).unwrap();
    let at = library.windows(before.len()).position(|part| part == before).unwrap();
    library[at..at + after.len()].copy_from_slice(after.as_bytes());
    write(folder, &format!("lib{order}.so"), library)
}

#[test]
fn what_misbehaves_while_it_is_loaded_or_made_begins_nothing() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let out = home.path().join("found");
    let begin = |orders: &str, plugin: &Path| {
        let mut command =
            search(&store, &out, &format!("--strategy hostile --hook-deadline 1s --set misbehave={orders}"));
        command.args(["--set", "hook=create", "--plugins"]).arg(plugin);
        let told = Outcome::refusal(&mut command, 1);
        assert!(!out.exists(), "{told}");
        told
    };
    for (orders, expected) in [
        ("sleep", "did not answer create within 1 s and was killed"),
        ("loop", "did not answer create within 1 s and was killed"),
        ("segfault", "died with signal 11 (segmentation fault) in create"),
        ("exit-1", "ended by itself with exit code 1 in create"),
        ("panic", "panicked: ordered to panic in create"),
    ] {
        let told = begin(orders, &hostile_plugin());
        assert!(told.contains(expected), "{told}");
        assert!(told.ends_with("That was crash 3 of strategy `hostile`, so nothing is begun with it"), "{told}");
    }
    for (order, expected) in [
        ("exit", "ended by itself with exit code 1 while it was loaded"),
        ("segv", "died with signal 11 (segmentation fault) while it was loaded"),
    ] {
        let told = begin("nothing", &with_constructor(home.path(), order));
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_library_that_hangs_while_it_is_loaded_is_ended_and_one_that_floods_then_is_loaded() {
    let home = tempfile::tempdir().unwrap();
    let describe = |order: &str| {
        let mut command = genomenas();
        command.args(["describe", "--strategy", "hostile", "--set", "trials=1", "--length", "1000", "--labels", "2"]);
        command.arg("--plugins").arg(with_constructor(home.path(), order));
        command
    };
    let told = Outcome::refusal(&mut describe("hang"), 1);
    assert!(told.contains("was not loaded within 10 s and was killed"), "{told}");
    Outcome::text(&mut describe("outs"));
}
