//! The budget of a search: what is counted, where it ends, and that every trial and strategy is held to it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::path::{Path, PathBuf};

use genomenas_tests::runs::{OTHER_ROWS, TRAIN_ROWS, journal, motif_store, of_type, quietly, result, search, train};
use genomenas_tests::{Outcome, genomenas, hostile_plugin};
use serde_json::Value;
use tempfile::TempDir;

/// Samples a step of every search here.
const BATCH: u64 = 16;

fn scene() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    (folder, store)
}

/// A finished search under a budget: its journal and its result.
fn searched(scene: &(TempDir, PathBuf), options: &str) -> (Vec<Value>, Value) {
    let out = scene.0.path().join("found");
    Outcome::text(&mut search(&scene.1, &out, options));
    let left = (journal(&out), result(&out));
    std::fs::remove_dir_all(out).unwrap();
    left
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a count"))
}

/// What the trials cost, by their ends.
fn costs<'a>(journal: &'a [Value], unit: &str) -> Vec<(&'a Value, u64)> {
    let ends = of_type(journal, "end", None);
    ends.into_iter().map(|end| (end, number(&end["report"]["cost"][unit]))).collect()
}

/// Multiply-adds of one sample, as `describe` counts them.
fn described(architecture: &Path) -> u64 {
    number(
        &Outcome::json(genomenas().arg("describe").arg("--architecture").arg(architecture).arg("--json"))["multiply_adds"],
    )
}

#[test]
fn a_search_spends_its_samples_and_at_most_one_step_more() {
    let scene = scene();
    for budget in [1000, 1001, 160] {
        let (journal, result) = searched(&scene, &format!("--budget {budget}samples"));
        let used = number(&result["search"]["samples"]);
        assert!((budget..budget + BATCH).contains(&used), "{used} of {budget}");
        for (end, samples) in costs(&journal, "samples") {
            let share = budget.div_ceil(3);
            assert!(samples < share + BATCH, "trial {} spent {samples} of its {share}", end["trial"]);
        }
        let last = &of_type(&journal, "propose", None)[1]["ask"];
        assert_eq!((&last["remaining"], number(&last["used"]["samples"])), (&0.into(), used));
    }
}

#[test]
fn what_is_reported_as_spent_is_what_the_trials_cost() {
    let (journal, result) = searched(&scene(), "--budget 1000samples");
    for unit in ["samples", "multiply_adds"] {
        let sum: u64 = costs(&journal, unit).into_iter().map(|(_, cost)| cost).sum();
        assert_eq!(number(&result["search"][unit]), sum, "{unit}");
        assert_eq!(number(&of_type(&journal, "end", None)[2]["used"][unit]), sum, "{unit}");
    }
    let seconds = |value: &Value| value["seconds"].as_f64().unwrap();
    let trials: f64 = of_type(&journal, "end", None).iter().map(|end| seconds(&end["report"]["cost"])).sum();
    let thinking: f64 =
        of_type(&journal, "propose", None).iter().map(|record| record["seconds"].as_f64().unwrap()).sum();
    assert!((seconds(&result["search"]) - trials - thinking).abs() < 1e-6);
}

#[test]
fn training_costs_three_forward_passes_a_sample_and_validation_one() {
    let (journal, _) = searched(&scene(), "--budget 1500samples");
    let ends = of_type(&journal, "end", None);
    assert_eq!(ends.len(), 3);
    for end in ends {
        let epochs = of_type(&journal, "epoch", Some("search")).iter().filter(|of| of["trial"] == end["trial"]).count();
        let (cost, forward) = (&end["report"]["cost"], number(&end["report"]["end"]["multiply_adds"]));
        let passes = 3 * number(&cost["samples"]) + (epochs * OTHER_ROWS) as u64;
        assert_eq!(number(&cost["multiply_adds"]), forward * passes);
    }
}

#[test]
fn the_final_training_is_counted_by_what_describe_says_of_the_network() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    Outcome::text(&mut train(&store, &out, "--epochs 3"));
    let result = result(&out);
    let forward = described(&out.join("architecture.json"));
    assert_eq!(number(&result["multiply_adds"]), forward);
    assert_eq!(number(&result["final"]["samples"]), (3 * TRAIN_ROWS) as u64);
    assert_eq!(number(&result["final"]["multiply_adds"]), forward * (9 * TRAIN_ROWS + 3 * OTHER_ROWS) as u64);
    assert_eq!(journal(&out)[2]["used"]["multiply_adds"], result["final"]["multiply_adds"]);
}

#[test]
fn a_search_spends_its_multiply_adds_and_at_most_one_step_and_one_validation_more() {
    let scene = scene();
    let (budget, share) = (150_000_000, 50_000_000);
    let (journal, result) = searched(&scene, &format!("--budget {budget}multiply-adds"));
    let used = number(&result["search"]["multiply_adds"]);
    assert!(used >= budget);
    for (end, cost) in costs(&journal, "multiply_adds") {
        let forward = number(&end["report"]["end"]["multiply_adds"]);
        let over = forward * (3 * BATCH + OTHER_ROWS as u64);
        assert!(cost < share + over, "trial {}: {cost} of {share}", end["trial"]);
        assert!(number(&end["used"]["multiply_adds"]) < budget + over);
    }
}

#[test]
fn a_search_ends_when_its_seconds_are_spent() {
    let (journal, result) = searched(&scene(), "--budget 2seconds --set epochs=10000");
    assert!(result["search"]["seconds"].as_f64().unwrap() >= 2.0 - 1e-9);
    assert_eq!(
        (&result["state"], &of_type(&journal, "propose", None)[1]["ask"]["remaining"]),
        (&"done".into(), &0.into())
    );
    for end in of_type(&journal, "end", None) {
        let stopped = &end["report"]["end"]["outcome"]["stopped"];
        assert!(stopped == "limit" || stopped == "budget", "{stopped}");
    }
    // A share is a second, so the second trial takes what the first one left of two, and the third finds nothing.
    let samples: Vec<_> = costs(&journal, "samples").into_iter().map(|(_, samples)| samples).collect();
    assert!(samples[0] > 0 && samples[1] > 0, "{samples:?}");
}

#[test]
fn a_budget_smaller_than_one_batch_pays_for_one_step_and_still_ends_with_a_finding() {
    let scene = scene();
    for budget in ["1samples", "1multiply-adds"] {
        let (journal, result) = searched(&scene, &format!("--budget {budget}"));
        assert_eq!((&result["state"], number(&result["search"]["samples"])), (&"done".into(), BATCH), "{budget}");
        assert_eq!(journal.last().unwrap()["proposal"]["type"], "finish");
    }
}

#[test]
fn a_strategy_that_wants_more_than_its_budget_is_cut_off() {
    let scene = scene();
    let out = scene.0.path().join("found");
    let mut command = search(&scene.1, &out, "--strategy hostile --set trials=6 --budget 40samples");
    Outcome::text(command.arg("--plugins").arg(hostile_plugin()));
    let journal = journal(&out);
    let spent: Vec<_> = costs(&journal, "samples").into_iter().map(|(_, samples)| samples).collect();
    // A step each, until 40 are spent; the others end before they begin.
    assert_eq!(spent, [16, 16, 16, 0, 0, 0]);
    assert_eq!(of_type(&journal, "end", None)[4]["report"]["end"]["outcome"]["stopped"], "budget");
}

#[test]
fn the_budget_does_not_bound_the_final_training_and_no_budget_is_spent_by_it() {
    let (folder, store) = scene();
    let (found, trained) = (folder.path().join("found"), folder.path().join("trained"));
    Outcome::text(&mut search(&store, &found, "--budget 16samples"));
    let mut training = quietly("train", "--epochs 2 --batch 16");
    Outcome::text(training.arg("--run").arg(&found).arg("--out").arg(&trained));
    let result = result(&trained);
    assert_eq!((number(&result["final"]["samples"]), &result["search"]), ((2 * TRAIN_ROWS) as u64, &Value::Null));
}

#[test]
fn a_budget_that_is_none_is_wrong_use_and_leaves_nothing() {
    let (folder, store) = scene();
    let out = folder.path().join("found");
    for budget in ["0samples", "0.4seconds", "100", "100bananas", "manysamples", "1e30samples"] {
        let told = Outcome::refusal(&mut search(&store, &out, &format!("--budget {budget}")), 2);
        assert!(told.contains(&format!("budget '{budget}'")) && told.contains("for instance 20000samples"), "{told}");
        assert!(!out.exists());
    }
}
