//! What Hyperband promises, against the simulated host.
#![cfg(test)]

use std::collections::BTreeSet;

use genomenas_plugin::halving::HalvingSettings;
use genomenas_plugin::message::{Horizon, Unit};
use genomenas_plugin::simulate::kit::rungs::{found, proposed, scoring, sizes};
use genomenas_plugin::simulate::kit::{
    dropped_trials, four_architectures, mean_quality, on, refusal, run, three_convolutions,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::GenomeNas;
use genomenas_plugin::{manifest, strategy};
use hyperband::{Settings, search};
use proptest::prelude::*;

const ID: &str = "hyperband";

/// The brackets as the paper's table has them: of each rung how many architectures are trained and how far, in epochs.
fn table(maximum: u64, eta: u64) -> Vec<Vec<(usize, u64)>> {
    let halving = HalvingSettings { resource: "epochs".to_owned(), ..HalvingSettings::default() };
    let settings = Settings { maximum, eta, halving };
    let search = search(three_convolutions().setup(), &settings).unwrap();
    let eta = usize::try_from(eta).unwrap();
    let brackets = search.brackets().iter();
    brackets.map(|bracket| bracket.sizes(eta).into_iter().zip(bracket.amounts.iter().copied()).collect()).collect()
}

/// Explicit lengths: a pass of eleven units of 1000 samples, R = 3.
fn passes() -> Simulation {
    let simulation = three_convolutions().parameter("maximum", 3).parameter("minimum", 1000);
    scoring(simulation, |architecture| 1.0 / (architecture + 2) as f64)
}

#[test]
fn it_keeps_the_promises_of_a_search_with_one_trial_under_way_and_with_several() {
    for slots in [1, 4] {
        conformance::check_search(&three_convolutions().slots(slots), |setup| strategy(ID)?.build(setup)).unwrap();
        let two_passes = passes().budget("22000samples".parse().unwrap());
        conformance::check_search(&two_passes.slots(slots), |setup| strategy(ID)?.build(setup)).unwrap();
    }
}

/// Algorithm 1 for the R and η of the paper's Table 1. The lengths and the first bracket are those of the table; of
/// the other brackets the table has 27, 9, 6 and 5 architectures, which is ⌊5/(s + 1)⌋·3^s, and not the algorithm's
/// ⌈5·3^s/(s + 1)⌉.
#[test]
fn the_brackets_of_r_81_and_eta_3_are_those_of_algorithm_1() {
    assert_eq!(
        table(81, 3),
        [
            vec![(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
            vec![(34, 3), (11, 9), (3, 27), (1, 81)],
            vec![(15, 9), (5, 27), (1, 81)],
            vec![(8, 27), (2, 81)],
            vec![(5, 81)],
        ]
    );
}

/// The table of the R package `mlr3hyperband`, an implementation of the same algorithm.
#[test]
fn the_brackets_of_r_8_and_eta_2_are_those_of_another_implementation() {
    assert_eq!(
        table(8, 2),
        [vec![(8, 1), (4, 2), (2, 4), (1, 8)], vec![(6, 2), (3, 4), (1, 8)], vec![(4, 4), (2, 8)], vec![(4, 8)],]
    );
}

#[test]
fn an_r_that_is_no_power_of_eta_is_divided_from_the_top() {
    assert_eq!(table(20, 4), [vec![(16, 1), (4, 5), (1, 20)], vec![(6, 5), (1, 20)], vec![(3, 20)]]);
    assert_eq!(table(1, 3), [vec![(1, 1)]]);
}

#[test]
fn a_pass_trains_the_brackets_one_after_the_other_with_fresh_architectures() {
    let simulation = three_convolutions().parameter("maximum", 9).parameter("batch", 10);
    let simulated = run(ID, &simulation);
    let trials = proposed(&simulation, &simulated);
    assert_eq!(sizes(&trials), [(0, 9), (1, 3), (2, 1), (0, 5), (1, 1), (0, 3)]);
    let fresh: Vec<_> = trials.iter().filter(|trial| trial.from.is_none()).map(|trial| trial.architecture).collect();
    assert_eq!(fresh, (0..17).collect::<Vec<_>>());
}

#[test]
fn every_architecture_is_on_the_way_to_r_and_its_limits_add_up_to_where_it_got() {
    let simulation = three_convolutions().parameter("maximum", 9).parameter("batch", 10);
    let trials = proposed(&simulation, &run(ID, &simulation));
    let top = trials.last().unwrap().limit.unwrap();
    let horizon = Some(Horizon::Cost { amount: top, unit: Unit::Samples });
    assert!(trials.iter().all(|trial| trial.plan.horizon == horizon && trial.unit == Some(Unit::Samples)));
    let limits: Vec<_> = [0, 9, 12].map(|trial: usize| trials[trial].limit.unwrap()).into();
    assert_eq!((trials[9].rung, trials[12].rung), (1, 2));
    let ninth = top / 9 / 10 * 10;
    let third = top / 3 / 10 * 10;
    assert_eq!(limits, [ninth, third - ninth, top - third]);
}

#[test]
fn a_small_budget_has_fewer_brackets_so_that_the_shortest_training_has_ten_steps() {
    let lengths = |samples: u32| {
        let simulation = three_convolutions().budget(format!("{samples}samples").parse().unwrap());
        let search = search(simulation.setup(), &Settings::default()).unwrap();
        let amounts: Vec<_> = search.brackets().iter().map(|bracket| bracket.amounts.clone()).collect();
        (amounts.len(), amounts[0][0])
    };
    assert_eq!(lengths(357_000), (4, 1_000));
    assert_eq!(lengths(350_000), (3, 5_000));
    assert_eq!(lengths(70_000), (3, 1_000));
    assert_eq!(lengths(20_000), (2, 1_800));
    assert_eq!(lengths(1_000), (2, 100));
}

#[test]
fn when_lengths_are_said_it_goes_on_with_fresh_architectures_until_the_budget_ends() {
    let simulation = passes().budget("25000samples".parse().unwrap());
    let simulated = run(ID, &simulation);
    let trials = proposed(&simulation, &simulated);
    assert_eq!(sizes(&trials), [(0, 3), (1, 1), (0, 2 + 3), (1, 1), (0, 2 + 3)]);
    let fresh: Vec<_> = trials.iter().filter(|trial| trial.from.is_none()).map(|trial| trial.architecture).collect();
    assert_eq!(fresh, (0..13).collect::<Vec<_>>());
    assert_eq!(simulated.used.samples, 25_000);
}

#[test]
fn it_finds_the_best_of_those_that_had_all_of_r_whatever_their_bracket() {
    let simulation = passes().budget("11000samples".parse().unwrap());
    assert_eq!(found(&simulation, &run(ID, &simulation)), [0, 3, 4, 1, 2]);
}

#[test]
fn it_frees_everything_that_no_longer_can_go_on() {
    let simulation = passes().budget("11000samples".parse().unwrap());
    let simulated = run(ID, &simulation);
    assert_eq!(dropped_trials(&simulated), [(2, 1), (2, 2), (3, 0), (3, 3), (5, 4), (5, 5)]);
    let all: BTreeSet<_> = dropped_trials(&simulated).iter().map(|(_, trial)| *trial).collect();
    assert_eq!(all.len(), simulated.trials.len());
}

#[test]
fn several_trials_under_way_change_nothing_of_who_goes_on() {
    let trials = |slots| {
        let simulation = passes().slots(slots).budget("33000samples".parse().unwrap());
        proposed(&simulation, &run(ID, &simulation))
    };
    assert_eq!(trials(1), trials(5));
}

#[test]
fn a_small_space_is_tried_whole_and_then_it_ends() {
    conformance::check(&four_architectures().slots(3), |setup| strategy(ID)?.build(setup)).unwrap();
    let simulation = four_architectures().parameter("batch", 10);
    assert_eq!(sizes(&proposed(&simulation, &run(ID, &simulation))), [(0, 4), (1, 1), (2, 1), (3, 1)]);
}

#[test]
fn a_bracket_of_failures_is_passed_over_and_a_pass_of_failures_ends_the_search() {
    let simulation = passes().failing(|trial| trial.0 < 3).budget("8000samples".parse().unwrap());
    let simulated = run(ID, &simulation);
    assert_eq!(found(&simulation, &simulated)[0], 3);
    assert_eq!(
        refusal(ID, &passes().failing(|_| true)),
        "no trial completed with a defined AUPRC to rank by; the last one that failed: the simulation lets this trial fail"
    );
    let simulation = passes().failing(|trial| trial.0 >= 6);
    assert_eq!(run(ID, &simulation).trials.len(), 6 + 5);
}

#[test]
fn it_runs_on_the_space_of_genomenas() {
    let simulated = run(
        ID,
        &on(GenomeNas { cells: 2, ..GenomeNas::new(60, 2) }.space())
            .parameter("maximum", 3)
            .budget("60000samples".parse().unwrap()),
    );
    assert!(simulated.quality > 0.5, "{}", simulated.quality);
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(ID, &three_convolutions().parameter("batch", 20), 1..=10);
    assert!(mean > 0.8, "{mean}");
}

#[test]
fn the_manifest_names_its_needs_and_its_parameters() {
    let manifest = manifest().unwrap();
    let strategy = &manifest.strategies[0];
    assert_eq!(
        (manifest.id.as_str(), strategy.id.as_str(), strategy.needs.as_slice()),
        (ID, ID, &["continue".to_owned()][..])
    );
    let properties = strategy.parameters["properties"].as_object().unwrap();
    assert_eq!((properties["eta"]["default"].as_u64(), properties["maximum"]["default"].as_u64()), (Some(3), Some(27)));
}

proptest! {
    #[test]
    fn all_limits_together_stay_within_the_budget_and_use_most_of_it(
        eta in 2_u64..6, maximum in 1_u64..100, batch in 1_u32..50, budget in 500_000_u64..5_000_000,
    ) {
        let simulation = three_convolutions().budget(format!("{budget}samples").parse().unwrap());
        let halving = HalvingSettings { batch, ..HalvingSettings::default() };
        let settings = Settings { eta, maximum, halving };
        let search = search(simulation.setup(), &settings).unwrap();
        let eta = usize::try_from(eta).unwrap();
        let cost: u128 = search.brackets().iter().map(|of| of.cost(eta)).sum();
        prop_assert!(cost <= u128::from(budget), "{cost}");
        // R longer by a step would not fit: every rung of every architecture has at most one step more.
        let trials: usize = search.brackets().iter().flat_map(|of| of.sizes(eta)).sum();
        prop_assert!(cost + trials as u128 * 2 * u128::from(batch) > u128::from(budget), "{cost}");
    }
}
