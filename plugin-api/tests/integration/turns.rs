//! Several trials under way at once: whose turn it is, when the strategy is asked, and what they spend together.

use super::scripted::{
    self, Scripted, completed, ends, epochs, from, reason, run, run_on, simulation, steps, train, trials,
};
use genomenas_plugin::message::{Initialisation, Outcome, Proposal, Stopped, Trial, TrialId, Unit};
use genomenas_plugin::simulate::Simulated;
use proptest::prelude::*;

/// Whose reports came in which order; an end is a negative number, counted from -1.
fn order(simulated: &Simulated) -> Vec<i64> {
    let turn = |id: u64, ended: bool| if ended { -1 - i64::try_from(id).unwrap() } else { i64::try_from(id).unwrap() };
    simulated.reports.iter().map(|report| turn(report.trial.0, report.end.is_some())).collect()
}

#[test]
fn the_trial_that_has_spent_the_fewest_multiply_adds_has_the_next_turn_and_one_that_is_over_ends_at_once() {
    // Epochs of 13, 4 and 7 hundred passes of the same network.
    let three = trials(vec![train(1, steps(4, 3)), train(1, steps(1, 5)), train(1, steps(2, 3))]);
    let simulated = run_on(&simulation().slots(3), vec![three]).unwrap();
    assert_eq!(order(&simulated), [0, 1, 2, 1, 2, 1, 1, 0, 2, -3, 1, -2, 0, -1]);
}

#[test]
fn with_one_slot_trials_run_one_after_the_other() {
    let simulated = run(vec![trials(vec![train(1, steps(2, 2)), train(2, steps(1, 1))])]).unwrap();
    assert_eq!(order(&simulated), [0, 0, -1, 1, -2]);
}

#[test]
fn trials_that_wait_begin_in_order_as_soon_as_there_is_room() {
    let of = |count| train(1, steps(1, count));
    let simulated = run_on(&simulation().slots(2), vec![trials(vec![of(2), of(1), of(1), of(1)])]).unwrap();
    assert_eq!(order(&simulated), [0, 1, -2, 2, -3, 3, -4, 0, -1]);
}

#[test]
fn a_strategy_is_asked_while_there_is_room_and_hears_what_is_under_way() {
    let proposals = vec![Proposal::trial(train(1, steps(1, 2))), trials(vec![train(1, steps(1, 2)); 3])];
    let mut scripted = Scripted::new(proposals);
    simulation().slots(3).run(&mut scripted).unwrap();
    let asked: Vec<(u64, Vec<u64>)> = scripted
        .asked
        .iter()
        .map(|ask| (ask.next_trial.0, ask.in_flight.iter().map(|trial| trial.0).collect()))
        .collect();
    // The fourth trial waits until the first one ends, so there is room again only after another end.
    assert_eq!(asked, [(0, vec![]), (1, vec![0]), (4, vec![2, 3]), (4, vec![3]), (4, vec![])]);
    assert!(scripted.asked.iter().all(|ask| ask.slots == 3));
}

#[test]
fn a_strategy_that_waits_is_asked_again_only_after_an_end() {
    let one = |count| Proposal::trial(train(1, steps(1, count)));
    let mut scripted = Scripted::new(vec![one(3), Proposal::Wait, one(1)]);
    let simulated = simulation().slots(2).run(&mut scripted).unwrap();
    assert_eq!(order(&simulated), [0, 0, 0, -1, 1, -2]);
    assert_eq!(scripted.asked_after, [0, 0, 4, 4, 6]);
}

#[test]
fn what_is_left_for_a_trial_is_what_the_others_leave() {
    let three = trials(vec![train(1, epochs(9)), train(2, epochs(9)), train(3, epochs(9))]);
    let simulated = run_on(&simulation().slots(3).budget("25050samples".parse().unwrap()), vec![three]).unwrap();
    assert_eq!(simulated.used.samples, 25_100);
    assert!(ends(&simulated).iter().all(|(_, outcome)| *outcome == completed(Stopped::Budget)));
    for report in &simulated.reports {
        assert!(report.remaining <= 25_050 - report.cost.samples.min(25_050));
    }
}

#[test]
fn a_trial_can_have_a_limit_in_another_unit_than_the_budget() {
    let alone = run(vec![Proposal::trial(train(1, steps(10, 1)))]).unwrap();
    let epoch = alone.used.multiply_adds;
    let limited = Trial { limit_unit: Some(Unit::MultiplyAdds), ..train(1, steps(10, 99)).with_limit(3 * epoch) };
    let simulated = run(vec![Proposal::trial(limited.clone())]).unwrap();
    assert_eq!(ends(&simulated), [(0, completed(Stopped::Limit))]);
    assert_eq!(simulated.used.samples, 3_000);

    let small = simulation().budget("2500samples".parse().unwrap());
    let cut = run_on(&small, vec![Proposal::trial(limited)]).unwrap();
    assert_eq!((ends(&cut), cut.used.samples), (vec![(0, completed(Stopped::Budget))], 2_500));
}

#[test]
fn dropping_one_of_several_ends_it_at_once_with_what_it_cost_and_lets_the_next_begin() {
    let all = trials(vec![train(1, steps(1, 3)), train(2, steps(1, 3)), train(3, steps(1, 1)), train(4, steps(1, 1))]);
    let simulated = simulation().slots(2).run(&mut Scripted::new(vec![all]).dropping(2, &[1, 2])).unwrap();
    let dropped: Vec<_> = ends(&simulated).into_iter().filter(|(_, end)| *end == Outcome::Discarded).collect();
    assert_eq!(dropped, [(1, Outcome::Discarded), (2, Outcome::Discarded)]);
    assert_eq!(ends(&simulated).len(), 4);
    let cost = |trial| simulated.reports.iter().rfind(|report| report.trial == TrialId(trial)).unwrap().cost.samples;
    assert_eq!([0, 2, 3].map(cost), [300, 0, 100]);
    assert!(cost(1) > 0 && cost(1) < 300);
}

#[test]
fn weights_are_needed_when_a_trial_has_its_first_turn() {
    let inherits = from(Initialisation::Inherit { trial: TrialId(0) }, train(1, steps(1, 1)));
    let both = trials(vec![train(1, steps(1, 2)), inherits]);
    let at_once = run_on(&simulation().slots(2), vec![both.clone()]).unwrap();
    assert_eq!(reason(&at_once, 1), "the weights of trial 0 cannot be used: it is not a training that completed");
    let one_by_one = run(vec![both]).unwrap();
    assert_eq!(ends(&one_by_one)[1], (1, completed(Stopped::Epochs)));
}

#[test]
fn dropping_a_trial_takes_its_weights_from_those_that_begin_later_and_from_no_other() {
    let inherits = || from(Initialisation::Inherit { trial: TrialId(0) }, train(1, steps(1, 2)));
    let proposals = vec![Proposal::trial(train(1, steps(1, 1))), Proposal::Wait, trials(vec![inherits(); 3])];
    // Reports 0 and 1 are those of the first trial; trials 1 and 2 have begun when it is dropped.
    let simulated = simulation().slots(2).run(&mut Scripted::new(proposals).dropping(2, &[0])).unwrap();
    assert_eq!(reason(&simulated, 3), "the weights of trial 0 cannot be used: it was discarded");
    let went_on = ends(&simulated).into_iter().filter(|(_, end)| *end == completed(Stopped::Epochs));
    assert_eq!(went_on.map(|(trial, _)| trial).collect::<Vec<_>>(), [0, 1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn three_trials_at_once_never_overrun_the_budget_by_more_than_a_step(
        budget in 1_u64..30_000,
        batches in proptest::array::uniform3(1_u32..700),
        counts in proptest::array::uniform3(1_u32..5),
    ) {
        let of = |at: usize| {
            let mut plan = epochs(counts[at]);
            plan.batch = batches[at];
            train(at as u64, plan)
        };
        let simulation = simulation().slots(3).budget(format!("{budget}samples").parse().unwrap());
        let simulated = run_on(&simulation, vec![trials([0, 1, 2].map(of).to_vec())]).unwrap();
        let step = u64::from(batches.into_iter().max().unwrap());
        prop_assert!(simulated.used.samples < budget + step);
        prop_assert_eq!(ends(&simulated).len(), 3);
        let total: u64 = ends(&simulated).iter().map(|(id, _)| scripted::last(&simulated, *id).cost.samples).sum();
        prop_assert_eq!(total, simulated.used.samples);
    }
}
