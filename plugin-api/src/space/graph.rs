//! Graphs of named nodes: the body of an architecture and of a space.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Form, Op};

/// The name by which nodes read the graph's input.
pub const INPUT: &str = "input";

/// The version of the architecture and space documents that this crate writes.
pub const VERSION: u32 = 1;

/// Named nodes with one input and one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Graph {
    /// Shape of a sample: channels and length.
    pub input: [usize; 2],
    /// Sub-graphs that nodes use by name, any number of times.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blocks: BTreeMap<String, Block>,
    /// The nodes. A node reads only [`INPUT`] and nodes before it.
    pub nodes: Vec<Node>,
    /// The node whose value is the graph's: one raw value (logit) an output.
    pub output: String,
}

/// A node: an operation and what it reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Unique within its graph or block.
    pub name: String,
    /// The operation.
    pub op: Op,
    /// The names of the nodes it reads.
    pub inputs: Vec<String>,
    /// Where it exists: a node that is absent passes its only input on.
    #[serde(default, skip_serializing_if = "Form::is_both")]
    pub form: Form,
}

/// A sub-graph with named inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The names of the inputs, in the order in which a use lists them.
    pub inputs: Vec<String>,
    /// The nodes. A node reads only the inputs and nodes before it.
    pub nodes: Vec<Node>,
    /// The node whose value is the block's.
    pub output: String,
}

impl Node {
    /// A node of both forms.
    pub fn new(name: impl Into<String>, op: Op, inputs: &[&str]) -> Self {
        Self { name: name.into(), op, inputs: inputs.iter().map(|&input| input.to_owned()).collect(), form: Form::Both }
    }

    /// The same node, in one form only.
    #[must_use]
    pub fn only_in(self, form: Form) -> Self {
        Self { form, ..self }
    }
}
