//! Answers that hold too much, and weights that are not found: the same words from a simulation and from the real host.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::collections::BTreeMap;

use genomenas_plugin::message::{ArchData, Mixing, Network, Plan, Trial};
use genomenas_plugin::space::{ArchitectureBuilder, Mask, Op};

use super::protocol::script::{LONG, Script};
use super::protocol::{
    Stage, drop, failures, from, goes_on, inherit, one_by_one, plan, searched, selection, sum, supernet, train,
};

#[test]
fn a_strategy_that_proposes_thousands_of_trials_that_do_nothing_at_once_is_given_up_just_as_soon() {
    let hopeless = train(1, Plan { batch: 0, ..plan(1, 1) });
    let script = Script { repeats: BTreeMap::from([(0, 5000)]), ..one_by_one(vec![hopeless]) };
    let (reports, ended) = Stage::new().play(&script, 1);
    assert_eq!(reports.len(), 100);
    assert!(ended.unwrap().starts_with("the last 100 trials of the strategy ended before their first step"));
}

#[test]
fn a_proposal_of_more_trials_than_any_search_needs_is_refused_by_both_before_it_is_journaled() {
    let script = Script { repeats: BTreeMap::from([(0, 20_000)]), ..one_by_one(vec![train(1, plan(1, 1))]) };
    let (reports, ended) = Stage::new().play(&script, 1);
    assert!(reports.is_empty());
    let ended = ended.unwrap();
    assert!(ended.starts_with("the strategy proposed 20000 trials in one answer: expected at most 10000"), "{ended}");
}

#[test]
fn a_name_of_megabytes_stays_out_of_reasons_logs_and_results() {
    let long = |letters: usize| {
        let mask = Mask([(LONG.to_owned(), ["none".to_owned()].into())].into());
        let trials = vec![supernet(Some(mask), Mixing::Sum, plan(1, 1)), train(1, plan(1, 1))];
        Script { long: letters, ..one_by_one(trials) }
    };
    let played = Stage::new().play(&long(2 << 20), 1);
    let [reason] = failures(&played)[..] else { panic!("{played:?}") };
    assert!(reason.starts_with("the mask names decision 'n n n") && reason.len() < 2100, "{}", reason.len());
    assert!(reason.contains("characters left out") && reason.ends_with("which the space does not have"), "{reason}");
    assert!(!reason.contains(char::is_control));
    let (reports, ended) = Stage::new().play(&long(10 << 20), 1);
    let ended = ended.unwrap();
    assert!(reports.is_empty() && ended.contains("bytes in one answer: expected at most 33554432"), "{ended}");
}

#[test]
fn trials_that_are_dropped_before_they_begin_are_not_held_against_a_strategy() {
    let script = Script {
        repeats: BTreeMap::from([(0, 200)]),
        discards: BTreeMap::from([(0, drop(&(1..200).collect::<Vec<_>>()))]),
        ..one_by_one(vec![train(1, plan(1, 1)), train(2, plan(1, 1))])
    };
    let (reports, ended) = Stage::new().play(&script, 1);
    assert_eq!(reports.iter().filter(|line| line.contains("Discarded")).count(), 199);
    assert_eq!(ended, None);
}

#[test]
fn a_selection_takes_over_the_options_of_a_supernet_and_what_it_does_not_find_is_reported_alike() {
    let other_shape = {
        let mut net = ArchitectureBuilder::new("plain", 60);
        net.then("conv", Op::conv1d(2, 3)).then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
        Network::Architecture { architecture: Box::new(net.finish().unwrap()) }
    };
    // One with a convolution where the first selection has none.
    let convolution = |at: u64, edge: &str| selection(at).0.get(edge).is_some_and(|option| option == "conv_3");
    let other = (2..100).find(|&at| selection(at).0.keys().any(|edge| convolution(at, edge) && !convolution(1, edge)));
    let trials = vec![
        supernet(None, Mixing::Softmax, searched(ArchData::Train { part: 0.5 }, plan(2, 2))),
        from(inherit(0), train(1, plan(2, 2))),
        from(goes_on(0), train(2, plan(2, 1))),
        // Of another selection, of the same one, of a supernet of the same space, of an architecture without options.
        from(inherit(1), train(other.unwrap(), plan(2, 1))),
        from(inherit(1), train(1, plan(2, 1))),
        from(inherit(0), supernet(None, Mixing::Softmax, plan(2, 1))),
        from(inherit(0), Trial::train(other_shape, plan(2, 1))),
        from(inherit(1), sum(plan(1, 1))),
    ];
    let (reports, ended) = Stage::new().play(&one_by_one(trials), 1);
    assert_eq!(ended, None);
    let anew = |trial: u64| -> Vec<&String> {
        let of = format!("trial {trial}: ");
        reports.iter().filter(|line| line.starts_with(&of) && line.contains("not found there")).collect()
    };
    let counts = [0, 1, 2, 3, 4, 5, 6, 7].map(|trial| anew(trial).len());
    assert_eq!(counts, [0, 1, 1, 1, 0, 0, 1, 1], "{reports:#?}");
    // Nothing but the scale and shift of norms, which no supernet has, and once.
    let of_selection = anew(1)[0];
    assert!(of_selection.contains("epoch 1") && of_selection.contains(".weight"), "{of_selection}");
    assert!(!of_selection.contains("conv.weight") && !of_selection.contains("another shape"), "{of_selection}");
    assert!(anew(6)[0].contains("4 weights"), "{reports:#?}");
}
