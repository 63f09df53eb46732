//! The operations of the genomenas space one by one: shapes and weights as published.

use std::fmt::Write as _;

use genomenas_plugin::space::{GenomeNas, LayerOp, Layers, Source};

/// The smallest space with all operations: node 0 of a cell reads the cell's two inputs.
fn layers(length: usize, cells: usize, channels: usize) -> Layers {
    let sizes = GenomeNas { cells, channels, nodes: 1, rnn_nodes: 1, decoder_features: 1, ..GenomeNas::new(length, 1) };
    sizes.space().unwrap().supernet_layers().unwrap()
}

/// The shape of every option of the edge from s₀ of a cell.
fn options(layers: &Layers, cell: usize) -> Vec<(String, Vec<usize>)> {
    let edge = format!("cell{cell}.n0_0");
    let mix = layers.layers.iter().find(|layer| layer.name == edge).unwrap_or_else(|| panic!("no edge {edge}"));
    let LayerOp::Mix { options, .. } = &mix.op else { panic!("{edge} is not a mixture") };
    let shape = |source: &Source| match source {
        Source::Layer(at) => layers.layers[*at].shape.clone(),
        Source::Input => layers.input.clone(),
    };
    options.iter().cloned().zip(mix.inputs.iter().map(shape)).collect()
}

/// Weights of an option of an edge.
fn weights(layers: &Layers, cell: usize, option: &str) -> u64 {
    let prefix = format!("cell{cell}.n0_0.{option}.");
    layers.layers.iter().filter(|layer| layer.name.starts_with(&prefix)).map(|layer| layer.parameters).sum()
}

#[test]
fn every_operation_divides_the_length_by_its_stride_and_rounds_up() {
    for length in 1..=64 {
        // Cells 0, 1 and 5 have strides 1, 2 and 3; before cell 5 the length was halved three times.
        let (short, long) = (layers(length, 2, 1), layers(8 * length, 6, 1));
        for (layers, cell, channels, stride) in [(&short, 0, 1, 1), (&short, 1, 2, 2), (&long, 5, 16, 3)] {
            let options = options(layers, cell);
            assert_eq!(options.len(), 9);
            for (option, shape) in options {
                assert_eq!(shape, [channels, length.div_ceil(stride)], "{option}, {length} positions, stride {stride}");
            }
        }
    }
}

#[test]
fn every_operation_has_the_published_weights_in_a_supernet() {
    let layers = layers(100, 2, 8);
    for (cell, c, stride) in [(0, 8, 1), (1, 16, 2)] {
        for (option, published) in [
            ("none", 0),
            ("max_pool_5", 0),
            ("avg_pool_5", 0),
            ("skip_connect", if stride == 1 { 0 } else { c * c }),
            ("sep_conv_15", 2 * (15 * c + c * c)),
            ("sep_conv_9", 2 * (9 * c + c * c)),
            ("dil_conv_15", 15 * c + c * c),
            ("dil_conv_9", 9 * c + c * c),
            ("conv_15", 30 * c * c),
        ] {
            assert_eq!(weights(&layers, cell, option), published, "{option} of cell {cell}");
        }
    }
}

/// The operations of one option of an edge, one after the other.
fn chain(layers: &Layers, path: &str) -> String {
    let of = layers.layers.iter().filter_map(|layer| match (&layer.op, layer.name.strip_prefix(path)) {
        (LayerOp::Op(op), Some(rest)) if rest.starts_with('.') || rest.is_empty() => Some(op.type_name()),
        _ => None,
    });
    let of: Vec<_> = of.collect();
    if of.is_empty() { "nothing".to_owned() } else { of.join(", ") }
}

#[test]
fn a_supernet_normalises_pools_and_drops_identities_and_an_architecture_has_drop_path() {
    let space = GenomeNas { cells: 2, nodes: 1, rnn_nodes: 1, ..GenomeNas::new(40, 1) }.space().unwrap();
    let supernet = space.supernet_layers().unwrap();
    let mut text = String::new();
    for (decision, edge, stride) in [("normal.0.0", "cell0.n0_0", 1), ("reduction.0.0", "cell1.n0_0", 2)] {
        writeln!(text, "stride {stride}").unwrap();
        for option in space.decision(decision).unwrap().final_options() {
            let mut selection = space.sample_distinct(1, 1)[0].clone();
            selection.0.insert(decision.to_owned(), option.to_owned());
            let architecture = space.architecture(&selection).unwrap().layers().unwrap();
            let (search, found) = (chain(&supernet, &format!("{edge}.{option}")), chain(&architecture, edge));
            writeln!(text, "  {option}\n    search: {search}\n    final:  {found}").unwrap();
        }
    }
    insta::assert_snapshot!(text);
}
