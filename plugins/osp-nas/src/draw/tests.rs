//! What the draws promise, on the published space and on random masks.

use std::collections::BTreeMap;

use genomenas_plugin::space::{GenomeNas, Rule};
use proptest::prelude::*;

use super::*;
use crate::cells::{self, narrow};

fn genomenas() -> Space {
    GenomeNas { cells: 2, ..GenomeNas::new(60, 2) }.space().unwrap()
}

fn small() -> Space {
    GenomeNas { cells: 2, nodes: 2, rnn_nodes: 3, ..GenomeNas::new(60, 2) }.space().unwrap()
}

/// Every pair of a mask.
fn pairs(mask: &Mask) -> Vec<Pair> {
    let of =
        |(id, options): (&String, &BTreeSet<String>)| options.iter().map(|option| pair(id, option)).collect::<Vec<_>>();
    mask.0.iter().flat_map(of).collect()
}

fn without(mask: &Mask, pair: &Pair) -> Mask {
    let mut left = mask.clone();
    remove(&mut left, pair);
    left
}

#[test]
fn the_first_supernet_has_as_many_options_of_each_cell_as_asked_for_and_none_that_only_a_supernet_has() {
    let space = genomenas();
    let cells = cells::cells(&space);
    for seed in 0..50 {
        let mask = initial(&space, &cells, 108, seed);
        assert_eq!(cells.iter().map(|cell| cell.remaining(&mask)).collect::<Vec<_>>(), [108; 3]);
        assert_eq!(cells.iter().map(|cell| cell.removable(&mask)).collect::<Vec<_>>(), [100; 3]);
        assert!(pairs(&mask).iter().all(|pair| pair.option != "none"));
        space.check_mask(&mask).unwrap();
    }
}

#[test]
fn the_first_supernet_has_at_most_what_there_is_and_at_least_what_an_architecture_needs() {
    let space = small();
    let cells = cells::cells(&space);
    let sizes = |count| {
        let mask = initial(&space, &cells, count, 5);
        space.masked(&mask).unwrap();
        cells.iter().map(|cell| cell.remaining(&mask)).collect::<Vec<_>>()
    };
    // Two nodes of two and three edges with eight operations, three of the highway cell with 1 + 2 + 3 edges.
    assert_eq!(sizes(1000), [40, 40, 24]);
    assert_eq!(sizes(30), [30, 30, 24]);
    assert_eq!(sizes(1), [4, 4, 3]);
}

#[test]
fn the_host_takes_what_the_first_supernet_lacks() {
    let space = small();
    let mask = initial(&space, &cells::cells(&space), 12, 3);
    let mut remaining = space.mask();
    for discard in narrow(&space, &mask) {
        remaining.discard(&space, &discard).unwrap();
    }
    assert_eq!(remaining, mask);
}

/// The first highway node has one edge with four activations: all four are missing in 0.3 % of draws.
#[test]
fn no_first_supernet_lacks_the_only_edge_of_a_node() {
    let space = genomenas();
    let rnn = cells::cells(&space).into_iter().find(|cell| cell.name == "rnn").unwrap();
    let mut bare = 0;
    for index in 0..3000 {
        let mut mask = Mask::default();
        fill(&rnn, 108, &mut mask, &mut seed::stream(1, "bare", index));
        bare += usize::from(options(&mask, "rnn.0.0") == 0);
        assert!(initial_of(&rnn, 108, index).is_some_and(|mask| options(&mask, "rnn.0.0") > 0));
    }
    // 3000 · 0.00343 is 10.3, with a standard deviation of 3.2.
    assert!((1..=25).contains(&bare), "{bare}");
}

#[test]
fn edges_are_drawn_alike_however_many_options_they_have() {
    let space = genomenas();
    let cells = cells::cells(&space);
    let mut mask = initial(&space, &cells, 1000, 0);
    for option in ["sep_conv_9", "sep_conv_15", "dil_conv_9", "dil_conv_15", "conv_15", "max_pool_5", "avg_pool_5"] {
        remove(&mut mask, &pair("normal.0.0", option));
    }
    remove(&mut mask, &pair("normal.1.0", "conv_15"));
    let (mut edges, mut operations) = (BTreeMap::new(), BTreeMap::new());
    for index in 0..26_000 {
        let mut left = mask.clone();
        let drawn = candidates(&space, &cells[0], 1, &mut left, &mut seed::stream(9, "chi", index));
        *edges.entry(drawn[0].decision.clone()).or_insert(0_u64) += 1;
        if drawn[0].decision == "normal.3.1" {
            *operations.entry(drawn[0].option.clone()).or_insert(0_u64) += 1;
        }
    }
    // Of the first node's two edges one has a single option left, which its rule needs: 13 of 14 edges are eligible.
    assert_eq!((edges.len(), edges.get("normal.0.0")), (13, None));
    let chi = |counts: &BTreeMap<String, u64>| -> f64 {
        let expected = counts.values().sum::<u64>() as f64 / counts.len() as f64;
        counts.values().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
    };
    // Beyond these with a probability of 1e-4, for 12 and 7 degrees of freedom.
    assert!(chi(&edges) < 39.1, "{}: {edges:?}", chi(&edges));
    assert_eq!(operations.len(), 8);
    assert!(chi(&operations) < 29.9, "{}: {operations:?}", chi(&operations));
}

#[test]
fn a_node_that_a_wider_rule_could_leave_without_edges_keeps_its_last() {
    let mut space = small();
    // One rule over the edges of both nodes of the highway cell: it could keep two edges of one of them.
    space.rules.retain(|rule| !rule.of[0].starts_with("rnn"));
    let edges = ["rnn.0.0", "rnn.1.0", "rnn.1.1", "rnn.2.0", "rnn.2.1", "rnn.2.2"];
    space.rules.push(Rule { of: edges.map(str::to_owned).to_vec(), keep: 3 });
    let cells = cells::cells(&space);
    let rnn = cells.iter().find(|cell| cell.name == "rnn").unwrap();
    let mut mask = initial(&space, &cells, 1000, 0);
    for id in edges {
        for option in ["tanh", "relu", "sigmoid"] {
            remove(&mut mask, &pair(id, option));
        }
    }
    for index in 0..20 {
        let mut left = mask.clone();
        candidates(&space, rnn, 100, &mut left, &mut seed::stream(2, "wide", index));
        assert!(["rnn.0.", "rnn.1.", "rnn.2."].iter().all(|node| left.0.keys().any(|id| id.starts_with(node))));
    }
}

/// Of the cells of convolutions the last option too many stands on an edge with another, or is a third edge of its node.
#[test]
fn what_is_left_at_the_end_is_every_way_to_take_the_last_options_away() {
    let space = genomenas();
    let cells = cells::cells(&space);
    let selection = space.sample(&mut seed::stream(4, "end", 0));
    let kept = |cell: &str| selection.0.iter().find(|(id, _)| id.starts_with(&format!("{cell}.3."))).unwrap();
    let second = |cell: &str| {
        let (id, option) = kept(cell);
        pair(id, if option == "conv_15" { "sep_conv_9" } else { "conv_15" })
    };
    let third = |cell: &str| {
        let dropped = (0..5).map(|input| format!("{cell}.3.{input}")).find(|id| !selection.0.contains_key(id));
        pair(&dropped.unwrap(), "conv_15")
    };
    let rnn = pair("rnn.0.0", if selection.0["rnn.0.0"] == "tanh" { "relu" } else { "tanh" });
    let left = |normal: Pair, reduction: Pair| {
        let mut mask = Mask::from(&selection);
        for pair in [normal, reduction, rnn.clone()] {
            assert!(add(&mut mask, pair));
        }
        let last = last(&space, &cells, &mask, 0);
        assert_eq!(last.iter().collect::<BTreeSet<_>>().len(), last.len());
        assert!(last.iter().all(|selection| space.check_selection(selection).is_ok()));
        assert!(last.iter().all(|selection| Mask::from(selection).is_within(&mask)));
        assert!(last.contains(&selection));
        last.len()
    };
    assert_eq!(left(second("normal"), second("reduction")), 8);
    assert_eq!(left(second("normal"), third("reduction")), 12);
    assert_eq!(left(third("normal"), third("reduction")), 18);
}

#[test]
fn nothing_is_scored_when_a_single_architecture_is_left() {
    let space = small();
    let selection = space.sample(&mut seed::stream(4, "end", 0));
    assert_eq!(last(&space, &cells::cells(&space), &Mask::from(&selection), 0), [selection]);
}

#[test]
fn of_very_many_architectures_some_are_drawn() {
    let space = small();
    let cells = cells::cells(&space);
    let mask = initial(&space, &cells, 1000, 0);
    let ways: Vec<Vec<Option<Pair>>> = cells.iter().map(|cell| ways(&space, cell, &mask)).collect();
    assert!(ways.iter().map(Vec::len).product::<usize>() > MOST_LAST);
    let drawn = drawn(&ways, &mut seed::stream(0, "last", 0));
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), MOST_LAST);
}

/// A mask of the small space that holds an architecture, with some further pairs.
fn masks() -> impl Strategy<Value = (Space, Mask)> {
    (any::<u64>(), proptest::collection::vec(any::<bool>(), 104)).prop_map(|(seed, further)| {
        let space = small();
        let mut mask = Mask::from(&space.sample(&mut seed::stream(seed, "mask", 0)));
        let all = cells::cells(&space).iter().flat_map(Cell::pairs).collect::<Vec<_>>();
        for (pair, _) in all.into_iter().zip(further).filter(|(_, further)| *further) {
            add(&mut mask, pair);
        }
        (space, mask)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn an_option_is_eligible_when_an_architecture_is_left_without_it((space, mask) in masks()) {
        let by_rule: BTreeSet<String> =
            cells::cells(&space).iter().flat_map(|cell| cell.eligible(&mask)).map(str::to_owned).collect();
        for pair in pairs(&mask) {
            let left = space.check_mask(&without(&mask, &pair)).is_ok();
            prop_assert_eq!(by_rule.contains(&pair.decision), left, "{:?}", pair);
        }
    }

    #[test]
    fn all_candidates_can_go_together((space, mask) in masks(), most in 1..60_usize, seed: u64) {
        for cell in cells::cells(&space) {
            let mut left = mask.clone();
            let drawn = candidates(&space, &cell, most, &mut left, &mut seed::stream(seed, "together", 0));
            prop_assert_eq!(drawn.len(), most.min(cell.removable(&mask)));
            prop_assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
            prop_assert!(space.masked(&left).is_ok());
            let taken = drawn.iter().fold(mask.clone(), |mask, pair| without(&mask, pair));
            prop_assert_eq!(taken, left);
        }
    }
}
