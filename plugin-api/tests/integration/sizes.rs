//! The sizes of the genomenas space: what works, and what is refused with a reason.

use genomenas_plugin::space::{GenomeNas, Layers, Space};
use proptest::prelude::*;

/// A space of this length and number of cells, narrow, so that many of them are quick to make.
fn narrow(length: usize, cells: usize) -> GenomeNas {
    GenomeNas { cells, channels: 1, nodes: 2, rnn_nodes: 2, decoder_features: 3, ..GenomeNas::new(length, 2) }
}

fn shape<'a>(layers: &'a Layers, name: &str) -> &'a [usize] {
    &layers.layers.iter().find(|layer| layer.name == name).unwrap_or_else(|| panic!("no layer {name}")).shape
}

/// The supernet, and three architectures, all of which end in one value a label.
fn check(space: &Space, length: usize, labels: usize) {
    space.supernet_layers().unwrap().expect_io(length, labels).unwrap();
    for selection in space.sample_distinct(3, 1) {
        space.architecture(&selection).unwrap().layers().unwrap().expect_io(length, labels).unwrap();
    }
}

#[test]
fn every_length_works_with_every_number_of_cells() {
    for length in [1, 2, 3, 5, 7, 13, 64, 100, 150, 200, 997, 998, 1000, 1009] {
        for cells in 1..=12 {
            let sizes = narrow(length, cells);
            let space = sizes.space().unwrap_or_else(|error| panic!("{length} bases, {cells} cells: {error}"));
            check(&space, length, 2);
            let (mut positions, mut channels) = (length, 1);
            for cell in 0..cells {
                let stride = if cell == 5 {
                    3
                } else if cell % 3 == 0 {
                    1
                } else {
                    2
                };
                positions = positions.div_ceil(stride);
                channels *= if stride == 1 { 1 } else { 2 };
            }
            let layers = space.supernet_layers().unwrap();
            assert_eq!(shape(&layers, "rnn"), [2 * channels, positions], "{length} bases, {cells} cells");
        }
    }
}

#[test]
fn the_decoder_is_all_that_the_length_changes() {
    let parameters = |length: usize, positions: u64| {
        let total = GenomeNas::new(length, 919).space().unwrap().supernet_layers().unwrap().parameters();
        total - positions * 512 * 925
    };
    let at_1000 = parameters(1000, 42);
    for (length, positions) in [(1, 1), (24, 1), (25, 2), (150, 7), (998, 42), (1008, 42), (1009, 43)] {
        assert_eq!(parameters(length, positions), at_1000, "{length} bases");
    }
}

#[test]
fn a_smaller_multiplier_leaves_a_cell_its_last_nodes() {
    let sizes = |multiplier| GenomeNas { multiplier, ..GenomeNas::new(240, 3) };
    assert_eq!(sizes(None).space().unwrap(), sizes(Some(4)).space().unwrap());
    for multiplier in 1..=4 {
        let space = sizes(Some(multiplier)).space().unwrap();
        let layers = space.supernet_layers().unwrap();
        assert_eq!(shape(&layers, "cell0.out"), [8 * multiplier, 240]);
        assert_eq!(shape(&layers, "rnn")[0], 128 * multiplier);
        check(&space, 240, 3);
    }
}

#[test]
fn the_stem_and_the_operations_are_those_that_were_asked_for() {
    let operations = ["skip_connect", "max_pool_3", "conv_7", "sep_conv_21", "dil_conv_31"];
    let sizes = GenomeNas {
        stem_multiplier: 5,
        operations: operations.iter().map(|&name| name.to_owned()).collect(),
        activations: vec!["gelu".to_owned(), "none".to_owned()],
        ..GenomeNas::new(50, 2)
    };
    let space = sizes.space().unwrap();
    assert_eq!(shape(&space.supernet_layers().unwrap(), "stem_norm"), [40, 50]);
    assert!(space.decisions.iter().filter(|decision| !decision.id.starts_with("rnn")).all(|d| d.options == operations));
    check(&space, 50, 2);
    assert!(space.sample_distinct(20, 1).iter().all(|one| one.0.values().all(|option| option != "none")));
}

#[test]
fn a_cell_of_one_node_and_a_highway_cell_of_one_node_are_the_smallest() {
    let sizes = GenomeNas { nodes: 1, rnn_nodes: 1, cells: 1, channels: 1, ..GenomeNas::new(1, 1) };
    check(&sizes.space().unwrap(), 1, 1);
}

/// Sizes around what is allowed.
fn sizes() -> impl Strategy<Value = GenomeNas> {
    let operation = prop_oneof![
        6 => prop_oneof![Just("none"), Just("skip_connect")].prop_map(str::to_owned),
        10 => ("max_pool|avg_pool|conv|sep_conv|dil_conv", 0_usize..9).prop_map(|(kind, half)| format!("{kind}_{}", 2 * half + 1)),
        1 => "[a-z_]{1,8}_[0-9]{1,6}",
    ];
    let activation = prop_oneof![
        12 => prop_oneof![Just("none"), Just("tanh"), Just("relu"), Just("sigmoid"), Just("identity"), Just("gelu")],
        1 => Just("swish"),
    ];
    let macro_sizes = (0_usize..300, 0_usize..4, 0_usize..4, 0_usize..13, 0_usize..4, 0_usize..5);
    let cells = (0_usize..5, proptest::option::of(0_usize..5), 0.0..1.05);
    let options = (proptest::collection::btree_set(operation, 0..4), proptest::collection::btree_set(activation, 0..4));
    (macro_sizes, cells, options).prop_map(
        |(
            (length, labels, channels, cells, stem_multiplier, rnn_nodes),
            (nodes, multiplier, p),
            (operations, activations),
        )| {
            GenomeNas {
                channels,
                cells,
                nodes,
                multiplier,
                rnn_nodes,
                stem_multiplier,
                operations: operations.into_iter().collect(),
                activations: activations.into_iter().map(str::to_owned).collect(),
                drop_path: p,
                dropout: p / 2.0,
                decoder_features: 4,
                ..GenomeNas::new(length, labels)
            }
        },
    )
}

/// Whether these sizes make sense, said apart from the library.
fn makes_sense(sizes: &GenomeNas) -> bool {
    let known = |name: &String| {
        name == "none"
            || name == "skip_connect"
            || ["max_pool", "avg_pool", "conv", "sep_conv", "dil_conv"]
                .iter()
                .filter_map(|kind| name.strip_prefix(kind)?.strip_prefix('_')?.parse::<usize>().ok())
                .any(|kernel| kernel % 2 == 1 && kernel <= 10_001)
    };
    let some = |options: &[String]| options.iter().any(|option| option != "none");
    let whole =
        [sizes.length, sizes.labels, sizes.channels, sizes.cells, sizes.nodes, sizes.rnn_nodes, sizes.stem_multiplier];
    !whole.contains(&0)
        && sizes.multiplier.is_none_or(|multiplier| (1..=sizes.nodes).contains(&multiplier))
        && some(&sizes.operations)
        && some(&sizes.activations)
        && sizes.operations.iter().all(known)
        && !sizes.activations.iter().any(|activation| activation == "swish")
        && sizes.drop_path < 1.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sizes_that_make_sense_make_networks_and_others_are_refused_with_a_reason(sizes in sizes()) {
        match sizes.space() {
            Ok(space) => {
                prop_assert!(makes_sense(&sizes), "{:?}", sizes);
                check(&space, sizes.length, sizes.labels);
            }
            Err(error) => {
                prop_assert!(!makes_sense(&sizes), "{}", error);
                prop_assert!(error.message.contains("expected") || error.message.contains("decision"), "{}", error);
            }
        }
    }
}
