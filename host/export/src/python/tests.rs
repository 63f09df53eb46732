//! Files of small networks, as a person reads them.

use genomenas_data::Task;
use genomenas_plugin::space::{ArchitectureBuilder, EdgeActivation, Function, HighwayCell, HighwayEdge, Op};

use super::model_py;
use crate::test_support::{meaning, network};

#[test]
fn a_network_in_one_line_is_read_from_top_to_bottom() {
    let mut net = ArchitectureBuilder::new("net", 20);
    net.then("conv", Op::conv1d(8, 5)).then("relu", Op::relu()).then("pool", Op::max_pool(4));
    net.then("lstm", Op::Lstm { hidden: 3, bidirectional: true }).then("flat", Op::Flatten {});
    net.then("dropout", Op::Dropout { p: 0.5 }).then("out", Op::linear(2));
    insta::assert_snapshot!(model_py(&network(&net.finish().unwrap()), &meaning(Task::MultiLabel, 2)).unwrap());
}

#[test]
fn branches_have_variables_of_their_own_and_what_is_needed_is_in_the_file() {
    let cell = HighwayCell {
        nodes: 1,
        edges: vec![HighwayEdge { node: 0, input: 0, activation: EdgeActivation::Activation(Function::Gelu) }],
        input_dropout: 0.0,
        hidden_dropout: 0.25,
    };
    let mut net = ArchitectureBuilder::new("net", 20);
    net.add("a", Op::conv1d(4, 1), &["input"]).add("b-relu", Op::relu(), &["input"]);
    net.add("b", Op::batch_norm(), &["b-relu"]).add("none", Op::Zero { stride: 1 }, &["b"]);
    net.add("skip", Op::Identity {}, &["b"]).add("sum", Op::Add {}, &["a", "skip", "none"]);
    net.then("cell", Op::Highway(cell)).then("path", Op::DropPath { p: 0.1 }).then("mean", Op::GlobalAvgPool {});
    net.add("words", Op::KmerSpectrum { k: 2, both_strands: true }, &["input"]);
    net.add("all", Op::Concat {}, &["mean", "words"]).then("out", Op::linear(2));
    insta::assert_snapshot!(model_py(&network(&net.finish().unwrap()), &meaning(Task::PoissonRegression, 2)).unwrap());
}
