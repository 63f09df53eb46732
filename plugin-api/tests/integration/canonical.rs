//! The canonical hash: what it does not see, and what it must.

use std::collections::BTreeMap;

use genomenas_plugin::space::{Architecture, ArchitectureBuilder, Block, GenomeNas, Node, Op};
use proptest::prelude::*;

fn hash(architecture: &Architecture) -> String {
    architecture.canonical_hash().unwrap()
}

/// conv → two branches → `join` → pool → out.
fn branches(join: Op, order: [&str; 2], kernel: usize, stride: usize) -> Architecture {
    let conv = |kernel| Op::Conv1d {
        out_channels: Some(6),
        kernel,
        stride,
        padding: kernel / 2,
        dilation: 1,
        depthwise: false,
        groups: 1,
        bias: true,
    };
    let mut net = ArchitectureBuilder::new("branches", 100);
    net.add("left", conv(kernel), &["input"]).add("right", conv(9), &["input"]).add("join", join, &order);
    net.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
    net.finish().unwrap()
}

#[test]
fn names_and_the_order_of_nodes_do_not_count() {
    let original = branches(Op::Add {}, ["left", "right"], 5, 1);
    let mut renamed = original.clone();
    "other".clone_into(&mut renamed.name);
    renamed.graph.nodes.swap(0, 1);
    for node in &mut renamed.graph.nodes {
        node.name.push_str("_x");
        node.inputs.iter_mut().filter(|input| *input != "input").for_each(|input| input.push_str("_x"));
    }
    renamed.graph.output.push_str("_x");
    assert_eq!(hash(&original), hash(&renamed));
}

#[test]
fn the_selection_an_architecture_came_from_does_not_count() {
    let space = GenomeNas::new(60, 2).space().unwrap();
    let architecture = space.architecture(&space.sample_distinct(1, 3)[0]).unwrap();
    assert_eq!(hash(&architecture), hash(&Architecture { selection: None, ..architecture.clone() }));
}

#[test]
fn a_block_and_its_nodes_written_out_are_the_same() {
    let mut inlined = ArchitectureBuilder::new("inlined", 100);
    for time in ["1", "2"] {
        inlined.then(&format!("conv{time}"), Op::conv1d(4, 5)).then(&format!("relu{time}"), Op::relu());
    }
    let inlined = inlined.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2)).finish().unwrap();

    let mut blocks = ArchitectureBuilder::new("blocks", 100);
    blocks.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
    let mut blocks = blocks.finish().unwrap();
    let block = Block {
        inputs: vec!["x".to_owned()],
        nodes: vec![Node::new("conv", Op::conv1d(4, 5), &["x"]), Node::new("relu", Op::relu(), &["conv"])],
        output: "relu".to_owned(),
    };
    let use_of = |name: &str, input: &str| Node::new(name, Op::Block { block: "layer".to_owned() }, &[input]);
    blocks.graph.blocks = BTreeMap::from([("layer".to_owned(), block)]);
    blocks.graph.nodes.splice(0..0, [use_of("first", "input"), use_of("second", "first")]);
    blocks.graph.nodes[2].inputs = vec!["second".to_owned()];
    assert_eq!(hash(&inlined), hash(&blocks));
}

#[test]
fn the_order_of_inputs_counts_for_concat_and_not_for_add() {
    let of = |join: Op, order| hash(&branches(join, order, 5, 1));
    assert_eq!(of(Op::Add {}, ["left", "right"]), of(Op::Add {}, ["right", "left"]));
    assert_ne!(of(Op::Concat {}, ["left", "right"]), of(Op::Concat {}, ["right", "left"]));
    assert_ne!(of(Op::Add {}, ["left", "right"]), of(Op::Concat {}, ["left", "right"]));
}

#[test]
fn kernels_strides_and_lengths_count() {
    let all = [
        hash(&branches(Op::Add {}, ["left", "right"], 5, 1)),
        hash(&branches(Op::Add {}, ["left", "right"], 7, 1)),
        hash(&branches(Op::Add {}, ["left", "right"], 5, 2)),
        hash(&Architecture {
            graph: genomenas_plugin::space::Graph {
                input: [4, 101],
                ..branches(Op::Add {}, ["left", "right"], 5, 1).graph
            },
            ..branches(Op::Add {}, ["left", "right"], 5, 1)
        }),
    ];
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
}

#[test]
fn the_words_of_a_spectrum_count_and_one_strand_is_written_as_no_strand() {
    let of = |op: &str| {
        let text = format!(
            r#"{{"version": 1, "name": "net", "input": [4, 50], "output": "out", "nodes": [
                {{"name": "words", "inputs": ["input"], "op": {{"type": "kmer_spectrum", {op}}}}},
                {{"name": "out", "inputs": ["words"], "op": {{"type": "linear", "out_features": 2}}}}
            ]}}"#
        );
        hash(&Architecture::from_json(&text).unwrap())
    };
    assert_eq!(of(r#""k": 3"#), of(r#""k": 3, "both_strands": false"#));
    assert_ne!(of(r#""k": 3"#), of(r#""k": 3, "both_strands": true"#));
    assert_ne!(of(r#""k": 3"#), of(r#""k": 4"#));
}

#[test]
fn one_layer_read_twice_is_not_two_equal_layers() {
    let net = |readers: [&str; 2]| {
        let mut net = ArchitectureBuilder::new("shared", 100);
        net.add("a", Op::conv1d(4, 5), &["input"]);
        if readers[1] == "b" {
            net.add("b", Op::conv1d(4, 5), &["input"]);
        }
        net.add("x", Op::conv1d(4, 3), &[readers[0]]).add("y", Op::conv1d(4, 3), &[readers[1]]);
        net.add("sum", Op::Add {}, &["x", "y"]).then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(1));
        hash(&net.finish().unwrap())
    };
    assert_ne!(net(["a", "a"]), net(["a", "b"]));
}

#[test]
fn who_reads_a_shared_layer_counts() {
    // Two equal layers a and b, four readers: three on one and one on the other, or two on each.
    let net = |readers: [&str; 4]| {
        let mut net = ArchitectureBuilder::new("readers", 100);
        net.add("a", Op::conv1d(4, 5), &["input"]).add("b", Op::conv1d(4, 5), &["input"]);
        for (at, reader) in readers.iter().enumerate() {
            net.add(&format!("r{at}"), Op::conv1d(4, 3), &[reader]);
        }
        net.add("sum", Op::Add {}, &["r0", "r1", "r2", "r3"]).then("pool", Op::GlobalMaxPool {});
        hash(&net.then("out", Op::linear(1)).finish().unwrap())
    };
    assert_ne!(net(["a", "a", "a", "b"]), net(["a", "a", "b", "b"]));
    assert_eq!(net(["a", "a", "a", "b"]), net(["b", "b", "a", "b"]));
}

#[test]
fn the_hash_of_an_architecture_never_changes() {
    // Journals and result databases hold such hashes: a change here is a new version of the document.
    let hash = hash(&branches(Op::Concat {}, ["left", "right"], 5, 1));
    insta::assert_snapshot!(hash);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn different_selections_of_the_published_space_differ(first in any::<u64>()) {
        let space = GenomeNas { channels: 2, ..GenomeNas::new(60, 2) }.space().unwrap();
        let drawn = space.sample_distinct(2, first);
        let hashes: Vec<String> = drawn.iter().map(|one| hash(&space.architecture(one).unwrap())).collect();
        prop_assert_ne!(&hashes[0], &hashes[1]);
    }
}
