//! Comparisons from the outside: equal terms, what is written, and that nothing that was done is done again after a
//! kill, a signal or a failure.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::time::SystemTime;

use genomenas_tests::runs::{bytes, journal, motif_table, of_type, result, start, store_of, timeless, wait_until};
use genomenas_tests::{Outcome, genomenas, hostile_plugin, listing};
use serde_json::Value;
use tempfile::TempDir;

const SEEDS: [u64; 2] = [1, 2];
const ENTRIES: [&str; 3] = ["deepsea width=0.01", "danq width=0.01", "random-search"];
/// The folders of [`ENTRIES`].
const FOLDERS: [&str; 3] = ["deepsea-width=0.01", "danq-width=0.01", "random-search"];

/// A comparison of [`ENTRIES`] that was never disturbed, in `results`, beside its `store.arrow`.
fn home() -> &'static Path {
    static HOME: OnceLock<TempDir> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        // DeepSEA reads at least 163 bases.
        store_of(home.path(), &motif_table(170, 3), "motif");
        Outcome::text(&mut compare(home.path(), &home.path().join("results"), ""));
        home
    })
    .path()
}

/// The command of [`home`]'s comparison, with `options`, in the folder `out`.
fn compare(home: &Path, out: &Path, options: &str) -> Command {
    let mut command = bare("--budget 480samples --jobs 2", options);
    command.args(ENTRIES.iter().flat_map(|entry| ["--strategy", entry]));
    command.arg("--data").arg(home.join("store.arrow")).arg("--out").arg(out);
    command
}

fn bare(defaults: &str, options: &str) -> Command {
    let mut command = genomenas();
    command
        .arg("compare")
        .args("--no-control --seeds 1,2 --device cpu --threads 2 --epochs 2 --batch 16".split_whitespace());
    for size in ["cells=1", "channels=2", "nodes=1", "rnn_nodes=1", "decoder_features=8"] {
        command.args(["--space-set", size]);
    }
    for default in defaults.split("--").filter(|default| !default.trim().is_empty()) {
        let name = default.split_whitespace().next().unwrap();
        if !options.contains(&format!("--{name}")) {
            command.args(format!("--{default}").split_whitespace());
        }
    }
    command.args(options.split_whitespace());
    command
}

/// The folders of all runs of a comparison like [`home`]'s.
fn run_folders(out: &Path) -> Vec<PathBuf> {
    let of = |seed: u64| FOLDERS.map(|folder| out.join("runs").join(folder).join(format!("seed-{seed}")));
    SEEDS.into_iter().flat_map(of).collect()
}

/// When each finished run ended.
fn ended(out: &Path) -> Vec<(PathBuf, SystemTime)> {
    let results = run_folders(out).into_iter().map(|folder| folder.join("result.json")).filter(|path| path.exists());
    results.map(|path| (path.clone(), fs::metadata(&path).unwrap().modified().unwrap())).collect()
}

/// Asserts that the comparison in `out` came to what the undisturbed one came to.
fn same_as_undisturbed(out: &Path) {
    for (one, other) in run_folders(out).iter().zip(run_folders(&home().join("results"))) {
        for name in ["architecture.json", "weights.safetensors"] {
            assert!(bytes(one, name) == bytes(&other, name), "{name} of {} differs", one.display());
        }
        assert_eq!(timeless(result(one)), timeless(result(&other)), "{}", one.display());
    }
}

#[test]
fn a_comparison_writes_a_leaderboard_in_three_forms_and_a_page() {
    let out = home().join("results");
    assert!(
        ["comparison.json", "comparison.toml", "leaderboard.csv", "report.html", "runs", "space.toml"]
            .iter()
            .all(|name| listing(&out).contains(&(*name).to_owned()))
    );
    let said = Outcome::text(genomenas().arg("report").arg(&out));
    let csv = String::from_utf8(bytes(&out, "leaderboard.csv")).unwrap();
    let page = String::from_utf8(bytes(&out, "report.html")).unwrap();
    for entry in ENTRIES {
        assert!(said.contains(entry) && csv.contains(entry) && page.contains(entry), "{entry}: {said}\n{csv}");
    }
    assert!(said.contains("report: ") && said.contains("AUROC"), "{said}");
    assert_eq!(csv.lines().count(), 1 + ENTRIES.len(), "{csv}");
    let comparison: Value = serde_json::from_slice(&bytes(&out, "comparison.json")).unwrap();
    let control: Vec<_> = comparison["entries"].as_array().unwrap().iter().map(|of| of["control"] == true).collect();
    assert_eq!(control, [false, false, true], "uniform-random search is a control wherever it stands");
}

#[test]
fn every_run_has_the_same_terms_and_the_seeds_are_paired() {
    let out = home().join("results");
    let settings = |folder: &Path| String::from_utf8(bytes(folder, "run.toml")).unwrap();
    let part = |text: &str, name: &str| -> String {
        let rest = &text[text.find(&format!("[{name}]")).unwrap_or_else(|| panic!("no {name} in {text}"))..];
        rest[..rest[1..].find("\n[").map_or(rest.len(), |end| end + 1)].to_owned()
    };
    let texts: Vec<_> = run_folders(&out).iter().map(|folder| settings(folder)).collect();
    for name in
        ["data", "search.budget", "final", "final.cnn", "final.cnn.algorithm", "final.cnn.schedule", "final.clip"]
    {
        let all: BTreeSet<_> = texts.iter().map(|text| part(text, name)).collect();
        assert_eq!(all.len(), 1, "{name}: {all:#?}");
    }
    for seed in SEEDS {
        assert_eq!(texts.iter().filter(|text| text.contains(&format!("\nseed = {seed}\n"))).count(), ENTRIES.len());
    }
    let spaces: BTreeSet<_> = run_folders(&out).iter().map(|folder| bytes(folder, "space.toml")).collect();
    assert_eq!(spaces.len(), 1);
    for text in &texts {
        assert!(text.contains("test = true\n") && text.contains("threads = 1\n"), "{text}");
    }
}

#[test]
fn every_run_keeps_to_the_budget_and_is_tested_once_at_its_end() {
    for folder in run_folders(&home().join("results")) {
        let (result, text) = (result(&folder), String::from_utf8(bytes(&folder, "journal.jsonl")).unwrap());
        let samples = result["search"]["samples"].as_u64().unwrap();
        // A step of these plugins is of 100 samples.
        assert!((240..580).contains(&samples), "{}: {samples}", folder.display());
        assert_eq!(result["final"]["samples"], 2 * 240);
        assert_eq!((&result["valid"]["rows"], &result["test"]["rows"]), (&80.into(), &80.into()));
        assert!(!text.contains("test"), "the journal knows nothing of the test split");
    }
}

#[test]
fn a_finished_comparison_and_its_report_repeat_no_run_and_say_the_same() {
    let out = home().join("results");
    let files = ["leaderboard.csv", "comparison.json", "report.html"];
    let (before, written) = (ended(&out), files.map(|name| bytes(&out, name)));
    for name in files {
        fs::remove_file(out.join(name)).unwrap();
    }
    let said = Outcome::text(genomenas().arg("report").arg(&out));
    assert!(files.map(|name| bytes(&out, name)) == written, "the report is made of the run folders alone");
    // The folder alone is enough to ask again.
    let again = Outcome::text(genomenas().args(["compare", "--out"]).arg(&out));
    assert_eq!(again, said);
    assert_eq!(ended(&out), before);
}

#[test]
fn a_changed_plan_in_the_same_folder_is_refused_by_the_name_of_what_changed() {
    let out = home().join("results");
    let before = bytes(&out, "comparison.toml");
    for (options, field) in [
        ("--budget 500samples", "budget.amount is 480 there and 500 here"),
        ("--patience 2", "final.early_stopping.patience is 5 there and 2 here"),
    ] {
        let told = Outcome::refusal(&mut compare(home(), &out, options), 2);
        assert!(told.contains(field) && told.contains("another folder with --out"), "{told}");
    }
    assert!(bytes(&out, "comparison.toml") == before);
}

#[test]
fn a_comparison_that_cannot_begin_leaves_no_folder() {
    let out = home().join("never");
    for (options, why) in [
        ("--strategy nobody", "nobody"),
        ("--budget 0samples", "budget '0samples'"),
        ("--strategy danq --strategy danq", "is listed twice"),
    ] {
        let told = Outcome::refusal(&mut compare(home(), &out, options), 2);
        assert!(told.contains(why), "{told}");
        assert!(!out.exists());
    }
    let mut large = genomenas();
    large.args(["compare", "--strategies", "danq", "--budget", "9samples", "--batch", "241", "--data"]);
    let told = Outcome::refusal(large.arg(home().join("store.arrow")).arg("--out").arg(&out), 2);
    assert!(told.contains("a batch of 241 is larger than the training split of 240 rows"), "{told}");
    assert!(!out.exists());
}

/// All processes that `process` started, and those that they started.
fn descendants(process: u32) -> BTreeSet<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        // "id (name) state parent …"; the name may hold anything.
        let Ok(text) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let mut after = text[text.rfind(')').unwrap() + 1..].split_whitespace();
        if after.next() != Some("Z") {
            parents.push((id, after.next().unwrap().parse::<u32>().unwrap()));
        }
    }
    let mut found = BTreeSet::from([process]);
    while parents.iter().any(|(id, parent)| found.contains(parent) && found.insert(*id)) {}
    found.remove(&process);
    found
}

/// Starts a comparison and waits until a run of it has ended and another has journaled something.
fn half_way(out: &Path) -> Child {
    let mut child = start(&mut compare(home(), out, ""));
    wait_until("the comparison was half-way", || {
        assert_eq!(child.try_wait().unwrap(), None, "the comparison ended too early");
        let under_way =
            |folder: &PathBuf| !folder.join("result.json").exists() && folder.join("journal.jsonl").exists();
        !ended(out).is_empty() && run_folders(out).iter().any(under_way)
    });
    child
}

/// Whether a process is there, and not as a zombie that nobody has asked about.
fn lives(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rfind(')').is_some_and(|end| !stat[end..].starts_with(") Z"))
}

#[test]
fn a_comparer_that_is_killed_leaves_no_process_and_goes_on_without_repeating_a_run() {
    let out = home().join("killed");
    let mut comparer = half_way(&out);
    let children = descendants(comparer.id());
    assert!(!children.is_empty());
    comparer.kill().unwrap();
    comparer.wait().unwrap();
    wait_until("every process of the comparison ended", || !children.iter().any(|&child| lives(child)));
    let before = ended(&out);
    assert!(before.len() < run_folders(&out).len());
    Outcome::text(&mut compare(home(), &out, ""));
    let after = ended(&out);
    assert_eq!(after.len(), run_folders(&out).len());
    assert!(before.iter().all(|run| after.contains(run)), "a finished run was repeated");
    same_as_undisturbed(&out);
}

#[test]
fn a_comparison_that_is_interrupted_exits_with_130_and_goes_on_later() {
    let out = home().join("interrupted");
    let mut comparer = half_way(&out);
    let children = descendants(comparer.id());
    let id = comparer.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(comparer.wait().unwrap().code(), Some(130));
    assert!(!children.iter().any(|&child| lives(child)), "it ends after its runs");
    let before = ended(&out);
    assert!(out.join("leaderboard.csv").exists());
    Outcome::text(genomenas().args(["compare", "--out"]).arg(&out));
    let after = ended(&out);
    assert!(before.iter().all(|run| after.contains(run)), "a finished run was repeated");
    same_as_undisturbed(&out);
}

#[test]
fn a_comparison_has_one_comparer_at_a_time() {
    let out = home().join("twice");
    let mut comparer = half_way(&out);
    let told = Outcome::refusal(&mut compare(home(), &out, ""), 2);
    assert!(told.contains("another comparison is at work in"), "{told}");
    comparer.kill().unwrap();
    comparer.wait().unwrap();
}

#[test]
fn a_strategy_that_fails_ends_nothing_but_its_own_runs() {
    let out = home().join("failing");
    let orders = "hostile trials=1 misbehave=error hook=update";
    let mut command = bare("--jobs 2 --budget 160samples", "");
    command.args(["--strategy", orders, "--strategy", ENTRIES[1], "--plugins"]).arg(hostile_plugin());
    command.arg("--data").arg(home().join("store.arrow")).arg("--out").arg(&out);
    let outcome = Outcome::of(&mut command);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("2 of the runs failed"), "{outcome:?}");
    let comparison: Value = serde_json::from_slice(&bytes(&out, "comparison.json")).unwrap();
    for (entry, state) in comparison["entries"].as_array().unwrap().iter().zip(["failed", "done"]) {
        for run in entry["runs"].as_array().unwrap() {
            assert!(run["state"].to_string().contains(state), "{}: {}", entry["name"], run["state"]);
        }
    }
    assert!(comparison.to_string().contains("ordered to fail in update"));
    // Failed runs stay as they are, and are begun again when that is asked for.
    let failed = |out: &Path| fs::metadata(failed_result(out)).unwrap().modified().unwrap();
    let before = failed(&out);
    let mut again = genomenas();
    assert_eq!(
        Outcome::of(again.args(["compare", "--out"]).arg(&out).arg("--plugins").arg(hostile_plugin())).code,
        Some(1)
    );
    assert_eq!(failed(&out), before);
    assert_eq!(Outcome::of(again.arg("--retry-failed")).code, Some(1));
    assert_ne!(failed(&out), before);
    let unfinished = journal(failed_result(&out).parent().unwrap());
    assert_eq!(of_type(&unfinished, "end", None).len(), 0);
}

/// The result of a run that failed.
fn failed_result(out: &Path) -> PathBuf {
    let name = listing(out).into_iter().find(|name| name.contains("hostile") && name.ends_with("result.json")).unwrap();
    out.join(name)
}
