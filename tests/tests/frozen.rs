//! The binary interface never changes: what was built when it was frozen works with what is built today.
//!
//! `tests/fixtures/abi-1` holds a plugin and a plugin host of version 0.1.0, `tests/fixtures/part-e` those of a later
//! day, `tests/fixtures/store-1` a store of the first format. They are never made again.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::process::Command;

use genomenas_tests::frozen::{fixture, unpacked_file};
use genomenas_tests::runs::{motif_store, result, search};
use genomenas_tests::{Outcome, built_plugin, genomenas};

/// The fixtures with a plugin and a plugin host, the first day first.
const DAYS: [&str; 2] = ["abi-1", "part-e"];

/// A small search to its end, with more said to it; gives the number of trials.
fn search_works(more: impl FnOnce(&mut Command)) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut command = search(&motif_store(folder.path()), &out, "");
    more(&mut command);
    Outcome::text(&mut command);
    assert_eq!(result(&out)["state"], "done");
    assert_eq!(result(&out)["trials"], 3);
}

#[test]
fn a_plugin_of_the_first_day_and_of_a_later_one_works_in_todays_host() {
    for day in DAYS {
        let folder = tempfile::tempdir().unwrap();
        let plugin = unpacked_file(day, "random-search.so", folder.path());
        search_works(|command| _ = command.arg("--plugins").arg(&plugin));
    }
}

#[test]
fn a_plugin_of_today_works_in_the_host_of_the_first_day_and_of_a_later_one() {
    for day in DAYS {
        let folder = tempfile::tempdir().unwrap();
        let host = unpacked_file(day, "genomenas-plugin-host", folder.path());
        let plugin = built_plugin("random-search");
        search_works(|command| _ = command.arg("--plugins").arg(plugin).env("GENOMENAS_PLUGIN_HOST", host));
    }
}

#[test]
fn a_store_of_the_first_day_is_read_and_says_nothing_of_what_nobody_looked_for() {
    let store = fixture("store-1", "small.arrow");
    let text = Outcome::text(genomenas().args(["data", "info", "--verify"]).arg(store));
    assert!(text.starts_with("multi-class: 10 bases a row, 2 classes, 6 rows"), "{text}");
    assert!(!text.contains("two splits"), "{text}");
}
