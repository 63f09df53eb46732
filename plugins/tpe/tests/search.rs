//! What TPE promises, against the simulated host.
#![cfg(test)]

use std::collections::BTreeSet;

use genomenas_plugin::message::Setup;
use genomenas_plugin::simulate::kit::{
    four_architectures, mean_quality, no_decisions, refusal, run, tiny_genomenas, trained, two_cells,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::{Instance, Result, manifest, strategy};
use tpe as _;

const ID: &str = "tpe";

fn simulation() -> Simulation {
    tiny_genomenas().parameter("trials", 16).parameter("startup", 4)
}

fn build(setup: &Setup) -> Result<Box<dyn Instance>> {
    strategy(ID)?.build(setup)
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&simulation(), build).unwrap();
    conformance::check_search(&two_cells().parameter("startup", 3), build).unwrap();
}

#[test]
fn it_begins_with_the_draws_of_random_search_and_trials_share_the_budget() {
    let simulation = simulation().budget("16000samples".parse().unwrap());
    let simulated = run(ID, &simulation);
    let begun: Vec<_> = trained(&simulated).into_iter().take(4).cloned().collect();
    let drawn = simulation.setup().space.sample_distinct(5, simulation.setup().seed);
    assert_eq!(begun, drawn[..4]);
    assert_ne!(trained(&simulated)[4], &drawn[4]);
    assert!(simulated.trials.iter().all(|trial| trial.limit == Some(1000)));
    assert_eq!(simulated.used.samples, 16_000);
}

#[test]
fn several_at_once_are_not_alike() {
    let simulated = run(ID, &simulation().slots(6));
    let all: BTreeSet<_> = trained(&simulated).into_iter().collect();
    assert_eq!(all.len(), simulated.trials.len());
}

#[test]
fn no_architecture_is_trained_twice_and_a_small_space_is_drawn_out() {
    let simulated = run(ID, &four_architectures().parameter("trials", 100).parameter("startup", 1));
    let all: BTreeSet<_> = trained(&simulated).into_iter().collect();
    assert_eq!((all.len(), simulated.trials.len()), (4, 4));
}

#[test]
fn it_finds_better_than_random_search_with_the_same_trials() {
    let simulation = simulation().parameter("trials", 60);
    let mean = |startup: u32| mean_quality(ID, &simulation.clone().parameter("startup", startup), 1..=10);
    // With as many draws at the beginning as trials it is random search.
    let (chosen, drawn) = (mean(10), mean(60));
    assert!(chosen > drawn, "{chosen} chosen, {drawn} drawn");
}

#[test]
fn failed_trials_are_passed_over_and_when_all_fail_it_says_so() {
    for slots in [1, 3] {
        let some = run(ID, &simulation().slots(slots).failing(|trial| trial.0 % 2 == 0));
        assert!(some.finding.best.trial.is_some_and(|trial| trial.0 % 2 == 1));
        let reason = "no trial completed with a defined AUPRC to rank by; the last one that failed: the simulation lets this trial fail";
        assert_eq!(refusal(ID, &simulation().slots(slots).failing(|_| true)), reason);
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    assert!(refusal(ID, &no_decisions()).contains("has no decisions, so there is nothing to search"));
    for (name, value) in
        [("trials", 0.0), ("startup", 0.0), ("good_share", 0.0), ("candidates", 1001.0), ("prior_weight", 0.0)]
    {
        let told = refusal(ID, &simulation().parameter(name, value));
        assert!(told.starts_with(&format!("parameter `{name}`: expected ")), "{told}");
    }
}

#[test]
fn the_manifest_names_the_strategy() {
    let manifest = manifest().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.strategies[0].id.as_str()), (ID, ID));
}
