//! The convolutional cells: what a node reads, and what is decided about it.

use std::collections::BTreeMap;

use super::{GenomeNas, operations};
use crate::space::{Block, Decision, Node, Op, Rule};

impl GenomeNas {
    /// The decisions of the cells and the rules over them. A single cell is normal; its space has the decisions of
    /// reduction cells all the same, as the reference's has.
    pub(super) fn cell_decisions(&self) -> (Vec<Decision>, Vec<Rule>) {
        let (mut decisions, mut rules) = (Vec::new(), Vec::new());
        let kinds: &[&str] = if self.shared_cell { &["cell"] } else { &["normal", "reduction"] };
        for kind in kinds {
            for node in 0..self.nodes {
                let of: Vec<String> = self.edges(node).iter().map(|edge| format!("{kind}.{node}.{edge}")).collect();
                decisions.extend(of.iter().map(|id| decision(id, &self.options(node))));
                if !self.free_inputs {
                    rules.push(Rule { of, keep: 2 });
                }
            }
        }
        (decisions, rules)
    }

    /// A cell: node n sums its edges from the two inputs and from the nodes before it; the output is the last nodes' values.
    pub(super) fn cell(&self, stride: usize) -> Block {
        let kind = match (self.shared_cell, stride) {
            (true, _) => "cell",
            (false, 1) => "normal",
            (false, _) => "reduction",
        };
        let mut nodes = Vec::new();
        for node in 0..self.nodes {
            let sources: Vec<String> = (0..node + 2).map(source).collect();
            let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
            let edges = self.edges(node);
            let mut names = Vec::with_capacity(edges.len());
            for (edge, id) in edges.iter().enumerate() {
                let (options, inputs) = if self.free_inputs {
                    (self.slot_options(node, stride), sources.clone())
                } else {
                    let of = |name: &String| (name.clone(), operations::operation(name, stride_of(edge, stride)));
                    (self.operations.iter().map(of).collect(), vec![sources[edge]])
                };
                let name = format!("n{node}_{id}");
                nodes.push(Node::new(&name, Op::Choice { decision: format!("{kind}.{node}.{id}"), options }, &inputs));
                names.push(name);
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            nodes.push(Node::new(format!("n{node}"), Op::Add {}, &names));
        }
        let first = self.nodes - self.multiplier.unwrap_or(self.nodes);
        let last: Vec<String> = (first..self.nodes).map(|node| format!("n{node}")).collect();
        let last: Vec<&str> = last.iter().map(String::as_str).collect();
        nodes.push(Node::new("out", Op::Concat {}, &last));
        Block { inputs: vec!["s0".to_owned(), "s1".to_owned()], nodes, output: "out".to_owned() }
    }

    /// The blocks of the options of slots in a cell of this stride: each an operation that reads one of the inputs.
    pub(super) fn slot_blocks(&self, stride: usize) -> BTreeMap<String, Block> {
        let mut blocks = BTreeMap::new();
        if !self.free_inputs {
            return blocks;
        }
        for node in 0..self.nodes {
            let inputs: Vec<String> = (0..node + 2).map(source).collect();
            for (at, input) in inputs.iter().enumerate() {
                for operation in &self.operations {
                    let op = operations::operation(operation, stride_of(at, stride));
                    let nodes = vec![Node::new("op", op, &[input])];
                    let block = Block { inputs: inputs.clone(), nodes, output: "op".to_owned() };
                    blocks.insert(slot_block(node, at, operation, stride), block);
                }
            }
        }
        blocks
    }

    /// What the edges into a node are called: by their input, or the two slots.
    fn edges(&self, node: usize) -> Vec<String> {
        if self.free_inputs {
            vec!["a".to_owned(), "b".to_owned()]
        } else {
            (0..node + 2).map(|input| input.to_string()).collect()
        }
    }

    /// The options of an edge into a node.
    fn options(&self, node: usize) -> Vec<String> {
        if !self.free_inputs {
            return self.operations.clone();
        }
        let of = |input| self.operations.iter().map(move |operation| slot_option(input, operation));
        (0..node + 2).flat_map(of).collect()
    }

    fn slot_options(&self, node: usize, stride: usize) -> BTreeMap<String, Op> {
        let of = |input| {
            let option = move |operation: &String| {
                let op = Op::Block { block: slot_block(node, input, operation, stride) };
                (slot_option(input, operation), op)
            };
            self.operations.iter().map(option)
        };
        (0..node + 2).flat_map(of).collect()
    }
}

/// What a cell calls the value of this input of its nodes: the two inputs of the cell come first, then its nodes.
fn source(input: usize) -> String {
    if input < 2 { format!("s{input}") } else { format!("n{}", input - 2) }
}

/// The inputs of a cell are as long as its stride says, its nodes have the length of its output.
const fn stride_of(input: usize, stride: usize) -> usize {
    if input < 2 { stride } else { 1 }
}

fn slot_option(input: usize, operation: &str) -> String {
    format!("{input}-{operation}")
}

fn slot_block(node: usize, input: usize, operation: &str, stride: usize) -> String {
    format!("{}_n{node}_{input}_{operation}", cell_block(stride))
}

/// The name of the block of the cells of this stride.
pub(super) fn cell_block(stride: usize) -> String {
    if stride == 1 { "normal_cell".to_owned() } else { format!("reduction_cell_{stride}") }
}

/// A decision among `options`; those of the operation `none` are only in a supernet.
pub(super) fn decision(id: &str, options: &[String]) -> Decision {
    let none = |option: &&String| *option == "none" || option.ends_with("-none");
    let search_only = options.iter().filter(none).cloned().collect();
    Decision { id: id.to_owned(), options: options.to_vec(), search_only }
}
