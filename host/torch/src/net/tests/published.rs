//! The highway cell against the values of the reference implementation: `H_in` = H = 2, two positions, zero start.

use std::collections::BTreeMap;

use genomenas_data::Device;
use genomenas_plugin::engine::Naming;
use genomenas_plugin::space::{
    Decision, EdgeActivation, Function, Graph, HighwayCell, HighwayEdge, INPUT, Node, Op, Space, SpaceFormat, VERSION,
};
use tch::{Kind, Tensor};

use crate::net::weights::Part;
use crate::net::{Mode, Net};

/// A space of one cell on two of the four channels of the input.
fn space(edges: Vec<HighwayEdge>, decisions: Vec<Decision>) -> Space {
    let cell = HighwayCell { nodes: 8, edges, input_dropout: 0.0, hidden_dropout: 0.0 };
    let nodes = vec![
        Node::new("narrow", Op::conv1d(2, 1), &[INPUT]),
        Node::new("rnn", Op::Highway(cell), &["narrow"]),
        Node::new("flat", Op::Flatten {}, &["rnn"]),
    ];
    Space {
        format: SpaceFormat::Space,
        version: VERSION,
        name: "cell".to_owned(),
        decisions,
        rules: Vec::new(),
        graph: Graph { input: [4, 2], blocks: BTreeMap::new(), nodes, output: "flat".to_owned() },
    }
}

/// Scores x = (1, −1), (0.5, 2) with the published weights and expects h₁ and h₂.
#[track_caller]
fn check(mut net: Net, expected: [[f32; 2]; 2]) {
    let w0 = Tensor::full([4, 4], 0.1, (Kind::Float, tch::Device::Cpu));
    let _ = w0.get(0).fill_(0.3);
    let mut values = vec![
        ("narrow.weight".to_owned(), Tensor::from_slice(&[1.0_f32, 0., 0., 0., 0., 1., 0., 0.]).view([2, 4, 1])),
        ("narrow.bias".to_owned(), Tensor::zeros([2], (Kind::Float, tch::Device::Cpu))),
        ("rnn.w0".to_owned(), w0),
    ];
    for node in 0..8_u8 {
        let w = Tensor::full([2, 4], 0.1 * f64::from(node + 1), (Kind::Float, tch::Device::Cpu));
        let _ = w.get(0).get(0).fill_(-0.2);
        let _ = w.get(1).get(3).fill_(0.5);
        values.push((format!("rnn.w.{node}"), w));
    }
    net.weights.inherit(&values, &Naming::default()).unwrap();
    // Channels first.
    let input = Tensor::from_slice(&[1.0_f32, 0.5, -1.0, 2.0, 0., 0., 0., 0.]).view([1, 4, 2]);
    let output = Vec::<f32>::try_from(net.forward(&input, &Mode::scoring()).unwrap().logits.view([4])).unwrap();
    let [[h1_0, h1_1], [h2_0, h2_1]] = expected;
    for (value, expected) in output.iter().zip([h1_0, h2_0, h1_1, h2_1]) {
        // The values are published with seven digits.
        assert!((value - expected).abs() < 1e-6 * expected.max(1.0), "{output:?}");
    }
}

#[test]
fn the_final_highway_cell_gives_the_published_values() {
    let nodes = [
        (0, Function::Tanh),
        (1, Function::Relu),
        (0, Function::Sigmoid),
        (2, Function::Identity),
        (3, Function::Tanh),
        (1, Function::Relu),
        (5, Function::Sigmoid),
        (7, Function::Identity),
    ];
    let edge =
        |(node, (input, function))| HighwayEdge { node, input, activation: EdgeActivation::Activation(function) };
    let space = space(nodes.into_iter().enumerate().map(edge).collect(), Vec::new());
    let layers = space.architecture(&genomenas_plugin::space::Selection::default()).unwrap().layers().unwrap();
    let net = Net::build(&layers, 7, Device::Cpu).unwrap();
    check(net, [[0.246_449, 0.249_766_2], [0.361_108_4, 0.379_177_1]]);
}

#[test]
fn the_highway_cell_of_a_supernet_gives_the_published_values() {
    let options: Vec<String> = ["none", "tanh", "identity", "sigmoid", "relu"].map(str::to_owned).to_vec();
    let pairs: Vec<(usize, usize)> = (0..8).flat_map(|node| (0..=node).map(move |input| (node, input))).collect();
    let id = |node: usize, input: usize| format!("rnn.{node}.{input}");
    let edge = |&(node, input): &(usize, usize)| {
        let activation = EdgeActivation::Decision(id(node, input));
        HighwayEdge { node, input, activation }
    };
    let decision = |&(node, input): &(usize, usize)| Decision {
        id: id(node, input),
        options: options.clone(),
        search_only: vec!["none".to_owned()],
    };
    let space = space(pairs.iter().map(edge).collect(), pairs.iter().map(decision).collect());
    let mut net = super::supernet(&space);
    let zeros = net.weights.flat(Part::Arch).zeros_like();
    assert_eq!(zeros.size(), [180]);
    net.weights.set_flat(Part::Arch, &zeros).unwrap();
    check(net, [[2.311_744, 2.146_626], [7.541_554, 6.752_929]]);
}
