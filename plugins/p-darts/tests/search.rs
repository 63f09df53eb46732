//! What P-DARTS promises, against the simulated host.
//!
//! The golden values: an independent script, written from the description of the reference implementation, was given
//! the alphas of `sine_alphas` and followed them through three stages, with a matrix of switches a cell type, as the
//! reference does. What the reference itself gave is marked.

use genomenas_plugin::differentiable::StageSettings;
use genomenas_plugin::message::{Algorithm, Initialisation, Order};
use genomenas_plugin::simulate::conformance;
use genomenas_plugin::simulate::kit::supernets::{dropped_after, genotype, genotype_of, sine_alphas, stages};
use genomenas_plugin::simulate::kit::{
    found, genomenas, mean_quality, no_decisions, refusal, run, small_genomenas, two_cells,
};
use genomenas_plugin::space::Selection;
use genomenas_plugin::{Parameters as _, manifest, strategy};
use p_darts as _;

fn skips(selection: &Selection) -> usize {
    selection.0.iter().filter(|(id, option)| id.starts_with("normal.") && *option == "skip_connect").count()
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&small_genomenas(), |setup| strategy("p-darts")?.build(setup)).unwrap();
}

#[test]
fn it_runs_on_a_space_of_a_users_own() {
    conformance::check_search(&two_cells(), |setup| strategy("p-darts")?.build(setup)).unwrap();
    let simulated =
        run("p-darts", &two_cells().alphas(|of| [0.3, 0.1, 0.2, 0.0][of.option] * (of.decision + 1) as f64));
    // Three options become two, four become three and two. `none` is the most probable one of the second cell, but an
    // architecture cannot have it.
    assert_eq!(dropped_after(&simulated, 0), ["first middle", "second.0 wide", "second.1 wide"]);
    assert_eq!(dropped_after(&simulated, 1), ["second.0 skip_connect", "second.1 skip_connect"]);
    let selection: Vec<_> = found(&simulated)[0].0.iter().map(|(id, option)| format!("{id} {option}")).collect();
    assert_eq!(selection, ["first narrow", "second.0 narrow"]);
}

#[test]
fn a_space_without_decisions_is_refused() {
    assert!(refusal("p-darts", &no_decisions()).starts_with("space 'nothing to decide' has no decisions"));
}

#[test]
fn an_edge_has_nine_six_and_three_operations_or_five_three_and_two_activations_and_at_last_one() {
    let simulated = run("p-darts", &genomenas().alphas(sine_alphas));
    let stages = stages(&simulated);
    let counts = |kind: &str| stages.iter().map(|stage| stage.counts(kind)).collect::<Vec<_>>();
    assert_eq!(counts("normal."), [[9; 14], [6; 14], [3; 14]]);
    assert_eq!(counts("reduction."), [[9; 14], [6; 14], [3; 14]]);
    assert_eq!(counts("rnn."), [[5; 36], [3; 36], [2; 36]]);
    assert!(found(&simulated).iter().all(|selection| selection.0.len() == 8 + 8 + 8));
}

/// As the reference implementation gave them.
#[test]
fn the_survivors_of_an_edge_are_the_golden_ones() {
    let simulated = run("p-darts", &genomenas().alphas(sine_alphas));
    let survivors = |stage: usize, id: &str| {
        let report = simulated.reports.iter().rfind(|report| report.trial.0 == stage as u64).unwrap();
        let decision = genomenas().setup().space.decision(id).unwrap().clone();
        let left = decision.options.into_iter().filter(|option| report.alphas.get(id, option).is_some());
        left.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        ["normal.0.0", "reduction.3.4", "rnn.0.0"].map(|id| [survivors(1, id), survivors(2, id)]),
        [
            ["none max_pool_5 avg_pool_5 skip_connect dil_conv_9 conv_15", "avg_pool_5 skip_connect dil_conv_9"],
            ["none max_pool_5 sep_conv_9 dil_conv_15 dil_conv_9 conv_15", "none max_pool_5 sep_conv_9"],
            ["none tanh identity", "tanh identity"],
        ]
    );
    let best = found(&simulated)[0];
    assert_eq!((best.0["normal.0.0"].as_str(), best.0["rnn.0.0"].as_str()), ("dil_conv_9", "identity"));
    assert_eq!(best.0["reduction.3.4"], "sep_conv_9");
}

#[test]
fn it_finds_the_golden_genotype_with_two_skips() {
    let simulated = run("p-darts", &genomenas().alphas(sine_alphas));
    assert_eq!(
        genotype(found(&simulated)[0]),
        "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 sep_conv_15/1 | sep_conv_9/2 skip_connect/3 | skip_connect/1 sep_conv_9/4\n\
         skip_connect/0 avg_pool_5/1 | dil_conv_9/0 sep_conv_15/1 | skip_connect/1 skip_connect/3 | skip_connect/3 sep_conv_9/4\n\
         identity/0 | identity/0 | identity/0 | sigmoid/3 | identity/4 | identity/1 | identity/0 | identity/7"
    );
}

#[test]
fn the_genotypes_of_every_other_number_of_skips_are_kept() {
    let simulated = run("p-darts", &genomenas().alphas(sine_alphas));
    let found = found(&simulated);
    assert_eq!(found.iter().map(|selection| skips(selection)).collect::<Vec<_>>(), [2, 4, 3, 1, 0]);
    assert_eq!(
        found[1..].iter().map(|selection| genotype_of(selection, "normal", 4)).collect::<Vec<_>>(),
        [
            "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 skip_connect/2 | skip_connect/1 skip_connect/3 | skip_connect/1 sep_conv_9/4",
            "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 sep_conv_15/1 | skip_connect/1 skip_connect/3 | skip_connect/1 sep_conv_9/4",
            "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 sep_conv_15/1 | sep_conv_9/0 sep_conv_9/2 | skip_connect/1 sep_conv_9/4",
            "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 sep_conv_15/1 | sep_conv_9/0 sep_conv_9/2 | sep_conv_15/3 sep_conv_9/4",
        ]
    );
    let others = |kind, nodes| found.iter().map(|selection| genotype_of(selection, kind, nodes)).collect::<Vec<_>>();
    for kind in [others("reduction", 4), others("rnn", 8)] {
        assert!(kind.iter().all(|genotype| *genotype == kind[0]), "only normal cells are limited");
    }
}

#[test]
fn the_number_of_skips_is_a_parameter() {
    for most in 0..=5 {
        let simulated = run("p-darts", &genomenas().alphas(sine_alphas).parameter("max_skip", most));
        assert_eq!(skips(found(&simulated)[0]), most.min(4));
        assert_eq!(found(&simulated).len(), 5);
    }
}

#[test]
fn every_stage_is_a_fresh_supernet_with_its_share_of_the_budget() {
    let simulated = run("p-darts", &small_genomenas().budget("30001samples".parse().unwrap()));
    let stages = stages(&simulated);
    assert_eq!(stages.iter().map(|stage| stage.limit).collect::<Vec<_>>(), [Some(10_001); 3]);
    assert!(stages.iter().all(|stage| stage.init == Initialisation::Fresh));
}

#[test]
fn only_its_schedule_differs_from_that_of_darts() {
    let simulated = run("p-darts", &small_genomenas());
    for (stage, start) in stages(&simulated).into_iter().zip([0.1, 0.2, 0.3]) {
        let arch = stage.plan.arch.unwrap();
        assert_eq!((stage.plan.epochs, arch.warm_up, arch.order, arch.clip), (25, 10, Order::First, Some(0.25)));
        assert_eq!(arch.optimizer.algorithm, Algorithm::Adam { beta1: 0.5, beta2: 0.999, epsilon: 1e-8 });
        assert_eq!((arch.optimizer.learning_rate, arch.optimizer.weight_decay), (6e-4, 1e-3));
        let dropout = stage.plan.skip_dropout;
        assert_eq!(dropout.len(), 25);
        let expected = [(0, start * 24.0 / 25.0), (9, start * 15.0 / 25.0), (10, start), (15, start / 1_f64.exp())];
        for (epoch, expected) in expected {
            assert!(
                (dropout[epoch] - expected).abs() < 1e-12,
                "epoch {epoch}: {} instead of {expected}",
                dropout[epoch]
            );
        }
    }
}

#[test]
fn stages_their_epochs_and_what_they_keep_are_parameters() {
    let shares = genomenas_plugin::serde_json::json!([0.5]);
    let simulation =
        small_genomenas().parameter("stages", 2).parameter("keep", shares).parameter("dropout_rate", vec![0.0]);
    let simulated = run("p-darts", &simulation.parameter("epochs", vec![30, 60]).alphas(sine_alphas));
    let stages = stages(&simulated);
    assert_eq!(stages.iter().map(|stage| stage.limit).collect::<Vec<_>>(), [Some(66_667), Some(133_334)]);
    assert_eq!(stages[1].counts("normal."), [5; 5]);
    assert_eq!(stages[1].counts("rnn."), [3; 6]);
    assert_eq!(stages[1].plan.skip_dropout, [0.0; 0]);
}

#[test]
fn lists_of_another_length_than_the_stages_are_refused() {
    let with = |name: &str, values: &[f64]| refusal("p-darts", &small_genomenas().parameter(name, values.to_vec()));
    assert_eq!(with("epochs", &[25.0, 15.0]), "parameter `epochs` has 2 values: expected 1 for all stages, or 3");
    assert_eq!(
        with("dropout_rate", &[0.1; 4]),
        "parameter `dropout_rate` has 4 values: expected 1 for all stages, or 3"
    );
    assert_eq!(with("warm_up", &[]), "parameter `warm_up` has 0 values: expected 1 for all stages, or 3");
    assert_eq!(
        with("keep", &[0.5]),
        "parameter `keep` has 1 values: expected none, or one for each of 3 stages but the last"
    );
    assert_eq!(
        with("epochs", &[25.0, 25.0, 10.0]),
        "stage 3 of 3 trains weights only for 10 of its 10 epochs, so it would learn nothing about the options: set `warm_up` below `epochs`"
    );
}

#[test]
fn a_stage_that_fails_ends_the_search_with_the_hosts_reason() {
    assert_eq!(
        refusal("p-darts", &small_genomenas().failing(|trial| trial.0 == 1)),
        "the supernet of stage 2 of 3 failed: the simulation lets this trial fail"
    );
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(
        "p-darts",
        &small_genomenas().parameter("batch", 20).budget("400000samples".parse().unwrap()),
        1..=5,
    );
    assert!(mean > 0.8, "{mean}");
}

#[test]
fn the_manifest_names_its_needs_and_every_parameter() {
    let manifest = manifest().unwrap();
    assert_eq!(
        (manifest.id.as_str(), manifest.strategies[0].needs.as_slice()),
        ("p-darts", &["supernet".to_owned()][..])
    );
    let schema: genomenas_plugin::serde_json::Value =
        genomenas_plugin::serde_json::from_str(StageSettings::SCHEMA).unwrap();
    let named: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        named,
        [
            "arch_beta1",
            "arch_clip",
            "arch_data",
            "arch_learning_rate",
            "arch_weight_decay",
            "batch",
            "clip",
            "cnn_clip",
            "cnn_learning_rate",
            "cnn_weight_decay",
            "dropout_rate",
            "epochs",
            "hidden_dropout",
            "input_dropout",
            "keep",
            "learning_rate_min",
            "max_skip",
            "momentum",
            "one_clip",
            "rnn_clip",
            "rnn_learning_rate",
            "rnn_weight_decay",
            "skip_decisions",
            "skip_option",
            "slowness",
            "stages",
            "steps_per_epoch",
            "warm_up",
        ]
    );
}
