//! Scoring parts of a supernet: what is reported, what it costs, and what it tells.

use super::scripted::{
    Scripted, completed, ends, from, last, reason, refusal, run, run_on, selection, simulation, space, steps, supernet,
    train, trials,
};
use genomenas_plugin::message::{
    Alphas, Arch, ArchData, Initialisation, MaskScore, Metric, Mixing, Network, Optimizer, Order, Plan, Proposal,
    Stopped, Trial, TrialId, Work,
};
use genomenas_plugin::simulate::Simulated;
use genomenas_plugin::space::Mask;

/// A score of these masks with weights of trial `of`: 150 samples of the training and 200 of the validation split each.
fn score(of: u64, masks: Vec<Mask>) -> Trial {
    let (recalibrate_batch_norm, validation_batches) = (150, Some(2));
    Trial::of(Work::Score { weights_of: TrialId(of), masks, recalibrate_batch_norm, batch: 100, validation_batches })
}

fn singles(count: u64) -> Vec<Mask> {
    (0..count).map(|at| Mask::from(&selection(at))).collect()
}

fn scores(simulated: &Simulated) -> Vec<MaskScore> {
    simulated.reports.iter().filter_map(|report| report.score).collect()
}

fn forward(mask: &Mask) -> u64 {
    space().masked(mask).unwrap().supernet_layers().unwrap().multiply_adds()
}

/// Proposals one after the other.
fn one_by_one(trials: Vec<Trial>) -> Vec<Proposal> {
    trials.into_iter().map(Proposal::trial).collect()
}

#[test]
fn every_mask_is_reported_as_soon_as_it_is_scored_and_then_comes_the_end() {
    let simulated = run(one_by_one(vec![supernet(Mixing::Sum, steps(5, 1)), score(0, singles(3))])).unwrap();
    let masks: Vec<u32> = scores(&simulated).iter().map(|score| score.mask).collect();
    assert_eq!(masks, [0, 1, 2]);
    assert_eq!(ends(&simulated)[1], (1, completed(Stopped::Masks)));
    for report in simulated.reports.iter().filter(|report| report.score.is_some()) {
        assert_eq!((report.trial, &report.epoch, &report.alphas), (TrialId(1), &None, &Alphas::default()));
        assert!(report.end.is_none());
    }
    let end = last(&simulated, 1).end.as_ref().unwrap();
    assert_eq!((end.multiply_adds, &end.best), (forward(&space().mask()), &None));
}

#[test]
fn recalibration_counts_whole_batches_of_trained_samples_and_every_sample_one_forward_pass() {
    let masks = [Mask::from(&selection(1)), space().mask()];
    let simulated = run(one_by_one(vec![supernet(Mixing::Sum, steps(5, 1)), score(0, masks.to_vec())])).unwrap();
    let costs = simulated.reports.iter().filter(|report| report.score.is_some()).map(|report| report.cost);
    let costs: Vec<_> = costs.map(|cost| (cost.samples, cost.multiply_adds)).collect();
    let [small, large] = [forward(&masks[0]), forward(&masks[1])];
    assert!(small < large);
    assert_eq!(costs, [(200, 400 * small), (400, 400 * small + 400 * large)]);
}

#[test]
fn without_recalibration_a_score_takes_no_training_sample() {
    let work = Work::Score {
        weights_of: TrialId(0),
        masks: singles(2),
        recalibrate_batch_norm: 0,
        batch: 64,
        validation_batches: None,
    };
    let simulated = run(one_by_one(vec![supernet(Mixing::Sum, steps(5, 1)), Trial::of(work)])).unwrap();
    let cost = last(&simulated, 1).cost;
    assert_eq!(cost.samples, 0);
    assert_eq!(cost.multiply_adds, singles(2).iter().map(|mask| 1_000 * forward(mask)).sum::<u64>());
}

#[test]
fn a_mask_that_the_budget_or_a_limit_cuts_has_no_score() {
    let both = |score| one_by_one(vec![supernet(Mixing::Sum, steps(5, 1)), score]);
    let limited = run(both(score(0, singles(4)).with_limit(450))).unwrap();
    assert_eq!((scores(&limited).len(), last(&limited, 1).cost.samples), (2, 500));
    assert_eq!(ends(&limited)[1], (1, completed(Stopped::Limit)));

    let small = simulation().budget("650samples".parse().unwrap());
    let cut = run_on(&small, both(score(0, singles(4)))).unwrap();
    assert_eq!((scores(&cut).len(), cut.used.samples), (0, 700));
    assert_eq!(ends(&cut)[1], (1, completed(Stopped::Budget)));
}

#[test]
fn scores_take_turns_with_trainings_mask_by_mask() {
    let proposals = vec![
        Proposal::trial(supernet(Mixing::Sum, steps(5, 1))),
        Proposal::Wait,
        trials(vec![score(0, singles(3)), train(1, steps(1, 3))]),
    ];
    let mut scripted = Scripted::new(proposals);
    let simulated = simulation().slots(2).run(&mut scripted).unwrap();
    let turns: Vec<u64> = simulated.reports.iter().skip(2).map(|report| report.trial.0).collect();
    assert_eq!(turns[..2], [1, 2]);
    assert_eq!(scores(&simulated).len(), 3);
    assert!(turns.windows(2).filter(|pair| pair[0] != pair[1]).count() >= 3, "{turns:?}");
}

#[test]
fn the_same_part_of_the_same_weights_scores_the_same() {
    let masks = vec![Mask::from(&selection(1)), Mask::from(&selection(2)), Mask::from(&selection(1))];
    let simulated = run(one_by_one(vec![supernet(Mixing::Sum, steps(5, 1)), score(0, masks)])).unwrap();
    let losses: Vec<_> = scores(&simulated).iter().map(|score| score.valid_loss.unwrap()).collect();
    assert_eq!(losses[0].to_bits(), losses[2].to_bits());
    assert_ne!(losses[0].to_bits(), losses[1].to_bits());
}

/// How often the better of two architectures, as their own training shows in the end, also scores better with weights
/// of a supernet of so many epochs.
fn agreement(mixing: &Mixing, epochs: u32, seed: u64) -> f64 {
    let simulation = simulation().seed(seed).budget("100000000samples".parse().unwrap());
    let plan = Plan { epochs, validation_batches: Some(1), ..Plan::default() };
    let count = 16;
    let alone = (0..count).map(|at| train(at, Plan { epochs: 20, validation_batches: Some(1), ..Plan::default() }));
    let proposals = [supernet(mixing.clone(), plan), score(0, singles(count))].into_iter().chain(alone);
    let simulated = run_on(&simulation, proposals.map(Proposal::trial).collect()).unwrap();
    let shared: Vec<f64> = scores(&simulated).iter().filter_map(|score| score.score(Metric::Auroc)).collect();
    let own: Vec<f64> = (0..count)
        .map(|at| last(&simulated, at + 2).end.as_ref().unwrap().best.as_ref().unwrap().auroc.unwrap())
        .collect();
    let pairs =
        (0..shared.len()).flat_map(|a| (0..a).map(move |b| (a, b))).filter(|&(a, b)| own[a].total_cmp(&own[b]).is_ne());
    let agrees: Vec<bool> = pairs.map(|(a, b)| (own[a] > own[b]) == (shared[a] > shared[b])).collect();
    agrees.iter().filter(|agrees| **agrees).count() as f64 / agrees.len() as f64
}

#[test]
fn scores_of_a_trained_supernet_order_architectures_better_than_chance_and_better_the_longer_it_trained() {
    let uniform = Mixing::Uniform { options: 1 };
    for mixing in [Mixing::Sum, uniform] {
        let mean = |epochs| (1..=4).map(|seed| agreement(&mixing, epochs, seed)).sum::<f64>() / 4.0;
        let (short, long) = (mean(1), mean(20));
        assert!(short > 0.6 && long > 0.85 && long > short, "{mixing:?}: {short} {long}");
    }
}

#[test]
fn scores_of_what_is_left_without_an_option_tell_good_options_from_bad_ones() {
    let (space, long) = (space(), Plan { epochs: 30, validation_batches: Some(1), ..Plan::default() });
    let mut ordered = Vec::new();
    for seed in 1..=4 {
        // What a single option is worth, the landscape tells by the alphas that a long search would learn.
        let arch = Arch {
            optimizer: Optimizer::default(),
            clip: None,
            warm_up: 0,
            order: Order::First,
            data: ArchData::default(),
        };
        let searched = supernet(Mixing::Softmax, Plan { arch: Some(arch), ..long.clone() });
        let decision = &space.decisions[0];
        let without = |option: &str| {
            let mut mask = space.mask();
            mask.0.get_mut(&decision.id).unwrap().remove(option);
            mask
        };
        let masks = decision.final_options().map(without).collect();
        let all = one_by_one(vec![searched, supernet(Mixing::Sum, long.clone()), score(1, masks)]);
        let simulation = simulation().seed(seed).budget("10000000samples".parse().unwrap());
        let simulated = run_on(&simulation, all).unwrap();
        let shown: Vec<f64> = scores(&simulated).iter().filter_map(|score| score.score(Metric::Loss)).collect();
        let alphas = &last(&simulated, 0).alphas;
        let worth: Vec<f64> =
            decision.final_options().map(|option| alphas.get(&decision.id, option).unwrap().alpha).collect();
        let pairs = (0..shown.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        ordered.extend(pairs.map(|(a, b)| (worth[a] > worth[b]) == (shown[a] < shown[b])));
    }
    let share = ordered.iter().filter(|ordered| **ordered).count() as f64 / ordered.len() as f64;
    assert!(share > 0.8, "{share}");
}

#[test]
fn a_supernet_that_inherited_or_went_on_can_be_scored_too() {
    let second = from(Initialisation::Continue { trial: TrialId(0) }, supernet(Mixing::Softmax, steps(5, 1)));
    let all = vec![supernet(Mixing::Softmax, steps(5, 1)), second, score(1, vec![space().mask()])];
    assert_eq!(scores(&run(one_by_one(all)).unwrap()).len(), 1);
}

#[test]
fn scores_that_the_real_host_refuses_are_refused() {
    let first = || supernet(Mixing::Sum, steps(1, 1));
    let with = |change: fn(&mut Work)| {
        let mut trial = score(0, singles(1));
        change(&mut trial.work);
        trial
    };
    let batches = |work: &mut Work| {
        if let Work::Score { validation_batches, .. } = work {
            *validation_batches = Some(0);
        }
    };
    let batch = |work: &mut Work| {
        if let Work::Score { batch, .. } = work {
            *batch = 0;
        }
    };
    let refusals: Vec<String> = [
        vec![first(), score(5, singles(1))],
        vec![first(), score(1, singles(1))],
        vec![train(1, steps(1, 1)), score(0, singles(1))],
        vec![first(), score(0, singles(1)), score(1, singles(1))],
        vec![first(), score(0, vec![])],
        vec![first(), with(batches)],
        vec![first(), with(batch)],
    ]
    .into_iter()
    .map(|trials| refusal(run(one_by_one(trials))))
    .collect();
    insta::assert_snapshot!(refusals.join("\n"));

    let proposals = one_by_one(vec![first(), score(0, singles(1))]);
    let dropped = simulation().run(&mut Scripted::new(proposals).dropping(1, &[0]));
    assert_eq!(refusal(dropped), "trial 1: the weights of trial 0 cannot be used: it was discarded");
}

#[test]
fn a_score_fails_when_the_supernet_failed_or_a_mask_is_no_part_of_it() {
    let failing = simulation().failing(|trial| trial == TrialId(0));
    let all = || one_by_one(vec![supernet(Mixing::Sum, steps(1, 1)), score(0, singles(1))]);
    let of_failed = run_on(&failing, all()).unwrap();
    assert_eq!(reason(&of_failed, 1), "the weights of trial 0 cannot be used: it is not a training that completed");

    let (decision, option) = selection(1).0.pop_first().unwrap();
    let mut mask = space().mask();
    mask.0.get_mut(&decision).unwrap().remove(&option);
    let smaller = Trial::train(Network::Supernet { mask: Some(mask.clone()), mixing: Mixing::Sum }, steps(1, 1));
    let outside = score(0, vec![mask.clone(), Mask::from(&selection(1))]);
    let empty = score(0, vec![Mask::default()]);
    let simulated = run(one_by_one(vec![smaller, outside, empty])).unwrap();
    let expected = format!("mask 1: it has option '{option}' of decision '{decision}', which was not trained");
    assert_eq!(reason(&simulated, 1), expected);
    let refusal = space().of_supernet(Some(&Mask::default()), &mask, &Mixing::Sum).unwrap_err().message;
    assert_eq!(reason(&simulated, 2), format!("mask 0: {refusal}"));
}
