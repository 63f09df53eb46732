//! A graph that is being built: its nodes in order, and the constants that they read.

use std::collections::BTreeSet;

use genomenas_data::error::Result;

use super::proto::{Attribute, FLOAT, Graph, Held, INT64, Node, Tensor, Value, attribute};
use crate::weights::Tensor as Weight;

/// The nodes so far, and the constants.
#[derive(Debug, Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
    named: BTreeSet<String>,
}

impl Builder {
    /// Adds a node that computes `output`. Returns that name.
    pub(super) fn node(&mut self, kind: &str, inputs: &[&str], output: &str, attributes: Vec<(&str, Held)>) -> String {
        self.node_with(kind, inputs, &[output], attributes);
        output.to_owned()
    }

    /// Adds a node that computes several values, named after the first.
    pub(super) fn node_with(&mut self, kind: &str, inputs: &[&str], outputs: &[&str], attributes: Vec<(&str, Held)>) {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let attribute: Vec<Attribute> = attributes.into_iter().map(|(name, held)| attribute(name, held)).collect();
        let name = outputs.first().copied().unwrap_or_default().to_owned();
        self.nodes.push(Node {
            input: owned(inputs),
            output: owned(outputs),
            name,
            op_type: kind.to_owned(),
            attribute,
        });
    }

    /// Adds a constant of floats, once a name. Returns its name.
    pub(super) fn floats(&mut self, name: &str, weight: &Weight) -> String {
        let bytes = || weight.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, &weight.shape, FLOAT, bytes)
    }

    /// Adds a constant of one float, named after it. Returns its name.
    pub(super) fn float(&mut self, value: f32) -> String {
        self.floats(&format!("constant/{value}"), &Weight { shape: Vec::new(), values: vec![value] })
    }

    /// Adds a constant of whole numbers along one axis, named after them. Returns its name.
    pub(super) fn ints(&mut self, values: &[i64]) -> String {
        self.ints_named(&format!("constant/{values:?}"), values)
    }

    /// Adds a constant of whole numbers along one axis, once a name. Returns its name.
    pub(super) fn ints_named(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = || values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, &[values.len()], INT64, bytes)
    }

    fn constant(&mut self, name: &str, shape: &[usize], data_type: i32, bytes: impl FnOnce() -> Vec<u8>) -> String {
        if self.named.insert(name.to_owned()) {
            let dims = shape.iter().map(|&size| size_of(size)).collect();
            self.constants.push(Tensor { dims, data_type, name: name.to_owned(), raw_data: bytes() });
        }
        name.to_owned()
    }

    /// The graph that `add` adds nodes to: it has no constants of its own, and may read those of this one.
    pub(super) fn body(
        &mut self,
        name: &str,
        (input, output): (Vec<Value>, Vec<Value>),
        add: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<Graph> {
        let outer = std::mem::take(&mut self.nodes);
        add(self)?;
        let node = std::mem::replace(&mut self.nodes, outer);
        Ok(Graph { node, name: name.to_owned(), initializer: Vec::new(), input, output })
    }

    /// The whole graph.
    pub(super) fn finish(self, name: &str, input: Vec<Value>, output: Vec<Value>) -> Graph {
        Graph { node: self.nodes, name: name.to_owned(), initializer: self.constants, input, output }
    }
}

/// A size as ONNX has it.
pub(super) fn size_of(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
