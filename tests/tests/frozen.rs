//! The binary interface never changes: what was built when it was frozen works with what is built today.
//!
//! `tests/fixtures/abi-1` holds a plugin and a plugin host of version 0.1.0, `tests/fixtures/store-1` a store of the
//! first format. They are never made again.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{motif_store, result, search};
use genomenas_tests::{Outcome, built_plugin, genomenas};

/// Unpacks a file of the fixture into `folder`.
fn frozen(file: &str, folder: &Path) -> PathBuf {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/abi-1").join(format!("{file}.gz"));
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(packed).unwrap()).read_to_end(&mut bytes).unwrap();
    let path = write(folder, file, &bytes);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

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
fn a_plugin_of_the_first_day_works_in_todays_host() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = frozen("random-search.so", folder.path());
    search_works(|command| _ = command.arg("--plugins").arg(&plugin));
}

#[test]
fn a_plugin_of_today_works_in_the_host_of_the_first_day() {
    let folder = tempfile::tempdir().unwrap();
    let host = frozen("genomenas-plugin-host", folder.path());
    let plugin = built_plugin("random-search");
    search_works(|command| _ = command.arg("--plugins").arg(plugin).env("GENOMENAS_PLUGIN_HOST", host));
}

#[test]
fn a_store_of_the_first_day_is_read_and_says_nothing_of_what_nobody_looked_for() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/store-1/small.arrow");
    let text = Outcome::text(genomenas().args(["data", "info", "--verify"]).arg(store));
    assert!(text.starts_with("multi-class: 10 bases a row, 2 classes, 6 rows"), "{text}");
    assert!(!text.contains("two splits"), "{text}");
}
