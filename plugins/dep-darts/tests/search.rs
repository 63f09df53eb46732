//! What DEP-DARTS promises, against the simulated host.
//!
//! The golden values: an independent script, written from the description of the reference implementation, was given
//! the alphas of `sine_alphas` and followed them through three stages, with a matrix of switches a cell type, as the
//! reference does.

use dep_darts::Settings;
use genomenas_plugin::message::{Discard, Initialisation};
use genomenas_plugin::simulate::conformance;
use genomenas_plugin::simulate::kit::supernets::{Stage, dropped_after, genotype, genotype_of, sine_alphas, stages};
use genomenas_plugin::simulate::kit::{
    found, genomenas, mean_quality, no_decisions, refusal, run, small_genomenas, two_cells,
};
use genomenas_plugin::{Parameters as _, manifest, strategy};

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&small_genomenas(), |setup| strategy("dep-darts")?.build(setup)).unwrap();
}

#[test]
fn it_runs_on_a_space_of_a_users_own() {
    conformance::check_search(&two_cells(), |setup| strategy("dep-darts")?.build(setup)).unwrap();
    let simulation = two_cells().alphas(|of| [0.0, 0.2, 0.3, 0.1][of.option] * (of.decision + 1) as f64);
    let simulated = run("dep-darts", &simulation.parameter("cnn_inputs", vec![1]));
    // The stronger edge of the second cell is the last of the space; the first cell is under no rule and stays.
    assert_eq!(dropped_after(&simulated, 0), ["first narrow", "second.1 none", "second.0"]);
    assert_eq!(dropped_after(&simulated, 1), ["second.1 skip_connect"]);
    let selection: Vec<_> = found(&simulated)[0].0.iter().map(|(id, option)| format!("{id} {option}")).collect();
    assert_eq!(selection, ["first wide", "second.1 wide"]);
}

#[test]
fn a_space_without_decisions_is_refused() {
    assert!(refusal("dep-darts", &no_decisions()).starts_with("space 'nothing to decide' has no decisions"));
}

#[test]
fn fourteen_edges_become_thirteen_and_eleven_and_thirty_six_become_thirty_and_twenty_one() {
    let simulated = run("dep-darts", &genomenas().alphas(sine_alphas));
    let stages = stages(&simulated);
    let counts = |kind: &str| stages.iter().map(|stage| stage.counts(kind)).collect::<Vec<_>>();
    assert_eq!(counts("normal."), [vec![9; 14], vec![6; 13], vec![3; 11]]);
    assert_eq!(counts("reduction."), [vec![9; 14], vec![6; 13], vec![3; 11]]);
    assert_eq!(counts("rnn."), [vec![5; 36], vec![3; 30], vec![2; 21]]);
    assert!(found(&simulated).iter().all(|selection| selection.0.len() == 8 + 8 + 8));
}

#[test]
fn the_inputs_of_every_node_shrink_as_in_the_reference() {
    let simulated = run("dep-darts", &genomenas().alphas(sine_alphas));
    let inputs =
        |kind: &str, nodes| stages(&simulated).iter().map(|stage| stage.inputs(kind, nodes)).collect::<Vec<_>>();
    for kind in ["normal", "reduction"] {
        assert_eq!(inputs(kind, 4), [[2, 3, 4, 5], [2, 3, 4, 4], [2, 3, 3, 3]]);
    }
    assert_eq!(inputs("rnn", 8), [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 5, 5, 5], [1, 2, 3, 3, 3, 3, 3, 3]]);
}

#[test]
fn edges_are_discarded_whole() {
    let simulated = run("dep-darts", &genomenas().alphas(sine_alphas));
    let edges = simulated.discards.iter().filter_map(|(trial, discard)| match discard {
        Discard::Edge { decision } => Some((trial.0, decision)),
        _ => None,
    });
    let edges: Vec<_> = edges.collect();
    let after = |stage| edges.iter().filter(|(trial, _)| *trial == stage).count();
    assert_eq!([after(0), after(1), after(2)], [1 + 1 + 6, 2 + 2 + 9, 0]);
    for (trial, edge) in edges {
        assert!(!simulated.remaining.0.contains_key(edge));
        let with_options = |(of, discard): &(_, Discard)| {
            *of == genomenas_plugin::message::TrialId(trial)
                && matches!(discard, Discard::Option { decision, .. } if decision == edge)
        };
        assert!(!simulated.discards.iter().any(with_options), "{edge} goes as an edge and not option by option");
    }
}

#[test]
fn it_finds_the_golden_genotypes() {
    let simulated = run("dep-darts", &genomenas().alphas(sine_alphas));
    let found = found(&simulated);
    assert_eq!(
        genotype(found[0]),
        "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 skip_connect/2 | conv_15/1 sep_conv_9/3 | skip_connect/1 dil_conv_15/4\n\
         skip_connect/0 avg_pool_5/1 | dil_conv_9/0 sep_conv_15/1 | skip_connect/1 conv_15/3 | skip_connect/1 dil_conv_15/4\n\
         identity/0 | identity/0 | identity/0 | tanh/2 | sigmoid/4 | sigmoid/5 | sigmoid/3 | sigmoid/0"
    );
    assert_eq!(
        found[1..].iter().map(|selection| genotype_of(selection, "normal", 4)).collect::<Vec<_>>(),
        [
            "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 sep_conv_15/1 | conv_15/1 sep_conv_9/3 | skip_connect/1 dil_conv_15/4",
            "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 sep_conv_15/1 | conv_15/1 sep_conv_9/3 | avg_pool_5/3 dil_conv_15/4",
        ]
    );
}

#[test]
fn a_node_never_has_fewer_inputs_than_an_architecture_keeps() {
    let simulation = genomenas().alphas(sine_alphas).parameter("cnn_inputs", vec![1]).parameter("rnn_inputs", vec![1]);
    let stages = stages(&run("dep-darts", &simulation));
    let inputs = |stage: &Stage| (stage.inputs("normal", 4), stage.inputs("rnn", 8));
    assert_eq!(inputs(&stages[1]), (vec![2; 4], vec![1; 8]));
    assert_eq!(inputs(&stages[2]), (vec![2; 4], vec![1; 8]));
}

#[test]
fn every_stage_is_a_fresh_supernet_of_25_epochs() {
    let simulated = run("dep-darts", &small_genomenas());
    let stages = stages(&simulated);
    let told = |stage: &Stage| (stage.init, stage.plan.epochs, stage.plan.arch.as_ref().unwrap().warm_up);
    assert_eq!(stages.iter().map(told).collect::<Vec<_>>(), [(Initialisation::Fresh, 25, 10); 3]);
}

#[test]
fn inputs_for_another_number_of_stages_are_refused() {
    let message = "parameter `cnn_inputs` has 2 values: expected 1 for all stages, or 3";
    assert_eq!(refusal("dep-darts", &small_genomenas().parameter("stages", 4)), message);
}

#[test]
fn a_stage_that_fails_ends_the_search_with_the_hosts_reason() {
    assert_eq!(
        refusal("dep-darts", &small_genomenas().failing(|trial| trial.0 == 1)),
        "the supernet of stage 2 of 3 failed: the simulation lets this trial fail"
    );
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(
        "dep-darts",
        &small_genomenas().parameter("batch", 20).budget("400000samples".parse().unwrap()),
        1..=5,
    );
    assert!(mean > 0.8, "{mean}");
}

#[test]
fn the_manifest_names_its_needs_and_the_defaults_that_are_its_own() {
    let manifest = manifest().unwrap();
    assert_eq!(
        (manifest.id.as_str(), manifest.strategies[0].needs.as_slice()),
        ("dep-darts", &["supernet".to_owned()][..])
    );
    let schema: genomenas_plugin::serde_json::Value = genomenas_plugin::serde_json::from_str(Settings::SCHEMA).unwrap();
    let default = |name: &str| schema["properties"][name]["default"].to_string();
    assert_eq!(
        ["cnn_inputs", "rnn_inputs", "epochs", "warm_up", "dropout_rate"].map(default),
        ["[4,3]", "[5,3]", "[25]", "[10]", "[0.1,0.2,0.3]"]
    );
}
