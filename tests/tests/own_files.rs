//! A person's own files: no verb overwrites or removes what this program did not make.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::Path;

use genomenas_tests::comparisons::{
    compare, content, copy, done_comparison, go_on, report, run_folder, same_results, unfinish,
};
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{architecture, motif_store, motif_table, quietly, search, space, train};
use genomenas_tests::{Outcome, genomenas, hostile_plugin, listing};

#[test]
fn a_run_that_lost_its_settings_keeps_all_its_files_and_the_other_runs_go_on() {
    let home = tempfile::tempdir().unwrap();
    let (_, done) = done_comparison(home.path());
    let out = home.path().join("out");
    copy(&done, &out);
    let (lost, open) = (run_folder(&out, 0, 1), run_folder(&out, 1, 2));
    fs::remove_file(lost.join("run.toml")).unwrap();
    write(&lost, "my-notes.txt", "years");
    unfinish(&open);
    let before = content(&lost);
    for options in ["", "--retry-failed"] {
        let outcome = Outcome::of(&mut go_on(&out, options));
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains("and no run.toml: put run.toml back, or move the folder away"), "{outcome:?}");
        assert!(outcome.stderr.contains("architecture.json"), "what lies there is named: {outcome:?}");
        assert!(content(&lost) == before, "{options}");
        assert!(open.join("result.json").exists(), "the other run was done");
    }
    assert!(Outcome::text(&mut report(&out)).contains("1/2"), "the report shows the rest");
    fs::rename(&lost, home.path().join("away")).unwrap();
    Outcome::text(&mut go_on(&out, ""));
    same_results(&out, &done);
}

#[test]
fn what_lies_in_a_folder_that_a_comparison_would_use_for_a_run_is_refused_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(home.path()), home.path().join("out"));
    let run = run_folder(&out, 0, 1);
    fs::create_dir_all(&run).unwrap();
    write(&run, "thesis.tex", "years");
    let before = listing(&out);
    let told = Outcome::refusal(&mut compare(&store, &out, ""), 2);
    assert!(told.contains("it holds runs and no comparison.toml") && told.contains("--out"), "{told}");
    assert_eq!(listing(&out), before);
}

/// Asserts that `command` refuses to use `out`, where the file `name` lies alone, and leaves it as it is.
fn refused(command: &mut std::process::Command, out: &Path, name: &str) {
    let before = content(out);
    let told = Outcome::refusal(command, 2);
    assert!(told.contains(name) && told.contains(out.to_str().unwrap()), "{name}: {told}");
    assert!(content(out) == before, "{name}: {told}");
    assert_eq!(listing(out), [name], "{told}");
}

#[test]
fn a_file_of_a_persons_own_with_a_name_of_ours_is_not_overwritten_by_any_verb_that_makes_a_folder() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let names = [
        "space.toml",
        "report.html",
        "leaderboard.csv",
        "comparison.json",
        "architecture.json",
        "weights.safetensors",
        "result.json",
        "journal.jsonl",
        "crash.txt",
        "checkpoints",
        ".hidden",
    ];
    for name in names {
        let out = home.path().join("out");
        fs::create_dir(&out).unwrap();
        write(&out, name, "mine");
        refused(&mut compare(&store, &out, ""), &out, name);
        refused(&mut search(&store, &out, ""), &out, name);
        refused(&mut train(&store, &out, ""), &out, name);
        fs::remove_dir_all(&out).unwrap();
    }
    // Settings and plans that nobody here wrote.
    for (name, text) in [("run.toml", "seeds = [1]"), ("comparison.toml", "seeds = [1]")] {
        let out = home.path().join("out");
        fs::create_dir(&out).unwrap();
        write(&out, name, text);
        refused(&mut compare(&store, &out, ""), &out, name);
        refused(&mut search(&store, &out, ""), &out, name);
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn the_space_or_the_architecture_that_is_used_may_not_lie_where_it_would_be_written_anew() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let out = home.path().join("out");
    fs::create_dir(&out).unwrap();
    let text = format!("# Mine, with comments.\n{}", fs::read_to_string(space(home.path())).unwrap());
    let own = write(&out, "space.toml", text);
    for verb in ["compare", "search"] {
        let mut command = quietly(verb, "--budget 64samples");
        command.arg("--out").arg(&out).arg("--space").arg(&own).arg("--data").arg(&store);
        if verb == "search" {
            command.args(["--strategy", "random-search"]);
        } else {
            command.args(["--strategies", "random-search"]);
        }
        refused(&mut command, &out, "space.toml");
    }
    fs::remove_file(own).unwrap();
    let own = out.join("architecture.json");
    fs::rename(architecture(home.path(), 60, 2), &own).unwrap();
    let mut command = quietly("train", "--batch 16");
    command.arg("--out").arg(&out).arg("--architecture").arg(&own).arg("--data").arg(&store);
    refused(&mut command, &out, "architecture.json");
}

#[test]
fn a_file_a_link_to_nothing_a_run_and_the_root_are_no_place_for_a_comparison() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let at = |name: &str| home.path().join(name);
    let (file, link, run) = (write(home.path(), "file", "mine"), at("link"), at("run"));
    std::os::unix::fs::symlink(at("nowhere"), &link).unwrap();
    Outcome::text(&mut train(&store, &run, "--epochs 1"));
    for (out, why) in [
        (file.as_path(), "it is not a folder"),
        (&link, "it is a link to a folder that does not exist"),
        (&run, "it is the folder of a run"),
        (Path::new("/"), "and no comparison.toml"),
        (home.path(), "and no comparison.toml"),
    ] {
        let before = listing(home.path());
        let told = Outcome::refusal(&mut compare(&store, out, ""), 2);
        assert!(told.contains(why) && told.contains("--out"), "{told}");
        let told = Outcome::refusal(&mut search(&store, out, ""), 2);
        assert!(told.contains(out.to_str().unwrap()), "{told}");
        // The helpers write the space and the architecture beside the store.
        let after: Vec<_> = listing(home.path()).into_iter().filter(|name| name != "motifs.toml").collect();
        assert_eq!(after, before.into_iter().filter(|name| name != "motifs.toml").collect::<Vec<_>>());
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert!(!Path::new("/comparison.toml").exists());
}

#[test]
fn a_run_that_begins_again_loses_what_it_made_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(home.path()), home.path().join("out"));
    let mut command = genomenas();
    command.args([
        "compare",
        "--no-control",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--seeds",
        "1",
        "--budget",
        "64samples",
    ]);
    command.args(["--strategy", "hostile trials=1 misbehave=error hook=update", "--plugins"]).arg(hostile_plugin());
    command.arg("--space").arg(space(home.path())).arg("--data").arg(&store).arg("--out").arg(&out);
    assert_eq!(Outcome::of(&mut command).code, Some(1));
    let name = listing(&out).into_iter().find(|name| name.ends_with("/result.json")).unwrap();
    let run = out.join(name).parent().unwrap().to_owned();
    let journal = fs::metadata(run.join("journal.jsonl")).unwrap().modified().unwrap();
    write(&run, "notes.txt", "mine");
    fs::create_dir_all(run.join("checkpoints")).unwrap();
    write(&run, "checkpoints/best.safetensors", "mine");
    let mut again = go_on(&out, "--retry-failed --plugins");
    assert_eq!(Outcome::of(again.arg(hostile_plugin())).code, Some(1));
    assert_ne!(fs::metadata(run.join("journal.jsonl")).unwrap().modified().unwrap(), journal, "it began again");
    assert_eq!(fs::read(run.join("notes.txt")).unwrap(), b"mine");
    assert_eq!(fs::read(run.join("checkpoints/best.safetensors")).unwrap(), b"mine");
}

#[test]
fn scores_and_stores_replace_scores_and_stores_alone() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let run = home.path().join("trained");
    Outcome::text(&mut train(&store, &run, "--epochs 1"));
    let evaluation = |out: &Path| {
        let mut command = quietly("evaluate", "");
        command.arg("--run").arg(&run).arg("--out").arg(out);
        command
    };
    let own = write(home.path(), "own.tsv", "label\tcolour\nmotif\tred\n");
    let told = Outcome::refusal(&mut evaluation(&own), 2);
    assert!(told.contains("own.tsv exists and holds no scores"), "{told}");
    assert_eq!(fs::read_to_string(&own).unwrap(), "label\tcolour\nmotif\tred\n");
    for name in ["scores.tsv", "scores.parquet"] {
        let scores = home.path().join(name);
        for _ in 0..2 {
            Outcome::text(&mut evaluation(&scores));
        }
    }
    let table = write(home.path(), "table.tsv", motif_table(60, 3));
    let import = |out: &Path| {
        let mut command = genomenas();
        command.args(["data", "import", "table", "--task", "multi-label", "--split", "split", "--labels", "motif"]);
        command.arg(&table).arg("--overwrite").arg("--out").arg(out);
        command
    };
    for own in [&table, Path::new("/dev/null")] {
        let told = Outcome::refusal(&mut import(own), 2);
        assert!(told.contains(own.to_str().unwrap()), "{told}");
    }
    assert_eq!(fs::read_to_string(&table).unwrap(), motif_table(60, 3));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    Outcome::text(&mut import(&store));
}
