//! The estimate of what training keeps for its backward pass.

use genomenas_plugin::space::{
    ArchitectureBuilder, EdgeActivation, Function, GenomeNas, HighwayCell, HighwayEdge, Layers, Op, Space,
};

fn of(layers: &Layers, name: &str) -> u64 {
    layers.layers.iter().find(|layer| layer.name == name).unwrap_or_else(|| panic!("no layer {name}")).activations
}

#[test]
fn a_value_counts_once_where_something_saves_it_and_not_at_all_where_nothing_does() {
    let mut net = ArchitectureBuilder::new("net", 100);
    // Each convolution reads what the ReLU saved; the sum of both is saved by nobody, and neither are they.
    net.add(
        "conv",
        Op::Conv1d {
            out_channels: Some(8),
            kernel: 1,
            stride: 1,
            padding: 0,
            dilation: 1,
            depthwise: false,
            groups: 1,
            bias: true,
        },
        &["input"],
    );
    net.then("norm", Op::batch_norm()).then("relu", Op::relu());
    net.add("left", Op::conv1d(6, 1), &["relu"]).add("right", Op::conv1d(6, 1), &["relu"]);
    net.add("sum", Op::Add {}, &["left", "right"]).then("mean", Op::GlobalAvgPool {}).then("out", Op::linear(3));
    let layers = net.finish().unwrap().layers().unwrap();
    // What batch norm read, what the ReLU gave, and what the linear layer read.
    for (name, kept) in
        [("conv", 800), ("norm", 0), ("relu", 800), ("left", 0), ("right", 0), ("sum", 0), ("mean", 6), ("out", 0)]
    {
        assert_eq!(of(&layers, name), kept, "{name}");
    }
    assert_eq!(layers.activations(), 1606);
}

#[test]
fn masks_and_the_positions_of_maxima_count_and_changes_of_shape_do_not() {
    let mut net = ArchitectureBuilder::new("net", 100);
    net.then("conv", Op::conv1d(8, 1)).then("pool", Op::max_pool(4)).then("dropout", Op::Dropout { p: 0.5 });
    net.then("flat", Op::Flatten {}).then("same", Op::Identity {}).then("out", Op::linear(3));
    let layers = net.finish().unwrap().layers().unwrap();
    // The pool reads 800 values and gives 200, with 8 bytes a position; the linear layer reads what the dropout gave.
    for (name, kept) in [("conv", 800), ("pool", 400), ("dropout", 200 + 200), ("flat", 0), ("same", 0)] {
        assert_eq!(of(&layers, name), kept, "{name}");
    }
}

fn highway(edges: Vec<HighwayEdge>, nodes: usize) -> u64 {
    let mut net = ArchitectureBuilder::new("net", 10);
    let cell = HighwayCell { nodes, edges, input_dropout: 0.1, hidden_dropout: 0.1 };
    net.then("conv", Op::conv1d(3, 1)).then("rnn", Op::Highway(cell)).then("pool", Op::GlobalAvgPool {});
    of(&net.finish().unwrap().layers().unwrap(), "rnn")
}

#[test]
fn a_decided_highway_cell_keeps_four_values_a_node_and_five_where_it_passes_the_product_on() {
    let edge = |node, function| HighwayEdge { node, input: node, activation: EdgeActivation::Activation(function) };
    let one = highway(vec![edge(0, Function::Tanh)], 1);
    let two = highway(vec![edge(0, Function::Tanh), edge(1, Function::Relu)], 2);
    let with_identity = highway(vec![edge(0, Function::Tanh), edge(1, Function::Identity)], 2);
    assert_eq!(two - one, 4 * 30);
    assert_eq!(with_identity - one, 5 * 30);
    // The output, five values beside the nodes, and s₀ like a node.
    assert_eq!(one, (1 + 5 + 4 + 4) * 30);
}

fn published() -> Space {
    GenomeNas::new(1000, 919).space().unwrap()
}

#[test]
fn an_open_highway_cell_keeps_values_for_every_activation_of_every_edge() {
    let space = published();
    let whole = of(&space.supernet_layers().unwrap(), "rnn");
    let values = 512 * 42;
    // 36 edges of 5 values and those of 4 activations, of which the identity counts twice; `none` has no value.
    assert_eq!(whole, (1 + 5 + 4 + 8 + 36 * (5 + 5)) * values);
    let without = |dropped: &[(&str, &str)]| {
        let mut mask = space.mask();
        for (edge, option) in dropped {
            mask.0.get_mut(*edge).unwrap().remove(*option);
        }
        whole - of(&space.masked(&mask).unwrap().supernet_layers().unwrap(), "rnn")
    };
    assert_eq!(without(&[("rnn.1.0", "none")]), 0);
    // One call an activation computes it for all edges of a node.
    assert_eq!(without(&[("rnn.1.0", "tanh")]), 0);
    assert_eq!(without(&[("rnn.1.0", "tanh"), ("rnn.1.1", "tanh")]), 2 * values);
    assert_eq!(without(&[("rnn.1.0", "identity"), ("rnn.1.1", "identity")]), 2 * 2 * values);
    let mut mask = space.mask();
    mask.0.remove("rnn.3.1");
    let layers = space.masked(&mask).unwrap().supernet_layers().unwrap();
    assert_eq!(whole - of(&layers, "rnn"), (5 + 5) * values);
}

#[test]
fn an_edge_of_a_supernet_keeps_what_its_operations_and_the_gradients_of_its_alphas_need() {
    let layers = published().supernet_layers().unwrap();
    let of_option = |option: &str| -> u64 {
        let prefix = format!("cell0.n0_0.{option}");
        let of = layers.layers.iter().filter(|layer| layer.name.starts_with(&prefix));
        of.map(|layer| layer.activations).sum()
    };
    // In values of the edge, 8 × 1000. A batch norm at the end multiplies by the option's share and saves what it read,
    // so the option's own value is gone; that of the first ReLU stands with the first option that has one.
    for (option, values) in [
        ("none", 0),
        ("skip_connect", 1 + 1),   // its value, and the mask
        ("max_pool_5", 1 + 2),     // the pool's value, and positions
        ("avg_pool_5", 1),         // the pool's value
        ("conv_15", 1 + 1 + 2),    // ReLU and convolution, twice
        ("dil_conv_9", 2),         // depthwise and pointwise
        ("sep_conv_9", 2 + 1 + 2), // the same, a ReLU, and the same
    ] {
        assert_eq!(of_option(option), values * 8000, "{option}");
    }
}
