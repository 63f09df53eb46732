//! What the search promises, against the simulated host: no libtorch, no data.
#![cfg(test)]

use genomenas_plugin::simulate::kit::supernets::{dropped_after, stages};
use genomenas_plugin::simulate::kit::{mean_quality, no_decisions, refusal, run, small_genomenas, two_cells};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::strategy;

use my_differentiable as _;

const ID: &str = "my-differentiable";

fn simulation() -> Simulation {
    small_genomenas().budget("100000samples".parse().unwrap())
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&simulation(), |setup| strategy(ID)?.build(setup)).unwrap();
}

#[test]
fn between_the_two_stages_the_less_probable_half_of_the_options_is_dropped() {
    let alphas = two_cells().alphas(|of| [0.3, 0.1, 0.2, 0.0][of.option]);
    let simulated = run(ID, &alphas);
    assert_eq!(stages(&simulated).len(), 2);
    let of_both = ["second.0 wide", "second.0 skip_connect", "second.1 wide", "second.1 skip_connect"];
    assert_eq!(dropped_after(&simulated, 0), [&["first middle"][..], &of_both].concat());
    assert!(dropped_after(&simulated, 1).is_empty());
}

#[test]
fn the_stages_share_the_budget() {
    let limits: Vec<_> = stages(&run(ID, &simulation())).iter().map(|stage| stage.limit).collect();
    assert_eq!(limits, [Some(50_000), Some(50_000)]);
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(ID, &simulation(), 1..=5);
    assert!(mean > 0.7, "{mean}");
}

#[test]
fn what_cannot_be_searched_is_refused_in_words() {
    assert!(refusal(ID, &no_decisions()).contains("has no decisions"));
    let why = refusal(ID, &simulation().parameter("epochs", 3).parameter("warm_up", 3));
    assert!(why.starts_with("weights alone train for 3 of 3 epochs"), "{why}");
    let why = refusal(ID, &simulation().failing(|_| true));
    assert!(why.contains("the simulation lets this trial fail"), "{why}");
}
