//! What the search promises, against the simulated host: no libtorch, no data.
#![cfg(test)]

use genomenas_plugin::simulate::kit::{genomenas, mean_quality, refusal, run};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::strategy;

use my_random as _;

const ID: &str = "my-random";

fn simulation() -> Simulation {
    genomenas().parameter("trials", 6)
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&simulation(), |setup| strategy(ID)?.build(setup)).unwrap();
}

#[test]
fn trials_share_the_budget() {
    let simulated = run(ID, &simulation().budget("60000samples".parse().unwrap()));
    assert_eq!(simulated.trials.len(), 6);
    assert!(simulated.trials.iter().all(|trial| trial.limit == Some(10_000)));
}

#[test]
fn many_trials_find_better_architectures_than_one() {
    let mean = |trials: u64| mean_quality(ID, &genomenas().parameter("trials", trials), 1..=10);
    let (one, many) = (mean(1), mean(20));
    assert!(many > one + 0.2, "{many} of 20 trials, {one} of one");
}

#[test]
fn failed_trials_are_passed_over_and_when_all_fail_it_says_so() {
    let some = run(ID, &simulation().failing(|trial| trial.0 % 2 == 0));
    assert!(some.finding.best.trial.is_some_and(|trial| trial.0 % 2 == 1));
    let why = refusal(ID, &simulation().failing(|_| true));
    assert_eq!(why, "no trial completed with a defined AUPRC to choose by");
}
