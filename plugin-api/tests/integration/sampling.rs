//! How architectures are drawn from the published space: the sampler of genomeNAS, in which every node of a
//! convolutional cell keeps two of its edges, every node of the recurrent cell one, and every option is equally likely.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use genomenas_plugin::seed;
use genomenas_plugin::space::{GenomeNas, Selection, Space};

const DRAWS: usize = 4000;

fn published() -> Space {
    GenomeNas::new(1000, 919).space().unwrap()
}

static DRAWN: LazyLock<Vec<Selection>> = LazyLock::new(|| {
    let space = published();
    (0..DRAWS as u64).map(|index| space.sample(&mut seed::stream(3, "architecture", index))).collect()
});

/// The decisions that a draw keeps of a node, with their options.
fn kept<'a>(selection: &'a Selection, node: &str) -> Vec<(&'a str, &'a str)> {
    let of_node = selection.0.iter().filter(|(id, _)| id.starts_with(node));
    of_node.map(|(id, option)| (id.as_str(), option.as_str())).collect()
}

/// Whether these outcomes are equally likely, and none but `expected` different ones: χ² below its 99.99 % quantile.
fn assert_uniform<T: Ord>(what: &str, expected: usize, outcomes: impl IntoIterator<Item = T>) {
    let mut counts: BTreeMap<T, u32> = BTreeMap::new();
    outcomes.into_iter().for_each(|outcome| *counts.entry(outcome).or_default() += 1);
    assert_eq!(counts.len(), expected, "{what}");
    let each = f64::from(counts.values().sum::<u32>()) / expected as f64;
    let chi_square: f64 = counts.values().map(|&count| (f64::from(count) - each).powi(2) / each).sum();
    // Wilson and Hilferty (1931).
    let freedom = (expected - 1) as f64;
    let part = 2.0 / (9.0 * freedom);
    let quantile = freedom * (1.0 - part + 3.719 * part.sqrt()).powi(3);
    assert!(expected == 1 || chi_square < quantile, "{what}: {chi_square} of at most {quantile}");
}

/// The architectures of the cells whose decisions begin so, counted by choosing every set of edges that a rule keeps.
fn count(space: &Space, cell: &str) -> u64 {
    let ways = |of: &[String], keep: usize| -> u64 {
        let subsets = (0_u32..1 << of.len()).filter(|subset| subset.count_ones() as usize == keep);
        let options = |id: &String| space.decision(id).unwrap().final_options().count() as u64;
        let products = subsets.map(|subset| {
            of.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|(_, id)| options(id)).product::<u64>()
        });
        products.sum()
    };
    let rules: Vec<_> = space.rules.iter().filter(|rule| rule.of.iter().all(|id| id.starts_with(cell))).collect();
    let ruled: usize = rules.iter().map(|rule| rule.of.len()).sum();
    assert_eq!(ruled, space.decisions.iter().filter(|decision| decision.id.starts_with(cell)).count());
    rules.iter().map(|rule| ways(&rule.of, rule.keep)).product()
}

#[test]
fn the_cells_have_the_published_numbers_of_architectures() {
    let space = published();
    assert_eq!(count(&space, "normal."), 3_019_898_880);
    assert_eq!(count(&space, "reduction."), 3_019_898_880);
    assert_eq!(count(&space, "rnn."), 2_642_411_520);
}

#[test]
fn every_pair_of_edges_of_a_node_is_equally_likely() {
    for (cell, (node, pairs)) in ["normal", "reduction"]
        .into_iter()
        .flat_map(|cell| [1, 3, 6, 10].into_iter().enumerate().map(move |of| (cell, of)))
    {
        let node = format!("{cell}.{node}.");
        let edges = DRAWN.iter().map(|of| kept(of, &node).into_iter().map(|(edge, _)| edge).collect::<Vec<_>>());
        assert_uniform(&format!("edges of {node}"), pairs, edges);
    }
}

#[test]
fn every_operation_is_equally_likely_on_every_kept_edge() {
    for (cell, inputs) in ["normal", "reduction"]
        .into_iter()
        .flat_map(|cell| (0..4).map(move |node| (format!("{cell}.{node}."), node + 2)))
    {
        for edge in (0..inputs).map(|input| format!("{cell}{input}")) {
            let options = DRAWN.iter().filter_map(|of| of.0.get(&edge));
            assert_uniform(&format!("operations of {edge}"), 8, options);
        }
    }
}

#[test]
fn every_edge_and_every_activation_of_the_recurrent_cell_is_equally_likely() {
    for node in 0..8 {
        let node_edges = format!("rnn.{node}.");
        let kept: Vec<_> = DRAWN.iter().flat_map(|of| kept(of, &node_edges)).collect();
        assert_eq!(kept.len(), DRAWS, "one edge a draw");
        assert_uniform(&format!("edges of {node_edges}"), node + 1, kept.iter().map(|(edge, _)| *edge));
        assert_uniform(&format!("activations of {node_edges}"), 4, kept.iter().map(|(_, option)| *option));
    }
}

#[test]
fn the_two_convolutional_cells_are_drawn_independently() {
    let both = DRAWN.iter().map(|of| (&of.0["normal.0.0"], &of.0["reduction.0.0"]));
    assert_uniform("pairs of operations", 64, both);
    let pairs = |of, cell| kept(of, cell).into_iter().map(|(edge, _)| edge).collect::<Vec<_>>();
    let both = DRAWN.iter().map(|of| (pairs(of, "normal.2."), pairs(of, "reduction.2.")));
    assert_uniform("pairs of pairs of edges", 36, both);
}

#[test]
fn what_only_a_supernet_has_is_never_drawn() {
    assert!(DRAWN.iter().all(|of| of.0.len() == 8 + 8 + 8 && of.0.values().all(|option| option != "none")));
}
