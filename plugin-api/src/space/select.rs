//! From a space to its architectures: drawing, counting and applying selections.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, RngExt};

use super::expand::used_blocks;
use super::{
    Architecture, ArchitectureFormat, Decision, EdgeActivation, Function, HighwayCell, HighwayEdge, Node, Op,
    Selection, Space, VERSION,
};
use crate::{Error, Result};

impl Space {
    /// Draws an architecture uniformly: every valid selection is equally likely.
    pub fn sample(&self, rng: &mut impl Rng) -> Selection {
        let mut selection = BTreeMap::new();
        for group in self.groups() {
            let ways = group.ways();
            let mut keep = group.keep;
            for (at, decision) in group.decisions.iter().enumerate() {
                // Kept with the share of selections that keep it, among those that agree with the draws so far.
                let options = decision.final_options().count();
                let kept = if keep == 0 { 0.0 } else { options as f64 * ways[at + 1][keep - 1] };
                if rng.random::<f64>() * ways[at][keep] < kept {
                    let option = decision.final_options().nth(rng.random_range(0..options));
                    selection.extend(option.map(|option| (decision.id.clone(), option.to_owned())));
                    keep -= 1;
                }
            }
        }
        Selection(selection)
    }

    /// How many architectures the space has; rounded beyond 2^53.
    pub fn architectures(&self) -> f64 {
        self.groups().iter().map(|group| group.ways()[0][group.keep]).product()
    }

    /// Refuses a selection that names unknown decisions or options, or breaks a rule.
    pub fn check_selection(&self, selection: &Selection) -> Result<()> {
        for (id, option) in &selection.0 {
            let decision = self.decision(id).ok_or_else(|| {
                Error::invalid(format!("the selection names decision '{id}', which the space does not have"))
            })?;
            if !decision.final_options().any(|known| known == option) {
                let known: Vec<_> = decision.final_options().collect();
                return Err(Error::invalid(format!(
                    "the selection takes option '{option}' of decision '{id}': expected one of {}",
                    known.join(", ")
                )));
            }
        }
        for group in self.groups() {
            let kept = group.decisions.iter().filter(|decision| selection.0.contains_key(&decision.id)).count();
            if kept != group.keep {
                let ids: Vec<_> = group.decisions.iter().map(|decision| decision.id.as_str()).collect();
                return Err(Error::invalid(format!(
                    "the selection keeps {kept} of the decisions {}: expected {}",
                    ids.join(", "),
                    group.keep
                )));
            }
        }
        Ok(())
    }

    /// The architecture that `selection` makes of this space.
    pub fn architecture(&self, selection: &Selection) -> Result<Architecture> {
        self.check_selection(selection)?;
        let mut graph = self.graph.clone();
        graph.blocks.values_mut().for_each(|block| decide(&mut block.nodes, &block.output, selection));
        decide(&mut graph.nodes, &graph.output, selection);
        let used = used_blocks(&graph);
        graph.blocks.retain(|name, _| used.contains(name));
        let architecture = Architecture {
            format: ArchitectureFormat::Architecture,
            version: VERSION,
            name: self.name.clone(),
            graph,
            selection: Some(selection.clone()),
        };
        architecture.layers()?;
        Ok(architecture)
    }

    /// The decisions by rule; one under no rule is a group that keeps its only decision.
    pub(super) fn groups(&self) -> Vec<Group<'_>> {
        let ruled: BTreeSet<&str> = self.rules.iter().flat_map(|rule| &rule.of).map(String::as_str).collect();
        let free = self.decisions.iter().filter(|decision| !ruled.contains(decision.id.as_str()));
        let under_rules = self.rules.iter().map(|rule| Group {
            decisions: rule.of.iter().filter_map(|id| self.decision(id)).collect(),
            keep: rule.keep,
        });
        free.map(|decision| Group { decisions: vec![decision], keep: 1 }).chain(under_rules).collect()
    }
}

pub(super) struct Group<'a> {
    pub(super) decisions: Vec<&'a Decision>,
    pub(super) keep: usize,
}

impl Group<'_> {
    /// `ways[i][k]`: selections that keep k of the decisions from i on.
    pub(super) fn ways(&self) -> Vec<Vec<f64>> {
        let mut ways = vec![vec![0.0; self.keep + 1]; self.decisions.len() + 1];
        ways[self.decisions.len()][0] = 1.0;
        for (at, decision) in self.decisions.iter().enumerate().rev() {
            let options = decision.final_options().count() as f64;
            for keep in 0..=self.keep {
                let kept = if keep == 0 { 0.0 } else { options * ways[at + 1][keep - 1] };
                ways[at][keep] = ways[at + 1][keep] + kept;
            }
        }
        ways
    }
}

/// Puts the selected options in place of the choices, and takes out what is dropped or no longer read.
fn decide(nodes: &mut Vec<Node>, output: &str, selection: &Selection) {
    let mut dropped = BTreeSet::new();
    for node in nodes.iter_mut() {
        match &mut node.op {
            Op::Choice { decision, options } => {
                match selection.0.get(decision).and_then(|option| options.remove(option)) {
                    Some(op) => node.op = op,
                    None => _ = dropped.insert(node.name.clone()),
                }
            }
            Op::Highway(cell) => decide_highway(cell, selection),
            _ => {}
        }
    }
    remove_unread(nodes, output, &dropped);
}

/// Removes the `dropped` nodes, and then those that are no longer read.
pub(super) fn remove_unread(nodes: &mut Vec<Node>, output: &str, dropped: &BTreeSet<String>) {
    nodes.retain(|node| !dropped.contains(&node.name));
    for node in nodes.iter_mut() {
        node.inputs.retain(|input| !dropped.contains(input));
    }
    // Nodes stand in order, so one pass from the end finds everything that is still read.
    let mut read = BTreeSet::from([output.to_owned()]);
    let mut keep = Vec::with_capacity(nodes.len());
    for node in nodes.drain(..).rev() {
        if read.contains(&node.name) {
            read.extend(node.inputs.iter().cloned());
            keep.push(node);
        }
    }
    keep.reverse();
    *nodes = keep;
}

fn decide_highway(cell: &mut HighwayCell, selection: &Selection) {
    let decided = |edge: HighwayEdge| {
        let activation = match &edge.activation {
            EdgeActivation::Activation(function) => *function,
            EdgeActivation::Decision(id) => Function::from_name(selection.0.get(id)?)?,
        };
        Some(HighwayEdge { activation: EdgeActivation::Activation(activation), ..edge })
    };
    cell.edges = std::mem::take(&mut cell.edges).into_iter().filter_map(decided).collect();
}
