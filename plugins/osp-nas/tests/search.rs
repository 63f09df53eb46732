//! What OSP-NAS promises, against the simulated host.

use std::collections::BTreeSet;

use genomenas_plugin::message::{
    Algorithm, Clip, Discard, Horizon, Initialisation, Mixing, Network, Plan, TrialId, Work,
};
use genomenas_plugin::simulate::kit::{
    found, genomenas, mean_quality, no_decisions, refusal, run, small_genomenas, two_cells,
};
use genomenas_plugin::simulate::{Simulated, Simulation, conformance};
use genomenas_plugin::space::Mask;
use genomenas_plugin::{Parameters as _, manifest, strategy};
use osp_nas::Settings;

/// The masks of each score.
fn scores(simulated: &Simulated) -> Vec<&[Mask]> {
    let masks = simulated.trials.iter().filter_map(|trial| match &trial.work {
        Work::Score { masks, .. } => Some(masks.as_slice()),
        _ => None,
    });
    masks.collect()
}

/// The plan of each training, with its beginning.
fn trainings(simulated: &Simulated) -> Vec<(&Plan, Initialisation)> {
    let plans = simulated.trials.iter().filter_map(|trial| match &trial.work {
        Work::Train { plan, init, .. } => Some((plan, *init)),
        _ => None,
    });
    plans.collect()
}

/// Options of a mask in the cell of this name.
fn size(mask: &Mask, cell: &str) -> usize {
    mask.0.iter().filter(|(id, _)| id.starts_with(cell)).map(|(_, options)| options.len()).sum()
}

fn sizes(mask: &Mask) -> [usize; 3] {
    ["normal.", "reduction.", "rnn."].map(|cell| size(mask, cell))
}

/// A budget that suffices for every plan.
fn plenty(simulation: Simulation) -> Simulation {
    simulation.budget("1e12samples".parse().unwrap())
}

#[test]
fn it_keeps_the_promises_of_a_search_with_one_trial_at_a_time_and_with_three() {
    for slots in [1, 3] {
        let simulation = small_genomenas().parameter("operations", 15).parameter("candidates", 7).slots(slots);
        conformance::check_search(&simulation, |setup| strategy("osp-nas")?.build(setup)).unwrap();
    }
}

#[test]
fn from_108_operations_it_takes_seventeen_rounds_of_seven_candidates() {
    let simulated = run("osp-nas", &plenty(genomenas()).parameter("candidates", 7));
    let counts: Vec<usize> = scores(&simulated).iter().map(|masks| masks.len()).collect();
    let (last, rounds) = counts.split_last().unwrap();
    assert_eq!(rounds, [&[7; 16][..], &[4]].concat());
    assert_eq!(rounds.iter().sum::<usize>(), 116);
    assert!([8, 12, 18].contains(last), "{last}");
    assert_eq!(trainings(&simulated).len(), 1 + 17);
}

#[test]
fn from_108_operations_it_takes_thirty_three_rounds_of_four_candidates() {
    let simulated = run("osp-nas", &plenty(genomenas()));
    let counts: Vec<usize> = scores(&simulated).iter().map(|masks| masks.len()).collect();
    assert_eq!(counts[..33], [4; 33]);
    assert!(counts.len() == 34 && [8, 12, 18].contains(&counts[33]), "{counts:?}");
}

#[test]
fn each_round_drops_all_candidates_but_one_until_an_architecture_is_left() {
    let simulated = run("osp-nas", &plenty(genomenas()).parameter("candidates", 7));
    let scores = scores(&simulated);
    // A mask lacks one of what is left in every cell.
    let left: Vec<_> = scores.iter().map(|masks| sizes(&masks[0])).collect();
    let expected: Vec<_> = (0..17).map(|round| [108 - 6 * round - 1; 3]).chain([[8; 3]]).collect();
    assert_eq!(left, expected);
    assert_eq!(sizes(&simulated.remaining), [9; 3]);
    let found = found(&simulated);
    assert!(found.iter().all(|selection| sizes(&Mask::from(*selection)) == [8; 3]));
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), scores[17].len());
}

#[test]
fn it_finds_the_last_architecture_with_the_best_score() {
    let simulated = run("osp-nas", &small_genomenas().parameter("metric", "auroc"));
    let last = TrialId(simulated.trials.len() as u64 - 1);
    let masks = scores(&simulated).pop().unwrap();
    let mut scored: Vec<_> = simulated.reports.iter().filter(|report| report.trial == last).collect();
    scored.retain(|report| report.score.is_some());
    scored.sort_by(|a, b| b.score.unwrap().auroc.unwrap().total_cmp(&a.score.unwrap().auroc.unwrap()));
    let best = scored.iter().map(|report| &masks[report.score.unwrap().mask as usize]);
    let found: Vec<Mask> = found(&simulated).into_iter().map(Mask::from).collect();
    assert_eq!(best.collect::<Vec<_>>(), found.iter().collect::<Vec<_>>());
    assert_eq!(simulated.finding.best.trial, Some(last));
}

#[test]
fn what_hurts_least_goes_by_validation_loss() {
    let simulated = run("osp-nas", &plenty(small_genomenas()).parameter("candidates", 5));
    let before = Mask::clone(match &simulated.trials[0].work {
        Work::Train { network: Network::Supernet { mask: Some(mask), mixing: Mixing::Sum }, .. } => mask,
        other => panic!("expected the first supernet, not {other:?}"),
    });
    let reports = simulated.reports.iter().filter(|report| report.trial == TrialId(1));
    let losses: Vec<f64> = reports.filter_map(|report| report.score?.valid_loss).collect();
    let worst = (0..5).max_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
    let dropped = |discard: &Discard| match discard {
        Discard::Option { decision, option } => vec![(decision.clone(), option.clone())],
        Discard::Edge { decision } => {
            before.0[decision].iter().map(|option| (decision.clone(), option.clone())).collect()
        }
        other => panic!("expected an option or an edge, not {other:?}"),
    };
    let round = simulated.discards.iter().filter(|(trial, _)| *trial == TrialId(1));
    let dropped: BTreeSet<_> = round.flat_map(|(_, discard)| dropped(discard)).collect();
    let lacks = |mask: &Mask| -> BTreeSet<_> {
        let all = before.0.iter().flat_map(|(id, options)| options.iter().map(move |option| (id, option)));
        all.filter(|(id, option)| !mask.has(id, option)).map(|(id, option)| (id.clone(), option.clone())).collect()
    };
    let masks = scores(&simulated)[0];
    let kept = lacks(&masks[worst]);
    let expected: BTreeSet<_> = masks.iter().flat_map(&lacks).filter(|pair| !kept.contains(pair)).collect();
    assert_eq!(dropped, expected);
    assert_eq!(dropped.len(), 3 * 4);
}

#[test]
fn cells_can_be_judged_by_themselves() {
    let simulated = run("osp-nas", &plenty(small_genomenas()).parameter("jointly", false).parameter("candidates", 5));
    let first = scores(&simulated)[0];
    assert_eq!(first.len(), 15);
    assert_eq!((sizes(&first[0]), sizes(&first[5]), sizes(&first[14])), ([39, 40, 24], [40, 39, 24], [40, 40, 23]));
    assert!(found(&simulated).iter().all(|selection| sizes(&Mask::from(*selection)) == [4, 4, 3]));
}

#[test]
fn every_training_goes_on_from_the_one_before_whose_weights_are_freed() {
    let simulated = run("osp-nas", &small_genomenas().parameter("candidates", 10));
    let trains = |trial: usize| matches!(simulated.trials[trial].work, Work::Train { .. });
    let ids: Vec<usize> = (0..simulated.trials.len()).filter(|&trial| trains(trial)).collect();
    for pair in ids.windows(2) {
        let [before, after] = [pair[0], pair[1]].map(|id| TrialId(id as u64));
        let Work::Train { init, network, .. } = &simulated.trials[pair[1]].work else { unreachable!() };
        assert_eq!(*init, Initialisation::Continue { trial: before });
        assert_eq!(*network, Network::Supernet { mask: None, mixing: Mixing::Sum });
        assert!(simulated.discards.contains(&(after, Discard::Trial { trial: before })));
    }
    assert_eq!(trainings(&simulated)[0].1, Initialisation::Fresh);
}

#[test]
fn learning_rates_fall_from_round_to_round_and_never_below_their_floor() {
    let simulated = run("osp-nas", &plenty(small_genomenas()).parameter("candidates", 2));
    let rates: Vec<_> = trainings(&simulated)
        .into_iter()
        .map(|(plan, _)| (plan.cnn.learning_rate, plan.rnn.as_ref().unwrap().learning_rate))
        .collect();
    for (round, (cnn, rnn)) in rates.iter().enumerate() {
        assert!((cnn - (0.025 - 0.0002 * round as f64)).abs() < 1e-12, "round {round}: {cnn}");
        // The reference's 2 − 0.1·round is 0 in round 20 and negative after it.
        assert!((rnn - (2.0 - 0.1 * round as f64).max(0.2)).abs() < 1e-12, "round {round}: {rnn}");
    }
    assert_eq!(rates.len(), 1 + 35);
}

#[test]
fn it_trains_as_the_reference_does() {
    let simulated = run("osp-nas", &plenty(small_genomenas()));
    let trainings = trainings(&simulated);
    let (first, round) = (trainings[0].0, trainings[1].0);
    assert_eq!((first.epochs, first.horizon), (5, Some(Horizon::Epochs { epochs: 60 })));
    assert_eq!((round.epochs, round.horizon), (1, None));
    assert_eq!(first.cnn.algorithm, Algorithm::Sgd { momentum: 0.9 });
    let rnn = first.rnn.as_ref().unwrap();
    assert_eq!((rnn.algorithm, rnn.weight_decay), (Algorithm::Sgd { momentum: 0.0 }, 5e-7));
    assert_eq!((first.clip, first.slowness), (Clip::All { norm: 0.25 }, 1e-3));
    assert_eq!((first.input_dropout, first.hidden_dropout), (Some(0.75), Some(0.25)));
}

#[test]
fn it_runs_on_a_space_of_a_users_own() {
    for slots in [1, 2] {
        let simulation = two_cells().slots(slots);
        conformance::check_search(&simulation, |setup| strategy("osp-nas")?.build(setup)).unwrap();
    }
    let simulated = run("osp-nas", &plenty(two_cells()));
    // Nine options, of which an architecture has two.
    assert_eq!(scores(&simulated).iter().map(|masks| masks.len()).collect::<Vec<_>>()[..2], [4, 4]);
    assert_eq!(found(&simulated)[0].0.len(), 2);
}

#[test]
fn a_space_without_decisions_is_refused() {
    assert!(refusal("osp-nas", &no_decisions()).starts_with("space 'nothing to decide' has no decisions"));
}

#[test]
fn a_single_candidate_is_refused() {
    assert!(
        refusal("osp-nas", &small_genomenas().parameter("candidates", 1))
            .starts_with("parameter `candidates`: expected")
    );
}

#[test]
fn a_trial_that_fails_ends_the_search_with_the_hosts_reason() {
    let failing = |which: fn(TrialId) -> bool| refusal("osp-nas", &small_genomenas().failing(which));
    assert_eq!(
        failing(|trial| trial.0 == 0),
        "the training of the first supernet failed: the simulation lets this trial fail"
    );
    assert_eq!(failing(|trial| trial.0 == 3), "the score of round 2 failed: the simulation lets this trial fail");
    assert_eq!(failing(|trial| trial.0 == 4), "the training after round 2 failed: the simulation lets this trial fail");
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(
        "osp-nas",
        &small_genomenas().parameter("batch", 20).budget("400000samples".parse().unwrap()),
        1..=5,
    );
    assert!(mean > 0.6, "{mean}");
}

#[test]
fn the_manifest_names_its_needs_and_every_parameter() {
    let manifest = manifest().unwrap();
    assert_eq!(manifest.id, "osp-nas");
    assert_eq!(manifest.strategies[0].needs, ["supernet", "continue", "score"]);
    let schema: genomenas_plugin::serde_json::Value = genomenas_plugin::serde_json::from_str(Settings::SCHEMA).unwrap();
    let named: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        named,
        [
            "batch",
            "candidates",
            "clip",
            "cnn_clip",
            "cnn_decay",
            "cnn_learning_rate",
            "cnn_weight_decay",
            "epochs",
            "hidden_dropout",
            "input_dropout",
            "jointly",
            "learning_rate_floor",
            "learning_rate_min",
            "metric",
            "momentum",
            "one_clip",
            "operations",
            "pretrain_epochs",
            "recalibration",
            "rnn_clip",
            "rnn_decay",
            "rnn_learning_rate",
            "rnn_weight_decay",
            "schedule_epochs",
            "slowness",
            "steps_per_epoch",
        ]
    );
}
