//! An architecture as boxes and arrows: each kind of cell, the recurrent cell, and the network around them.

use std::collections::BTreeMap;

use genomenas_plugin::space::{Block, EdgeActivation, Graph, HighwayCell, INPUT, Layers, Node, Op};

use crate::model::{BoxKind, Drawing, DrawnBox};

/// A graph of more nodes is a table only.
const MOST_NODES: usize = 400;

/// The cells of an architecture in the order in which they are used, then the network.
pub(crate) fn of(graph: &Graph, layers: &Layers) -> Vec<Drawing> {
    let mut drawings: Vec<Drawing> = Vec::new();
    for node in &graph.nodes {
        let drawn = match &node.op {
            Op::Block { block } => {
                graph.blocks.get(block).and_then(|inner| cell(block_name(block), inner, &graph.blocks))
            }
            Op::Highway(highway) => recurrent(highway),
            _ => None,
        };
        let Some(drawn) = drawn else { continue };
        // Reduction cells that differ in their stride alone look the same.
        match drawings.iter_mut().find(|other| other.boxes == drawn.boxes && other.arrows == drawn.arrows) {
            Some(same) => same.uses += 1,
            None => drawings.push(drawn),
        }
    }
    drawings.extend(network(graph, layers));
    drawings
}

/// A block that puts several values together; `None` for a chain, which the network's own box says enough of.
fn cell(name: String, block: &Block, blocks: &BTreeMap<String, Block>) -> Option<Drawing> {
    if block.nodes.len() > MOST_NODES || block.nodes.iter().all(|node| node.inputs.len() < 2) {
        return None;
    }
    let mut sketch = Sketch::default();
    for (number, input) in block.inputs.iter().enumerate() {
        sketch.add(input, DrawnBox::new(format!("input {}", number + 1), BoxKind::Input), &[]);
    }
    for node in &block.nodes {
        let (op, inputs) = resolved(node, blocks);
        let drawn = match op {
            Op::Add {} => DrawnBox::new(node_name(&node.name), BoxKind::Value).with("sum"),
            Op::Concat {} => DrawnBox::new("output", BoxKind::Value).with("concat"),
            other => DrawnBox::new(short(other), BoxKind::Operation),
        };
        sketch.add(&node.name, drawn, &inputs);
    }
    Some(Drawing { name, uses: 1, boxes: sketch.boxes, arrows: sketch.arrows })
}

/// A node's operation and what it reads, through a block that takes all values of a cell to use one of them.
fn resolved<'a>(node: &'a Node, blocks: &'a BTreeMap<String, Block>) -> (&'a Op, Vec<&'a str>) {
    let own = || (&node.op, node.inputs.iter().map(String::as_str).collect());
    let Op::Block { block } = &node.op else { return own() };
    let Some(Block { inputs, nodes, .. }) = blocks.get(block) else { return own() };
    let ([inner], true) = (nodes.as_slice(), inputs.len() > 1) else { return own() };
    let outer = |name: &String| {
        let at = inputs.iter().position(|input| input == name)?;
        node.inputs.get(at).map(String::as_str)
    };
    inner.inputs.iter().map(outer).collect::<Option<Vec<_>>>().map_or_else(own, |read| (&inner.op, read))
}

/// The states of a decided highway cell and the functions between them.
fn recurrent(cell: &HighwayCell) -> Option<Drawing> {
    let mut sketch = Sketch::default();
    sketch.add("x", DrawnBox::new("xₜ", BoxKind::Input).with("input"), &[]);
    sketch.add("h", DrawnBox::new("hₜ₋₁", BoxKind::Input).with("last output"), &[]);
    sketch.add("s0", DrawnBox::new("state 0", BoxKind::Value), &["x", "h"]);
    for node in 0..cell.nodes {
        let mut functions = Vec::new();
        for edge in cell.edges.iter().filter(|edge| edge.node == node) {
            let EdgeActivation::Activation(function) = &edge.activation else { return None };
            let name = format!("f{node}_{}", edge.input);
            let label = format!("{function:?}").to_lowercase();
            sketch.add(&name, DrawnBox::new(label, BoxKind::Operation), &[&format!("s{}", edge.input)]);
            functions.push(name);
        }
        let functions: Vec<&str> = functions.iter().map(String::as_str).collect();
        let state = DrawnBox::new(format!("state {}", node + 1), BoxKind::Value);
        sketch.add(&format!("s{}", node + 1), state, &functions);
    }
    let states: Vec<String> = (1..=cell.nodes).map(|node| format!("s{node}")).collect();
    let states: Vec<&str> = states.iter().map(String::as_str).collect();
    sketch.add("out", DrawnBox::new("hₜ", BoxKind::Value).with("mean"), &states);
    Some(Drawing { name: "recurrent cell".to_owned(), uses: 1, boxes: sketch.boxes, arrows: sketch.arrows })
}

/// The network: what follows one another without a branch and is light is in one box with what it belongs to.
fn network(graph: &Graph, layers: &Layers) -> Option<Drawing> {
    if graph.nodes.len() > MOST_NODES {
        return None;
    }
    let readers = |name: &str| graph.nodes.iter().flat_map(|node| &node.inputs).filter(|input| *input == name).count();
    let shape = |node: &Node| {
        let of_block = |block: &String| graph.blocks.get(block).map(|inner| format!("{}.{}", node.name, inner.output));
        let name = if let Op::Block { block } = &node.op { of_block(block)? } else { node.name.clone() };
        let shape = layers.shape_of(&name)?;
        Some(shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × "))
    };
    let mut sketch = Sketch::default();
    let input = graph.input.map(|size| size.to_string()).join(" × ");
    sketch.add(INPUT, DrawnBox::new("bases", BoxKind::Input).with(&input), &[]);
    // The boxes that hold something heavy already, and those that nothing is added to.
    let (mut heavy, mut closed) = (vec![true], vec![true]);
    for node in &graph.nodes {
        let light = is_light(&node.op);
        let alone = matches!(node.op, Op::Block { .. } | Op::Highway(_) | Op::Add {} | Op::Concat {});
        let before = match node.inputs.as_slice() {
            [one] if !alone && one != INPUT && readers(one) == 1 => sketch.places.get(one).copied(),
            _ => None,
        };
        let before = before.filter(|at| !closed.get(*at).copied().unwrap_or(true));
        let before = before.filter(|at| light || !heavy.get(*at).copied().unwrap_or(true));
        if let Some((at, last)) = before.and_then(|at| Some((at, sketch.boxes.get_mut(at)?))) {
            last.label = format!("{}, {}", last.label, short(&node.op));
            last.detail = shape(node).unwrap_or_default();
            if let Some(is) = heavy.get_mut(at).filter(|_| !light) {
                *is = true;
            }
            sketch.places.insert(node.name.clone(), at);
            continue;
        }
        let kind = if matches!(node.op, Op::Add {} | Op::Concat {}) { BoxKind::Value } else { BoxKind::Operation };
        let inputs: Vec<&str> = node.inputs.iter().map(String::as_str).collect();
        sketch.add(&node.name, DrawnBox::new(short(&node.op), kind).with(&shape(node).unwrap_or_default()), &inputs);
        heavy.push(!light);
        closed.push(alone);
    }
    Some(Drawing { name: "network".to_owned(), uses: 1, boxes: sketch.boxes, arrows: sketch.arrows })
}

/// Whether an operation has no weights worth a box of its own.
fn is_light(op: &Op) -> bool {
    matches!(
        op,
        Op::BatchNorm { .. }
            | Op::Activation { .. }
            | Op::Identity {}
            | Op::Dropout { .. }
            | Op::SkipDropout {}
            | Op::DropPath { .. }
            | Op::Flatten {}
            | Op::Transpose {}
    )
}

/// An operation in one or two words.
fn short(op: &Op) -> String {
    match op {
        Op::Conv1d { kernel, stride: 1, .. } => format!("conv {kernel}"),
        Op::Conv1d { kernel, stride, .. } => format!("conv {kernel} / {stride}"),
        Op::MaxPool { kernel, .. } => format!("max pool {kernel}"),
        Op::AvgPool { kernel, .. } => format!("average pool {kernel}"),
        Op::BatchNorm { .. } => "norm".to_owned(),
        Op::Activation { function } => format!("{function:?}").to_lowercase(),
        Op::Dropout { .. } => "dropout".to_owned(),
        Op::SkipDropout {} | Op::Identity {} => "identity".to_owned(),
        Op::DropPath { .. } => "drop path".to_owned(),
        Op::Zero { .. } => "none".to_owned(),
        Op::Linear { .. } => "linear".to_owned(),
        Op::Lstm { bidirectional: true, .. } => "LSTM, both ways".to_owned(),
        Op::Lstm { .. } => "LSTM".to_owned(),
        Op::Gru { bidirectional: true, .. } => "GRU, both ways".to_owned(),
        Op::Gru { .. } => "GRU".to_owned(),
        Op::Highway(_) => "recurrent cell".to_owned(),
        Op::Add {} => "sum".to_owned(),
        Op::Concat {} => "concat".to_owned(),
        Op::Block { block } => block_name(block),
        other => other.type_name().replace('_', " "),
    }
}

/// A block's name without what its stride adds: "reduction cell", and `conv_3` as the option is called.
fn block_name(block: &str) -> String {
    let without = |text: &str, mark: &str| {
        let (before, after) = text.rsplit_once(mark)?;
        (!after.is_empty() && after.chars().all(|digit| digit.is_ascii_digit())).then(|| before.to_owned())
    };
    if let Some(option) = without(block, "_stride_") {
        return option;
    }
    let of_cell = without(block, "_").filter(|name| name.ends_with("_cell"));
    let name = of_cell.unwrap_or_else(|| block.to_owned());
    if name.ends_with("_cell") { name.replace('_', " ") } else { name }
}

/// "node 1" for the names n0, n1 of cells; any other name as it is.
fn node_name(name: &str) -> String {
    let number = name.strip_prefix('n').and_then(|digits| digits.parse::<u32>().ok());
    number.map_or_else(|| name.to_owned(), |number| format!("node {}", number.saturating_add(1)))
}

/// Boxes by the names of nodes.
#[derive(Default)]
struct Sketch {
    boxes: Vec<DrawnBox>,
    arrows: Vec<(usize, usize)>,
    places: BTreeMap<String, usize>,
}

impl Sketch {
    fn add(&mut self, name: &str, drawn: DrawnBox, inputs: &[&str]) {
        let at = self.boxes.len();
        self.arrows.extend(inputs.iter().filter_map(|input| Some((*self.places.get(*input)?, at))));
        self.boxes.push(drawn);
        self.places.insert(name.to_owned(), at);
    }
}

impl DrawnBox {
    fn new(label: impl Into<String>, kind: BoxKind) -> Self {
        Self { label: label.into(), detail: String::new(), kind }
    }

    fn with(self, detail: &str) -> Self {
        Self { detail: detail.to_owned(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::seed;
    use genomenas_plugin::space::{ArchitectureBuilder, GenomeNas};

    use super::*;

    fn text(drawing: &Drawing) -> String {
        let label = |at: &usize| drawing.boxes[*at].label.clone();
        let arrows = drawing.arrows.iter().map(|(from, to)| format!("{} > {}", label(from), label(to)));
        format!("{} × {}: {}", drawing.uses, drawing.name, arrows.collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn a_chain_is_a_network_of_few_boxes_without_a_cell() {
        let mut net = ArchitectureBuilder::new("tiny", 100);
        net.then("conv", Op::conv1d(8, 5)).then("relu", Op::relu()).then("drop", Op::Dropout { p: 0.2 });
        net.then("pool", Op::MaxPool { kernel: 4, stride: 4, padding: 0 }).then("flat", Op::Flatten {});
        net.then("out", Op::linear(3));
        let found = net.finish().unwrap();
        let drawings = of(&found.graph, &found.layers().unwrap());
        assert_eq!(
            drawings.iter().map(text).collect::<Vec<_>>(),
            [
                "1 × network: bases > conv 5, relu, dropout; conv 5, relu, dropout > max pool 4, flatten; max pool 4, flatten > linear"
            ]
        );
    }

    #[test]
    fn the_cells_of_the_genomenas_space_are_drawn_once_each_with_their_operations() {
        let operations = ["none", "skip_connect", "max_pool_3", "conv_3"].map(str::to_owned).to_vec();
        let sizes = GenomeNas { operations, cells: 6, nodes: 2, rnn_nodes: 2, ..GenomeNas::new(500, 2) };
        let space = sizes.space().unwrap();
        let mut random = seed::stream(1, "drawings", 0);
        let found = space.architecture(&space.sample(&mut random)).unwrap();
        let drawings = of(&found.graph, &found.layers().unwrap());
        insta::assert_snapshot!(drawings.iter().map(text).collect::<Vec<_>>().join("\n"));
    }
}
