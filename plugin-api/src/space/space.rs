//! Spaces: graphs with open decisions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Decision, EdgeActivation, Function, Graph, Layers, Node, Op, Rule, VERSION};
use crate::{Error, Result};

/// The most decisions of a space.
const MAX_DECISIONS: usize = 4096;
/// Bytes of the longest id of a decision or name of an option: each layer of a supernet that decides has them.
const LONGEST_NAME: usize = 200;

/// An architecture graph with open decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Space {
    /// Distinguishes the document from others.
    #[serde(default)]
    pub format: SpaceFormat,
    /// [`VERSION`] of the document.
    pub version: u32,
    /// What a person calls it.
    pub name: String,
    /// The decisions, in the order in which strategies see them.
    pub decisions: Vec<Decision>,
    /// Rules over groups of decisions. A decision under no rule is always kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The graph, with [`Op::Choice`]s.
    #[serde(flatten)]
    pub graph: Graph,
}

/// The tag `"format": "genomenas-space"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SpaceFormat {
    /// The only value.
    #[default]
    #[serde(rename = "genomenas-space")]
    Space,
}

impl Space {
    /// The decision of this id.
    pub fn decision(&self, id: &str) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.id == id)
    }

    /// Refuses a space that leaves nothing to search.
    ///
    /// # Errors
    ///
    /// It has no decisions.
    pub fn expect_decisions(&self) -> Result<()> {
        if self.decisions.is_empty() {
            return Err(Error::invalid(format!(
                "space '{}' has no decisions, so there is nothing to search: train it as it is, or give a space with decisions",
                self.name
            )));
        }
        Ok(())
    }

    /// The layers of the supernet that holds every option: the search form, one alpha an option.
    pub fn supernet_layers(&self) -> Result<Layers> {
        Layers::of_supernet(&self.graph, &self.decisions)
            .map_err(|error| error.context(format!("space '{}'", self.name)))
    }

    /// Checks names, decisions and rules, that the supernet's shapes agree, and that an architecture drawn from the
    /// space is valid: the search form and the final form are different graphs.
    pub fn validate(&self) -> Result<()> {
        self.check_decisions().map_err(|error| error.context(format!("space '{}'", self.name)))?;
        self.supernet_layers()?;
        let drawn = self.sample(&mut crate::seed::stream(0, "validate", 0));
        self.architecture(&drawn).map(|_| ()).map_err(|error| error.context("an architecture drawn from the space"))
    }

    fn check_decisions(&self) -> Result<()> {
        if self.version != VERSION {
            return Err(Error::invalid(format!("version {}: this genomenas reads version {VERSION}", self.version)));
        }
        if self.decisions.len() > MAX_DECISIONS {
            let count = self.decisions.len();
            return Err(Error::invalid(format!("{count} decisions: expected at most {MAX_DECISIONS}")));
        }
        let mut ids = BTreeSet::new();
        for decision in &self.decisions {
            let id = &decision.id;
            if let Some(long) = std::iter::once(id).chain(&decision.options).find(|name| name.len() > LONGEST_NAME) {
                let start: String = long.chars().take(40).collect();
                return Err(Error::invalid(format!(
                    "the id of a decision or the name of an option, '{start}…', has {} bytes: expected at most {LONGEST_NAME}",
                    long.len()
                )));
            }
            if !ids.insert(id.as_str()) {
                return Err(Error::invalid(format!("two decisions are called '{id}'")));
            }
            let options: BTreeSet<_> = decision.options.iter().collect();
            if options.len() != decision.options.len() {
                return Err(Error::invalid(format!("decision '{id}' names an option twice")));
            }
            if let Some(stray) = decision.search_only.iter().find(|option| !options.contains(option)) {
                return Err(Error::invalid(format!(
                    "decision '{id}': search_only names '{stray}', which is not an option"
                )));
            }
            if decision.final_options().next().is_none() {
                return Err(Error::invalid(format!("decision '{id}' has no option that an architecture may have")));
            }
        }
        let mut ruled = BTreeSet::new();
        for rule in &self.rules {
            if rule.keep == 0 || rule.keep > rule.of.len() {
                return Err(Error::invalid(format!("a rule keeps {} of {} decisions", rule.keep, rule.of.len())));
            }
            for id in &rule.of {
                if !ids.contains(id.as_str()) {
                    return Err(Error::invalid(format!(
                        "a rule names the decision '{id}', which the space does not have"
                    )));
                }
                if !ruled.insert(id.as_str()) {
                    return Err(Error::invalid(format!("decision '{id}' is under two rules or twice under one")));
                }
            }
        }
        // Drawing uniformly needs the counts of what can still be drawn.
        if let Some(group) = self.groups().iter().find(|group| group.ways()[0].iter().any(|ways| !ways.is_finite())) {
            let count = group.decisions.len();
            return Err(Error::invalid(format!(
                "a rule keeps {} of {count} decisions, which is more than 1e308 ways: use several smaller rules",
                group.keep
            )));
        }
        self.check_uses(&ruled)
    }

    /// Every choice has the decision's options, and what may be dropped can be.
    fn check_uses(&self, droppable: &BTreeSet<&str>) -> Result<()> {
        for (scope, nodes, output) in self.scopes() {
            for node in nodes {
                match &node.op {
                    Op::Choice { decision: id, options } => {
                        let decision = self.known(id, &node.name)?;
                        let (here, there): (BTreeSet<_>, BTreeSet<_>) =
                            (options.keys().collect(), decision.options.iter().collect());
                        if here != there {
                            return Err(Error::invalid(format!(
                                "choice '{}' has the options {}, its decision '{id}' has {}",
                                node.name,
                                quoted(here),
                                quoted(there)
                            )));
                        }
                        if options.values().any(|op| matches!(op, Op::Choice { .. })) {
                            return Err(Error::invalid(format!(
                                "choice '{}' has a choice as option: use a block",
                                node.name
                            )));
                        }
                        if droppable.contains(id.as_str()) {
                            check_droppable(scope, nodes, output, node)?;
                        }
                    }
                    Op::Highway(_) => {
                        for id in highway_decisions(&node.op) {
                            let decision = self.known(id, &node.name)?;
                            if let Some(stray) =
                                decision.final_options().find(|name| Function::from_name(name).is_none())
                            {
                                return Err(Error::invalid(format!(
                                    "decision '{id}' of highway node '{}' has the option '{stray}', which is not an activation",
                                    node.name
                                )));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn known(&self, id: &str, node: &str) -> Result<&Decision> {
        self.decision(id).ok_or_else(|| {
            Error::invalid(format!("node '{node}' names the decision '{id}', which the space does not have"))
        })
    }

    /// The main graph and each block, with a name to show, its nodes and its output.
    pub(super) fn scopes(&self) -> impl Iterator<Item = (&str, &[Node], &str)> {
        let main = ("", self.graph.nodes.as_slice(), self.graph.output.as_str());
        let blocks = &self.graph.blocks;
        std::iter::once(main)
            .chain(blocks.iter().map(|(name, block)| (name.as_str(), block.nodes.as_slice(), block.output.as_str())))
    }
}

fn check_droppable(scope: &str, nodes: &[Node], output: &str, node: &Node) -> Result<()> {
    let mut readers = nodes.iter().filter(|reader| reader.inputs.contains(&node.name));
    if output == node.name || readers.any(|reader| !matches!(reader.op, Op::Add {} | Op::Concat {})) {
        let within = if scope.is_empty() { String::new() } else { format!(" of block '{scope}'") };
        return Err(Error::invalid(format!(
            "choice '{}'{within} may be dropped by a rule, so only add and concat nodes may read it",
            node.name
        )));
    }
    Ok(())
}

fn quoted(names: BTreeSet<&String>) -> String {
    names.into_iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

/// The decisions about the edges of a highway cell; none for other operations.
pub(super) fn highway_decisions(op: &Op) -> impl Iterator<Item = &str> {
    let edges = match op {
        Op::Highway(cell) => cell.edges.as_slice(),
        _ => &[],
    };
    edges.iter().filter_map(|edge| match &edge.activation {
        EdgeActivation::Decision(id) => Some(id.as_str()),
        EdgeActivation::Activation(_) => None,
    })
}
