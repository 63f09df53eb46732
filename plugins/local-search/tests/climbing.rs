//! What local search promises, against the simulated host.
#![cfg(test)]

use std::collections::BTreeSet;

use genomenas_plugin::message::Setup;
use genomenas_plugin::simulate::kit::{
    four_architectures, judged, mean_quality, no_decisions, refusal, run, tiny_genomenas, trained, two_cells,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::Selection;
use genomenas_plugin::{Instance, Result, manifest, strategy};
use local_search as _;

const ID: &str = "local-search";

fn simulation() -> Simulation {
    tiny_genomenas().parameter("trials", 20).parameter("initial", 3)
}

fn build(setup: &Setup) -> Result<Box<dyn Instance>> {
    strategy(ID)?.build(setup)
}

/// One summit, to which every architecture has a way up.
fn one_summit(selection: &Selection) -> f64 {
    selection.0.values().map(|option| f64::from(u8::from(option == "conv_3"))).sum::<f64>() / 10.0
}

fn flat(_: &Selection) -> f64 {
    0.5
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&simulation(), build).unwrap();
    conformance::check_search(&two_cells().parameter("initial", 2), build).unwrap();
    conformance::check_search(&simulation().parameter("whole_neighbourhood", true), build).unwrap();
    conformance::check_search(&simulation().parameter("patience", 2), build).unwrap();
}

#[test]
fn it_begins_with_the_draws_of_random_search_and_moves_to_the_first_better_neighbour() {
    let simulation = judged(simulation(), one_summit);
    let space = simulation.setup().space.clone();
    let simulated = run(ID, &simulation);
    let trained = trained(&simulated);
    let drawn = space.sample_distinct(3, simulation.setup().seed);
    assert_eq!(trained[..3].iter().copied().cloned().collect::<Vec<_>>(), drawn);
    for number in 3..trained.len() {
        let before = &trained[..number];
        let top = before.iter().copied().reduce(|a, b| if one_summit(b) > one_summit(a) { b } else { a }).unwrap();
        assert!(space.neighbours(top).contains(trained[number]), "trial {number}");
    }
}

#[test]
fn a_whole_neighbourhood_is_trained_before_it_moves_where_that_is_asked_for() {
    let length = |selection: &Selection| selection.0.values().map(|option| option.len() as f64).sum::<f64>() / 100.0;
    let simulation = judged(two_cells(), length)
        .parameter("whole_neighbourhood", true)
        .parameter("initial", 1)
        .parameter("trials", 12);
    let space = simulation.setup().space.clone();
    let simulated = run(ID, &simulation);
    let trained = trained(&simulated);
    let neighbours: BTreeSet<_> = space.neighbours(trained[0]).into_iter().collect();
    let next: BTreeSet<_> = trained[1..=neighbours.len()].iter().copied().cloned().collect();
    assert_eq!(next, neighbours);
}

#[test]
fn where_nothing_near_is_better_it_begins_elsewhere() {
    let space = simulation().setup().space.clone();
    let beginnings = |simulation: Simulation| {
        let simulated = run(ID, &judged(simulation, flat).parameter("initial", 1));
        let trained = trained(&simulated);
        let mut top = trained[0];
        let mut beginnings = vec![0];
        for (number, next) in trained.iter().enumerate().skip(1) {
            if !space.neighbours(top).contains(next) {
                top = next;
                beginnings.push(number);
            }
        }
        beginnings
    };
    assert_eq!(beginnings(simulation().parameter("patience", 4)), [0, 5, 10, 15]);
    // Without patience all neighbours come first, of which there are more than trials.
    assert_eq!(beginnings(simulation()), [0]);
}

#[test]
fn a_restart_keeps_the_best_of_all_climbs() {
    let simulated = run(ID, &simulation().parameter("patience", 2));
    let score = |report: &genomenas_plugin::message::Report| report.end.as_ref()?.best.as_ref()?.auprc;
    let scores = simulated.reports.iter().filter_map(|report| Some((report.trial, score(report)?)));
    let best = scores.reduce(|best, next| if next.1 > best.1 { next } else { best }).unwrap();
    assert_eq!(simulated.finding.best.trial, Some(best.0));
}

#[test]
fn no_architecture_is_trained_twice_and_a_small_space_is_drawn_out() {
    for slots in [1, 3] {
        let simulation = four_architectures().slots(slots).parameter("trials", 100).parameter("initial", 1);
        let simulated = run(ID, &simulation);
        let all: BTreeSet<_> = trained(&simulated).into_iter().collect();
        assert_eq!((all.len(), simulated.trials.len()), (4, 4), "{slots} at once");
    }
}

#[test]
fn it_finds_better_than_random_search_with_the_same_trials() {
    // Trials of some epochs: where noise is as large as what differs, a lucky beginning blocks the climb (README).
    let simulation = simulation().parameter("trials", 60).budget("2000000samples".parse().unwrap());
    let mean = |initial: u32| mean_quality(ID, &simulation.clone().parameter("initial", initial), 1..=10);
    // With as many beginnings as trials it is random search.
    let (climbed, drawn) = (mean(10), mean(60));
    assert!(climbed > drawn, "{climbed} climbed, {drawn} drawn");
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
    for (name, value) in [("trials", 0), ("initial", 0), ("patience", 0)] {
        let told = refusal(ID, &simulation().parameter(name, value));
        assert!(told.starts_with(&format!("parameter `{name}`: expected ")), "{told}");
    }
}

#[test]
fn the_manifest_names_the_strategy() {
    let manifest = manifest().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.strategies[0].id.as_str()), (ID, ID));
}
