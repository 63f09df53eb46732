//! The genomenas space whose nodes choose their inputs freely, with one cell for all: the space of BONAS.

use std::collections::{BTreeMap, BTreeSet};

use genomenas_plugin::seed;
use genomenas_plugin::space::{GenomeNas, Selection, Space};

/// The four operations of BONAS, at a length that is quick to check.
fn bonas() -> GenomeNas {
    let operations = ["max_pool_5", "skip_connect", "sep_conv_15", "dil_conv_15"].map(str::to_owned).to_vec();
    GenomeNas { shared_cell: true, free_inputs: true, operations, ..GenomeNas::new(100, 3) }
}

fn draw(space: &Space, index: u64) -> Selection {
    space.sample(&mut seed::stream(5, "free inputs", index))
}

#[test]
fn it_has_as_many_architectures_as_the_paper_counts() {
    let space = bonas().space().unwrap();
    let cell = space.decisions.iter().filter(|decision| decision.id.starts_with("cell."));
    assert_eq!(cell.map(|decision| decision.final_options().count()).product::<usize>(), 943_718_400);
    let highway: usize = space.rules.iter().map(|rule| rule.of.len() * 4).product();
    assert_eq!(highway, 2_642_411_520);
    assert!(space.rules.iter().all(|rule| rule.keep == 1));
    // All are there, but for rounding beyond 2^53.
    let all = 943_718_400.0 * 2_642_411_520.0;
    assert!((space.architectures() / all - 1.0).abs() < 1e-14);
}

#[test]
fn inputs_and_operations_are_drawn_uniformly() {
    const DRAWS: u64 = 24_000;
    let space = bonas().space().unwrap();
    let mut counts: BTreeMap<(String, String), f64> = BTreeMap::new();
    for index in 0..DRAWS {
        for (id, option) in draw(&space, index).0 {
            *counts.entry((id, option)).or_default() += 1.0;
        }
    }
    // The 99.9th percentiles of χ² with 7, 11, 15 and 19 degrees of freedom.
    for (node, critical) in [24.3, 31.3, 37.7, 43.8].into_iter().enumerate() {
        for slot in ["a", "b"] {
            let id = format!("cell.{node}.{slot}");
            let options = 4 * (node + 2);
            let expected = DRAWS as f64 / options as f64;
            let seen: Vec<f64> = counts.iter().filter(|((of, _), _)| *of == id).map(|(_, count)| *count).collect();
            assert_eq!(seen.len(), options, "{id}");
            let chi_square: f64 = seen.iter().map(|count| (count - expected).powi(2) / expected).sum();
            assert!(chi_square < critical, "{id}: {chi_square}");
        }
    }
}

#[test]
fn two_slots_of_a_node_choose_the_same_in_two_of_seven_architectures() {
    const DRAWS: u64 = 20_000;
    let space = bonas().space().unwrap();
    let twice = |selection: &Selection| {
        (0..4).any(|node| selection.0[&format!("cell.{node}.a")] == selection.0[&format!("cell.{node}.b")])
    };
    let share = (0..DRAWS).filter(|&index| twice(&draw(&space, index))).count() as f64 / DRAWS as f64;
    let expected: f64 = 1.0 - [2.0, 3.0, 4.0, 5.0].map(|inputs| 1.0 - 1.0 / (4.0 * inputs)).iter().product::<f64>();
    assert!((expected - 0.286).abs() < 1e-3);
    // Four standard deviations.
    assert!((share - expected).abs() < 4.0 * (expected * (1.0 - expected) / DRAWS as f64).sqrt(), "{share}");
}

#[test]
fn both_slots_may_read_the_same_input() {
    let space = bonas().space().unwrap();
    let mut selection = draw(&space, 0);
    selection.0.insert("cell.0.a".into(), "1-sep_conv_15".into());
    selection.0.insert("cell.0.b".into(), "1-dil_conv_15".into());
    let layers = space.architecture(&selection).unwrap().layers().unwrap();
    let reads = |name: &str| layers.layers.iter().find(|layer| layer.name.starts_with(name)).unwrap().inputs.clone();
    assert_eq!(reads("cell0.n0_a"), reads("cell0.n0_b.op"));
}

#[test]
fn mirror_images_are_the_same_architecture() {
    let space = bonas().space().unwrap();
    let hash = |selection: &Selection| space.architecture(selection).unwrap().canonical_hash().unwrap();
    let selection = draw(&space, 1);
    let mut mirrored = selection.clone();
    let (a, b) = (selection.0["cell.2.a"].clone(), selection.0["cell.2.b"].clone());
    assert_ne!(a, b);
    mirrored.0.insert("cell.2.a".into(), b);
    mirrored.0.insert("cell.2.b".into(), a);
    assert_eq!(hash(&mirrored), hash(&selection));
}

/// The architecture that chooses what one with edges keeps has the same weights.
#[test]
fn free_inputs_change_no_count_of_weights() {
    let sizes = GenomeNas { shared_cell: false, free_inputs: false, ..bonas() };
    let edges = sizes.space().unwrap();
    let slots = GenomeNas { free_inputs: true, ..sizes }.space().unwrap();
    for index in 0..5 {
        let kept = draw(&edges, index);
        let mut chosen = Selection::default();
        let mut slot = BTreeSet::new();
        for (id, option) in &kept.0 {
            let (node, input) = id.rsplit_once('.').unwrap();
            if id.starts_with("rnn.") {
                chosen.0.insert(id.clone(), option.clone());
            } else {
                let name = if slot.insert(node) { "a" } else { "b" };
                chosen.0.insert(format!("{node}.{name}"), format!("{input}-{option}"));
            }
        }
        let of = |space: &Space, selection| space.architecture(selection).unwrap();
        let (kept, chosen) = (of(&edges, &kept), of(&slots, &chosen));
        assert_eq!(kept.layers().unwrap().parameters(), chosen.layers().unwrap().parameters());
        assert_eq!(kept.canonical_hash().unwrap(), chosen.canonical_hash().unwrap());
    }
}

#[test]
fn normal_and_reduction_cells_can_share_edges_too() {
    let space = GenomeNas { free_inputs: false, ..bonas() }.space().unwrap();
    assert_eq!(space.decisions.iter().filter(|decision| decision.id.starts_with("cell.")).count(), 14);
    assert_eq!(space.cells().len(), 2);
}

#[test]
fn none_is_an_option_of_supernets_alone() {
    let space = GenomeNas { free_inputs: true, ..GenomeNas::new(100, 3) }.space().unwrap();
    let slot = space.decision("reduction.1.b").unwrap();
    assert_eq!((slot.options.len(), slot.final_options().count()), (27, 24));
    space.supernet_layers().unwrap();
}

#[test]
fn a_cell_of_fewer_nodes_than_it_has_is_refused() {
    let refusal = GenomeNas { multiplier: Some(2), ..bonas() }.space().unwrap_err().message;
    assert_eq!(
        refusal,
        "the genomenas space has free_inputs and multiplier = 2: expected all 4 nodes in a cell's value, so leave multiplier out"
    );
}
