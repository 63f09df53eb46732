//! What a person meets with small data of their own: budgets in epochs, sizes that fit, names, recipes, widths, presets.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::runs::{motif_table, store_of};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;
use tempfile::TempDir;

/// A store of windows of this length.
fn home(length: usize) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let store = store_of(home.path(), &motif_table(length, 3), "motif");
    (home, store)
}

fn verb(verb: &str, store: &Path, out: &Path, options: &[&str]) -> Command {
    let mut command = genomenas();
    command.args([verb, "--device", "cpu", "--threads", "1", "--data"]).arg(store).arg("--out").arg(out).args(options);
    command
}

fn document(path: &Path) -> toml::Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

fn train_rows(store: &Path) -> i64 {
    let info = Outcome::json(genomenas().args(["data", "info", "--json"]).arg(store));
    info["rows"]["train"].as_i64().unwrap()
}

const SMALL: [&str; 8] = ["--seeds", "1", "--no-control", "--epochs", "1", "--batch", "16", "--json"];

#[test]
fn a_budget_in_epochs_is_so_many_times_the_training_split_and_the_plan_says_what_it_means() {
    let (home, store) = home(60);
    let out = home.path().join("out");
    let options = [&SMALL[..], &["--budget", "2epochs", "--strategy", "random-search trials=2 batch=16"]].concat();
    let ended = Outcome::of(&mut verb("compare", &store, &out, &options));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let plan = document(&out.join("comparison.toml"));
    assert_eq!(plan["budget"]["amount"].as_integer(), Some(2 * train_rows(&store)));
    let comparison: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(comparison["budget_epochs"], 2.0);
    assert!(ended.stderr.contains("each of 2 trials sees the training split 1"), "{ended:?}");
    // The same words go on with it.
    Outcome::text(&mut verb("compare", &store, &out, &options));
    for wrong in ["0epochs", "-1epochs", "many epochs", "20000", "1e300epochs"] {
        let budget = format!("--budget={wrong}");
        let options = [&SMALL[..], &[budget.as_str(), "--strategy", "random-search"]].concat();
        Outcome::refusal(&mut verb("compare", &store, &home.path().join("wrong"), &options), 2);
    }
    assert!(!home.path().join("wrong").exists());
}

#[test]
fn sizes_that_nobody_gives_follow_from_the_data_each_with_its_reason() {
    let (home, store) = home(60);
    let search = |name: &str, more: &[&str]| {
        let options =
            [&["--strategy", "random-search", "--budget", "1epochs", "--set", "trials=1", "--set", "batch=16"], more];
        let ended = Outcome::of(&mut verb("search", &store, &home.path().join(name), &options.concat()));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stderr
    };
    let told = search("found", &["--space-set", "channels=2"]);
    for part in
        ["the space has cells=3 (published: 6), because windows of 60 bases", "decoder_features=32", "rnn_nodes=4"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("the space has channels"), "{told}");
    let listed = Outcome::json(
        genomenas().args(["describe", "--space", "genomenas", "--sizes", "--json", "--data"]).arg(&store),
    );
    let cells = listed.as_array().unwrap().iter().find(|size| size["name"] == "cells").unwrap();
    assert_eq!((&cells["here"], &cells["published"]), (&3.into(), &"6".into()));
    let wrong = ["--strategy", "random-search", "--budget", "1epochs", "--space-set", "sizes=tiny"];
    let told = Outcome::refusal(&mut verb("search", &store, &home.path().join("wrong"), &wrong), 2);
    assert!(told.contains("sizes=tiny is unknown"), "{told}");
}

#[test]
fn a_name_stands_for_an_entry_in_tables_and_folders() {
    let (home, store) = home(60);
    let out = home.path().join("out");
    let named = "lstm hidden=4 batch=16 epochs=1 name=tiny";
    let options = [&SMALL[..], &["--budget", "1epochs", "--strategy", named]].concat();
    let comparison = Outcome::json(&mut verb("compare", &store, &out, &options));
    let entry = &comparison["entries"][0];
    assert_eq!((&entry["name"], &entry["parameters"]["hidden"]), (&"tiny".into(), &4.into()));
    assert!(out.join("runs/tiny/seed-1/result.json").is_file());
    let shown = Outcome::text(genomenas().args(["compare", "--out"]).arg(&out));
    assert!(shown.contains("tiny: lstm") && shown.contains("hidden=4"), "{shown}");
    let twice =
        [&SMALL[..], &["--budget", "1epochs", "--strategy", "lstm name=x", "--strategy", "danq name=x"]].concat();
    let told = Outcome::refusal(&mut verb("compare", &store, &home.path().join("twice"), &twice), 2);
    assert!(told.contains("two strategies are called 'x'"), "{told}");
}

#[test]
fn a_parameter_of_a_strategy_is_used_by_its_own_recipe_and_refused_by_the_common_one() {
    let (home, store) = home(60);
    let train = |name: &str, more: &[&str]| {
        let set = [
            "--strategy",
            "lstm",
            "--set",
            "hidden=4",
            "--set",
            "batch=16",
            "--set",
            "learning_rate=0.5",
            "--set",
            "epochs=1",
        ];
        verb("train", &store, &home.path().join(name), &[&set[..], more].concat())
    };
    let told = Outcome::refusal(&mut train("common", &["--batch", "16"]), 2);
    assert!(told.contains("would change nothing here") && told.contains("--recipe own"), "{told}");
    assert!(!home.path().join("common").exists());
    Outcome::text(&mut train("own", &["--recipe", "own"]));
    let run = document(&home.path().join("own/run.toml"));
    assert_eq!(run["final"]["epochs"].as_integer(), Some(1));
    assert_eq!(run["final"]["cnn"]["learning_rate"].as_float(), Some(0.5));
    let info = Outcome::json(genomenas().args(["plugin", "info", "lstm", "--json"]));
    let acts_on = |name: &str| {
        let parameters = info["parameters"].as_array().unwrap().iter();
        parameters.clone().find(|parameter| parameter["name"] == name).unwrap()["acts_on"].clone()
    };
    assert_eq!((acts_on("learning_rate"), acts_on("hidden")), ("training".into(), "network".into()));
}

#[test]
fn windows_that_are_too_short_for_a_baseline_leave_a_way_on() {
    let (home, store) = home(30);
    for strategy in ["deepsea", "danq", "ncnet-rr"] {
        let options = [&SMALL[..], &["--budget", "1epochs", "--strategies", strategy]].concat();
        let told = Outcome::refusal(&mut verb("compare", &store, &home.path().join("out"), &options), 2);
        assert!(told.contains("take a baseline that reads windows of 30 bases (") && told.contains("lstm"), "{told}");
    }
    assert!(!home.path().join("out").exists());
}

#[test]
fn what_a_person_reads_has_the_width_that_they_have() {
    for (columns, verb) in [
        (80, "plugin list"),
        (110, "plugin list"),
        (80, "plugin info lstm"),
        (80, "describe --space genomenas --sizes"),
    ] {
        let text = Outcome::text(genomenas().args(verb.split(' ')).env("COLUMNS", columns.to_string()));
        // What cannot be broken: paths, digests and the choices of a parameter.
        let breakable = |line: &&str| line.split_whitespace().all(|word| word.len() < 60);
        for line in text.lines().filter(breakable) {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
    }
}

#[test]
fn a_preset_is_printed_as_a_comparison_file_and_a_dry_run_makes_nothing() {
    let (home, store) = home(60);
    let out = home.path().join("out");
    let before = listing(home.path());
    let options = [
        "--preset",
        "quick",
        "--seeds",
        "1",
        "--budget",
        "1epochs",
        "--strategy",
        "random-search trials=1 batch=16",
        "--dry-run",
    ];
    let ended = Outcome::of(&mut verb("compare", &store, &out, &options));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(listing(home.path()), before, "nothing was made");
    for part in ["all runs: about", "to cut first:", "random-search"] {
        assert!(ended.stdout.contains(part), "{part}: {ended:?}");
    }
    let printed = ended.stderr.split("# --preset quick is this comparison file").nth(1).unwrap();
    let printed = printed.split_once('\n').unwrap().1.split("\n\n[2").next().unwrap().split("\n[2").next().unwrap();
    let file: toml::Table = printed.parse().unwrap();
    assert!(file["space"].as_str().unwrap().starts_with("genomenas cells=3 "), "{file}");
    assert!(!file.contains_key("seeds") && !file.contains_key("budget"), "{file}");
    Outcome::refusal(&mut verb("compare", &store, &out, &["--preset", "fast"]), 2);
    let without = Outcome::refusal(genomenas().args(["compare", "--preset", "quick", "--dry-run"]), 2);
    assert!(without.contains("--data"), "{without}");
}

#[test]
fn shells_and_the_manual_know_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    Outcome::text(genomenas().args(["man", "--out"]).arg(folder.path()));
    let compare = fs::read_to_string(folder.path().join("genomenas-compare.1")).unwrap();
    assert!(compare.contains("budget"), "{compare}");
    for shell in ["bash", "zsh", "fish"] {
        let script = Outcome::text(genomenas().args(["completions", shell]));
        assert!(script.contains("compare") && script.contains("dry-run"), "{shell}: {script}");
    }
    Outcome::refusal(genomenas().args(["completions", "sh"]), 2);
}
