//! The binary interface never changes: what was built when it was frozen works with what is built today.
//!
//! `tests/fixtures/abi-1` holds a plugin and a plugin host of version 0.1.0, `tests/fixtures/part-e` those of a later
//! day, `tests/fixtures/store-1` a store of the first format. They are never made again.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::process::Command;

use genomenas_plugin_host::wire::{Frame, Kind};
use genomenas_tests::frozen::{fixture, unpacked_file};
use genomenas_tests::runs::{motif_store, result, search};
use genomenas_tests::{Outcome, built_plugin, genomenas};
use serde_json::{Value, json};

use crate::boundary::{ask, setup};

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

/// A plugin host of an earlier day, which is spoken to as the program of that day did: the two come from one build.
struct OldHost {
    socket: UnixStream,
    calls: u32,
}

impl OldHost {
    /// Sends a call; its answer must say that it went well.
    fn call(&mut self, kind: Kind, body: &[u8]) -> Vec<u8> {
        Frame { kind, call: self.calls, body: body.to_vec() }.write(&mut self.socket).unwrap();
        let answer = Frame::read(&mut self.socket).unwrap().unwrap();
        let expected = if kind == Kind::Hello { Kind::Hello } else { Kind::Reply };
        assert_eq!((answer.kind, answer.call), (expected, self.calls), "{:?}", answer.read_failure());
        self.calls += 1;
        answer.body
    }
}

#[test]
fn a_plugin_of_today_works_in_the_host_of_the_first_day_and_of_a_later_one() {
    for day in DAYS {
        let folder = tempfile::tempdir().unwrap();
        let host = unpacked_file(day, "genomenas-plugin-host", folder.path());
        let (socket, theirs) = UnixStream::pair().unwrap();
        let mut process = Command::new(host).stdin(OwnedFd::from(theirs)).spawn().unwrap();
        let mut host = OldHost { socket, calls: 0 };
        host.call(Kind::Hello, br#"{"version":1,"pid":1}"#);
        host.call(Kind::Open, built_plugin("random-search").as_os_str().as_bytes());
        let setup = serde_json::to_string(&setup(&json!({"trials": 3, "batch": 16}))).unwrap();
        let create = json!({"strategy": "random-search", "setup": setup});
        host.call(Kind::Create, create.to_string().as_bytes());
        let proposal = host.call(Kind::Propose, &serde_json::to_vec(&ask()).unwrap());
        let proposal: Value = serde_json::from_slice(&proposal).unwrap();
        assert!(!proposal["trials"].as_array().unwrap().is_empty(), "{proposal}");
        let state = host.call(Kind::Save, b"");
        host.call(Kind::Load, &state);
        drop(host);
        assert!(process.wait().unwrap().success());
    }
}

#[test]
fn a_store_of_the_first_day_is_read_and_says_nothing_of_what_nobody_looked_for() {
    let store = fixture("store-1", "small.arrow");
    let text = Outcome::text(genomenas().args(["data", "info", "--verify"]).arg(store));
    assert!(text.starts_with("multi-class: 10 bases a row, 2 classes, 6 rows"), "{text}");
    assert!(!text.contains("two splits"), "{text}");
}
