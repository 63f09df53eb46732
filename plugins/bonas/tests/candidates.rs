//! Where candidates come from: mutations, evolution and random draws.

use std::collections::{BTreeMap, BTreeSet};

use bonas::candidates::Candidates;
use bonas::encode::Encoder;
use bonas::mutate::Mutations;
use genomenas_plugin::seed;
use genomenas_plugin::simulate::kit::two_cells;
use genomenas_plugin::space::{GenomeNas, Selection, Space};
use proptest::prelude::*;

/// The reference's own space, at a length that is quick to check.
fn bonas() -> Space {
    let operations = ["max_pool_5", "skip_connect", "sep_conv_15", "dil_conv_15"].map(str::to_owned).to_vec();
    GenomeNas { shared_cell: true, free_inputs: true, operations, ..GenomeNas::new(100, 3) }.space().unwrap()
}

fn spaces() -> [Space; 3] {
    let small = GenomeNas { cells: 2, nodes: 2, rnn_nodes: 3, ..GenomeNas::new(60, 2) };
    [bonas(), small.space().unwrap(), two_cells().setup().space.clone()]
}

/// What each operation is and reads: by slot or node the input and the operation.
fn read(selection: &Selection) -> BTreeMap<String, (String, String)> {
    let entry = |(id, option): (&String, &String)| {
        if let Some((input, operation)) = option.split_once('-') {
            return (id.clone(), (input.to_owned(), operation.to_owned()));
        }
        let (node, input) = id.rsplit_once('.').unwrap();
        (node.to_owned(), (input.to_owned(), option.clone()))
    };
    selection.0.iter().map(entry).collect()
}

#[test]
fn all_fifteen_sets_of_changes_are_equally_likely() {
    const CHILDREN: u64 = 6_000;
    let space = bonas();
    let mutations = Mutations::new(&space, &Encoder::new(&space).unwrap());
    let mut counts: BTreeMap<[usize; 4], f64> = BTreeMap::new();
    for index in 0..CHILDREN {
        let mut stream = seed::stream(3, "children", index);
        let parent = space.sample(&mut stream);
        let (before, after) = (read(&parent), read(&mutations.child(&parent, &mut stream)));
        let changed = |cell: &str, what: fn(&(String, String)) -> &String| {
            before.iter().filter(|(id, was)| id.starts_with(cell) && what(was) != what(&after[*id])).count()
        };
        let changes = ["cell.", "rnn."].map(|cell| [changed(cell, |read| &read.0), changed(cell, |read| &read.1)]);
        *counts.entry([changes[0][0], changes[0][1], changes[1][0], changes[1][1]]).or_default() += 1.0;
    }
    // Each change is of one operation.
    assert!(counts.keys().flatten().all(|changes| *changes <= 1), "{counts:?}");
    assert_eq!(counts.len(), 15, "{counts:?}");
    let expected = CHILDREN as f64 / 15.0;
    let chi_square: f64 = counts.values().map(|count| (count - expected).powi(2) / expected).sum();
    // The 99.9th percentile with 14 degrees of freedom.
    assert!(chi_square < 36.1, "{chi_square}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_child_is_an_architecture_of_the_space(index: u64) {
        for space in spaces() {
            let mutations = Mutations::new(&space, &Encoder::new(&space).unwrap());
            let mut stream = seed::stream(1, "parents", index);
            let parent = space.sample(&mut stream);
            prop_assert!(space.check_selection(&mutations.child(&parent, &mut stream)).is_ok());
        }
    }
}

#[test]
fn candidates_are_distinct_and_new_and_without_twins() {
    let space = bonas();
    let candidates = Candidates::new(&space, 1).unwrap();
    let drawn = candidates.random(40, &BTreeSet::new(), "first", 0);
    let known: BTreeSet<&Selection> = drawn.iter().collect();
    let scored: Vec<(&Selection, f64)> = drawn.iter().zip(0..).map(|(of, at)| (of, f64::from(at) / 40.0)).collect();
    for found in [candidates.random(300, &known, "next", 0), candidates.evolved(300, &scored, &known, 0)] {
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 300);
        assert!(found.iter().all(|candidate| !known.contains(candidate)));
        assert!(found.iter().all(|candidate| !candidates.encoder().has_twins(candidate)));
    }
}

#[test]
fn evolution_works_with_few_parents_and_stays_near_the_best() {
    let space = bonas();
    let candidates = Candidates::new(&space, 1).unwrap();
    let drawn = candidates.random(2, &BTreeSet::new(), "first", 0);
    let scored = [(&drawn[0], 0.2), (&drawn[1], 0.9)];
    let children = candidates.evolved(100, &scored, &drawn.iter().collect(), 0);
    let best = read(&drawn[1]);
    let differs = |child: &Selection| read(child).iter().filter(|(id, of)| best[*id] != **of).count();
    assert_eq!(children.len(), 100);
    assert!(children.iter().all(|child| differs(child) <= 4));
}

#[test]
fn evolution_ends_where_a_space_has_nothing_more() {
    let space = two_cells().setup().space.clone();
    let candidates = Candidates::new(&space, 1).unwrap();
    let drawn = candidates.random(5, &BTreeSet::new(), "first", 0);
    let scored: Vec<(&Selection, f64)> = drawn.iter().map(|of| (of, 0.5)).collect();
    assert_eq!(candidates.evolved(100, &scored, &drawn.iter().collect(), 0).len(), 13);
}

#[test]
fn a_space_of_twins_alone_is_searched_all_the_same() {
    let sizes = GenomeNas {
        cells: 1,
        nodes: 1,
        rnn_nodes: 1,
        operations: vec!["conv_3".into()],
        activations: vec!["tanh".into()],
        free_inputs: true,
        shared_cell: true,
        ..GenomeNas::new(60, 2)
    };
    let mut space = sizes.space().unwrap();
    for decision in &mut space.decisions {
        decision.search_only = decision.options.iter().skip(1).cloned().collect();
    }
    space.validate().unwrap();
    let candidates = Candidates::new(&space, 1).unwrap();
    assert_eq!(candidates.random(10, &BTreeSet::new(), "all", 0).len(), 1);
}
