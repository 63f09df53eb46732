//! Architectures: graphs whose decisions are all made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Graph, INPUT, Layers, Node, Op, Selection, VERSION};
use crate::{Error, Result};

/// A graph whose decisions are all made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Architecture {
    /// Distinguishes the document from others.
    #[serde(default)]
    pub format: ArchitectureFormat,
    /// [`VERSION`] of the document.
    pub version: u32,
    /// What a person calls it.
    pub name: String,
    /// The graph; it holds no [`Op::Choice`].
    #[serde(flatten)]
    pub graph: Graph,
    /// The decisions that led to it, where it comes from a space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
}

/// The tag `"format": "genomenas-architecture"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ArchitectureFormat {
    /// The only value.
    #[default]
    #[serde(rename = "genomenas-architecture")]
    Architecture,
}

impl Architecture {
    /// Reads a JSON document and validates it.
    pub fn from_json(text: &str) -> Result<Self> {
        let architecture: Self = serde_json::from_str(text)
            .map_err(|error| Error::invalid(format!("not an architecture document: {error}")))?;
        architecture.layers()?;
        Ok(architecture)
    }

    /// The document, indented.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Validates the graph, and returns its layers with shapes and counts.
    pub fn layers(&self) -> Result<Layers> {
        if self.version != VERSION {
            return Err(Error::invalid(format!(
                "architecture '{}' is of version {}: this genomenas reads version {VERSION}",
                self.name, self.version
            )));
        }
        Layers::of_architecture(&self.graph).map_err(|error| error.context(format!("architecture '{}'", self.name)))
    }
}

/// Builds an [`Architecture`] node by node.
///
/// ```
/// use genomenas_plugin::space::{ArchitectureBuilder, Op};
/// let mut net = ArchitectureBuilder::new("tiny", 100);
/// net.then("conv", Op::conv1d(8, 5)).then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(3));
/// assert_eq!(net.finish().unwrap().layers().unwrap().parameters(), 4 * 8 * 5 + 8 + 8 * 3 + 3);
/// ```
#[derive(Clone, Debug)]
pub struct ArchitectureBuilder {
    name: String,
    graph: Graph,
}

impl ArchitectureBuilder {
    /// An empty graph over windows of `length` bases in four channels.
    pub fn new(name: impl Into<String>, length: usize) -> Self {
        let graph = Graph { input: [4, length], blocks: BTreeMap::new(), nodes: Vec::new(), output: INPUT.to_owned() };
        Self { name: name.into(), graph }
    }

    /// Adds a node that reads the node added last (or the input), and makes it the output.
    pub fn then(&mut self, name: &str, op: Op) -> &mut Self {
        let last = self.graph.output.clone();
        self.add(name, op, &[&last])
    }

    /// Adds a node that reads `inputs`, and makes it the output.
    pub fn add(&mut self, name: &str, op: Op, inputs: &[&str]) -> &mut Self {
        self.graph.nodes.push(Node::new(name, op, inputs));
        name.clone_into(&mut self.graph.output);
        self
    }

    /// The node added last, which the next reads; [`INPUT`] while there is none.
    pub fn last(&self) -> &str {
        &self.graph.output
    }

    /// Validates the graph.
    pub fn finish(&self) -> Result<Architecture> {
        let architecture = Architecture {
            format: ArchitectureFormat::Architecture,
            version: VERSION,
            name: self.name.clone(),
            graph: self.graph.clone(),
            selection: None,
        };
        architecture.layers()?;
        Ok(architecture)
    }
}
