//! The macro network of a genomeNAS space, and its highway cell.

use std::collections::BTreeMap;

use super::cell::{cell_block, decision};
use super::{GenomeNas, operations};
use crate::Result;
use crate::space::{
    EdgeActivation, Graph, HighwayCell, HighwayEdge, INPUT, Node, Op, Rule, Space, SpaceFormat, VERSION,
};

impl GenomeNas {
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
