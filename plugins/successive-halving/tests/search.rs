//! What successive halving promises, against the simulated host.
#![cfg(test)]

use genomenas_plugin::halving::HalvingSettings;
use genomenas_plugin::message::{Algorithm, Clip, Epoch, Horizon, Schedule, TrialId, Unit};
use genomenas_plugin::simulate::kit::rungs::{Proposed, found, proposed, scoring, showing, sizes};
use genomenas_plugin::simulate::kit::{
    dropped_trials, four_architectures, mean_quality, on, refusal, run, three_convolutions,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::GenomeNas;
use genomenas_plugin::{Parameters as _, manifest, strategy};
use proptest::prelude::*;
use successive_halving::{Settings, search};

const ID: &str = "successive-halving";

/// Eight architectures, of which the last one drawn is best; 1400 samples a rung.
fn eight() -> Simulation {
    let simulation =
        three_convolutions().parameter("trials", 8).parameter("batch", 20).budget("21000samples".parse().unwrap());
    scoring(simulation, |architecture| architecture as f64 / 1000.0)
}

fn trials(simulation: &Simulation) -> Vec<Proposed> {
    proposed(simulation, &run(ID, simulation))
}

#[test]
fn it_keeps_the_promises_of_a_search_with_one_trial_under_way_and_with_several() {
    for slots in [1, 3] {
        conformance::check_search(&three_convolutions().slots(slots), |setup| strategy(ID)?.build(setup)).unwrap();
    }
}

#[test]
fn it_runs_on_a_space_of_a_users_own_that_has_fewer_architectures_than_it_wants() {
    conformance::check(&four_architectures().slots(2), |setup| strategy(ID)?.build(setup)).unwrap();
    assert_eq!(sizes(&trials(&four_architectures())), [(0, 4), (1, 2), (2, 1)]);
}

/// genomeNAS's README: `budget` 3, `num_samples` 25, `iterations` 3.
#[test]
fn the_schedule_of_genomenas_trains_138_epochs() {
    let simulation = three_convolutions()
        .budget("10000000samples".parse().unwrap())
        .parameter("resource", "epochs")
        .parameter("minimum", 3)
        .parameter("steps_per_epoch", 5);
    let simulated = run(ID, &simulation);
    let trials = proposed(&simulation, &simulated);
    assert_eq!(sizes(&trials), [(0, 25), (1, 12), (2, 6), (3, 3)]);
    assert!(trials.iter().all(|trial| trial.plan.epochs == 3 && trial.limit.is_none()));
    assert!(trials.iter().all(|trial| trial.plan.horizon == Some(Horizon::Epochs { epochs: 12 })));
    assert_eq!(simulated.reports.iter().filter(|report| report.epoch.is_some()).count(), 138);
    assert_eq!(simulated.used.samples, 138 * 5 * 100);
}

#[test]
fn as_many_validation_batches_are_scored_as_the_user_wants() {
    let batches = |simulation: &Simulation| trials(simulation)[0].plan.validation_batches;
    assert_eq!(
        (batches(&three_convolutions()), batches(&three_convolutions().parameter("validation_batches", 7))),
        (None, Some(7))
    );
}

#[test]
fn of_eta_architectures_one_goes_on_rounded_down_and_the_best_one_always() {
    let sizes = |trials: u32, eta: u32| {
        sizes(&self::trials(&three_convolutions().parameter("trials", trials).parameter("eta", eta)))
            .into_iter()
            .map(|(_, size)| size)
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes(25, 2), [25, 12, 6, 3]);
    assert_eq!(sizes(30, 3), [30, 10, 3, 1]);
    assert_eq!(sizes(70, 4), [70, 17, 4, 1]);
}

#[test]
fn it_ends_early_when_one_is_left() {
    for (trials, expected) in [(3, vec![(0, 3), (1, 1)]), (1, vec![(0, 1)]), (8, vec![(0, 8), (1, 4), (2, 2), (3, 1)])]
    {
        let simulation = three_convolutions().parameter("trials", trials).parameter("rungs", 9);
        assert_eq!(sizes(&self::trials(&simulation)), expected, "of {trials}");
    }
}

#[test]
fn the_budget_is_shared_out_in_equal_whole_steps() {
    let simulation = three_convolutions().parameter("batch", 64);
    let simulated = run(ID, &simulation);
    let trials = proposed(&simulation, &simulated);
    let most = 200_000 / 46 / 64 * 64;
    assert!(trials.iter().all(|trial| trial.limit == Some(most) && trial.unit == Some(Unit::Samples)));
    assert!(
        trials.iter().all(|trial| trial.plan.horizon == Some(Horizon::Cost { amount: 4 * most, unit: Unit::Samples }))
    );
    assert_eq!(simulated.used.samples, 46 * most);
}

#[test]
fn a_budget_in_another_unit_is_shared_out_too() {
    for (budget, unit) in [("46seconds", Unit::Seconds), ("4600000000multiply-adds", Unit::MultiplyAdds)] {
        let budget: genomenas_plugin::message::Budget = budget.parse().unwrap();
        let simulation = three_convolutions().budget(budget).parameter("batch", 10);
        let trials = trials(&simulation);
        let share = budget.amount / 46;
        assert!(trials.iter().all(|trial| (trial.limit, trial.unit) == (Some(share), Some(unit))), "{trials:?}");
    }
}

#[test]
fn samples_are_a_resource_under_a_budget_of_seconds_if_their_number_is_said() {
    let simulation = three_convolutions().budget("1000seconds".parse().unwrap()).parameter("resource", "samples");
    assert_eq!(
        refusal(ID, &simulation),
        "parameter `minimum` is 0, so the budget decides how long rungs are, but `resource` is samples and the budget is 1000 seconds: set `minimum` to an amount of samples, or `resource` to \"budget\""
    );
    let trials = trials(&simulation.parameter("minimum", 700));
    assert!(trials.iter().all(|trial| (trial.limit, trial.unit) == (Some(700), Some(Unit::Samples))));
}

#[test]
fn the_better_half_goes_on_the_best_first() {
    let order: Vec<_> = trials(&eight()).iter().map(|trial| (trial.architecture, trial.from)).collect();
    let fresh = (0..8).map(|architecture| (architecture, None));
    let promoted = [(7, Some(7)), (6, Some(6)), (5, Some(5)), (4, Some(4)), (7, Some(8)), (6, Some(9)), (7, Some(12))];
    assert_eq!(order, fresh.chain(promoted).collect::<Vec<_>>());
}

#[test]
fn it_finds_the_best_of_the_last_rung_and_names_the_runners_up() {
    let simulation = eight();
    let simulated = run(ID, &simulation);
    assert_eq!(found(&simulation, &simulated), [7, 6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(simulated.finding.best.trial, Some(TrialId(14)));
    assert_eq!(simulated.finding.others[0].trial, Some(TrialId(13)));
}

#[test]
fn several_trials_under_way_change_nothing_of_who_goes_on() {
    let order = |slots| trials(&eight().slots(slots));
    assert_eq!(order(1), order(3));
}

#[test]
fn the_score_of_the_last_epoch_counts_and_not_the_best() {
    // Two epochs a rung: the odd ones are best after the first, the even ones after the second.
    let shown = |architecture: usize, samples: f64| {
        let late = samples % 20_000.0 < 1.0;
        let score = if architecture.is_multiple_of(2) == late { 0.9 } else { 0.1 };
        Epoch { auprc: Some(score), ..Epoch::default() }
    };
    let simulation = three_convolutions()
        .parameter("trials", 4)
        .parameter("resource", "epochs")
        .parameter("minimum", 2)
        .parameter("rungs", 2)
        .budget("10000000samples".parse().unwrap());
    let order: Vec<_> = trials(&showing(simulation, shown)).iter().map(|trial| trial.architecture).collect();
    assert_eq!(order, [0, 1, 2, 3, 0, 2]);
}

#[test]
fn of_equals_the_trial_with_the_lower_id_goes_on() {
    let simulation = scoring(three_convolutions().parameter("trials", 6).parameter("eta", 3), |_| 0.5);
    assert_eq!(
        trials(&simulation).iter().map(|trial| trial.architecture).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5, 0, 1, 0]
    );
}

#[test]
fn any_metric_ranks() {
    let shown = |architecture: usize, _: f64| {
        let (loss, [auroc, auprc, f1]) = match architecture {
            0 => (0.1, [0.1, 0.1, 0.1]),
            1 => (0.4, [0.4, 0.1, 0.1]),
            2 => (0.4, [0.1, 0.4, 0.1]),
            _ => (0.4, [0.1, 0.1, 0.4]),
        };
        Epoch { valid_loss: loss, auroc: Some(auroc), auprc: Some(auprc), f1: Some(f1), ..Epoch::default() }
    };
    for (at, metric) in ["loss", "auroc", "auprc", "f1"].into_iter().enumerate() {
        let simulation = showing(three_convolutions().parameter("trials", 4).parameter("metric", metric), shown);
        assert_eq!(found(&simulation, &run(ID, &simulation))[0], at, "{metric}");
    }
}

#[test]
fn losers_are_freed_when_the_rung_is_decided_and_survivors_once_they_were_continued() {
    let dropped = dropped_trials(&run(ID, &eight()));
    let losers = [(7, 3), (7, 2), (7, 1), (7, 0)];
    let continued =
        [(8, 7), (9, 6), (10, 5), (11, 4), (11, 10), (11, 11), (12, 8), (13, 9), (13, 13), (14, 12), (14, 14)];
    assert_eq!(dropped, [losers.as_slice(), &continued].concat());
}

#[test]
fn what_fails_or_has_no_score_goes_no_further() {
    let simulation = eight().failing(|trial| [7, 9].contains(&trial.0));
    let order: Vec<_> = trials(&simulation).iter().map(|trial| trial.architecture).collect();
    assert_eq!(order[8..], [6, 5, 4, 3, 6, 4, 6]);
    let shown = |architecture: usize, _: f64| {
        let auprc = if architecture < 5 { None } else { Some(0.1 / architecture as f64) };
        Epoch { auprc, ..Epoch::default() }
    };
    let simulation = showing(three_convolutions().parameter("trials", 8), shown);
    let order: Vec<_> = trials(&simulation).iter().map(|trial| trial.architecture).collect();
    assert_eq!(order[8..], [5, 6, 7, 5, 5]);
}

#[test]
fn when_nothing_has_a_score_it_says_so() {
    assert_eq!(
        refusal(ID, &eight().failing(|_| true)),
        "no trial completed with a defined AUPRC to rank by; the last one that failed: the simulation lets this trial fail"
    );
    let undefined = showing(three_convolutions().parameter("trials", 4), |_, _| Epoch::default());
    assert_eq!(refusal(ID, &undefined), "no trial completed with a defined AUPRC to rank by");
}

#[test]
fn a_budget_that_ends_early_leaves_the_best_of_the_highest_rung_that_was_reached() {
    let best = |samples: u32| {
        let simulation = eight().parameter("minimum", 1000).budget(format!("{samples}samples").parse().unwrap());
        found(&simulation, &run(ID, &simulation))[0]
    };
    assert_eq!(best(1), 0);
    assert_eq!(best(5_000), 4, "the best of those that were trained");
    assert_eq!(best(9_500), 7, "the first of the second rung");
}

#[test]
fn it_can_train_as_genomenas_does() {
    let simulation = three_convolutions()
        .parameter("optimizer", "sgd")
        .parameter("resource", "epochs")
        .parameter("rnn_learning_rate", 8);
    let plan = &trials(&simulation)[0].plan;
    let rnn = plan.rnn.as_ref().unwrap();
    assert_eq!((plan.cnn.learning_rate, plan.cnn.weight_decay), (0.025, 3e-4));
    assert_eq!((rnn.learning_rate, rnn.weight_decay), (8.0, 5e-7));
    assert_eq!(plan.cnn.algorithm, Algorithm::Sgd { momentum: 0.9 });
    assert_eq!(rnn.algorithm, Algorithm::Sgd { momentum: 0.0 });
    assert_eq!(plan.cnn.schedule, Schedule::Cosine { minimum: 0.0, every_step: false });
    assert_eq!((&plan.clip, plan.slowness), (&Clip::All { norm: 0.25 }, 1e-3));
}

#[test]
fn it_runs_on_the_space_of_genomenas() {
    let simulated = run(
        ID,
        &on(GenomeNas { cells: 2, ..GenomeNas::new(60, 2) }.space())
            .parameter("trials", 6)
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
    let named: Vec<_> = strategy.parameters["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        named,
        [
            "batch",
            "cnn_learning_rate",
            "eta",
            "learning_rate",
            "metric",
            "minimum",
            "optimizer",
            "resource",
            "rnn_learning_rate",
            "rungs",
            "steps_per_epoch",
            "trials",
            "validation_batches"
        ]
    );
    assert_eq!(Settings::default().halving.metric, "auprc");
    assert!(Settings::SCHEMA.contains("draft/2020-12"));
}

proptest! {
    #[test]
    fn all_limits_together_stay_within_the_budget_and_use_most_of_it(
        trials in 1_usize..60, eta in 2_usize..6, rungs in 1_usize..7, batch in 1_u32..80, budget in 100_000_u64..1_000_000,
    ) {
        let simulation = three_convolutions().budget(format!("{budget}samples").parse().unwrap());
        let halving = HalvingSettings { batch, ..HalvingSettings::default() };
        let settings = Settings { trials, eta, rungs, halving };
        let cost: u128 = search(simulation.setup(), &settings).unwrap().brackets().iter().map(|of| of.cost(eta)).sum();
        prop_assert!(cost <= u128::from(budget), "{cost}");
        // A step more for every trial would not fit.
        let steps = u128::from(batch) * 2 * trials as u128 * rungs as u128;
        prop_assert!(cost + steps > u128::from(budget), "{cost}");
    }
}
