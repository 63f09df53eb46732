//! Differentiable searches with real networks: they find what alone can solve a task, prefer nothing where there is
//! nothing to find, and can be killed in any stage.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::Path;
use std::process::Command;

use genomenas_tests::planted::{Label, PLANTED, planted_search, planted_search_on, planted_store};
use genomenas_tests::project::skip;
use genomenas_tests::runs::{
    bytes, journal, killed, of_type, planned, quietly, result, run, timeless, timeless_journal,
};
use genomenas_tests::{Outcome, listing};
use serde_json::Value;

/// The strategies of the DARTS family.
const FAMILY: [&str; 4] = ["darts", "p-darts", "cwp-darts", "dep-darts"];

/// What a finished search selected.
fn selection(run: &Path) -> Value {
    serde_json::from_slice::<Value>(&bytes(run, "architecture.json")).unwrap()["selection"].clone()
}

/// The reports of the ends of trials.
fn ends(run: &Path) -> Vec<Value> {
    of_type(&journal(run), "end", None).into_iter().map(|record| record["report"].clone()).collect()
}

#[test]
fn the_only_option_that_can_solve_a_task_is_found_by_all_four_with_every_seed() {
    let folder = tempfile::tempdir().unwrap();
    let store = planted_store(folder.path(), Label::Pattern);
    let (decision, option) = PLANTED;
    for strategy in FAMILY {
        for seed in 1..=5 {
            let out = folder.path().join(format!("{strategy}-{seed}"));
            Outcome::text(&mut planted_search(strategy, seed, &store, &out));
            assert_eq!(selection(&out)[decision], option, "{strategy}, seed {seed}");
        }
    }
}

#[test]
fn where_labels_are_coins_no_option_is_preferred() {
    let folder = tempfile::tempdir().unwrap();
    let store = planted_store(folder.path(), Label::Coin);
    let (decision, option) = PLANTED;
    let mut probabilities = Vec::new();
    for seed in 1..=5 {
        let out = folder.path().join(seed.to_string());
        Outcome::text(&mut planted_search("darts", seed, &store, &out));
        let ends = ends(&out);
        let alphas = &ends[0]["alphas"][decision];
        assert_eq!(alphas.as_object().unwrap().len(), 5);
        probabilities.push(alphas[option]["probability"].as_f64().unwrap());
    }
    let mean = probabilities.iter().sum::<f64>() / probabilities.len() as f64;
    assert!(mean < 0.4, "the option that fits coins best got {probabilities:?}: a fifth is no preference");
}

/// A planted search of few and short epochs.
fn short(strategy: &str, store: &Path, out: &Path) -> Command {
    let command = planted_search(strategy, 3, store, out);
    let arguments: Vec<String> = command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let shorter = arguments.into_iter().map(|argument| match argument.as_str() {
        "epochs=10" => "epochs=2".to_owned(),
        "warm_up=2" => "warm_up=1".to_owned(),
        _ => argument,
    });
    let mut short = genomenas_tests::genomenas();
    short.args(shorter);
    short
}

#[test]
fn a_search_that_is_killed_in_every_stage_ends_with_the_same_architecture_and_weights() {
    for strategy in ["darts", "cwp-darts", "dep-darts"] {
        let folder = tempfile::tempdir().unwrap();
        let store = planted_store(folder.path(), Label::Pattern);
        let at = |name: &str| folder.path().join(name);
        Outcome::text(&mut short(strategy, &store, &at("searched")));
        let mut train = quietly("train", "--epochs 2 --batch 20");
        Outcome::text(train.arg("--run").arg(at("searched")).arg("--out").arg(at("trained")));
        for name in ["undisturbed", "killed"] {
            planned(&at(name), &at("searched"), &at("trained"));
        }
        Outcome::text(&mut run(&at("undisturbed")));
        let mut kills = 0;
        loop {
            let before = journal(&at("killed")).len();
            if !killed(&mut run(&at("killed")), || journal(&at("killed")).len() > before) {
                break;
            }
            kills += 1;
        }
        let stages = if strategy == "darts" { 1 } else { 3 };
        assert!(kills > 2 * stages, "{strategy} was killed {kills} times only");
        for name in ["architecture.json", "weights.safetensors"] {
            assert!(bytes(&at("killed"), name) == bytes(&at("undisturbed"), name), "{name} of {strategy} differs");
        }
        assert_eq!(timeless_journal(&at("killed")), timeless_journal(&at("undisturbed")), "{strategy}");
        assert_eq!(timeless(result(&at("killed"))), timeless(result(&at("undisturbed"))), "{strategy}");
        assert_eq!(listing(&at("killed")), listing(&at("undisturbed")), "{strategy}");
    }
}

#[test]
fn what_a_stage_drops_goes_through_the_hook_and_is_in_no_later_supernet() {
    let folder = tempfile::tempdir().unwrap();
    let store = planted_store(folder.path(), Label::Pattern);
    let out = folder.path().join("run");
    Outcome::text(short("dep-darts", &store, &out).args(["--set", "cnn_inputs=[3,2]"]));
    let journal = journal(&out);
    let discards = |kind: &str| -> usize {
        let all = journal.iter().flat_map(|record| record["discards"].as_array().cloned().unwrap_or_default());
        all.filter(|discard| discard["type"] == kind).count()
    };
    assert_eq!(discards("edge"), 1);
    assert!(discards("option") > 0);
    let ends = ends(&out);
    assert_eq!(ends.len(), 3);
    assert_eq!(ends[2]["alphas"].as_object().unwrap().len(), 3);
    let options = |end: &Value| -> usize {
        end["alphas"].as_object().unwrap().values().map(|options| options.as_object().unwrap().len()).sum()
    };
    assert_eq!(options(&ends[0]), 5 + 3 * 4);
    for pair in ends.windows(2) {
        assert!(options(&pair[1]) < options(&pair[0]));
        assert!(pair[1]["end"]["parameters"].as_u64() < pair[0]["end"]["parameters"].as_u64());
    }
}

#[test]
fn a_supernet_that_does_not_fit_in_memory_is_a_failed_trial_that_says_how_much_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let store = planted_store(folder.path(), Label::Pattern);
    let out = folder.path().join("run");
    let mut search = quietly("search", "--strategy darts --budget 1000samples --set batch=200");
    for size in ["channels=4096", "cells=3"] {
        search.args(["--space-set", size]);
    }
    let outcome = Outcome::of(search.arg("--data").arg(&store).arg("--out").arg(&out));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("MB to train"), "{}", outcome.stderr);
    let end = &ends(&out)[0]["end"];
    assert_eq!(end["outcome"]["type"], "failed");
    assert!(end["outcome"]["reason"].as_str().unwrap().contains(" MB free: take a smaller batch"), "{end}");
}

#[test]
fn the_four_search_on_a_cuda_device_as_on_the_cpu() {
    let folder = tempfile::tempdir().unwrap();
    let store = planted_store(folder.path(), Label::Pattern);
    let (decision, option) = PLANTED;
    for strategy in FAMILY {
        let out = folder.path().join(strategy);
        let outcome = Outcome::of(&mut planted_search_on("cuda", strategy, 1, &store, &out));
        if outcome.stderr.contains("is not there") {
            skip("there is no CUDA device here");
            return;
        }
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(selection(&out)[decision], option, "{strategy}");
    }
}
