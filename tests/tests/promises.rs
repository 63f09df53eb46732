//! `genomenas plugin check`: every bundled plugin keeps the promises, and a plugin that breaks one is told which.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use genomenas_tests::frozen::unpacked_file;
use genomenas_tests::made_up::write;
use genomenas_tests::{Outcome, bad_plugin, built_plugin, genomenas, hostile_plugin, project};
use serde_json::Value;

fn check(file: &Path) -> Command {
    let mut command = genomenas();
    command.args(["plugin", "check"]).arg(file);
    command
}

/// The exit code, and the tests of a check as JSON.
fn tests(command: &mut Command) -> (Option<i32>, Vec<Value>) {
    let outcome = Outcome::of(command.arg("--json"));
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
    let strategies = document["strategies"].as_array().unwrap();
    (outcome.code, strategies.iter().flat_map(|strategy| strategy["tests"].as_array().unwrap().clone()).collect())
}

/// The tests that are neither passed nor skipped, with their statuses.
fn broken(tests: &[Value]) -> BTreeSet<(&str, &str)> {
    let all = tests.iter().map(|test| (test["test"].as_str().unwrap(), test["status"].as_str().unwrap()));
    all.filter(|(_, status)| !matches!(*status, "passed" | "skipped")).collect()
}

#[test]
fn every_bundled_plugin_keeps_every_promise() {
    let mut strategies = 0;
    for folder in fs::read_dir(project::path("plugins")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let outcome = Outcome::of(&mut check(&built_plugin(&name)));
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
        strategies += outcome.stdout.matches(" tests: ").count();
    }
    assert!(strategies >= 16, "{strategies}");
}

/// Strategies that break one promise, with a word of what is said of it.
const BAD: [(&str, &str, &str); 22] = [
    ("bad-search", "no-mistakes", "drops trial 1000000, which was never proposed"),
    ("bad-search", "same-seed", "answer 1 differs"),
    ("bad-search", "parameters", "with the defaults of its own schema"),
    ("bad-search", "counts", "which trained another architecture"),
    ("bad-search", "save-and-load", "differs"),
    ("bad-search", "foreign-state", "for a state"),
    ("bad-search", "garbage", "as the message of propose"),
    ("bad-search", "unknown-fields", "unknown field `a_later_field`"),
    ("bad-search", "failed-trials", ""),
    ("bad-search", "stray-reports", "differs"),
    ("bad-search", "late-reports", "has ended"),
    ("bad-search", "budget-of-one", "a budget of 1 samples"),
    ("bad-search", "any-budget", "a budget of 2 samples"),
    ("bad-search", "several-at-once", "another trial is under way"),
    ("bad-search", "shuffled-reports", "has overtaken another"),
    ("bad-search", "no-budget", "asked with remaining = 0"),
    ("bad-search", "finite-space", "every architecture was tried"),
    ("bad-search", "every-space", "long-windows: these windows are too long"),
    ("bad-search", "every-task", "regression: trial 0"),
    ("bad-search", "other-seed", "gave equal proposals"),
    ("bad-baseline", "trains-once", "proposes 2 trials"),
    ("bad-baseline", "any-data", "windows of 1 bases are refused with"),
];

/// The same, of what is done to the process.
const BAD_IN_A_PROCESS: [(&str, &str, &str); 4] = [
    ("bad-search", "side-by-side", "with two instances in one process"),
    ("bad-search", "silence", "bytes on standard output"),
    ("bad-search", "memory", "its process grew by"),
    ("bad-search", "latency", "took"),
];

#[test]
fn each_broken_promise_fails_its_own_test_alone_and_is_told_with_what_to_do() {
    for (strategy, promise, word) in BAD.into_iter().chain(BAD_IN_A_PROCESS) {
        let mut command = check(&bad_plugin());
        command.args(["--strategy", strategy, "--set", &format!("breaks={promise}")]);
        if promise == "latency" {
            // So that it need not be slow for long.
            command.args(["--hook-deadline", "4s"]);
        }
        let (code, tests) = tests(&mut command);
        let broken: Vec<_> = broken(&tests).into_iter().map(|(test, _)| test).collect();
        assert_eq!((code, broken), (Some(1), vec![promise]), "{promise}: {tests:#?}");
        let told = tests.iter().find(|test| test["test"] == promise).unwrap();
        assert!(told["said"].as_str().unwrap().contains(word), "{promise}: {told}");
        assert!(told["advice"].as_str().unwrap().len() > 20, "{promise}: {told}");
    }
}

#[test]
fn the_same_strategies_without_an_order_keep_every_promise() {
    let (code, tests) = tests(&mut check(&bad_plugin()));
    assert_eq!((code, broken(&tests)), (Some(0), BTreeSet::new()), "{tests:#?}");
}

#[test]
fn every_test_has_a_strategy_that_breaks_it() {
    let (_, tests) = tests(check(&bad_plugin()).args(["--strategy", "bad-search", "--strategy", "bad-baseline"]));
    let all: BTreeSet<&str> = tests.iter().map(|test| test["test"].as_str().unwrap()).collect();
    let bad = BAD.iter().chain(&BAD_IN_A_PROCESS).map(|(_, promise, _)| *promise).chain(["manifest"]);
    assert_eq!(all, bad.collect());
}

/// The file of a plugin with a text in it replaced by one of the same length.
fn patched(folder: &Path, file: &Path, old: &str, new: &str) -> std::path::PathBuf {
    assert_eq!(old.len(), new.len());
    let mut bytes = fs::read(file).unwrap();
    let places: Vec<_> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(old.as_bytes())).collect();
    assert!(!places.is_empty(), "{old} is not in the file");
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
    write(folder, "libpatched.so", bytes)
}

#[test]
fn a_manifest_that_is_not_the_librarys_and_a_forbidden_library_fail_the_first_test() {
    let folder = tempfile::tempdir().unwrap();
    for (old, new, word) in [
        ("bad-agrees:yes!!", "bad-agrees:no!!!", "once loaded it describes itself otherwise"),
        ("libgcc_s.so.1", "libtorch.so.9", "it links libtorch.so.9"),
    ] {
        let file = patched(folder.path(), &bad_plugin(), old, new);
        let (code, tests) = tests(&mut check(&file));
        assert_eq!(code, Some(1), "{tests:#?}");
        assert!(broken(&tests).into_iter().all(|(test, _)| test == "manifest"), "{tests:#?}");
        let told = tests.iter().find(|test| test["status"] == "failed").unwrap();
        assert!(told["said"].as_str().unwrap().contains(word), "{told}");
    }
}

#[test]
fn a_crash_or_a_hang_is_the_result_of_the_tests_that_meet_it_and_the_others_go_on() {
    for (misbehave, deadline, status, said) in [
        ("abort", "30s", "crashed", "died with signal 6 (abort)"),
        ("sleep", "1s", "stopped", "did not answer load within 1 s"),
        ("allocate", "30s", "crashed", "MiB of addresses"),
    ] {
        let mut command = check(&hostile_plugin());
        command.args(["--strategy", "hostile", "--hook-deadline", deadline, "--set", "trials=2", "--set", "hook=load"]);
        command.args(["--set", &format!("misbehave={misbehave}")]);
        command.args(["--only", "foreign-state", "--only", "no-mistakes", "--only", "no-budget"]);
        let (code, tests) = tests(&mut command);
        assert_eq!(code, Some(1), "{tests:#?}");
        assert_eq!(broken(&tests), BTreeSet::from([("foreign-state", status)]), "{tests:#?}");
        let told = tests.iter().find(|test| test["test"] == "foreign-state").unwrap();
        assert!(told["said"].as_str().unwrap().contains(said), "{told}");
    }
}

#[test]
fn plugins_of_earlier_days_keep_every_promise() {
    for day in ["abi-1", "part-e"] {
        let folder = tempfile::tempdir().unwrap();
        let file = unpacked_file(day, "random-search.so", folder.path());
        let (code, tests) = tests(&mut check(&file));
        assert_eq!((code, broken(&tests)), (Some(0), BTreeSet::new()), "{day}: {tests:#?}");
    }
}

#[test]
fn a_person_reads_a_line_a_test_and_what_to_do() {
    let outcome =
        Outcome::of(check(&bad_plugin()).args(["--strategy", "bad-search", "--set", "breaks=other-seed"]).args([
            "--only",
            "other-seed",
            "--only",
            "no-budget",
        ]));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.stderr, "error: promises are broken: other-seed\n");
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn what_cannot_be_checked_is_refused_with_the_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |command: &mut Command| Outcome::refusal(command, 2);
    let missing = refusal(&mut check(&folder.path().join("none.so")));
    assert!(missing.contains("none.so cannot be read: No such file"), "{missing}");
    let text = refusal(&mut check(&write(folder.path(), "notes.so", "# Notes\n")));
    assert!(text.contains("notes.so is not a plugin: it is not a library"), "{text}");
    let library = refusal(&mut check(&built_plugin("genomenas_plugin_macros")));
    assert!(library.contains("it has no .genomenas section"), "{library}");
    let not_a_file = refusal(&mut check(folder.path()));
    assert!(not_a_file.contains("is a folder: name the file of a plugin"), "{not_a_file}");
    let test = refusal(check(&bad_plugin()).args(["--only", "same-sed"]));
    assert!(test.contains("did you mean 'same-seed'?") && test.contains("other-seed, trains-once"), "{test}");
    let strategy = refusal(check(&bad_plugin()).args(["--strategy", "bad-serch"]));
    assert!(strategy.contains("did you mean `bad-search`?"), "{strategy}");
}

#[test]
fn a_parameter_that_the_strategy_refuses_is_wrong_use_in_its_own_words() {
    for set in ["trials=-5", "trails=5"] {
        let mut command = check(&built_plugin("random_search"));
        command.args(["--set", set, "--json"]);
        let refused = Outcome::refusal(&mut command, 2);
        assert!(refused.contains("`random-search` cannot be begun with these parameters"), "{refused}");
        assert!(refused.contains("trials"), "{refused}");
    }
}
