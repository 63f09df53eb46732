//! Neighbours of an architecture: which there are, and how they are drawn.

use std::collections::{BTreeMap, BTreeSet};

use genomenas_plugin::seed;
use genomenas_plugin::space::{GenomeNas, Selection, Space};

use crate::selections::uneven;

/// What two architectures do not share: one entry each where they differ by one move.
fn apart(one: &Selection, other: &Selection) -> [usize; 2] {
    let only = |these: &Selection, those: &Selection| {
        these.0.iter().filter(|(id, option)| those.0.get(*id) != Some(option)).count()
    };
    [only(one, other), only(other, one)]
}

fn all(space: &Space) -> Vec<Selection> {
    space.sample_distinct(100, 5)
}

#[test]
fn they_are_the_architectures_that_differ_by_one_option_or_by_one_kept_decision() {
    let space = uneven();
    for parent in all(&space) {
        let neighbours = space.neighbours(&parent);
        let found: BTreeSet<Selection> = neighbours.iter().cloned().collect();
        assert_eq!(found.len(), neighbours.len(), "a neighbour is there twice: {neighbours:?}");
        let expected: BTreeSet<Selection> =
            all(&space).into_iter().filter(|other| apart(&parent, other) == [1, 1]).collect();
        assert_eq!(found, expected, "of {parent:?}");
        assert!(found.iter().all(|child| space.neighbours(child).contains(&parent)));
    }
}

#[test]
fn every_architecture_is_reached_from_every_other() {
    let space = uneven();
    let mut reached = BTreeSet::from([all(&space)[0].clone()]);
    let mut edge: Vec<Selection> = reached.iter().cloned().collect();
    while let Some(next) = edge.pop() {
        edge.extend(space.neighbours(&next).into_iter().filter(|child| reached.insert(child.clone())));
    }
    assert_eq!(reached.len(), 22);
}

#[test]
fn all_are_equally_likely() {
    let space = uneven();
    let parent = space.sample(&mut seed::stream(1, "parent", 0));
    let neighbours = space.neighbours(&parent);
    let expected = 500.0;
    let draws = neighbours.len() as u64 * 500;
    let mut counts: BTreeMap<Selection, u32> = BTreeMap::new();
    for index in 0..draws {
        *counts.entry(space.neighbour(&parent, &mut seed::stream(7, "child", index))).or_default() += 1;
    }
    assert_eq!(counts.keys().collect::<BTreeSet<_>>(), neighbours.iter().collect());
    let chi_square: f64 = counts.values().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    // The mean of χ² is its degrees of freedom, its deviation √(2·freedom): four deviations are beyond the 99.9 % quantile.
    let freedom = neighbours.len() as f64 - 1.0;
    assert!(chi_square < freedom + 4.0 * (2.0 * freedom).sqrt(), "{chi_square} of {freedom} degrees of freedom");
}

#[test]
fn those_of_the_published_space_keep_its_rules() {
    let space = GenomeNas::new(1000, 919).space().unwrap();
    for number in 0..20 {
        let rng = &mut seed::stream(1, "parent", number);
        let parent = space.sample(rng);
        let child = space.neighbour(&parent, rng);
        space.architecture(&child).unwrap();
        assert_eq!(apart(&parent, &child), [1, 1]);
        for neighbour in space.neighbours(&parent) {
            space.check_selection(&neighbour).unwrap();
        }
    }
}

#[test]
fn the_only_architecture_of_a_space_has_none_but_itself() {
    let mut space = uneven();
    for decision in &mut space.decisions {
        let first = decision.final_options().next().unwrap().to_owned();
        decision.search_only = decision.options.iter().filter(|option| **option != first).cloned().collect();
    }
    space.rules[0].keep = 3;
    let only = space.sample(&mut seed::stream(1, "only", 0));
    assert!(space.neighbours(&only).is_empty());
    assert_eq!(space.neighbour(&only, &mut seed::stream(1, "child", 0)), only);
}
