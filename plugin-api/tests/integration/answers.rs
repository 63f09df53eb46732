//! Answers that hold too much: refused before they are in the log, and given up before they have cost hours.

use std::collections::BTreeMap;
use std::time::Instant;

use genomenas_plugin::engine::{MOST_BYTES, MOST_TRIALS};
use genomenas_plugin::message::{Discard, Initialisation, Mixing, Network, Outcome, Plan, Proposal, Trial, TrialId};
use genomenas_plugin::simulate::Simulation;
use genomenas_plugin::space::Mask;

use crate::scripted::{Scripted, ends, epochs, from, refusal, run, run_on, simulation, steps, supernet, train, trials};

fn broken() -> Trial {
    train(1, Plan { batch: 0, ..epochs(1) })
}

#[test]
fn one_answer_of_many_broken_trials_is_given_up_after_a_hundred() {
    let mut strategy = Scripted::new(vec![trials(vec![broken(); 5000])]);
    let refused = simulation().run(&mut strategy).unwrap_err().message;
    assert!(refused.starts_with("the last 100 trials of the strategy ended before their first step"), "{refused}");
    assert_eq!((strategy.reports, strategy.asked.len()), (100, 1));
}

#[test]
fn broken_trials_between_good_ones_and_beside_them_do_no_harm() {
    let mut some = vec![broken(); 99];
    some.push(train(1, steps(1, 1)));
    some.extend(vec![broken(); 99]);
    for slots in [1, 4] {
        let simulated = run_on(&simulation().slots(slots), vec![trials(some.clone())]).unwrap();
        assert_eq!(simulated.trials.len(), 199);
    }
}

#[test]
fn an_answer_of_more_trials_or_bytes_than_any_search_needs_is_not_even_logged() {
    let many = refusal(run(vec![trials(vec![train(1, steps(1, 1)); MOST_TRIALS + 1])]));
    assert!(many.starts_with("the strategy proposed 10001 trials in one answer: expected at most 10000"), "{many}");
    let mask = Mask([("n".repeat(MOST_BYTES), ["none".to_owned()].into())].into());
    let long = Network::Supernet { mask: Some(mask), mixing: Mixing::Sum };
    let large = refusal(run(vec![Proposal::trial(Trial::train(long, epochs(1)))]));
    assert!(large.starts_with("the strategy proposed ") && large.contains("bytes in one answer"), "{large}");
}

#[test]
fn a_reason_that_quotes_a_long_name_is_short_and_on_one_line() {
    let mask = Mask([("n\u{1b}".repeat(1 << 20), ["none".to_owned()].into())].into());
    let long = Network::Supernet { mask: Some(mask), mixing: Mixing::Sum };
    let simulated = run(vec![Proposal::trial(Trial::train(long, epochs(1)))]).unwrap();
    let [(_, Outcome::Failed { reason })] = &ends(&simulated)[..] else { panic!("{:?}", simulated.reports) };
    assert!(reason.chars().count() <= 2000 && reason.contains("characters left out"), "{}", reason.len());
    assert!(!reason.contains(char::is_control));
}

fn dropping(discards: Vec<Discard>) -> Scripted {
    let strategy = Scripted::new(vec![trials(vec![train(1, steps(1, 3))])]);
    Scripted { discards: BTreeMap::from([(0, discards)]), ..strategy }
}

#[test]
fn no_answer_drops_more_than_there_is() {
    let of_the_same = vec![Discard::trial(TrialId(7)); 1_000_000];
    let refused = simulation().run(&mut dropping(of_the_same)).unwrap_err().message;
    assert!(refused.starts_with("the strategy dropped 1000000 options, edges and trials in one answer"), "{refused}");
    let long = Discard::Edge { decision: "n".repeat(MOST_BYTES) };
    let refused = simulation().run(&mut dropping(vec![long])).unwrap_err().message;
    assert!(refused.contains("bytes of names in one answer") && refused.len() < 300, "{refused}");
}

#[test]
fn what_is_dropped_again_is_dropped_once() {
    let space = crate::scripted::space();
    let decision = &space.decisions[0];
    let option = Discard::Option { decision: decision.id.clone(), option: decision.options[1].clone() };
    let simulated = simulation().run(&mut dropping(vec![option; 5000])).unwrap();
    let mut mask = space.mask();
    mask.0.get_mut(&decision.id).unwrap().remove(&decision.options[1]);
    assert_eq!(simulated.remaining, mask);
}

#[test]
fn a_strategy_may_drop_most_of_what_it_proposed() {
    let proposals = vec![trials(vec![train(1, steps(1, 2)); 1500]), trials(vec![train(2, steps(1, 1))])];
    let mut strategy = Scripted::new(proposals).dropping(0, &(1..1500).collect::<Vec<_>>());
    let simulated = simulation().run(&mut strategy).unwrap();
    assert_eq!(ends(&simulated).iter().filter(|(_, end)| *end == Outcome::Discarded).count(), 1499);
    // Trials that are dropped before they are proposed never begin.
    let ahead: Vec<u64> = (1..200).collect();
    let proposals = vec![trials(vec![train(1, steps(1, 2))]), trials(vec![train(1, steps(1, 2)); 199])];
    let mut strategy = Scripted::new(proposals).dropping(0, &ahead);
    let refused = simulation().run(&mut strategy).unwrap_err().message;
    assert!(refused.starts_with("the last 100 trials of the strategy ended before their first step"), "{refused}");
}

/// The seconds of a search of so many trials of one small step each, a tenth of which are dropped at once.
fn seconds(count: u64) -> f64 {
    let budget = format!("{}samples", 200 * count).parse().unwrap();
    let simulation = Simulation::new(crate::scripted::space()).unwrap().budget(budget);
    let mut strategy = Scripted::new(vec![trials(vec![train(1, steps(1, 1)); usize::try_from(count).unwrap()])])
        .dropping(0, &(count - count / 10..count).collect::<Vec<_>>());
    let begun = Instant::now();
    let simulated = simulation.run(&mut strategy).unwrap();
    assert_eq!(ends(&simulated).len(), usize::try_from(count).unwrap());
    begun.elapsed().as_secs_f64()
}

#[test]
fn thousands_of_trials_take_a_time_in_proportion() {
    let (few, many) = (seconds(300), seconds(3000));
    // Others may be at work on the same machine; a square would be 100 times.
    assert!(many < 35.0 * few.max(0.05), "300 trials take {few:.2} s, 3,000 take {many:.2} s");
}

#[test]
fn what_an_inheritance_does_not_find_is_in_the_first_report_and_in_no_other() {
    let inherit = |trial| Initialisation::Inherit { trial: TrialId(trial) };
    let proposals = vec![
        supernet(Mixing::Softmax, steps(2, 2)),
        from(inherit(0), train(1, steps(1, 2))),
        from(inherit(1), train(1, steps(1, 2))),
        from(inherit(0), supernet(Mixing::Softmax, steps(1, 1))),
        from(inherit(1), supernet(Mixing::Softmax, steps(1, 1))),
    ];
    let simulated = run(proposals.into_iter().map(Proposal::trial).collect()).unwrap();
    let anew = |trial: u64| -> Vec<_> {
        let of = simulated.reports.iter().filter(|report| report.trial.0 == trial);
        of.map(|report| report.drawn_anew.clone()).collect()
    };
    assert!(anew(0).iter().chain(&anew(2)).chain(&anew(3)).all(Option::is_none));
    let of_selection = anew(1);
    let first = of_selection[0].clone().unwrap();
    assert_eq!(of_selection[1..], [None, None]);
    // A supernet has all that a selection has but the scale and shift of its norms.
    assert!(first.first.iter().all(|name| !name.contains("conv.")), "{first}");
    assert!(first.other_shape == 0 && first.count < 60, "{first}");
    // And a selection has few of the options of a supernet.
    assert!(anew(4)[0].clone().unwrap().count > first.count);
}
