//! Networks of architectures against what plugin-api infers of them.

use genomenas_data::Device;
use genomenas_plugin::seed;
use genomenas_plugin::space::{
    Architecture, ArchitectureBuilder, EdgeActivation, Function, GenomeNas, HighwayCell, HighwayEdge, Op,
};
use tch::Kind;

use super::{count, noise};
use crate::net::weights::Part;
use crate::net::{Mode, Net};

fn net(architecture: &Architecture) -> Net {
    Net::build(&architecture.layers().unwrap(), 7, Device::Cpu).unwrap()
}

/// A network with every operation that an architecture may have.
fn every_operation() -> Architecture {
    let mut net = ArchitectureBuilder::new("every", 61);
    let same = |kernel, depthwise, dilation| Op::Conv1d {
        out_channels: None,
        kernel,
        stride: 1,
        padding: dilation * (kernel / 2),
        dilation,
        depthwise,
        groups: 1,
        bias: false,
    };
    net.then("conv", Op::conv1d(8, 5)).then("norm", Op::batch_norm()).then("relu", Op::relu());
    net.then("depthwise", same(9, true, 2)).then("path", Op::DropPath { p: 0.2 });
    net.add("sum", Op::Add {}, &["path", "relu"]).add("both", Op::Concat {}, &["sum", "conv"]);
    net.then("max", Op::MaxPool { kernel: 5, stride: 2, padding: 2 });
    net.then("avg", Op::AvgPool { kernel: 5, stride: 3, padding: 2 });
    net.then("lstm", Op::Lstm { hidden: 6, bidirectional: true })
        .then("gru", Op::Gru { hidden: 5, bidirectional: true });
    net.then("gelu", Op::Activation { function: Function::Gelu });
    net.then("zero", Op::Zero { stride: 2 }).then("identity", Op::Identity {});
    net.then("by_position", Op::linear(7)).then("turned", Op::Transpose {}).then("turned_back", Op::Transpose {});
    net.then("rnn", Op::Highway(chain(2))).then("dropout", Op::Dropout { p: 0.3 });
    net.add("mean", Op::GlobalAvgPool {}, &["dropout"]).add("most", Op::GlobalMaxPool {}, &["dropout"]);
    net.add("flat", Op::Flatten {}, &["dropout"]).add("all", Op::Concat {}, &["mean", "most", "flat"]);
    net.then("out", Op::linear(3));
    net.finish().unwrap()
}

/// A highway cell whose nodes follow one another.
fn chain(nodes: usize) -> HighwayCell {
    let edges = (0..nodes)
        .map(|node| HighwayEdge { node, input: node, activation: EdgeActivation::Activation(Function::Tanh) })
        .collect();
    HighwayCell { nodes, edges, input_dropout: 0.1, hidden_dropout: 0.1 }
}

#[test]
fn a_network_has_the_weights_and_the_output_that_its_graph_infers() {
    let architecture = every_operation();
    let layers = architecture.layers().unwrap();
    let net = net(&architecture);
    assert_eq!(count(&net), i64::try_from(layers.parameters()).unwrap());
    for train in [true, false] {
        let output = net.forward(&noise(&[2, 4, 61]), &Mode { train, ..Mode::training() }).unwrap();
        assert_eq!(output.logits.size(), [2, 3]);
        assert_eq!(output.recurrent_outputs.len(), 1);
    }
}

#[test]
fn random_architectures_of_the_genomenas_space_train_and_score() {
    let sizes = GenomeNas { channels: 2, decoder_features: 10, ..GenomeNas::new(100, 5) };
    let space = sizes.space().unwrap();
    for draw in 0..3 {
        let architecture = space.architecture(&space.sample(&mut seed::stream(3, "test", draw))).unwrap();
        let mut net = net(&architecture);
        assert_eq!(count(&net), i64::try_from(architecture.layers().unwrap().parameters()).unwrap());
        let output = net.forward(&noise(&[3, 4, 100]), &Mode::training()).unwrap();
        assert_eq!(output.logits.size(), [3, 5]);
        output.logits.sum(Kind::Float).backward();
        let gradients = net.weights.take_gradients(Part::Rnn).unwrap();
        assert!(gradients.abs().sum(Kind::Float).double_value(&[]) > 0.0);
    }
}

#[test]
fn equal_seeds_draw_equal_weights_and_other_seeds_others() {
    let layers = every_operation().layers().unwrap();
    let flat = |seed| {
        let net = Net::build(&layers, seed, Device::Cpu).unwrap();
        Vec::<f32>::try_from(net.weights.flat(Part::Cnn)).unwrap()
    };
    assert_eq!(flat(1), flat(1));
    assert_ne!(flat(1), flat(2));
}

#[test]
fn a_snapshot_restores_the_network_it_was_taken_from() {
    let architecture = every_operation();
    let layers = architecture.layers().unwrap();
    let original = net(&architecture);
    let mut other = Net::build(&layers, 8, Device::Cpu).unwrap();
    let input = noise(&[2, 4, 61]);
    let taken = other.weights.restore(&original.weights.snapshot().unwrap()).unwrap();
    assert_eq!(taken, original.weights.snapshot().unwrap().len());
    let logits =
        |net: &Net| Vec::<f32>::try_from(net.forward(&input, &Mode::scoring()).unwrap().logits.flatten(0, -1)).unwrap();
    assert_eq!(logits(&original), logits(&other));
}

#[test]
fn weights_of_another_architecture_are_refused_by_name() {
    let mut small = ArchitectureBuilder::new("small", 61);
    small.then("conv", Op::conv1d(4, 5)).then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(3));
    let small = net(&small.finish().unwrap());
    let error = net(&every_operation()).weights.restore(&small.weights.snapshot().unwrap()).unwrap_err();
    insta::assert_snapshot!(error, @"weight 'conv.weight' has shape [4, 4, 5]: the architecture expects [8, 4, 5]");
}
