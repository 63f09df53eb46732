//! Every search plugin in one comparison on real DNA: equal terms, whatever is interrupted goes on to the same end, and
//! budgets that are too small for anything.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use genomenas_tests::leaderboard::leaderboard;
use genomenas_tests::runs::{
    bytes, journal, killed, of_type, quietly, result, start, timeless, timeless_journal, wait_until,
};
use genomenas_tests::{Outcome, genomenas, listing, project};
use serde_json::Value;
use tempfile::TempDir;

/// Every search plugin, with what makes it small, and how many samples go through a network in a step of it. A step of
/// the DARTS family is one of the weights and one of the alphas.
const SEARCHES: [(&str, &str, u64); 13] = [
    ("random-search", "trials=3", BATCH),
    ("successive-halving", "trials=4 rungs=2", BATCH),
    ("hyperband", "maximum=3", BATCH),
    ("asha", "maximum=3", BATCH),
    ("osp-nas", "operations=6 candidates=2", BATCH),
    ("bonas", "init_num=3 bo_sample_num=3 iterations=1 generate_num=30 gcn_epochs=10", BATCH),
    ("regularised-evolution", "trials=5 population=2", BATCH),
    ("local-search", "trials=5 initial=2", BATCH),
    ("tpe", "trials=5 startup=2", BATCH),
    ("darts", "epochs=2 warm_up=1", 2 * BATCH),
    ("p-darts", "epochs=2 warm_up=1", 2 * BATCH),
    ("cwp-darts", "epochs=2 warm_up=1", 2 * BATCH),
    ("dep-darts", "epochs=2 warm_up=1", 2 * BATCH),
];
const BATCH: u64 = 20;
const BUDGET: u64 = 480;
const SEEDS: [u64; 3] = [1, 2, 3];

/// A store of yeast DNA, and in `results` a comparison of [`SEARCHES`] that was never disturbed.
fn home() -> &'static Path {
    static HOME: OnceLock<TempDir> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        yeast(&home.path().join("store.arrow"));
        Outcome::text(&mut compare(home.path(), &home.path().join("results"), BUDGET, "1..3"));
        home
    })
    .path()
}

/// One row of 100 bases a thousand.
fn yeast(store: &Path) {
    let data = project::path("examples/data");
    let mut import = genomenas();
    import.args(["data", "import", "windows", "--bin", "100", "--context", "0", "--step", "1000"]);
    import.args(["--valid", "chr9", "--test", "chr8", "--only-labels", "CDS,intergenic,promoter"]);
    import.arg("--genome").arg(data.join("mini.2bit")).arg("--labels").arg(data.join("mini_annotation.bed.gz"));
    Outcome::text(import.arg("--out").arg(store));
}

/// A comparison of [`SEARCHES`] on the store of `home`, in the folder `out`.
fn compare(home: &Path, out: &Path, budget: u64, seeds: &str) -> Command {
    let mut command = genomenas();
    let settings = "--no-control --device cpu --threads 2 --jobs 2 --epochs 1 --batch 50 --steps-per-epoch 4";
    command.arg("compare").args(settings.split_whitespace()).args(["--seeds", seeds]);
    command.args(["--budget", &format!("{budget}samples")]).args(space());
    for (id, parameters, _) in SEARCHES {
        command.args(["--strategy", &format!("{id} batch={BATCH} {parameters}")]);
    }
    command.arg("--data").arg(home.join("store.arrow")).arg("--out").arg(out);
    command
}

fn space() -> Vec<String> {
    let sizes = ["cells=1", "channels=2", "nodes=2", "rnn_nodes=2", "decoder_features=8"];
    let operations = ["operations=none,skip_connect,max_pool_3,conv_3"];
    sizes.iter().chain(&operations).flat_map(|size| ["--space-set".to_owned(), (*size).to_owned()]).collect()
}

/// The folders of all runs of a comparison, each with the samples of a step of its search.
fn run_folders(out: &Path, seeds: &[u64]) -> Vec<(PathBuf, u64)> {
    let mut folders = Vec::new();
    for name in fs::read_dir(out.join("runs")).unwrap().map(|entry| entry.unwrap().file_name()) {
        let name = name.to_str().unwrap();
        // The longest id that the name begins with, because of `darts`.
        let of = SEARCHES.iter().filter(|(id, ..)| name == *id || name.starts_with(&format!("{id}-")));
        let (_, _, step) = of.max_by_key(|(id, ..)| id.len()).unwrap_or_else(|| panic!("whose is {name}?"));
        folders.extend(seeds.iter().map(|seed| (out.join("runs").join(name).join(format!("seed-{seed}")), *step)));
    }
    folders.sort();
    assert_eq!(folders.len(), SEARCHES.len() * seeds.len());
    folders
}

/// Runs of a comparison that have ended, while it is under way or has not even begun.
fn ended(out: &Path) -> usize {
    let entries = fs::read_dir(out.join("runs")).into_iter().flatten().flatten();
    let runs = entries.flat_map(|entry| SEEDS.map(|seed| entry.path().join(format!("seed-{seed}"))));
    runs.filter(|run| run.join("result.json").exists()).count()
}

/// What a run's trials spent, by its journal, which also tells of the final training.
fn spent(run: &Path) -> u64 {
    let journal = journal(run);
    let of_trials = journal.iter().filter(|record| record["phase"] != "final");
    of_trials.filter_map(|record| record["used"]["samples"].as_u64()).max().unwrap_or(0)
}

/// Asserts that what came of a run is what came of another, undisturbed one.
fn same(run: &Path, undisturbed: &Path) {
    for name in ["architecture.json", "weights.safetensors"] {
        assert!(bytes(run, name) == bytes(undisturbed, name), "{name} of {} differs", run.display());
    }
    assert_eq!(timeless_journal(run), timeless_journal(undisturbed), "{}", run.display());
    assert_eq!(timeless(result(run)), timeless(result(undisturbed)), "{}", run.display());
}

#[test]
fn every_search_takes_part_in_one_comparison_and_keeps_to_its_budget() {
    let out = home().join("results");
    assert_eq!(leaderboard(&out).len(), 1 + SEARCHES.len());
    let comparison: Value = serde_json::from_slice(&bytes(&out, "comparison.json")).unwrap();
    for entry in comparison["entries"].as_array().unwrap() {
        let states: Vec<_> = entry["runs"].as_array().unwrap().iter().map(|run| run["state"].to_string()).collect();
        assert!(states.len() == SEEDS.len() && states.iter().all(|state| state.contains("done")), "{entry}");
    }
    for (folder, step) in run_folders(&out, &SEEDS) {
        let samples = result(&folder)["search"]["samples"].as_u64().unwrap();
        assert_eq!(samples, spent(&folder));
        assert!(samples > 0 && samples < BUDGET + step, "{} spent {samples}", folder.display());
    }
}

#[test]
fn a_comparison_of_all_that_is_killed_half_way_comes_to_the_same_leaderboard() {
    let (home, out) = (home(), home().join("killed"));
    let half = SEARCHES.len() * SEEDS.len() / 2;
    for most in [half / 2, half] {
        let mut comparer = start(&mut compare(home, &out, BUDGET, "1..3"));
        wait_until("some runs ended", || ended(&out) >= most);
        comparer.kill().unwrap();
        comparer.wait().unwrap();
    }
    assert!(ended(&out) < 2 * half);
    Outcome::text(genomenas().args(["compare", "--out"]).arg(&out));
    let undisturbed = home.join("results");
    assert_eq!(leaderboard(&out), leaderboard(&undisturbed));
    for ((run, _), (other, _)) in run_folders(&out, &SEEDS).iter().zip(run_folders(&undisturbed, &SEEDS)) {
        same(run, &other);
    }
}

#[test]
fn with_next_to_no_budget_every_search_guesses_or_says_why_it_cannot() {
    for budget in [1, 50] {
        let out = home().join(format!("budget-{budget}"));
        let outcome = Outcome::of(&mut compare(home(), &out, budget, "1"));
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
        for (folder, step) in run_folders(&out, &[1]) {
            let (result, samples) = (result(&folder), spent(&folder));
            assert!(samples < budget + step, "{} spent {samples} of {budget}", folder.display());
            let reason = result["reason"].as_str().unwrap_or_default();
            match result["state"].as_str() {
                Some("done") => assert!(folder.join("architecture.json").exists(), "{}", folder.display()),
                Some("failed") => assert!(reason.len() > 20, "{}: {reason:?}", folder.display()),
                _ => panic!("{}: {result}", folder.display()),
            }
        }
    }
}

/// A search with several trials under way in [`home`]'s store.
fn several(id: &str, parameters: &str, out: &Path) -> Command {
    let mut command = quietly("search", &format!("--strategy {id} --budget 900samples --in-flight 3 --seed 5"));
    for parameter in format!("batch={BATCH} {parameters}").split_whitespace() {
        command.args(["--set", parameter]);
    }
    command.args(space()).arg("--data").arg(home().join("store.arrow")).arg("--out").arg(out);
    command
}

#[test]
fn searches_with_several_trials_under_way_are_killed_at_any_moment_and_end_the_same() {
    for (id, parameters) in [("asha", "maximum=4 eta=2"), ("hyperband", "maximum=4 eta=2")] {
        let (undisturbed, folder) = (home().join(format!("{id}-undisturbed")), home().join(format!("{id}-killed")));
        Outcome::text(&mut several(id, parameters, &undisturbed));
        let most = of_type(&journal(&undisturbed), "propose", None)
            .iter()
            .map(|record| record["ask"]["in_flight"].as_array().unwrap().len())
            .max();
        assert!(id != "asha" || most == Some(2), "asked for a third trial with two under way: {most:?}");
        let mut kills = 0;
        loop {
            let before = journal(&folder).len();
            if !killed(&mut several(id, parameters, &folder), || journal(&folder).len() > before + 2) {
                break;
            }
            kills += 1;
        }
        assert!(kills > 3, "{id} was killed {kills} times only");
        assert!(bytes(&folder, "architecture.json") == bytes(&undisturbed, "architecture.json"), "{id}");
        assert_eq!(timeless_journal(&folder), timeless_journal(&undisturbed), "{id}");
        assert_eq!(timeless(result(&folder)), timeless(result(&undisturbed)), "{id}");
        assert_eq!(listing(&folder), listing(&undisturbed), "{id}");
    }
}
