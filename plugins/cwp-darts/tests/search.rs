//! What CWP-DARTS promises, against the simulated host.

use cwp_darts::Settings;
use genomenas_plugin::message::{Initialisation, TrialId};
use genomenas_plugin::simulate::conformance;
use genomenas_plugin::simulate::kit::supernets::{genotype, sine_alphas, stages};
use genomenas_plugin::simulate::kit::{
    found, genomenas, mean_quality, no_decisions, refusal, run, small_genomenas, two_cells,
};
use genomenas_plugin::{Parameters as _, manifest, strategy};

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&small_genomenas(), |setup| strategy("cwp-darts")?.build(setup)).unwrap();
}

#[test]
fn it_runs_on_a_space_of_a_users_own() {
    conformance::check_search(&two_cells(), |setup| strategy("cwp-darts")?.build(setup)).unwrap();
    let simulated = run("cwp-darts", &two_cells().alphas(|of| [0.0, 0.2, 0.3, 0.1][of.option]));
    let stages = stages(&simulated);
    assert_eq!(stages.iter().map(|stage| stage.counts("")).collect::<Vec<_>>(), [[3, 4, 4], [2, 3, 3], [2, 2, 2]]);
    let selection: Vec<_> = found(&simulated)[0].0.iter().map(|(id, option)| format!("{id} {option}")).collect();
    assert_eq!(selection, ["first wide", "second.0 wide"]);
}

#[test]
fn a_space_without_decisions_is_refused() {
    assert!(refusal("cwp-darts", &no_decisions()).starts_with("space 'nothing to decide' has no decisions"));
}

#[test]
fn every_stage_goes_on_with_the_weights_and_alphas_of_the_stage_before() {
    let begins: Vec<_> = stages(&run("cwp-darts", &small_genomenas())).iter().map(|stage| stage.init).collect();
    let inherits = |trial| Initialisation::Inherit { trial: TrialId(trial) };
    assert_eq!(begins, [Initialisation::Fresh, inherits(0), inherits(1)]);
}

#[test]
fn stages_are_shorter_and_warm_up_less_once_there_is_something_to_inherit() {
    let simulated = run("cwp-darts", &small_genomenas().budget("55000samples".parse().unwrap()));
    let told: Vec<_> = stages(&simulated)
        .into_iter()
        .map(|stage| (stage.plan.epochs, stage.plan.arch.unwrap().warm_up, stage.limit, stage.plan.skip_dropout[0]))
        .collect();
    let rate = |epochs: f64| 0.1 * (epochs - 1.0) / epochs;
    assert_eq!(
        told,
        [(25, 15, Some(25_000), rate(25.0)), (15, 3, Some(15_000), rate(15.0)), (15, 3, Some(15_000), rate(15.0)),]
    );
}

/// Made as the golden values of P-DARTS, from which this differs only in how the alphas come to be.
#[test]
fn it_finds_the_golden_genotype() {
    let simulated = run("cwp-darts", &genomenas().alphas(sine_alphas));
    assert_eq!(
        genotype(found(&simulated)[0]),
        "dil_conv_9/0 sep_conv_15/1 | avg_pool_5/0 sep_conv_15/1 | sep_conv_9/2 skip_connect/3 | skip_connect/1 sep_conv_9/4\n\
         skip_connect/0 avg_pool_5/1 | dil_conv_9/0 sep_conv_15/1 | skip_connect/1 skip_connect/3 | skip_connect/3 sep_conv_9/4\n\
         identity/0 | identity/0 | identity/0 | sigmoid/3 | identity/4 | identity/1 | identity/0 | identity/7"
    );
}

#[test]
fn a_stage_that_fails_ends_the_search_with_the_hosts_reason() {
    assert_eq!(
        refusal("cwp-darts", &small_genomenas().failing(|trial| trial.0 == 2)),
        "the supernet of stage 3 of 3 failed: the simulation lets this trial fail"
    );
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(
        "cwp-darts",
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
        ("cwp-darts", &["supernet".to_owned()][..])
    );
    let schema: genomenas_plugin::serde_json::Value = genomenas_plugin::serde_json::from_str(Settings::SCHEMA).unwrap();
    let default = |name: &str| schema["properties"][name]["default"].to_string();
    assert_eq!(
        ["epochs", "warm_up", "dropout_rate", "arch_learning_rate", "learning_rate_min"].map(default),
        ["[25,15,15]", "[15,3,3]", "[0.1]", "0.0006", "0.0"]
    );
}
