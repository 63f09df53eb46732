//! What `genomenas report` writes for other tools and for a paper, of comparisons and of runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use genomenas_tests::comparisons::{content, copy, done_comparison, report, run_folder, unfinish};
use genomenas_tests::made_up::write;
use genomenas_tests::project;
use genomenas_tests::runs::{motif_store, train};
use genomenas_tests::{Outcome, listing};
use serde_json::Value;
use tempfile::TempDir;

/// A comparison that is done, and what is written beside it.
fn home() -> &'static (TempDir, PathBuf) {
    static HOME: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let (_, done) = done_comparison(home.path());
        (home, done)
    })
}

/// `report` of a folder with one option and its value.
fn with(folder: &Path, option: &str, value: &Path) -> Command {
    let mut command = report(folder);
    command.arg(option).arg(value);
    command
}

#[test]
fn every_output_of_a_comparison_is_written_and_written_again() {
    let (_, done) = home();
    let out = tempfile::tempdir().unwrap();
    let outputs = [
        ("--export", "all.sqlite"),
        ("--export", "scores.parquet"),
        ("--export", "scores.csv"),
        ("--export", "scores.jsonl"),
        ("--tensorboard", "events"),
        ("--optuna", "studies.db"),
        ("--latex", "table.tex"),
        ("--methods", "methods.md"),
    ];
    let mut first = Vec::new();
    for _ in 0..2 {
        let mut command = report(done);
        for (option, name) in outputs {
            command.arg(option).arg(out.path().join(name));
        }
        let said = Outcome::text(&mut command);
        for (_, name) in outputs {
            assert!(said.contains(name) && out.path().join(name).exists(), "{name}: {said}");
        }
        let written = content(out.path());
        assert!(first.is_empty() || first == written, "the same folder makes the same files");
        first = written;
    }
    let events = listing(&out.path().join("events"));
    assert_eq!(events.iter().filter(|name| name.contains("tfevents")).count(), 4, "{events:?}");
    assert!(out.path().join("methods.bib").exists());
    assert!(listing(out.path()).iter().all(|name| !name.contains(".part")), "nothing unfinished is left");
}

#[test]
fn the_scores_of_a_table_are_those_of_the_results() {
    let (_, done) = home();
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("runs.jsonl");
    Outcome::text(with(done, "--export", &file).args(["--table", "runs"]));
    let text = fs::read_to_string(&file).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 4);
    for row in &rows {
        let folder = done.join(row["folder"].as_str().unwrap());
        let result = genomenas_tests::runs::result(&folder);
        assert_eq!(row["state"], "done");
        assert_eq!(row["test_auroc"], result["test"]["auroc"]["mean"]);
        assert_eq!(row["parameters"], result["parameters"]);
    }
    for (table, least) in [("trials", 4), ("epochs", 8), ("scores", 8), ("decisions", 4), ("entries", 2)] {
        Outcome::text(with(done, "--export", &file).args(["--table", table]));
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.lines().count() >= least, "{table}: {text}");
    }
}

#[test]
fn a_run_by_itself_has_exports_and_no_part_of_a_paper() {
    let (_, done) = home();
    let run = run_folder(done, 0, 1);
    let out = tempfile::tempdir().unwrap();
    let at = |name: &str| out.path().join(name);
    let mut command = with(&run, "--export", &at("scores.csv"));
    command.arg("--tensorboard").arg(at("events")).arg("--optuna").arg(at("studies.db"));
    Outcome::text(&mut command);
    let text = fs::read_to_string(at("scores.csv")).unwrap();
    assert!(
        text.starts_with("run,entry,fold,seed,split,label,") && text.contains("1,random-search,,1,test,motif,"),
        "{text}"
    );
    assert!(at("events/random-search-batch=16-trials=1/seed-1").is_dir());
    for (option, name) in [("--latex", "table.tex"), ("--methods", "methods.md")] {
        let told = Outcome::refusal(&mut with(&run, option, &at(name)), 2);
        assert!(told.contains(option) && told.contains("is the folder of a run"), "{told}");
        assert!(!at(name).exists());
    }
}

#[test]
fn a_training_without_a_search_is_exported_and_has_no_study() {
    let home = tempfile::tempdir().unwrap();
    let (store, run) = (motif_store(home.path()), home.path().join("trained"));
    Outcome::text(&mut train(&store, &run, "--epochs 1"));
    let file = home.path().join("epochs.csv");
    Outcome::text(
        with(&run, "--export", &file).args(["--table", "epochs"]).arg("--optuna").arg(home.path().join("s.db")),
    );
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 2);
}

#[test]
fn what_is_no_run_and_files_of_other_kinds_are_refused_before_anything_is_written() {
    let (_, done) = home();
    let out = tempfile::tempdir().unwrap();
    let before = content(done);
    let own = write(out.path(), "own.csv", "label,colour\n");
    let notes = write(out.path(), "own.md", "# Notes\n");
    let database = write(out.path(), "own.db", "SQLite format 3\0");
    let folder = out.path().join("events");
    fs::create_dir(&folder).unwrap();
    write(&folder, "thesis.tex", "years");
    for (option, value, why) in [
        ("--export", own.as_path(), "own.csv exists and is not an export"),
        ("--export", Path::new("results.xlsx"), ".sqlite, .parquet, .csv and .jsonl"),
        ("--methods", &notes, "own.md exists"),
        ("--optuna", &database, "own.db exists and is not an Optuna storage"),
        ("--tensorboard", &folder, "holds"),
        ("--latex", Path::new("table.doc"), "does not end in .tex"),
        ("--table", Path::new("runs"), "--export"),
    ] {
        let told = Outcome::refusal(&mut with(done, option, value), 2);
        assert!(told.contains(why), "{option}: {told}");
    }
    let mut twice = with(done, "--export", Path::new("one.sqlite"));
    let told = Outcome::refusal(twice.args(["--optuna", "one.sqlite"]), 2);
    assert!(told.contains("one.sqlite is named twice"), "{told}");
    assert!(content(done) == before, "not even the report was written");
    let told = Outcome::refusal(&mut with(out.path(), "--export", Path::new("x.csv")), 2);
    assert!(told.contains("not the folder of a comparison or of a run"), "{told}");
    assert_eq!(listing(out.path()), ["events", "events/thesis.tex", "own.csv", "own.db", "own.md"]);
}

#[test]
fn a_comparison_under_way_is_exported_as_it_is() {
    let (home, done) = home();
    let open = home.path().join("open");
    copy(done, &open);
    unfinish(&run_folder(&open, 1, 2));
    fs::remove_file(run_folder(&open, 0, 2).join("journal.jsonl")).unwrap();
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("runs.csv");
    Outcome::text(
        with(&open, "--export", &file).args(["--table", "runs", "--tensorboard"]).arg(out.path().join("events")),
    );
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches(",running,").count(), 1, "{text}");
    let methods = out.path().join("methods.md");
    Outcome::text(&mut with(&open, "--methods", &methods));
    let text = fs::read_to_string(&methods).unwrap();
    assert!(text.contains("The comparison is not complete: of 4 runs, 1 has not ended."), "{text}");
}

#[test]
fn a_folder_of_event_files_that_a_kill_left_is_removed_by_the_next_report() {
    let (_, done) = home();
    let out = tempfile::tempdir().unwrap();
    let left = out.path().join(".events.abc123.part");
    fs::create_dir_all(left.join("entry")).unwrap();
    Outcome::text(&mut with(done, "--tensorboard", &out.path().join("events")));
    assert!(!left.exists());
}

#[test]
fn the_papers_that_methods_cite_are_those_of_the_readmes() {
    let plugins = project::path("plugins");
    let source = fs::read_to_string(project::path("host/report/src/paper/references.rs")).unwrap();
    let entries = source.split("pub(super) const ALL").nth(1).unwrap().split("#[cfg(test)]").next().unwrap();
    let readmes: String = fs::read_dir(&plugins)
        .unwrap()
        .filter_map(|plugin| fs::read_to_string(plugin.unwrap().path().join("README.md")).ok())
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let texts: Vec<&str> = entries.split('"').skip(1).step_by(2).collect();
    let titles = texts.iter().filter(|text| text.contains(' ') && !text.contains(" and "));
    let mut found = 0;
    for title in titles {
        assert!(readmes.contains(title), "no README names {title:?}");
        found += 1;
    }
    assert!(found >= 12, "{found} titles and journals");
}
