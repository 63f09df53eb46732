//! What regularised evolution promises, against the simulated host.
#![cfg(test)]

use std::collections::BTreeSet;

use genomenas_plugin::message::{Setup, TrialId};
use genomenas_plugin::simulate::kit::{
    dropped_trials, found, four_architectures, judged, mean_quality, no_decisions, on, refusal, run, tiny_genomenas,
    trained, two_cells,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Selection};
use genomenas_plugin::{Instance, Result, manifest, strategy};
use regularised_evolution::{Evolution, Settings};

const ID: &str = "regularised-evolution";

fn simulation() -> Simulation {
    tiny_genomenas().parameter("trials", 12).parameter("population", 4)
}

fn build(setup: &Setup) -> Result<Box<dyn Instance>> {
    strategy(ID)?.build(setup)
}

/// How many options of one are not those of another.
fn changed(one: &Selection, other: &Selection) -> usize {
    one.0.iter().filter(|(id, option)| other.0.get(*id) != Some(option)).count()
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&simulation(), build).unwrap();
    conformance::check_search(&two_cells(), build).unwrap();
}

#[test]
fn founders_are_those_of_random_search_and_trials_share_the_budget() {
    let simulation = simulation().budget("12000samples".parse().unwrap());
    let simulated = run(ID, &simulation);
    let founders: Vec<_> = trained(&simulated).into_iter().take(4).cloned().collect();
    assert_eq!(founders, simulation.setup().space.sample_distinct(4, simulation.setup().seed));
    assert!(simulated.trials.iter().all(|trial| trial.limit == Some(1000)));
    assert_eq!(simulated.used.samples, 12_000);
}

#[test]
fn a_child_differs_by_one_move_from_one_that_is_alive() {
    let simulated = run(ID, &simulation());
    let trained = trained(&simulated);
    for (number, child) in trained.iter().enumerate().skip(4) {
        // One trial at a time: the living are the last four.
        assert!(trained[number - 4..number].iter().any(|parent| changed(parent, child) == 1), "trial {number}");
    }
}

#[test]
fn no_architecture_is_trained_twice_and_a_small_space_is_drawn_out() {
    let simulated = run(ID, &four_architectures().parameter("trials", 100).parameter("population", 2));
    let all: BTreeSet<_> = trained(&simulated).into_iter().collect();
    assert_eq!((all.len(), simulated.trials.len()), (4, 4));
    assert!(simulated.quality > 0.99, "{}", simulated.quality);
}

#[test]
fn the_answer_is_the_best_of_all_although_the_oldest_die() {
    let simulation = simulation();
    let first = simulation.setup().space.sample_distinct(1, simulation.setup().seed).remove(0);
    // Every other one is the worse the less it is like the first.
    let best = first.clone();
    let simulated = run(ID, &judged(simulation, move |other| 1.0 / (1 + changed(&best, other)) as f64));
    assert_eq!(simulated.finding.best.trial, Some(TrialId(0)));
    assert_eq!(found(&simulated)[0], &first);
    // It died after the fourth: later children are no more than one move from the last four, and some are two from it.
    assert!(trained(&simulated).into_iter().skip(9).any(|late| changed(&first, late) > 1));
}

#[test]
fn sizes_follow_the_trials_where_nothing_is_said() {
    let of = |simulation: Simulation| {
        use genomenas_plugin::Parameters as _;
        let settings = Settings::from_map(&simulation.setup().parameters).unwrap();
        Evolution::new(simulation.setup(), &settings).unwrap().sizes()
    };
    let space = || on(GenomeNas::new(100, 3).space());
    assert_eq!(of(space()), (6, 2));
    assert_eq!(of(space().parameter("trials", 400)), (100, 34));
    assert_eq!(of(space().parameter("trials", 1)), (2, 2));
    assert_eq!(of(space().parameter("population", 30).parameter("tournament", 1)), (30, 1));
}

#[test]
fn it_finds_better_than_random_search_with_the_same_trials() {
    let simulation = simulation().parameter("trials", 60);
    let mean = |population: u32| mean_quality(ID, &simulation.clone().parameter("population", population), 1..=10);
    // A population as large as the number of trials never has a child: it is random search.
    let (evolved, drawn) = (mean(12), mean(60));
    assert!(evolved > drawn, "{evolved} evolved, {drawn} drawn");
}

#[test]
fn failed_trials_are_passed_over_and_when_all_fail_it_says_so() {
    let some = run(ID, &simulation().failing(|trial| trial.0 % 2 == 0));
    assert!(some.finding.best.trial.is_some_and(|trial| trial.0 % 2 == 1));
    let reason = "no trial completed with a defined AUPRC to rank by; the last one that failed: the simulation lets this trial fail";
    assert_eq!(refusal(ID, &simulation().failing(|_| true)), reason);
    let many = run(ID, &simulation().parameter("trials", 1000).failing(|trial| trial.0 > 5));
    assert_eq!(many.trials.len(), 6 + 50, "fifty failures in a row are enough");
}

#[test]
fn the_weights_of_all_but_the_best_are_dropped() {
    let simulated = run(ID, &simulation());
    let dropped: BTreeSet<u64> = dropped_trials(&simulated).into_iter().map(|(_, trial)| trial).collect();
    let best = simulated.finding.best.trial.unwrap().0;
    assert_eq!(dropped, (0..12).filter(|trial| *trial != best).collect());
}

#[test]
fn what_cannot_be_used_is_refused() {
    assert!(refusal(ID, &no_decisions()).contains("has no decisions, so there is nothing to search"));
    for (name, value) in [("trials", 0), ("population", 0), ("tournament", 10_001)] {
        let told = refusal(ID, &simulation().parameter(name, value));
        assert!(told.starts_with(&format!("parameter `{name}`: expected ")), "{told}");
    }
}

#[test]
fn the_manifest_names_the_strategy() {
    let manifest = manifest().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.strategies[0].id.as_str()), (ID, ID));
}
