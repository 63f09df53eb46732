//! The graphs of small networks, read back from their bytes.

use genomenas_data::Task;
use genomenas_plugin::space::{
    Architecture, ArchitectureBuilder, EdgeActivation, Function, HighwayCell, HighwayEdge, Op,
};
use prost::Message as _;

use super::proto::Model;
use super::{onnx, outputs};
use crate::test_support::{meaning, network};

fn read_back(architecture: &Architecture, task: Task, labels: usize) -> Model {
    let bytes = onnx(&network(architecture), &meaning(task, labels)).unwrap();
    Model::decode(bytes.as_slice()).unwrap()
}

/// Nodes in order, each as `kind(inputs) = outputs`, and the constants with their shapes.
fn listed(model: &Model) -> String {
    let graph = model.graph.as_ref().unwrap();
    let mut lines: Vec<String> = graph
        .node
        .iter()
        .flat_map(|node| {
            let body = node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()).flat_map(|body| &body.node);
            let line = |node: &super::proto::Node, indent: &str| {
                format!("{indent}{} = {}({})", node.output.join(", "), node.op_type, node.input.join(", "))
            };
            std::iter::once(line(node, "")).chain(body.map(move |node| line(node, "  "))).collect::<Vec<_>>()
        })
        .collect();
    lines.extend(graph.initializer.iter().map(|constant| format!("{} {:?}", constant.name, constant.dims)));
    lines.join("\n")
}

#[test]
fn nodes_are_named_after_layers_and_constants_after_weights() {
    let mut net = ArchitectureBuilder::new("net", 20);
    net.then("conv", Op::conv1d(8, 5)).then("norm", Op::batch_norm()).then("relu", Op::relu());
    net.then("dropout", Op::Dropout { p: 0.5 }).then("lstm", Op::Lstm { hidden: 3, bidirectional: true });
    net.then("flat", Op::Flatten {}).then("out", Op::linear(2));
    insta::assert_snapshot!(listed(&read_back(&net.finish().unwrap(), Task::MultiLabel, 2)));
}

#[test]
fn a_highway_cell_is_a_scan_whose_body_reads_the_matrices_of_the_graph() {
    let edge = |node, input, function| HighwayEdge { node, input, activation: EdgeActivation::Activation(function) };
    let cell = HighwayCell {
        nodes: 2,
        edges: vec![edge(0, 0, Function::Relu), edge(1, 1, Function::Identity)],
        input_dropout: 0.1,
        hidden_dropout: 0.0,
    };
    let mut net = ArchitectureBuilder::new("net", 20);
    net.then("cell", Op::Highway(cell)).then("mean", Op::GlobalAvgPool {});
    insta::assert_snapshot!(listed(&read_back(&net.finish().unwrap(), Task::MultiClass, 4)));
}

#[test]
fn every_task_has_raw_outputs_and_what_they_stand_for() {
    let mut net = ArchitectureBuilder::new("net", 20);
    net.then("mean", Op::GlobalAvgPool {}).then("out", Op::linear(2));
    let net = net.finish().unwrap();
    for (task, kind) in [
        (Task::MultiLabel, "Sigmoid"),
        (Task::MultiClass, "Softmax"),
        (Task::NextNucleotide, "Softmax"),
        (Task::Regression, "Identity"),
        (Task::PoissonRegression, "Exp"),
    ] {
        let graph = read_back(&net, task, 2).graph.unwrap();
        let names: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(names, outputs(task));
        assert_eq!(graph.node.last().unwrap().op_type, kind);
    }
}

#[test]
fn a_network_of_other_labels_is_refused() {
    let mut net = ArchitectureBuilder::new("net", 20);
    net.then("mean", Op::GlobalAvgPool {}).then("out", Op::linear(2));
    let error = onnx(&network(&net.finish().unwrap()), &meaning(Task::MultiLabel, 3)).unwrap_err().to_string();
    assert!(error.contains("expected [4, length] and a value for each of 3 labels"), "{error}");
}
