//! The genomeNAS space: convolutional cells and a recurrent highway cell, with every size a parameter.
//!
//! The macro network is that of genomeNAS: a stem, cells of which each third is normal and the others halve the length
//! (the sixth divides it by 3) and double the channels, a recurrent highway cell over positions, and two linear
//! layers. Where genomeNAS computes the decoder's size by rounding, this takes the true length ⌈L/stride⌉, and the
//! first preprocessing of a cell follows the stride of the cell before it, so every length and depth works.

mod cell;
mod operations;

use std::collections::BTreeMap;

use super::graph::{Graph, INPUT, Node, VERSION};
use super::{Decision, EdgeActivation, HighwayCell, HighwayEdge, Op, Rule, Space, SpaceFormat};
use crate::{Error, Result};

/// Sizes of a genomeNAS space.
#[derive(Clone, Debug, PartialEq)]
pub struct GenomeNas {
    /// Bases a window.
    pub length: usize,
    /// Outputs.
    pub labels: usize,
    /// Channels of the first cell's nodes.
    pub channels: usize,
    /// Convolutional cells.
    pub cells: usize,
    /// Nodes of a convolutional cell; each keeps two edges.
    pub nodes: usize,
    /// A cell's value is its last so many nodes, one after the other; all of them where absent.
    pub multiplier: Option<usize>,
    /// Nodes of the highway cell; each keeps one edge.
    pub rnn_nodes: usize,
    /// Operations of an edge: `none`, `skip_connect`, or `max_pool_K`, `avg_pool_K`, `conv_K`, `sep_conv_K`,
    /// `dil_conv_K` for an odd K.
    pub operations: Vec<String>,
    /// Activations of an edge of the highway cell; `none` or a [`super::Function`].
    pub activations: Vec<String>,
    /// Whether normal and reduction cells make the same decisions, which are then called `cell.…`.
    pub shared_cell: bool,
    /// Whether a node of a convolutional cell has two slots, `….a` and `….b`, in place of an edge from each input. A
    /// slot chooses an input and an operation together, so both may read the same input; its options are called
    /// `0-conv_15` for the operation `conv_15` of the first input.
    pub free_inputs: bool,
    /// The stem's channels are those of the first cell times this.
    pub stem_multiplier: usize,
    /// Probability that training drops the output of an operation other than an identity (final form).
    pub drop_path: f64,
    /// Dropout before the first linear layer.
    pub dropout: f64,
    /// Dropout of the highway cell's input.
    pub input_dropout: f64,
    /// Dropout of the highway cell's states.
    pub hidden_dropout: f64,
    /// Features of the first linear layer.
    pub decoder_features: usize,
}

impl GenomeNas {
    /// The published sizes for windows of `length` bases and `labels` outputs.
    pub fn new(length: usize, labels: usize) -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            length,
            labels,
            channels: 8,
            cells: 6,
            nodes: 4,
            multiplier: None,
            rnn_nodes: 8,
            operations: names(&[
                "none",
                "max_pool_5",
                "avg_pool_5",
                "skip_connect",
                "sep_conv_15",
                "sep_conv_9",
                "dil_conv_15",
                "dil_conv_9",
                "conv_15",
            ]),
            activations: names(&["none", "tanh", "identity", "sigmoid", "relu"]),
            shared_cell: false,
            free_inputs: false,
            stem_multiplier: 3,
            drop_path: 0.2,
            dropout: 0.1,
            input_dropout: 0.1,
            hidden_dropout: 0.05,
            decoder_features: 925,
        }
    }

    /// The space of these sizes.
    pub fn space(&self) -> Result<Space> {
        self.check()?;
        let strides: Vec<usize> = (0..self.cells).map(cell_stride).collect();
        let mut blocks = BTreeMap::new();
        for &stride in &strides {
            blocks.insert(cell_block(stride), self.cell(stride));
            for operation in &self.operations {
                for stride in [1, stride] {
                    if let Some(block) = operations::block(operation, stride, self.drop_path)? {
                        blocks.insert(operations::block_name(operation, stride), block);
                    }
                }
            }
            blocks.extend(self.slot_blocks(stride));
        }
        let (mut decisions, mut rules) = self.cell_decisions();
        for node in 0..self.rnn_nodes {
            let of: Vec<String> = (0..=node).map(|input| format!("rnn.{node}.{input}")).collect();
            decisions.extend(of.iter().map(|id| decision(id, &self.activations)));
            rules.push(Rule { of, keep: 1 });
        }
        let nodes = self.macro_network(&strides);
        let output = nodes.last().map_or_else(|| INPUT.to_owned(), |node| node.name.clone());
        let graph = Graph { input: [4, self.length], blocks, nodes, output };
        let space = Space {
            format: SpaceFormat::Space,
            version: VERSION,
            name: "genomenas".to_owned(),
            decisions,
            rules,
            graph,
        };
        space.validate()?;
        Ok(space)
    }

    fn check(&self) -> Result<()> {
        for (what, value, most) in [
            ("length", self.length, 1 << 30),
            ("labels", self.labels, 1 << 24),
            ("channels", self.channels, 1 << 16),
            ("cells", self.cells, 24),
            ("nodes", self.nodes, 16),
            ("multiplier", self.multiplier.unwrap_or(1), self.nodes),
            ("rnn_nodes", self.rnn_nodes, 64),
            ("stem_multiplier", self.stem_multiplier, 1 << 10),
            ("decoder_features", self.decoder_features, 1 << 24),
        ] {
            if value == 0 || value > most {
                return Err(Error::invalid(format!("the genomenas space has {what} = {value}: expected 1 to {most}")));
            }
        }
        // Options name all inputs of their node, so a node that nothing uses would stay.
        if let Some(multiplier) = self.multiplier.filter(|&last| self.free_inputs && last < self.nodes) {
            let nodes = self.nodes;
            return Err(Error::invalid(format!(
                "the genomenas space has free_inputs and multiplier = {multiplier}: expected all {nodes} nodes in a cell's value, so leave multiplier out"
            )));
        }
        if !(0.0..1.0).contains(&self.drop_path) {
            let p = self.drop_path;
            return Err(Error::invalid(format!("the genomenas space has drop_path = {p}: expected 0 ≤ p < 1")));
        }
        Ok(())
    }

    /// Stem, cells, highway cell and the two linear layers.
    fn macro_network(&self, strides: &[usize]) -> Vec<Node> {
        let mut nodes = vec![
            Node::new("stem_conv", to_channels(self.stem_multiplier * self.channels, 13, 1), &[INPUT]),
            Node::new("stem_norm", Op::batch_norm(), &["stem_conv"]),
        ];
        let (mut before, mut previous) = ("stem_norm".to_owned(), "stem_norm".to_owned());
        let mut channels = self.channels;
        for (cell, &stride) in strides.iter().enumerate() {
            if stride > 1 {
                channels *= 2;
            }
            let stride_before = if cell == 0 { 1 } else { strides[cell - 1] };
            for (pre, source, stride) in [("pre0", &before, stride_before), ("pre1", &previous, 1)] {
                let name = |part: &str| format!("cell{cell}_{pre}_{part}");
                nodes.push(Node::new(name("relu"), Op::relu(), &[source]));
                nodes.push(Node::new(name("conv"), to_channels(channels, 1, stride), &[&name("relu")]));
                nodes.push(Node::new(name("norm"), operations::searched_norm(), &[&name("conv")]));
            }
            let name = format!("cell{cell}");
            let inputs = [format!("{name}_pre0_norm"), format!("{name}_pre1_norm")];
            nodes.push(Node::new(&name, Op::Block { block: cell_block(stride) }, &[&inputs[0], &inputs[1]]));
            before = std::mem::replace(&mut previous, name);
        }
        let edges = (0..self.rnn_nodes)
            .flat_map(|node| (0..=node).map(move |input| (node, input)))
            .map(|(node, input)| HighwayEdge {
                node,
                input,
                activation: EdgeActivation::Decision(format!("rnn.{node}.{input}")),
            })
            .collect();
        let highway = HighwayCell {
            nodes: self.rnn_nodes,
            edges,
            input_dropout: self.input_dropout,
            hidden_dropout: self.hidden_dropout,
        };
        let decoder = Op::Linear { out_features: self.decoder_features, bias: true, init_range: Some(0.04) };
        nodes.extend([
            Node::new("rnn", Op::Highway(highway), &[&previous]),
            Node::new("by_position", Op::Transpose {}, &["rnn"]),
            Node::new("flat", Op::Flatten {}, &["by_position"]),
            Node::new("dropout", Op::Dropout { p: self.dropout }, &["flat"]),
            Node::new("decoder", decoder, &["dropout"]),
            Node::new("decoder_relu", Op::relu(), &["decoder"]),
            Node::new("classifier", Op::linear(self.labels), &["decoder_relu"]),
        ]);
        nodes
    }
}

/// The stride of a cell: each third is normal, the sixth divides the length by 3, the others halve it.
const fn cell_stride(cell: usize) -> usize {
    match cell {
        5 => 3,
        _ if cell.is_multiple_of(3) => 1,
        _ => 2,
    }
}

fn cell_block(stride: usize) -> String {
    if stride == 1 { "normal_cell".to_owned() } else { format!("reduction_cell_{stride}") }
}

/// A decision among `options`; those of the operation `none` are only in a supernet.
fn decision(id: &str, options: &[String]) -> Decision {
    let none = |option: &&String| *option == "none" || option.ends_with("-none");
    let search_only = options.iter().filter(none).cloned().collect();
    Decision { id: id.to_owned(), options: options.to_vec(), search_only }
}

/// A convolution without bias to `out` channels whose output has ⌈L/stride⌉ positions.
const fn to_channels(out: usize, kernel: usize, stride: usize) -> Op {
    Op::Conv1d {
        out_channels: Some(out),
        kernel,
        stride,
        padding: kernel / 2,
        dilation: 1,
        depthwise: false,
        groups: 1,
        bias: false,
    }
}
