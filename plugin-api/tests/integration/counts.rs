//! Parameters, shapes and lengths of the genomeNAS space: the published numbers.

use std::collections::BTreeMap;

use genomenas_plugin::space::{
    Architecture, ArchitectureBuilder, EdgeActivation, Function, GenomeNas, HighwayCell, HighwayEdge, Layers, Op,
    Selection, Space,
};
use proptest::prelude::*;

/// The weights of a final network beside the operations of its cells, for 1000 bases and 919 outputs.
const WITHOUT_OPERATIONS: u64 = 26_064_447;

/// Every node reads the cell's two inputs, through these operations; every node of the highway cell reads s₀.
fn all_the_same(space: &Space, normal: &str, reduction: &str) -> Architecture {
    let mut selection = BTreeMap::new();
    for (cell, operation) in [("normal", normal), ("reduction", reduction)] {
        for (node, input) in (0..4).flat_map(|node| [(node, 0), (node, 1)]) {
            selection.insert(format!("{cell}.{node}.{input}"), operation.to_owned());
        }
    }
    selection.extend((0..8).map(|node| (format!("rnn.{node}.0"), "tanh".to_owned())));
    space.architecture(&Selection(selection)).unwrap()
}

fn published() -> Space {
    GenomeNas::new(1000, 919).space().unwrap()
}

/// Weights of the layers whose names begin so.
fn part(layers: &Layers, prefix: &str) -> u64 {
    layers.layers.iter().filter(|layer| layer.name.starts_with(prefix)).map(|layer| layer.parameters).sum()
}

fn shape<'a>(layers: &'a Layers, name: &str) -> &'a [usize] {
    &layers.layers.iter().find(|layer| layer.name == name).unwrap_or_else(|| panic!("no layer {name}")).shape
}

#[test]
fn architectures_of_one_operation_have_the_published_totals() {
    let space = published();
    for (operation, total) in [
        ("max_pool_5", 26_064_447),
        ("avg_pool_5", 26_064_447),
        ("skip_connect", 26_242_367),
        ("sep_conv_15", 26_506_175),
        ("sep_conv_9", 26_479_295),
        ("dil_conv_15", 26_285_311),
        ("dil_conv_9", 26_271_871),
        ("conv_15", 31_556_927),
    ] {
        let layers = all_the_same(&space, operation, operation).layers().unwrap();
        assert_eq!(layers.parameters(), total, "{operation}");
    }
}

#[test]
fn a_spectrum_has_a_value_for_each_word_and_neither_weights_nor_multiply_adds() {
    // 4^k words; with both strands half of them, and half of those that are their own reverse complement.
    for (k, both_strands, words) in [(1, false, 4), (1, true, 2), (2, true, 10), (5, true, 512), (6, true, 2080)] {
        let mut net = ArchitectureBuilder::new("net", 200);
        net.then("words", Op::KmerSpectrum { k, both_strands }).then("out", Op::linear(3));
        let layers = net.finish().unwrap().layers().unwrap();
        assert_eq!(shape(&layers, "words"), [words]);
        assert_eq!((layers.parameters(), layers.multiply_adds()), ((words as u64 + 1) * 3, words as u64 * 3));
        // The dense layer keeps what it reads.
        assert_eq!(layers.activations(), words as u64);
    }
}

#[test]
fn an_architecture_of_two_operations_has_the_published_total() {
    let layers = all_the_same(&published(), "sep_conv_15", "sep_conv_9").layers().unwrap();
    assert_eq!(layers.parameters(), 26_483_135);
}

#[test]
fn the_parts_of_a_final_network_have_the_published_sizes() {
    let layers = all_the_same(&published(), "max_pool_5", "max_pool_5").layers().unwrap();
    assert_eq!(layers.parameters(), WITHOUT_OPERATIONS);
    let parts = [
        ("stem_", 1_296),
        ("cell0_pre0", 208),
        ("cell0_pre1", 208),
        ("cell1_pre0", 416),
        ("cell1_pre1", 544),
        ("cell2_pre0", 1_088),
        ("cell2_pre1", 2_112),
        ("cell3_pre0", 2_112),
        ("cell3_pre1", 4_160),
        ("cell4_pre0", 8_320),
        ("cell4_pre1", 8_320),
        ("cell5_pre0", 16_640),
        ("cell5_pre1", 33_024),
        ("rnn", 5_242_880),
        ("decoder", 19_892_125),
        ("classifier", 850_994),
    ];
    for (prefix, size) in parts {
        assert_eq!(part(&layers, prefix), size, "{prefix}");
    }
    assert_eq!(parts.iter().map(|(_, size)| size).sum::<u64>(), WITHOUT_OPERATIONS);
}

#[test]
fn the_parts_of_the_supernet_have_the_published_sizes() {
    let layers = published().supernet_layers().unwrap();
    for (prefix, size) in [
        ("stem_", 1_296),
        ("cell0_pre0", 192),
        ("cell0_pre1", 192),
        ("cell1_pre0", 384),
        ("cell1_pre1", 512),
        ("cell2_pre0", 1_024),
        ("cell2_pre1", 2_048),
        ("cell3_pre0", 2_048),
        ("cell3_pre1", 4_096),
        ("cell4_pre0", 8_192),
        ("cell4_pre1", 8_192),
        ("cell5_pre0", 16_384),
        ("cell5_pre1", 32_768),
        ("cell0.", 40_320),
        ("cell1.", 147_200),
        ("cell2.", 556_544),
        ("cell3.", 548_352),
        ("cell4.", 2_161_664),
        ("cell5.", 8_517_632),
        ("rnn", 5_242_880),
        ("decoder", 19_892_125),
        ("classifier", 850_994),
    ] {
        assert_eq!(part(&layers, prefix), size, "{prefix}");
    }
    assert_eq!(layers.alphas(), 432);
    assert_eq!(layers.parameters(), 38_035_471);
}

#[test]
fn supernets_of_one_to_six_cells_have_the_published_totals_at_length_240() {
    for (cells, total) in [8_018_831, 8_228_367, 9_033_743, 9_588_239, 12_749_327, 22_880_271].into_iter().enumerate() {
        let space = GenomeNas { cells: cells + 1, ..GenomeNas::new(240, 919) }.space().unwrap();
        assert_eq!(space.supernet_layers().unwrap().parameters(), total, "{} cells", cells + 1);
    }
}

#[test]
fn the_stages_of_supernet_and_architecture_have_the_published_shapes() {
    let supernet = published().supernet_layers().unwrap();
    let architecture = all_the_same(&published(), "sep_conv_9", "conv_15").layers().unwrap();
    for (stage, expected) in [
        ("stem_conv", vec![24, 1000]),
        ("stem_norm", vec![24, 1000]),
        ("cell0_pre0_norm", vec![8, 1000]),
        ("cell0_pre1_norm", vec![8, 1000]),
        ("cell0.out", vec![32, 1000]),
        ("cell1_pre0_norm", vec![16, 1000]),
        ("cell1_pre1_norm", vec![16, 1000]),
        ("cell1.out", vec![64, 500]),
        ("cell2_pre0_norm", vec![32, 500]),
        ("cell2_pre1_norm", vec![32, 500]),
        ("cell2.out", vec![128, 250]),
        ("cell3_pre0_norm", vec![32, 250]),
        ("cell3_pre1_norm", vec![32, 250]),
        ("cell3.out", vec![128, 250]),
        ("cell4_pre0_norm", vec![64, 250]),
        ("cell4_pre1_norm", vec![64, 250]),
        ("cell4.out", vec![256, 125]),
        ("cell5_pre0_norm", vec![128, 125]),
        ("cell5_pre1_norm", vec![128, 125]),
        ("cell5.out", vec![512, 42]),
        ("rnn", vec![512, 42]),
        ("by_position", vec![42, 512]),
        ("flat", vec![21_504]),
        ("decoder", vec![925]),
        ("classifier", vec![919]),
    ] {
        assert_eq!(shape(&supernet, stage), expected, "{stage} of the supernet");
        assert_eq!(shape(&architecture, stage), expected, "{stage} of an architecture");
    }
}

#[test]
fn multiply_adds_of_a_convolution_a_dense_layer_and_recurrent_cells_are_those_of_their_products() {
    let count = |op: Op| {
        let mut net = ArchitectureBuilder::new("one", 100);
        net.then("op", op);
        net.finish().unwrap().layers().unwrap().multiply_adds()
    };
    assert_eq!(count(Op::conv1d(8, 5)), 96 * 4 * 8 * 5);
    assert_eq!(count(Op::linear(7)), 100 * 4 * 7);
    assert_eq!(count(Op::Lstm { hidden: 3, bidirectional: true }), 100 * 2 * 4 * 3 * (4 + 3));
    assert_eq!(count(Op::Gru { hidden: 3, bidirectional: false }), 100 * 3 * 3 * (4 + 3));
    let edge = HighwayEdge { node: 0, input: 0, activation: EdgeActivation::Activation(Function::Tanh) };
    let cell = HighwayCell { nodes: 1, edges: vec![edge], input_dropout: 0.0, hidden_dropout: 0.0 };
    assert_eq!(count(Op::Highway(cell)), 100 * (8 * 8 + 4 * 8));
    assert_eq!(count(Op::max_pool(2)), 0);
}

#[test]
fn a_supernet_multiplies_every_state_by_the_matrix_of_every_node_that_reads_it() {
    let layers = published().supernet_layers().unwrap();
    let rnn = layers.layers.iter().find(|layer| layer.name == "rnn").unwrap();
    // 36 edges, though 8 matrices.
    assert_eq!(rnn.multiply_adds, 42 * (1024 * 1024 + 36 * 512 * 1024));
    assert_eq!(rnn.parameters, 1024 * 1024 + 8 * 512 * 1024);
    let layers = all_the_same(&published(), "skip_connect", "skip_connect").layers().unwrap();
    let rnn = layers.layers.iter().find(|layer| layer.name == "rnn").unwrap();
    assert_eq!(rnn.multiply_adds, 42 * (1024 * 1024 + 8 * 512 * 1024));
}

#[test]
fn only_the_architecture_pays_for_scale_and_shift() {
    let architecture = all_the_same(&published(), "max_pool_5", "max_pool_5").layers().unwrap();
    let supernet = published().supernet_layers().unwrap();
    let edges: u64 = [40_320, 147_200, 556_544, 548_352, 2_161_664, 8_517_632].into_iter().sum();
    assert_eq!(supernet.parameters() - supernet.alphas() - edges, 26_063_327);
    assert_eq!(architecture.parameters() - 26_063_327, 2 * 2 * (8 + 16 + 32 + 32 + 64 + 128));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn odd_kernels_padded_by_half_keep_the_length_divided_by_the_stride_rounded_up(
        length in 1_usize..5_000, half in 0_usize..20, stride in 1_usize..5, dilation in 1_usize..4,
    ) {
        let kernel = 2 * half + 1;
        let conv = Op::Conv1d {
            out_channels: None, kernel, stride, padding: dilation * half, dilation, depthwise: true, groups: 1, bias: false,
        };
        let pools = [Op::MaxPool { kernel, stride, padding: half }, Op::AvgPool { kernel, stride, padding: half }];
        for op in pools.into_iter().chain([conv, Op::Zero { stride }]) {
            let mut net = ArchitectureBuilder::new("one", length);
            net.then("op", op);
            let layers = net.finish().unwrap().layers().unwrap();
            prop_assert_eq!(layers.output_shape(), &vec![4, length.div_ceil(stride)]);
        }
    }
}
