//! What BONAS promises, against the simulated host.

use std::collections::BTreeSet;

use bonas as _;
use genomenas_plugin::message::{Discard, Mixing, Network, Outcome, Trial, TrialId, Work};
use genomenas_plugin::simulate::kit::{no_decisions, refusal, run, small_genomenas, two_cells};
use genomenas_plugin::simulate::{Simulated, Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Selection, Space};
use genomenas_plugin::strategy;

/// With a graph network that is quickly trained.
fn quick(simulation: Simulation) -> Simulation {
    simulation
        .parameter("gcn_epochs", 8)
        .parameter("generate_num", 40)
        .parameter("init_num", 6)
        .parameter("bo_sample_num", 4)
        .budget("40000samples".parse().unwrap())
}

/// What is trained in each supernet, and alone.
fn batches(simulated: &Simulated) -> Vec<Vec<Selection>> {
    let of = |trial: &Trial| match &trial.work {
        Work::Train { network: Network::Supernet { mixing, .. }, .. } => match mixing {
            Mixing::Sample { selections } | Mixing::Cycle { selections } => Some(selections.clone()),
            other => panic!("expected sub-networks, not {other:?}"),
        },
        Work::Train { network: Network::Selection { selection }, .. } => Some(vec![selection.clone()]),
        _ => None,
    };
    simulated.trials.iter().filter_map(of).collect()
}

/// Refuses two architectures of a run that compute the same; gives how many there are.
fn all_different(simulation: &Simulation, simulated: &Simulated) -> usize {
    let space = &simulation.setup().space;
    let mut hashes = BTreeSet::new();
    for selection in batches(simulated).iter().flatten() {
        assert!(hashes.insert(space.architecture(selection).unwrap().canonical_hash().unwrap()), "{selection:?} twice");
    }
    hashes.len()
}

#[test]
fn it_keeps_the_promises_of_a_search_with_one_trial_at_a_time_and_with_three() {
    for evaluation in ["shared", "alone"] {
        for slots in [1, 3] {
            let simulation = quick(small_genomenas()).parameter("evaluation", evaluation).slots(slots);
            conformance::check_search(&simulation, |setup| strategy("bonas")?.build(setup)).unwrap();
        }
    }
}

#[test]
fn it_runs_on_a_space_of_a_users_own() {
    for evaluation in ["shared", "alone"] {
        let simulation = quick(two_cells()).parameter("evaluation", evaluation);
        conformance::check_search(&simulation, |setup| strategy("bonas")?.build(setup)).unwrap();
    }
}

#[test]
fn every_unit_of_budget_leads_to_scores() {
    for budget in ["40000samples", "9e9multiply-adds", "20seconds"] {
        for evaluation in ["shared", "alone"] {
            let simulation =
                quick(small_genomenas()).parameter("evaluation", evaluation).budget(budget.parse().unwrap());
            let simulated = run("bonas", &simulation);
            assert!(simulated.finding.best.trial.is_some(), "{budget} {evaluation}");
        }
    }
}

#[test]
fn a_round_is_a_supernet_of_its_selections_and_the_score_of_each() {
    let simulated = run("bonas", &quick(small_genomenas()));
    assert_eq!(batches(&simulated).iter().map(Vec::len).collect::<Vec<_>>(), [4, 2, 4, 4]);
    for (at, pair) in simulated.trials.chunks(2).enumerate() {
        let [train, score] = pair else { panic!("a supernet without scores") };
        let Work::Train { network: Network::Supernet { mask: Some(mask), mixing }, .. } = &train.work else {
            panic!("{train:?}");
        };
        let Mixing::Sample { selections } = mixing else { panic!("{mixing:?}") };
        let Work::Score { weights_of, masks, .. } = &score.work else { panic!("{score:?}") };
        assert_eq!(*weights_of, TrialId(2 * at as u64));
        assert_eq!(*masks, selections.iter().map(Into::into).collect::<Vec<_>>());
        assert!(masks.iter().all(|part| part.is_within(mask)));
        let used: usize = mask.0.values().map(BTreeSet::len).sum();
        let taken: BTreeSet<_> = selections.iter().flat_map(|selection| &selection.0).collect();
        assert_eq!(used, taken.len(), "options that no selection takes");
    }
}

#[test]
fn a_supernet_is_dropped_once_it_is_scored() {
    let simulated = run("bonas", &quick(small_genomenas()));
    let dropped: Vec<_> = simulated.discards.iter().map(|(after, dropped)| (after.0, dropped.clone())).collect();
    let supernet = |trial| Discard::Trial { trial: TrialId(trial) };
    assert_eq!(dropped, [(1, supernet(0)), (3, supernet(2)), (5, supernet(4)), (7, supernet(6))]);
}

#[test]
fn of_networks_that_train_alone_only_the_best_keeps_its_weights() {
    let simulated = run("bonas", &quick(small_genomenas()).parameter("evaluation", "alone").slots(3));
    let dropped: BTreeSet<_> = simulated
        .discards
        .iter()
        .map(|(_, discard)| match discard {
            Discard::Trial { trial } => *trial,
            other => panic!("{other:?}"),
        })
        .collect();
    let all: BTreeSet<_> = (0..simulated.trials.len() as u64).map(TrialId).collect();
    let kept: Vec<_> = all.difference(&dropped).collect();
    assert_eq!(kept, [&simulated.finding.best.trial.unwrap()]);
}

#[test]
fn nothing_is_tried_twice_and_a_small_space_is_tried_to_its_end() {
    for evaluation in ["shared", "alone"] {
        for candidates in ["evolution", "random"] {
            let simulation = quick(two_cells())
                .parameter("evaluation", evaluation)
                .parameter("candidates", candidates)
                .parameter("iterations", 30)
                .budget("400000samples".parse().unwrap());
            let simulated = run("bonas", &simulation);
            assert_eq!(all_different(&simulation, &simulated), 18, "{evaluation} {candidates}");
        }
    }
}

/// Two slots of one node that choose among two operations of two inputs: sixteen selections, of which four choose the
/// same twice, and the others are mirror images in pairs.
#[test]
fn mirror_images_and_twins_are_not_tried() {
    let space = GenomeNas {
        cells: 2,
        nodes: 1,
        rnn_nodes: 1,
        operations: vec!["max_pool_5".into(), "conv_3".into()],
        activations: vec!["tanh".into()],
        shared_cell: true,
        free_inputs: true,
        ..GenomeNas::new(60, 2)
    };
    let simulation = quick(Simulation::new(space.space().unwrap()).unwrap()).parameter("iterations", 20);
    assert_eq!(all_different(&simulation, &run("bonas", &simulation)), 6);
}

/// Section 10 of the reference's description: 180 architectures in three supernets.
#[test]
fn the_settings_of_the_readme_of_the_reference_try_180_architectures() {
    let simulation = small_genomenas()
        .parameter("init_num", 60)
        .parameter("bo_sample_num", 60)
        .parameter("gcn_epochs", 3)
        .budget("10000000samples".parse().unwrap());
    let simulated = run("bonas", &simulation);
    assert_eq!(batches(&simulated).iter().map(Vec::len).collect::<Vec<_>>(), [60, 60, 60]);
    assert_eq!(all_different(&simulation, &simulated), 180);
    let Work::Score { recalibrate_batch_norm, .. } = &simulated.trials[1].work else { panic!() };
    assert_eq!(*recalibrate_batch_norm, 10_000);
}

#[test]
fn a_small_budget_is_shared_between_rounds_and_between_training_and_scores() {
    let simulated = run("bonas", &small_genomenas().budget("20000samples".parse().unwrap()));
    let told: Vec<_> = simulated
        .trials
        .iter()
        .map(|trial| match &trial.work {
            Work::Score { masks, recalibrate_batch_norm, batch, .. } => {
                (trial.limit, masks.len(), *recalibrate_batch_norm, *batch)
            }
            _ => (trial.limit, 0, 0, 0),
        })
        .collect();
    // A third of each round's 6,666 samples is kept for its scores; what is not used goes to the next.
    assert_eq!(told[..2], [(Some(4444), 0, 0, 0), (None, 10, 200, 100)]);
    assert_eq!((told.len(), told.iter().map(|trial| trial.1).sum::<usize>()), (6, 30));
    assert!(simulated.used.samples <= 20_100, "{:?}", simulated.used);
}

#[test]
fn a_budget_of_a_few_steps_still_measures_something() {
    for budget in ["300samples", "1000samples", "3000samples"] {
        for evaluation in ["shared", "alone"] {
            let simulation = small_genomenas().parameter("evaluation", evaluation).budget(budget.parse().unwrap());
            let simulated = run("bonas", &simulation);
            assert!(simulated.finding.best.trial.is_some(), "{budget} {evaluation}");
        }
    }
}

#[test]
fn finalists_share_one_more_supernet_and_the_best_of_them_is_found() {
    let simulated = run("bonas", &quick(small_genomenas()).parameter("finalists", 3));
    let batches = batches(&simulated);
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 2, 4, 4, 3]);
    let score = |from: u64| {
        let reports = simulated.reports.iter().filter(move |report| report.trial.0 == from);
        reports.filter_map(|report| report.score).collect::<Vec<_>>()
    };
    let finals = score(9);
    let best = finals.iter().max_by(|a, b| a.auprc.unwrap().total_cmp(&b.auprc.unwrap())).unwrap();
    let Network::Selection { selection } = &simulated.finding.best.network else { panic!() };
    assert_eq!(*selection, batches[4][best.mask as usize]);
    assert_eq!(simulated.finding.best.trial, Some(TrialId(9)));
    // They are the best three of all rounds before.
    let mut before: Vec<f64> = [1, 3, 5, 7].into_iter().flat_map(score).map(|score| score.auprc.unwrap()).collect();
    before.sort_by(|a, b| b.total_cmp(a));
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    assert!(mean(&before[..3]) > mean(&before));
}

#[test]
fn what_it_finds_is_better_than_most_and_better_than_its_first_guesses() {
    for evaluation in ["shared", "alone"] {
        let found = |seed: u64, iterations: u64| {
            let simulation = small_genomenas()
                .seed(seed)
                .parameter("evaluation", evaluation)
                .parameter("iterations", iterations)
                .parameter("gcn_epochs", 40)
                .budget("400000samples".parse().unwrap());
            run("bonas", &simulation).quality
        };
        let mean = |iterations| (1..=4).map(|seed| found(seed, iterations)).sum::<f64>() / 4.0;
        let (guessed, learned) = (mean(0), mean(4));
        assert!(learned > 0.9 && learned > guessed, "{evaluation}: {learned}, without learning {guessed}");
    }
}

#[test]
fn a_supernet_that_fails_costs_its_round_alone() {
    let simulated = run("bonas", &quick(small_genomenas()).failing(|trial| trial.0 == 0));
    assert!(simulated.finding.best.trial.is_some());
    let failed = |report: &genomenas_plugin::message::Report| {
        matches!(report.end.as_ref().map(|end| &end.outcome), Some(Outcome::Failed { .. }))
    };
    assert_eq!(simulated.reports.iter().filter(|report| failed(report)).count(), 1);
}

#[test]
fn what_cannot_be_searched_is_refused_with_the_reason() {
    insta::assert_snapshot!(
        [
            refusal("bonas", &small_genomenas().failing(|_| true)),
            refusal("bonas", &no_decisions()),
            refusal("bonas", &small_genomenas().parameter("generate_num", 5)),
        ]
        .join("\n"),
        @"
    3 rounds in a row gave no score: the simulation lets this trial fail
    space 'nothing to decide' has no decisions, so there is nothing to search: train it as it is, or give a space with decisions
    parameter `generate_num`: expected at least `bo_sample_num` = 10, because that many architectures are chosen from so many candidates, got 5
    "
    );
}

#[test]
fn the_reference_s_own_space_is_searched() {
    let operations = ["max_pool_5", "skip_connect", "sep_conv_15", "dil_conv_15"].map(str::to_owned).to_vec();
    let sizes = GenomeNas { shared_cell: true, free_inputs: true, operations, ..GenomeNas::new(100, 3) };
    let space: Space = sizes.space().unwrap();
    let simulation = quick(Simulation::new(space).unwrap());
    assert_eq!(all_different(&simulation, &run("bonas", &simulation)), 14);
}
