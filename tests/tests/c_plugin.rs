//! A plugin in C, from the header that is handed to authors: compiled, inspected, run, and refused where it should be.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas::plugins::{Limits, PluginInstance};
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::Proposal;
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{motif_store, quietly, result};
use genomenas_tests::{Outcome, genomenas, project};
use serde_json::json;
use tempfile::TempDir;

use crate::boundary::{ask, scan, setup};

/// Compiles a C file to a plugin in `folder`, without a warning.
fn compiled(source: &Path, folder: &Path) -> PathBuf {
    let library = folder.join("libc_strategy.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-fPIC", "-shared"]);
    compiler.arg("-I").arg(project::path("plugin-api/include")).arg("-o").arg(&library).arg(source);
    Outcome::text(&mut compiler);
    library
}

fn source() -> PathBuf {
    project::path("examples/c-strategy/c_strategy.c")
}

fn plugin() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let library = compiled(&source(), folder.path());
    (folder, library)
}

/// The example with a text in it replaced.
fn altered(old: &str, new: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(source()).unwrap();
    assert!(text.contains(old), "{old}");
    let source = write(folder.path(), "altered.c", text.replace(old, new));
    let library = compiled(&source, folder.path());
    (folder, library)
}

fn run(library: &Path, more: &[&str]) -> Command {
    let mut command = genomenas();
    command.args(["plugin", "run"]).arg(library).args(["--budget", "50000samples"]).args(more);
    command
}

#[test]
fn a_plugin_in_c_says_what_it_is() {
    let (_folder, library) = plugin();
    let text = Outcome::text(genomenas().args(["plugin", "info"]).arg(&library));
    assert!(
        text.contains("c-baseline") && text.contains("One convolution and one dense layer, written in C."),
        "{text}"
    );
}

#[test]
fn a_plugin_in_c_is_asked_told_and_finishes_in_a_simulated_search() {
    let (_folder, library) = plugin();
    let ended = Outcome::json(&mut run(&library, &["--json", "--length", "300", "--labels", "4"]));
    let calls = ended["calls"].as_array().unwrap();
    let (first, last) = (&calls[0], calls.last().unwrap());
    assert_eq!(first["answer"]["trials"][0]["network"]["architecture"]["input"], json!([4, 300]));
    assert_eq!(calls.iter().filter(|call| call["call"] == "report").count(), 4, "three epochs and an end");
    assert_eq!(last["answer"]["finding"]["best"]["trial"], 0);
    assert_eq!(ended["mistakes"], json!([]));
}

#[test]
fn a_plugin_in_c_is_trained_by_the_real_host() {
    let (folder, library) = plugin();
    let (store, out) = (motif_store(folder.path()), folder.path().join("run"));
    let mut search = quietly("search", "--strategy c-baseline --budget 720samples");
    Outcome::text(search.arg("--plugins").arg(&library).arg("--data").arg(store).arg("--out").arg(&out));
    assert_eq!((&result(&out)["state"], &result(&out)["trials"]), (&json!("done"), &json!(1)));
}

#[test]
fn a_plugin_in_c_goes_on_from_the_state_that_another_instance_saved() {
    let (folder, _) = plugin();
    let registry = scan(folder.path());
    let strategy = registry.strategy("c-baseline").unwrap();
    let setup = setup(&json!({}));
    let mut first = PluginInstance::start(&strategy, &setup, Limits::default()).unwrap();
    assert!(matches!(first.propose(&ask()).unwrap(), Proposal::Trials { .. }));
    let state = first.save().unwrap();
    assert_eq!(state, b"proposed");
    let resume =
        |state: &[u8]| PluginInstance::resume(&strategy, &setup, Limits::default(), Some(state.to_vec()), vec![]);
    assert!(matches!(resume(&state).unwrap().propose(&ask()).unwrap(), Proposal::Finish { .. }));
    let refused = resume(b"something else").unwrap_err().to_string();
    assert!(refused.ends_with("the saved state cannot be read: expected `begun` or `proposed`"), "{refused}");
}

#[test]
fn what_a_plugin_in_c_refuses_is_said_in_its_words() {
    let (_folder, library) = plugin();
    let refused = Outcome::refusal(&mut run(&library, &["--length", "9", "--space-set", "cells=1"]), 2);
    assert!(refused.contains("the windows have to have 15 bases or more"), "{refused}");
    let refused = Outcome::refusal(&mut run(&library, &["--strategy", "other"]), 2);
    assert!(refused.contains("has no strategy 'other': it has c-baseline"), "{refused}");
}

#[test]
fn a_plugin_in_c_for_another_generation_or_without_a_record_is_refused() {
    for (old, new, expected) in [
        (r#"\"abi\":1"#, r#"\"abi\":2"#, "it is built for generation 2 of the binary interface"),
        (r#"\"record\":\"plugin\""#, r#"\"record\":\"other\""#, "its manifest does not describe a plugin"),
    ] {
        let (_folder, library) = altered(old, new);
        let refused = Outcome::refusal(&mut run(&library, &[]), 2);
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn a_plugin_in_c_that_crashes_ends_its_own_process() {
    let hook = "static genomenas_reply discard(void *at, genomenas_slice report)\n{\n";
    let (_folder, library) = altered(hook, &format!("{hook}    abort();\n"));
    let ended = Outcome::of(&mut run(&library, &[]));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("plugin c-strategy died with signal 6 (abort) in discard"), "{ended:?}");
}
