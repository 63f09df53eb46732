//! What remains of a space: masks, and the smaller space that a mask leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::expand::used_blocks;
use super::select::remove_unread;
use super::{EdgeActivation, Node, Op, Selection, Space};
use crate::message::{Discard, Mixing};
use crate::{Error, Result};

/// The options that remain of each decision; no options, or no entry, is a dropped decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Mask(pub BTreeMap<String, BTreeSet<String>>);

impl Mask {
    /// Whether `option` of `decision` remains.
    pub fn has(&self, decision: &str, option: &str) -> bool {
        self.0.get(decision).is_some_and(|options| options.contains(option))
    }

    /// Whether everything in this mask is also in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|(decision, options)| options.iter().all(|option| other.has(decision, option)))
    }

    /// Removes what `discard` drops. A trial removes nothing, nor does an option or edge that is gone already.
    ///
    /// # Errors
    ///
    /// `space` does not have the decision or option, it is the last option of its decision, or no architecture would
    /// be left; the mask is as it was.
    pub fn discard(&mut self, space: &Space, discard: &Discard) -> Result<()> {
        let (id, option) = match discard {
            Discard::Option { decision, option } => (decision, Some(option)),
            Discard::Edge { decision } => (decision, None),
            _ => return Ok(()),
        };
        let decision = space.decision(id).ok_or_else(|| {
            let what = if option.is_some() { "an option of" } else { "the edge of" };
            Error::invalid(format!("it drops {what} decision '{id}', which the space does not have"))
        })?;
        let mut left = self.clone();
        if let Some(option) = option {
            if !decision.options.contains(option) {
                return Err(Error::invalid(format!("it drops option '{option}', which decision '{id}' does not have")));
            }
            if let Some(options) = left.0.get_mut(id)
                && options.remove(option)
                && options.is_empty()
            {
                return Err(Error::invalid(format!(
                    "it drops '{option}', the last option of decision '{id}': drop the edge instead"
                )));
            }
            space.check_mask(&left)?;
        } else if left.0.remove(id).is_some_and(|options| !options.is_empty()) {
            // A node may lose its last edge to a rule that spans several nodes.
            space.masked(&left)?;
        }
        *self = left;
        Ok(())
    }
}

impl From<&Selection> for Mask {
    /// The mask that leaves this one architecture.
    fn from(selection: &Selection) -> Self {
        Self(selection.0.iter().map(|(id, option)| (id.clone(), BTreeSet::from([option.clone()]))).collect())
    }
}

impl Space {
    /// The mask that drops nothing.
    pub fn mask(&self) -> Mask {
        let of = |decision: &super::Decision| (decision.id.clone(), decision.options.iter().cloned().collect());
        Mask(self.decisions.iter().map(of).collect())
    }

    /// Refuses a mask that names unknown decisions or options, or leaves no architecture.
    pub fn check_mask(&self, mask: &Mask) -> Result<()> {
        for (id, options) in &mask.0 {
            let decision = self.decision(id).ok_or_else(|| {
                Error::invalid(format!("the mask names decision '{id}', which the space does not have"))
            })?;
            if let Some(stray) = options.iter().find(|option| !decision.options.contains(option)) {
                return Err(Error::invalid(format!(
                    "the mask names option '{stray}', which decision '{id}' does not have"
                )));
            }
            if !options.is_empty() && !decision.final_options().any(|option| options.contains(option)) {
                return Err(Error::invalid(format!(
                    "nothing that an architecture may have remains of decision '{id}': drop the decision, or keep one of {}",
                    decision.final_options().collect::<Vec<_>>().join(", ")
                )));
            }
        }
        for group in self.groups() {
            let remains = |id: &str| mask.0.get(id).is_some_and(|options| !options.is_empty());
            let remaining = group.decisions.iter().filter(|decision| remains(&decision.id)).count();
            if remaining < group.keep {
                let ids: Vec<_> = group.decisions.iter().map(|decision| decision.id.as_str()).collect();
                return Err(Error::invalid(format!(
                    "too little remains: an architecture keeps {} of the decisions {}, and {remaining} would be left",
                    group.keep,
                    ids.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// The space of a supernet trial that begins while `remaining` remains: what its own mask leaves, or all of it.
    ///
    /// # Errors
    ///
    /// The mask holds what was discarded, the mixing cannot be used, or as [`masked`](Self::masked).
    pub fn of_supernet(&self, mask: Option<&Mask>, remaining: &Mask, mixing: &Mixing) -> Result<Self> {
        mixing.validate()?;
        let mask = mask.unwrap_or(remaining);
        self.check_mask(mask)?;
        if !mask.is_within(remaining) {
            return Err(Error::invalid("its mask holds options that were discarded"));
        }
        let space = self.masked(mask)?;
        if let Mixing::Cycle { selections } | Mixing::Sample { selections } = mixing {
            selections.iter().try_for_each(|selection| space.check_selection(selection))?;
        }
        Ok(space)
    }

    /// The space that `mask` leaves: dropped options and decisions are in no part of it. What remains keeps its names,
    /// and so its weights.
    ///
    /// # Errors
    ///
    /// As [`check_mask`](Self::check_mask), or what remains does not fit together.
    pub fn masked(&self, mask: &Mask) -> Result<Self> {
        self.check_mask(mask)?;
        let remains = |id: &str| mask.0.get(id).is_some_and(|options| !options.is_empty());
        let mut space = self.clone();
        space.decisions.retain(|decision| remains(&decision.id));
        for decision in &mut space.decisions {
            decision.options.retain(|option| mask.has(&decision.id, option));
            decision.search_only.retain(|option| mask.has(&decision.id, option));
        }
        space.rules.iter_mut().for_each(|rule| rule.of.retain(|id| remains(id)));
        let graph = &mut space.graph;
        graph.blocks.values_mut().for_each(|block| apply(&mut block.nodes, &block.output, mask));
        apply(&mut graph.nodes, &graph.output, mask);
        let used = used_blocks(graph);
        graph.blocks.retain(|name, _| used.contains(name));
        space.validate()?;
        Ok(space)
    }
}

/// Removes from `nodes` what the mask drops.
fn apply(nodes: &mut Vec<Node>, output: &str, mask: &Mask) {
    let mut dropped = BTreeSet::new();
    for node in nodes.iter_mut() {
        match &mut node.op {
            Op::Choice { decision, options } => {
                options.retain(|option, _| mask.has(decision, option));
                if options.is_empty() {
                    dropped.insert(node.name.clone());
                }
            }
            Op::Highway(cell) => cell.edges.retain(|edge| match &edge.activation {
                EdgeActivation::Activation(_) => true,
                EdgeActivation::Decision(id) => mask.0.get(id).is_some_and(|options| !options.is_empty()),
            }),
            _ => {}
        }
    }
    remove_unread(nodes, output, &dropped);
}
