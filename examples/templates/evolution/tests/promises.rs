//! What the search promises, against the simulated host: no libtorch, no data.
#![cfg(test)]

use std::collections::BTreeSet;

use genomenas_plugin::message::Setup;
use genomenas_plugin::simulate::kit::{dropped_trials, mean_quality, refusal, run, tiny_genomenas, trained};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::Selection;
use genomenas_plugin::{Instance, Result, strategy};

use my_evolution as _;

const ID: &str = "my-evolution";

fn simulation() -> Simulation {
    tiny_genomenas().parameter("trials", 12).parameter("population", 4)
}

fn build(setup: &Setup) -> Result<Box<dyn Instance>> {
    strategy(ID)?.build(setup)
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_registered(ID).unwrap();
    conformance::check_search(&simulation(), build).unwrap();
}

#[test]
fn founders_are_distinct_and_trials_share_the_budget() {
    let simulated = run(ID, &simulation().budget("12000samples".parse().unwrap()));
    let founders: BTreeSet<_> = trained(&simulated).into_iter().take(4).collect();
    assert_eq!(founders.len(), 4);
    assert!(simulated.trials.iter().all(|trial| trial.limit == Some(1000)));
    assert_eq!(simulated.used.samples, 12_000);
}

#[test]
fn a_child_differs_from_an_earlier_architecture_by_one_move() {
    let simulated = run(ID, &simulation());
    let trained = trained(&simulated);
    for (number, child) in trained.iter().enumerate().skip(4) {
        let changed =
            |parent: &Selection| parent.0.iter().filter(|(id, option)| child.0.get(*id) != Some(option)).count();
        assert!(trained[..number].iter().any(|earlier| changed(earlier) == 1), "trial {number}");
    }
}

#[test]
fn evolution_finds_better_architectures_than_drawing_all_of_them() {
    let mean = |population: u32| {
        let simulation = simulation().parameter("trials", 200).parameter("population", population);
        let simulation = simulation.budget("200000samples".parse().unwrap());
        mean_quality(ID, &simulation, 1..=20)
    };
    // A population as large as the number of trials never has a child.
    let (evolved, drawn) = (mean(20), mean(200));
    assert!(evolved > drawn, "{evolved} evolved, {drawn} drawn");
}

#[test]
fn failed_trials_are_passed_over_and_when_all_fail_it_says_so() {
    let some = run(ID, &simulation().failing(|trial| trial.0 % 2 == 0));
    assert!(some.finding.best.trial.is_some_and(|trial| trial.0 % 2 == 1));
    let all = simulation().failing(|_| true);
    assert_eq!(refusal(ID, &all), "no trial completed with a defined AUPRC to choose by");
}

#[test]
fn the_weights_of_the_dead_are_dropped() {
    let dropped: Vec<_> = dropped_trials(&run(ID, &simulation())).into_iter().map(|(_, trial)| trial).collect();
    assert_eq!(dropped, (0..8).collect::<Vec<_>>(), "of 12 trials the last 4 live");
}
