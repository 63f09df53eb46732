//! What random search promises, against the simulated host.
#![cfg(test)]

use std::collections::BTreeSet;

use genomenas_plugin::message::{Ask, Cost, Metric, Network, Proposal, Setup, TrialId, Work};
use genomenas_plugin::simulate::kit::{four_architectures, genomenas, on, refusal, run};
use genomenas_plugin::simulate::{Simulated, Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Selection};
use genomenas_plugin::{Instance, Result, manifest, strategy};
use random_search::{RandomSearch, Settings};

const ID: &str = "random-search";

fn build(setup: &Setup) -> Result<Box<dyn Instance>> {
    strategy(ID)?.build(setup)
}

fn selections(simulated: &Simulated) -> Vec<&Selection> {
    simulated
        .trials
        .iter()
        .map(|trial| match &trial.work {
            Work::Train { network: Network::Selection { selection }, .. } => selection,
            other => panic!("expected a selection, not {other:?}"),
        })
        .collect()
}

#[test]
fn it_keeps_the_promises_of_a_search() {
    conformance::check_search(&genomenas().parameter("trials", 3), build).unwrap();
}

#[test]
fn it_runs_on_a_space_of_a_users_own() {
    conformance::check(&four_architectures(), build).unwrap();
}

#[test]
fn it_trains_distinct_architectures_for_equal_shares_of_the_budget() {
    let simulated = run(ID, &genomenas().parameter("trials", 6).budget("60000samples".parse().unwrap()));
    assert_eq!(selections(&simulated).into_iter().collect::<BTreeSet<_>>().len(), 6);
    assert!(simulated.trials.iter().all(|trial| trial.limit == Some(10_000)));
    assert_eq!(simulated.used.samples, 60_000);
}

#[test]
fn it_finishes_with_the_trial_of_the_best_validation_score() {
    let simulated = run(ID, &genomenas());
    let ends = simulated.reports.iter().filter_map(|report| Some((report.trial, report.end.as_ref()?.best.as_ref()?)));
    let best = ends.max_by(|a, b| a.1.score(Metric::Auprc).partial_cmp(&b.1.score(Metric::Auprc)).unwrap()).unwrap();
    assert_eq!(simulated.finding.best.trial, Some(best.0));
}

#[test]
fn trials_that_fail_are_passed_over() {
    let simulated = run(ID, &genomenas().failing(|trial| trial.0 % 2 == 0));
    assert!(simulated.finding.best.trial.is_some_and(|trial| trial.0 % 2 == 1));
}

#[test]
fn when_every_trial_fails_it_says_so() {
    let simulation = genomenas().failing(|_| true);
    assert_eq!(refusal(ID, &simulation), "no trial completed with a defined AUPRC to rank by");
}

#[test]
fn a_small_space_is_trained_whole_and_no_architecture_twice() {
    let simulated = run(ID, &four_architectures().parameter("trials", 100));
    assert_eq!(simulated.trials.len(), 4);
    assert_eq!(selections(&simulated).into_iter().collect::<BTreeSet<_>>().len(), 4);
    assert!(simulated.quality > 0.99, "the best of all architectures, not {}", simulated.quality);
}

#[test]
fn many_trials_find_better_architectures_than_one() {
    let mean = |trials: u32| {
        let qualities = (1..=10).map(|seed| run(ID, &small_budget().seed(seed).parameter("trials", trials)).quality);
        qualities.sum::<f64>() / 10.0
    };
    let (one, many) = (mean(1), mean(20));
    assert!(many > 0.85 && many > one + 0.2, "{many} of 20 trials, {one} of one");
}

fn small_budget() -> Simulation {
    on(GenomeNas { cells: 1, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(50, 2) }.space())
}

#[test]
fn while_trials_run_it_waits_and_at_the_end_of_the_budget_it_guesses() {
    let simulation = genomenas();
    let setup = simulation.setup();
    let mut search: Box<dyn Instance> = RandomSearch::new(setup, &Settings::default()).unwrap().into();
    let ask = |remaining, in_flight| Ask {
        budget: setup.budget,
        remaining,
        used: Cost::default(),
        next_trial: TrialId(0),
        in_flight,
        slots: 1,
    };
    let Proposal::Trials { trials } = search.propose(&ask(10, vec![])).unwrap() else { panic!("expected trials") };
    assert_eq!(trials.len(), 8);
    assert_eq!(search.propose(&ask(10, vec![TrialId(0)])).unwrap(), Proposal::Wait);
    let Proposal::Finish { finding } = search.propose(&ask(0, vec![TrialId(0)])).unwrap() else {
        panic!("expected a finding")
    };
    assert_eq!(finding.best.trial, None);
}

#[test]
fn the_manifest_names_the_search_and_its_parameters() {
    let manifest = manifest().unwrap();
    assert_eq!(manifest.id, "random-search");
    assert_eq!(manifest.strategies[0].id, "random-search");
    let named: Vec<_> = manifest.strategies[0].parameters["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, ["batch", "epochs", "learning_rate", "metric", "trials"]);
}
