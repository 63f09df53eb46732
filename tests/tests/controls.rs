//! The controls of every comparison, and numbers of others below its leaderboard.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

mod scikit;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use genomenas_tests::made_up::write;
use genomenas_tests::runs::{bytes, journal, motif_store, of_type, quietly, result, space, timeless};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;
use tempfile::TempDir;

const CONTROLS: [&str; 4] = ["random-search", "kmer-lr", "positional-lr", "majority"];

/// What two papers say, and a metric that no leaderboard has.
const PUBLISHED: &str = r#"
[[published]]
name = "iEnhancer-2L"
metric = "AUROC"
value = 0.999
source = "Liu et al. 2016, table 4"

[[published]]
name = "CNNProm"
metric = "MCC"
value = 0.84
source = "Umarov & Solovyev 2017"
"#;

/// A comparison of one baseline with all controls that was never disturbed, in `results` of this folder.
fn home() -> &'static Path {
    static HOME: OnceLock<TempDir> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        motif_store(home.path());
        space(home.path());
        Outcome::text(&mut compare(home.path(), "results", PUBLISHED));
        home
    })
    .path()
}

/// The command of a comparison whose file ends with `more`.
fn compare(home: &Path, out: &str, more: &str) -> Command {
    let text = format!(
        "data = 'store.arrow'\nspace = 'motifs.toml'\nbudget = '480samples'\nseeds = [1]\n\
         strategies = ['lstm hidden=2 batch=16', 'random-search trials=2 batch=16']\n{more}\n\
         [final]\nepochs = 2\nbatch = 16\n"
    );
    let file = write(home, &format!("{out}.toml"), text);
    let mut command = genomenas();
    command.args("compare --jobs 2 --threads 2 --device cpu".split_whitespace());
    command.arg(file).arg("--out").arg(home.join(out));
    command
}

fn comparison(out: &Path) -> Value {
    serde_json::from_slice(&bytes(out, "comparison.json")).unwrap()
}

fn run_of(out: &Path, control: &str) -> PathBuf {
    out.join("runs").join(control).join("seed-1")
}

/// The AUROC of the label `motif` on the test split.
fn auroc(run: &Path) -> f64 {
    result(run)["test"]["labels"][0]["auroc"].as_f64().unwrap()
}

#[test]
fn every_comparison_has_random_search_two_linear_models_and_one_that_looks_at_nothing() {
    let out = home().join("results");
    let comparison = comparison(&out);
    let entries = comparison["entries"].as_array().unwrap();
    let controls: Vec<_> = entries.iter().filter(|entry| entry["control"] == true).collect();
    let strategies: Vec<_> = controls.iter().map(|entry| entry["strategy"].as_str().unwrap()).collect();
    assert_eq!((entries.len(), strategies), (5, CONTROLS.to_vec()));
    let said = Outcome::text(genomenas().arg("report").arg(&out));
    for control in &CONTROLS[1..] {
        assert!(said.contains(&format!("{control} (control)")), "{said}");
    }
    let told = "trained to the optimum of a convex loss, in place of the common recipe: ";
    let names = said.lines().find_map(|line| line.strip_prefix(told)).unwrap();
    assert!(CONTROLS[1..].iter().all(|control| names.contains(control)), "{said}");
}

#[test]
fn words_find_a_motif_that_moves_and_what_looks_at_nothing_is_at_chance() {
    let out = home().join("results");
    assert!(auroc(&run_of(&out, "kmer-lr")) > 0.95, "{}", auroc(&run_of(&out, "kmer-lr")));
    assert!((auroc(&run_of(&out, "majority")) - 0.5).abs() < 1e-9);
    // Every other row of 240 has the motif, so each prediction is one half, and the loss that of a coin.
    let valid = &result(&run_of(&out, "majority"))["valid"];
    assert!(valid["loss"].as_f64().unwrap() < 0.7, "{valid}");
}

#[test]
fn a_linear_model_is_trained_to_its_optimum_whatever_the_recipe_and_the_budget() {
    let run = run_of(&home().join("results"), "kmer-lr");
    let (result, records) = (result(&run), journal(&run));
    assert_eq!(result["trained_to_optimum"], true);
    // The search ended by its budget, two passes over 240 rows; the final training tried one strength after the other.
    assert!(result["search"]["samples"].as_u64().unwrap() >= 480);
    let epochs = of_type(&records, "epoch", None);
    assert!(epochs.iter().filter(|record| record["phase"] == "final").count() > 2, "{epochs:?}");
    assert!(result["final"]["samples"].as_u64().unwrap() > 2400, "{result}");
}

#[test]
fn a_control_that_is_trained_alone_comes_to_the_same_scores_with_any_seed() {
    let home = home();
    let train = |name: &str, options: &str| {
        let out = home.join(name);
        let mut command = quietly("train", &format!("--strategy kmer-lr --test {options}"));
        Outcome::text(command.arg("--data").arg(home.join("store.arrow")).arg("--out").arg(&out));
        out
    };
    let (one, other, own) = (train("one", "--seed 1"), train("other", "--seed 9"), train("own", "--recipe own"));
    assert!(bytes(&one, "weights.safetensors") == bytes(&other, "weights.safetensors"));
    assert!(bytes(&one, "weights.safetensors") == bytes(&own, "weights.safetensors"));
    let compared = run_of(&home.join("results"), "kmer-lr");
    assert_eq!(result(&one)["test"], result(&compared)["test"]);
    // And what a search found is trained as the search trained it.
    let mut again = quietly("train", "--test");
    Outcome::text(again.arg("--run").arg(&compared).arg("--out").arg(home.join("again")));
    assert_eq!(timeless(result(&home.join("again")))["test"], result(&compared)["test"]);
}

#[test]
fn settings_of_the_common_recipe_are_refused_where_they_would_change_nothing() {
    let out = home().join("never");
    let mut command = quietly("train", "--strategy kmer-lr --epochs 3");
    let told = Outcome::refusal(command.arg("--data").arg(home().join("store.arrow")).arg("--out").arg(&out), 2);
    assert!(told.contains("trained to its optimum") && told.contains("leave out epochs"), "{told}");
    assert!(!out.exists());
}

#[test]
fn parameters_of_a_linear_model_act_on_its_network_or_on_its_optimum() {
    let info =
        |strategy: &str| Outcome::json(genomenas().args(["plugin", "info", "--json", strategy]))["parameters"].clone();
    let acts_on = |strategy: &str| {
        let parameters = info(strategy);
        let of = |parameter: &Value| format!("{}: {}", parameter["name"], parameter["acts_on"]).replace('"', "");
        parameters.as_array().unwrap().iter().map(of).collect::<BTreeSet<_>>()
    };
    let expected = ["bases: training", "both_strands: network", "k: network", "l2: training"];
    assert_eq!(acts_on("kmer-lr"), expected.map(str::to_owned).into());
    assert_eq!(acts_on("positional-lr"), ["bases: training", "l2: training"].map(str::to_owned).into());
    assert!(acts_on("majority").is_empty());
    let said = Outcome::text(genomenas().args(["plugin", "info", "kmer-lr"]));
    assert!(said.contains("acts on") && said.contains("how its optimum is found"), "{said}");
}

#[test]
fn a_control_with_a_name_is_still_a_control_and_goes_on_as_one() {
    let home = home();
    let out = home.join("named");
    let named = ["--strategy", "kmer-lr k=4 name=words", "--strategy", "random-search trials=2 batch=16"];
    Outcome::text(compare(home, "named", "").args(named));
    let names = |comparison: &Value| {
        let entries = comparison["entries"].as_array().unwrap().iter();
        assert!(entries.clone().all(|entry| entry["control"] == true), "{comparison}");
        entries.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let names = names(&comparison(&out));
    assert_eq!([names[0].as_str(), names[2].as_str(), names[3].as_str()], ["words", "positional-lr", "majority"]);
    assert!(names[1].starts_with("random-search ") && names.len() == 4, "{names:?}");
    assert!(run_of(&out, "words").join("result.json").is_file());
    let said = Outcome::text(genomenas().args(["compare", "--out"]).arg(&out));
    assert!(said.contains("words (control)") && said.contains("words: kmer-lr k=4"), "{said}");
}

#[test]
fn a_dry_run_counts_the_controls_and_measures_the_whole_of_a_training_to_the_optimum() {
    let home = home();
    let said = Outcome::text(compare(home, "dry", "").arg("--dry-run"));
    assert!(said.contains("5 entries, 4 of them controls"), "{said}");
    for control in &CONTROLS[1..] {
        let row = said.lines().find(|line| line.starts_with(&format!("{control} (control)"))).unwrap();
        assert!(!row.contains('?') && !row.contains("not measured"), "{said}");
    }
    assert!(said.contains("(--no-control)"), "{said}");
    assert!(!home.join("dry").exists());
}

#[test]
fn words_that_are_longer_than_the_windows_are_refused_in_words() {
    let home = tempfile::tempdir().unwrap();
    let rows: String = ["train", "valid", "test"]
        .iter()
        .flat_map(|split| (0..8).map(move |row| format!("{}\t{}\t{split}\n", ["ACGT", "TTGA"][row % 2], row % 2)))
        .collect();
    let store = genomenas_tests::runs::store_of(home.path(), &format!("sequence\tmotif\tsplit\n{rows}"), "motif");
    let out = home.path().join("out");
    let mut command = quietly("train", "--strategy kmer-lr --set k=6");
    let told = Outcome::refusal(command.arg("--data").arg(&store).arg("--out").arg(&out), 2);
    assert!(told.contains("at least 6 bases") && told.contains("windows of 4"), "{told}");
    // Where nothing is set, words are as long as the windows.
    Outcome::text(quietly("train", "--strategy kmer-lr --test").arg("--data").arg(&store).arg("--out").arg(&out));
    assert!((auroc(&out) - 1.0).abs() < 1e-9);
}

#[test]
fn no_control_leaves_all_of_them_out() {
    let home = home();
    let mut command = compare(home, "alone", "");
    Outcome::text(command.arg("--no-control").args(["--strategies", "positional-lr"]));
    let folders = fs::read_dir(home.join("alone/runs")).unwrap().count();
    assert_eq!(folders, 1, "{:?}", listing(&home.join("alone")));
}

#[test]
fn a_preset_without_controls_has_none_among_its_strategies() {
    let mut command = genomenas();
    command.args("compare --preset quick --no-control --seeds 1 --dry-run --device cpu --threads 1".split(' '));
    let said = Outcome::text(command.args(["--space-set", "cells=1"]).arg("--data").arg(home().join("store.arrow")));
    assert!(said.contains("1 entries, 0 of them controls"), "{said}");
    assert!(!said.contains("(control)") && !said.contains("random-search"), "{said}");
}

#[test]
fn numbers_of_others_are_shown_with_their_sources_and_never_ranked() {
    let out = home().join("results");
    let said = Outcome::text(genomenas().arg("report").arg(&out));
    let page = String::from_utf8(bytes(&out, "report.html")).unwrap();
    let row = said.lines().find(|line| line.contains("iEnhancer-2L (published)")).unwrap();
    assert!(row.trim_start().starts_with('–') && row.contains("0.999"), "{said}");
    assert!(said.contains("not measured here and not ranked"), "{said}");
    for text in ["iEnhancer-2L: Liu et al. 2016, table 4", "CNNProm: MCC 0.840; Umarov & Solovyev 2017"] {
        assert!(said.contains(text), "{said}");
    }
    assert!(page.contains("Liu et al. 2016, table 4") && page.contains("published"), "the page");
    let comparison = comparison(&out);
    assert_eq!(comparison["published"][0]["value"], 0.999);
    assert!(comparison["entries"].as_array().unwrap().iter().all(|entry| entry["name"] != "iEnhancer-2L"));
    let csv = String::from_utf8(bytes(&out, "leaderboard.csv")).unwrap();
    assert!(!csv.contains("iEnhancer"), "{csv}");
}

#[test]
fn numbers_that_no_row_could_show_are_refused_before_anything_is_made() {
    let home = home();
    for (from, to, why) in [
        ("value = 0.84", "value = nan", "has the value NaN: expected a number"),
        ("value = 0.84", "value = '0.84'", "invalid type: string"),
        ("value = 0.84", "", "missing field `value`"),
        ("\"MCC\"", "\"\"", "has an empty metric"),
        ("source = \"Umarov & Solovyev 2017\"", "", "missing field `source`"),
        ("name = \"CNNProm\"", "name = \"CNNProm\"\nrank = 1", "unknown field `rank`"),
    ] {
        let told = Outcome::refusal(&mut compare(home, "refused", &PUBLISHED.replace(from, to)), 2);
        assert!(told.contains(why), "{to}: {told}");
        assert!(!home.join("refused").exists());
    }
}
