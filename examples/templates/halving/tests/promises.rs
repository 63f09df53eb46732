//! What the search promises, against the simulated host: no libtorch, no data.
#![cfg(test)]

use genomenas_plugin::simulate::kit::rungs::{found, proposed, scoring, sizes};
use genomenas_plugin::simulate::kit::{mean_quality, refusal, run, three_convolutions};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::strategy;

use my_halving as _;

const ID: &str = "my-halving";

fn simulation() -> Simulation {
    three_convolutions().budget("20000samples".parse().unwrap())
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&simulation(), |setup| strategy(ID)?.build(setup)).unwrap();
}

#[test]
fn half_of_the_architectures_go_on_and_each_goes_on_from_its_own_weights() {
    let trials = proposed(&simulation(), &run(ID, &simulation()));
    assert_eq!(sizes(&trials), [(0, 8), (1, 4), (2, 2)]);
    for trial in trials.iter().filter(|trial| trial.rung > 0) {
        let from = usize::try_from(trial.from.unwrap()).unwrap();
        assert_eq!(trials[from].architecture, trial.architecture);
    }
}

#[test]
fn it_finds_the_best_of_those_that_began() {
    let scored = scoring(simulation(), |architecture| if architecture == 5 { 0.9 } else { 0.5 });
    assert_eq!(found(&scored, &run(ID, &scored))[0], 5);
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(ID, &simulation(), 1..=5);
    assert!(mean > 0.7, "{mean}");
}

#[test]
fn when_all_trials_fail_it_says_so() {
    let why = refusal(ID, &simulation().failing(|_| true));
    assert!(why.contains("the simulation lets this trial fail"), "{why}");
}
