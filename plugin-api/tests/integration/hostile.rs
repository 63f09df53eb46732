//! Nothing that a stranger writes makes this crate panic.

use genomenas_plugin::message::{Ask, Discard, Plan, Proposal, Report, Setup};
use genomenas_plugin::space::{
    Architecture, ArchitectureBuilder, EdgeActivation, Function, GenomeNas, HighwayCell, HighwayEdge, Mask, Op,
    Selection, Space,
};
use proptest::prelude::*;

/// Sizes from nothing to the largest there is.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0_usize..20, 1 => 0_usize..5_000, 1 => any::<usize>(), 1 => Just(usize::MAX), 1 => Just(1 << 50)]
}

fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![3 => 0.0..1.0, 1 => any::<f64>(), 1 => Just(f64::NAN)]
}

fn op() -> impl Strategy<Value = Op> {
    let conv = (proptest::option::of(size()), [size(), size(), size(), size(), size()], any::<[bool; 2]>());
    let conv = conv.prop_map(|(out_channels, [kernel, stride, padding, dilation, groups], [depthwise, bias])| {
        Op::Conv1d { out_channels, kernel, stride, padding, dilation, depthwise, groups, bias }
    });
    let edge = (size(), size()).prop_map(|(node, input)| HighwayEdge {
        node,
        input,
        activation: EdgeActivation::Activation(Function::Tanh),
    });
    let highway = (size(), proptest::collection::vec(edge, 0..4), probability())
        .prop_map(|(nodes, edges, p)| Op::Highway(HighwayCell { nodes, edges, input_dropout: p, hidden_dropout: 0.0 }));
    prop_oneof![
        3 => conv,
        1 => [size(), size(), size()].prop_map(|[kernel, stride, padding]| Op::MaxPool { kernel, stride, padding }),
        1 => [size(), size(), size()].prop_map(|[kernel, stride, padding]| Op::AvgPool { kernel, stride, padding }),
        1 => any::<[bool; 2]>().prop_map(|[affine, affine_in_search]| Op::BatchNorm { affine, affine_in_search }),
        1 => size().prop_map(|stride| Op::Zero { stride }),
        1 => probability().prop_map(|p| Op::Dropout { p }),
        1 => (size(), any::<bool>(), proptest::option::of(probability()))
            .prop_map(|(out_features, bias, init_range)| Op::Linear { out_features, bias, init_range }),
        1 => (size(), any::<bool>()).prop_map(|(hidden, bidirectional)| Op::Lstm { hidden, bidirectional }),
        1 => (size(), any::<bool>()).prop_map(|(hidden, bidirectional)| Op::Gru { hidden, bidirectional }),
        1 => highway,
        3 => prop_oneof![
            Just(Op::GlobalMaxPool {}), Just(Op::GlobalAvgPool {}), Just(Op::relu()), Just(Op::Identity {}),
            Just(Op::Add {}), Just(Op::Concat {}), Just(Op::Flatten {}), Just(Op::Transpose {}),
        ],
    ]
}

/// Everything that can be asked of an architecture, whether or not it is valid.
fn ask_everything(architecture: &Architecture) {
    if let Ok(layers) = architecture.layers() {
        let _ = (layers.parameters(), layers.multiply_adds(), layers.activations(), layers.expect_io(100, 2));
        architecture.canonical_hash().unwrap();
    }
}

fn valid_architecture() -> String {
    let space = GenomeNas { cells: 2, nodes: 2, rnn_nodes: 2, ..GenomeNas::new(60, 2) }.space().unwrap();
    space.architecture(&space.sample_distinct(1, 1)[0]).unwrap().to_json().unwrap()
}

/// `text` with bytes changed, removed or repeated.
fn damaged(text: &str, damage: &[(usize, u8, u8)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for &(at, kind, byte) in damage {
        if bytes.is_empty() {
            break;
        }
        let at = at % bytes.len();
        match kind % 4 {
            0 => bytes[at] = byte,
            1 => _ = bytes.remove(at),
            2 => bytes.truncate(at),
            _ => bytes.insert(at, b"0123456789{}[],:\"-e."[usize::from(byte) % 20]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_chain_of_operations_of_any_sizes(length in size(), ops in proptest::collection::vec(op(), 1..6)) {
        let mut net = ArchitectureBuilder::new("any", length);
        for (at, op) in ops.into_iter().enumerate() {
            net.then(&format!("n{at}"), op);
        }
        if let Ok(architecture) = net.finish() {
            ask_everything(&architecture);
        }
    }

    #[test]
    fn any_text_for_a_document(text in ".{0,200}") {
        let _ = (Architecture::from_json(&text), Space::from_text(&text));
    }

    #[test]
    fn a_damaged_architecture(damage in proptest::collection::vec(any::<(usize, u8, u8)>(), 1..6)) {
        if let Ok(architecture) = Architecture::from_json(&damaged(&valid_architecture(), &damage)) {
            ask_everything(&architecture);
        }
    }

    #[test]
    fn a_selection_of_anything(choices in proptest::collection::btree_map("(normal|rnn)\\.[0-3]\\.[0-3]", "none|tanh|conv_15|x", 0..12)) {
        let space = GenomeNas { cells: 1, ..GenomeNas::new(30, 1) }.space().unwrap();
        let _ = space.architecture(&Selection(choices));
    }

    #[test]
    fn a_mask_of_anything(
        options in proptest::collection::btree_map(
            "(normal|rnn)\\.[0-3]\\.[0-3]", proptest::collection::btree_set("none|tanh|conv_15|x", 0..4), 0..12,
        ),
        drop in "(normal|rnn)\\.[0-3]\\.[0-3]",
    ) {
        let space = GenomeNas { cells: 1, nodes: 1, rnn_nodes: 1, ..GenomeNas::new(30, 1) }.space().unwrap();
        let mut mask = Mask(options);
        let _ = space.masked(&mask).map(|masked| masked.supernet_layers().unwrap().activations());
        let _ = mask.discard(&space, &Discard::Edge { decision: drop.clone() });
        let _ = mask.discard(&space, &Discard::Option { decision: drop, option: "tanh".to_owned() });
    }

    #[test]
    fn any_bytes_for_a_message(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (
            serde_json::from_slice::<Proposal>(&bytes),
            serde_json::from_slice::<Report>(&bytes),
            serde_json::from_slice::<Setup>(&bytes),
            serde_json::from_slice::<Ask>(&bytes),
            serde_json::from_slice::<Plan>(&bytes),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_damaged_space(toml in any::<bool>(), damage in proptest::collection::vec(any::<(usize, u8, u8)>(), 1..4)) {
        let space = GenomeNas { cells: 2, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(60, 2) }.space().unwrap();
        let text = if toml { space.to_toml().unwrap() } else { serde_json::to_string(&space).unwrap() };
        if let Ok(space) = Space::from_text(&damaged(&text, &damage)) {
            prop_assert_eq!(&Space::from_text(&space.to_toml().unwrap()).unwrap(), &space);
            prop_assert_eq!(&space.masked(&space.mask()).unwrap(), &space);
            for selection in space.sample_distinct(3, 1) {
                let _ = space.architecture(&selection).map(|architecture| ask_everything(&architecture));
            }
        }
    }

    #[test]
    fn any_sizes_of_the_published_space(
        sizes in [size(), size(), size(), size(), size(), size(), size(), size()], p in probability(),
    ) {
        let [length, labels, channels, cells, nodes, rnn_nodes, stem_multiplier, decoder_features] = sizes;
        let sizes = GenomeNas {
            channels, cells: cells.min(8), nodes: nodes.min(5), rnn_nodes, stem_multiplier, decoder_features, drop_path: p,
            ..GenomeNas::new(length, labels)
        };
        if let Ok(space) = sizes.space() {
            let _ = space.architectures();
        }
    }
}

#[test]
fn documents_nested_a_hundred_thousand_deep() {
    for (open, close) in [("[", "]"), (r#"{"op":"#, "}"), (r#"{"type":"choice","options":{"x":"#, "}}")] {
        let json = open.repeat(100_000) + "1" + &close.repeat(100_000);
        assert!(Architecture::from_json(&json).is_err());
        assert!(Space::from_text(&json).is_err());
    }
    let arrays = format!("nodes = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let tables = format!("nodes = {}1{}", "{a=".repeat(100_000), "}".repeat(100_000));
    let dotted = format!("{} = 1", vec!["a"; 100_000].join("."));
    for toml in [arrays, tables, dotted] {
        assert!(Space::from_text(&toml).is_err());
    }
}

#[test]
fn a_rule_with_more_ways_than_a_float_counts() {
    let ids: Vec<String> = (0..2_000).map(|at| format!("d{at}")).collect();
    let mut space = GenomeNas { cells: 1, ..GenomeNas::new(30, 1) }.space().unwrap();
    let decision = space.decisions[0].clone();
    space
        .decisions
        .extend(ids.iter().map(|id| genomenas_plugin::space::Decision { id: id.clone(), ..decision.clone() }));
    space.rules.push(genomenas_plugin::space::Rule { of: ids, keep: 1_000 });
    let refusal = space.validate().unwrap_err();
    assert!(refusal.message.contains("more than 1e308 ways"), "{refusal}");
}

#[test]
fn an_id_without_end_is_refused_before_every_layer_has_it() {
    let mut space = GenomeNas { cells: 1, ..GenomeNas::new(30, 1) }.space().unwrap();
    space.decisions[0].id = "d".repeat(60_000);
    let refusal = space.validate().unwrap_err().message;
    assert!(refusal.contains("has 60000 bytes: expected at most 200") && refusal.len() < 300, "{refusal}");
}
