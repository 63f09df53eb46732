//! Architectures as graphs: the matrices of the reference, and any other space.

use bonas::encode::{CellGraph, Encoder};
use bonas::predict;
use genomenas_plugin::seed;
use genomenas_plugin::simulate::kit::two_cells;
use genomenas_plugin::space::{GenomeNas, Selection, Space};

/// The reference's own space, at a length that is quick to check.
fn bonas() -> Space {
    let operations = ["max_pool_5", "skip_connect", "sep_conv_15", "dil_conv_15"].map(str::to_owned).to_vec();
    GenomeNas { shared_cell: true, free_inputs: true, operations, ..GenomeNas::new(100, 3) }.space().unwrap()
}

fn selection(text: &str) -> Selection {
    Selection(
        text.split_whitespace().map(|word| word.split_once('=').unwrap()).map(|(a, b)| (a.into(), b.into())).collect(),
    )
}

/// An architecture of that space: node 0 reads both inputs, node 1 the same input twice, node 2 node 1 and an input,
/// node 3 nodes 2 and 0.
fn architecture() -> Selection {
    selection(
        "cell.0.a=0-sep_conv_15 cell.0.b=1-max_pool_5 cell.1.a=1-skip_connect cell.1.b=1-dil_conv_15
         cell.2.a=3-max_pool_5 cell.2.b=0-skip_connect cell.3.a=4-dil_conv_15 cell.3.b=2-sep_conv_15
         rnn.0.0=tanh rnn.1.0=relu rnn.2.2=sigmoid rnn.3.1=identity rnn.4.4=tanh rnn.5.0=relu rnn.6.6=tanh rnn.7.3=sigmoid",
    )
}

/// The matrix of a graph, as rows of text.
fn matrix(graph: &CellGraph) -> Vec<String> {
    let count = graph.kinds.len();
    let cell = |from, to| if graph.edges.contains(&(from, to)) { '1' } else { '.' };
    (0..count).map(|from| (0..count).map(|to| cell(from, to)).collect()).collect()
}

#[test]
fn a_convolutional_cell_of_the_reference_has_eleven_vertices() {
    let space = bonas();
    let encoder = Encoder::new(&space).unwrap();
    let cell = &encoder.encode(&architecture())[0];
    // Written by hand from section 4.1 of the reference's description: a node of the cell is both of its operations.
    assert_eq!(
        matrix(cell),
        [
            "..1....1...",
            "...111.....",
            ".........11",
            ".........11",
            "......1...1",
            "......1...1",
            "........1.1",
            "........1.1",
            "..........1",
            "..........1",
            "...........",
        ]
    );
    assert_eq!(
        encoder.cells()[0].kinds,
        ["input", "max_pool_5", "skip_connect", "sep_conv_15", "dil_conv_15", "output"]
    );
    assert_eq!(cell.kinds, [0, 0, 3, 1, 2, 4, 1, 2, 4, 3, 5]);
}

#[test]
fn a_highway_cell_of_the_reference_has_twelve_vertices() {
    let space = bonas();
    let encoder = Encoder::new(&space).unwrap();
    let cell = &encoder.encode(&architecture())[1];
    assert_eq!(
        matrix(cell),
        [
            "..1.........",
            "..1.........",
            "...11...1...",
            "......1....1",
            ".....1.....1",
            "..........11",
            ".......1...1",
            "...........1",
            ".........1.1",
            "...........1",
            "...........1",
            "............",
        ]
    );
    assert_eq!(encoder.cells()[1].kinds, ["input", "intermediate", "tanh", "identity", "sigmoid", "relu", "output"]);
    assert_eq!(cell.kinds, [0, 0, 1, 2, 5, 4, 3, 2, 5, 2, 4, 6]);
}

#[test]
fn the_reference_s_space_makes_a_network_of_27201_weights() {
    let encoder = Encoder::new(&bonas()).unwrap();
    assert_eq!(predict::shape(&encoder).weights(), 27_201);
}

/// Three cells; the edges that an architecture keeps are the vertices.
#[test]
fn the_published_space_has_the_same_kind_of_graphs() {
    let space = GenomeNas::new(100, 3).space().unwrap();
    let encoder = Encoder::new(&space).unwrap();
    let graphs = encoder.encode(&space.sample(&mut seed::stream(1, "", 0)));
    assert_eq!(graphs.iter().map(|graph| graph.kinds.len()).collect::<Vec<_>>(), [11, 11, 12]);
    assert_eq!(encoder.cells().iter().map(|cell| cell.kinds.len()).collect::<Vec<_>>(), [10, 10, 7]);
}

#[test]
fn slots_and_edges_that_decide_the_same_make_the_same_graph() {
    let sizes = GenomeNas { cells: 1, nodes: 2, rnn_nodes: 1, ..GenomeNas::new(60, 2) };
    let edges = Encoder::new(&sizes.space().unwrap()).unwrap();
    let slots = Encoder::new(&GenomeNas { free_inputs: true, ..sizes }.space().unwrap()).unwrap();
    let kept = "normal.0.0=conv_15 normal.0.1=max_pool_5 normal.1.0=conv_15 normal.1.2=skip_connect";
    let chosen = "normal.0.a=0-conv_15 normal.0.b=1-max_pool_5 normal.1.a=0-conv_15 normal.1.b=2-skip_connect";
    assert_eq!(edges.encode(&selection(kept))[0], slots.encode(&selection(chosen))[0]);
}

/// No blocks and no highway cell: the main graph is the cell, the one that a rule drops is not a vertex.
#[test]
fn a_space_of_a_users_own_is_one_graph() {
    let space = two_cells().setup().space.clone();
    let encoder = Encoder::new(&space).unwrap();
    let graphs = encoder.encode(&selection("first=middle second.1=narrow"));
    assert_eq!(encoder.cells()[0].kinds, ["input", "narrow", "middle", "wide", "skip_connect", "output"]);
    assert_eq!(graphs.len(), 1);
    assert_eq!(graphs[0].kinds, [0, 2, 1, 5]);
    // The input through the stem; `both` reads the first cell and the sum of the second.
    assert_eq!(matrix(&graphs[0]), [".1..", "..11", "...1", "...."]);
    let graphs = encoder.encode(&selection("first=middle second.0=skip_connect"));
    assert_eq!(matrix(&graphs[0]), [".11.", "...1", "...1", "...."]);
}

#[test]
fn equal_operations_of_equal_inputs_in_one_sum_are_twins() {
    let encoder = Encoder::new(&bonas()).unwrap();
    let mut twins = architecture();
    assert!(!encoder.has_twins(&twins));
    twins.0.insert("cell.1.b".into(), "1-skip_connect".into());
    assert!(encoder.has_twins(&twins));
}

#[test]
fn two_of_seven_random_architectures_have_twins() {
    let space = bonas();
    let encoder = Encoder::new(&space).unwrap();
    let draw = |index: &u64| encoder.has_twins(&space.sample(&mut seed::stream(1, "twins", *index)));
    let share = (0..10_000).filter(draw).count() as f64 / 10_000.0;
    assert!((share - 0.2857).abs() < 4.0 * (0.2857 * 0.7143 / 10_000.0_f64).sqrt(), "{share}");
}
