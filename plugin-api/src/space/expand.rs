//! Graphs with their blocks written out: a flat list of operations over positions in that list.

use std::collections::{BTreeMap, BTreeSet};

use super::{Block, EdgeActivation, Form, Graph, INPUT, LayerOp, Node, Op, Source};
use crate::text::quoted;
use crate::{Error, Result};

/// The most operations a graph may have once its blocks are written out; blocks in blocks grow exponentially.
const MAX_LAYERS: usize = 100_000;
/// The most node visits, reads, options and highway edges that writing a graph out may take: what a small document
/// with blocks in blocks can ask for has no other bound, not even where the blocks hold no operation.
const MAX_WORK: usize = 2_000_000;
/// The most blocks within blocks.
const MAX_DEPTH: usize = 32;

/// An operation of the flat list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Flat {
    pub(super) name: String,
    pub(super) op: LayerOp,
    pub(super) inputs: Vec<Source>,
}

/// Writes out the blocks of `graph` in one form. `open` says whether choices may occur.
pub(super) fn expand(graph: &Graph, form: Form, open: bool) -> Result<(Vec<Flat>, Source)> {
    let used = used_blocks(graph);
    if let Some(name) = graph.blocks.keys().find(|name| !used.contains(name.as_str())) {
        return Err(Error::invalid(format!("block '{name}' is used by no node: use it or leave it out")));
    }
    let mut expansion =
        Expansion { blocks: &graph.blocks, form, open, layers: Vec::new(), work: 0, within: Vec::new() };
    let names = BTreeMap::from([(INPUT, Source::Input)]);
    let output = expansion.scope("", &graph.nodes, &graph.output, names)?;
    Ok((expansion.layers, output))
}

/// The blocks that the nodes of the graph use, themselves or through other blocks.
pub(super) fn used_blocks(graph: &Graph) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut to_visit: Vec<&Op> = graph.nodes.iter().map(|node| &node.op).collect();
    while let Some(op) = to_visit.pop() {
        match op {
            Op::Block { block } if used.insert(block.clone()) => {
                let body = graph.blocks.get(block);
                to_visit.extend(body.into_iter().flat_map(|body| &body.nodes).map(|node| &node.op));
            }
            Op::Choice { options, .. } => to_visit.extend(options.values()),
            _ => {}
        }
    }
    used
}

struct Expansion<'a> {
    blocks: &'a BTreeMap<String, Block>,
    form: Form,
    open: bool,
    layers: Vec<Flat>,
    work: usize,
    /// The blocks that are being written out, outermost first.
    within: Vec<&'a str>,
}

impl<'a> Expansion<'a> {
    /// Adds the nodes of one graph or block; `names` holds its inputs. Returns the source of its output.
    fn scope(
        &mut self,
        prefix: &str,
        nodes: &'a [Node],
        output: &str,
        mut names: BTreeMap<&'a str, Source>,
    ) -> Result<Source> {
        let mut unread: BTreeSet<&str> = BTreeSet::new();
        for node in nodes {
            let path = format!("{prefix}{}", node.name);
            check_name(&node.name, &path, "a node")?;
            self.spend(1 + node.inputs.len())?;
            let mut inputs = Vec::with_capacity(node.inputs.len());
            for input in &node.inputs {
                unread.remove(input.as_str());
                inputs.push(*names.get(input.as_str()).ok_or_else(|| {
                    Error::invalid(format!(
                        "node '{path}' reads '{}', which is neither an input nor a node before it",
                        quoted(input)
                    ))
                })?);
            }
            let absent = node.form != Form::Both && node.form != self.form;
            let source = match (absent, inputs.as_slice()) {
                (true, &[only]) => only,
                (true, _) => {
                    return Err(Error::invalid(format!(
                        "node '{path}' exists in one form only and has {} inputs: expected 1, to pass on in the other form",
                        inputs.len()
                    )));
                }
                (false, _) => self.op(&path, &node.op, inputs)?,
            };
            if names.insert(&node.name, source).is_some() {
                return Err(Error::invalid(format!("two nodes are called '{path}': names must be unique")));
            }
            if node.name != output {
                unread.insert(&node.name);
            }
        }
        let Some(&source) = names.get(output) else {
            return Err(Error::invalid(format!("the output is '{prefix}{output}', and there is no such node")));
        };
        match unread.first() {
            None => Ok(source),
            Some(name) => Err(Error::invalid(format!(
                "node '{prefix}{name}' is read by no node and is not the output: read it or leave it out"
            ))),
        }
    }

    fn op(&mut self, path: &str, op: &'a Op, inputs: Vec<Source>) -> Result<Source> {
        match op {
            Op::Block { block } => {
                let body = self.blocks.get(block).ok_or_else(|| {
                    let known: Vec<_> = self.blocks.keys().map(String::as_str).collect();
                    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                    Error::invalid(format!(
                        "node '{path}' uses block '{block}', which the graph does not have; its blocks: {known}"
                    ))
                })?;
                if body.inputs.len() != inputs.len() {
                    return Err(Error::invalid(format!(
                        "node '{path}' passes {} inputs to block '{block}', which has {}",
                        inputs.len(),
                        body.inputs.len()
                    )));
                }
                if self.within.contains(&block.as_str()) {
                    let chain = self.within.join("' uses '");
                    return Err(Error::invalid(format!("block '{chain}' uses '{block}': no block may use itself")));
                }
                if self.within.len() == MAX_DEPTH {
                    return Err(Error::invalid(format!(
                        "block '{block}' lies more than {MAX_DEPTH} deep in other blocks"
                    )));
                }
                let mut names = BTreeMap::new();
                for (name, source) in body.inputs.iter().zip(inputs) {
                    if names.insert(name.as_str(), source).is_some() {
                        return Err(Error::invalid(format!("two inputs of block '{block}' are called '{name}'")));
                    }
                }
                self.within.push(block);
                let output = self.scope(&format!("{path}."), &body.nodes, &body.output, names);
                self.within.pop();
                output
            }
            Op::Choice { decision, .. } if !self.open => Err(Error::invalid(format!(
                "node '{path}' leaves decision '{decision}' open: an architecture has none open"
            ))),
            Op::Choice { decision, options } => {
                let mut results = Vec::with_capacity(options.len());
                for (option, op) in options {
                    let path = format!("{path}.{option}");
                    check_name(option, &path, "an option")?;
                    self.spend(1 + inputs.len())?;
                    results.push(self.op(&path, op, inputs.clone())?);
                }
                let op = LayerOp::Mix { decision: decision.clone(), options: options.keys().cloned().collect() };
                self.push(path, op, results)
            }
            Op::Highway(cell) if !self.open => {
                if let Some(EdgeActivation::Decision(decision)) = cell
                    .edges
                    .iter()
                    .map(|edge| &edge.activation)
                    .find(|edge| matches!(edge, EdgeActivation::Decision(_)))
                {
                    return Err(Error::invalid(format!(
                        "node '{path}' leaves decision '{decision}' open: an architecture has none open"
                    )));
                }
                self.push(path, LayerOp::Op(op.clone()), inputs)
            }
            op => self.push(path, LayerOp::Op(op.clone()), inputs),
        }
    }

    fn spend(&mut self, work: usize) -> Result<()> {
        self.work = self.work.saturating_add(work);
        if self.work > MAX_WORK {
            return Err(Error::invalid(format!(
                "the graph has more than {MAX_WORK} nodes and reads once its blocks are written out"
            )));
        }
        Ok(())
    }

    fn push(&mut self, path: &str, op: LayerOp, inputs: Vec<Source>) -> Result<Source> {
        if self.layers.len() >= MAX_LAYERS {
            return Err(Error::invalid(format!(
                "the graph has more than {MAX_LAYERS} operations once its blocks are written out"
            )));
        }
        if let LayerOp::Op(Op::Highway(cell)) = &op {
            self.spend(cell.edges.len())?;
        }
        self.layers.push(Flat { name: path.to_owned(), op, inputs });
        Ok(Source::Layer(self.layers.len() - 1))
    }
}

/// Names become parts of file names and of the names of weights.
fn check_name(name: &str, path: &str, what: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name == INPUT || name.len() > 100 || !name.chars().all(plain) {
        return Err(Error::invalid(format!(
            "'{}' cannot be the name of {what}: expected 1 to 100 letters, digits, '_' or '-', and not '{INPUT}'",
            quoted(path)
        )));
    }
    Ok(())
}
