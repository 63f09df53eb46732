//! What a supernet has learned about its options: the architecture to derive, and what to drop first.

use std::collections::BTreeSet;

use crate::Result;
use crate::message::{Alphas, Discard};
use crate::space::{Decision, Mask, Rule, Selection, Space};

/// The learned probabilities of the options that remain.
#[derive(Clone, Debug)]
pub struct LearnedAlphas<'a> {
    space: &'a Space,
    edges: Vec<Edge<'a>>,
}

/// A decision that remains, with the probabilities of its remaining options.
#[derive(Clone, Debug)]
pub struct Edge<'a> {
    /// The decision as the whole space has it.
    pub decision: &'a Decision,
    /// The remaining options with their probabilities, in the order of the decision.
    pub options: Vec<(&'a str, f64)>,
}

/// Below every probability: what [`LearnedAlphas::forbid`] sets.
const FORBIDDEN: f64 = -1.0;

impl<'a> LearnedAlphas<'a> {
    /// Reads the alphas of a report; options that they do not name were dropped.
    ///
    /// # Errors
    ///
    /// They name what the space does not have, or leave no architecture.
    pub fn new(space: &'a Space, alphas: &Alphas) -> Result<Self> {
        let names = alphas.0.iter().map(|(id, options)| (id.clone(), options.keys().cloned().collect::<BTreeSet<_>>()));
        space.check_mask(&Mask(names.collect())).map_err(|error| error.context("the alphas of the report"))?;
        let edge = |decision: &'a Decision| {
            let weights = alphas.0.get(&decision.id)?;
            let options = decision.options.iter();
            let options = options.filter_map(|name| Some((name.as_str(), weights.get(name)?.probability)));
            let options: Vec<_> = options.collect();
            (!options.is_empty()).then_some(Edge { decision, options })
        };
        Ok(Self { space, edges: space.decisions.iter().filter_map(edge).collect() })
    }

    /// What remains.
    pub fn mask(&self) -> Mask {
        let options = |edge: &Edge<'_>| edge.options.iter().map(|(name, _)| (*name).to_owned()).collect();
        Mask(self.edges.iter().map(|edge| (edge.decision.id.clone(), options(edge))).collect())
    }

    /// The decisions that remain, in the order of the space.
    pub fn edges(&self) -> &[Edge<'a>] {
        &self.edges
    }

    /// The edge of a decision, if it remains.
    pub fn edge(&self, decision: &str) -> Option<&Edge<'a>> {
        self.edges.iter().find(|edge| edge.decision.id == decision)
    }

    /// Derives the architecture: keeps the strongest edges of each rule and all decisions under no rule, and takes the most
    /// probable option of each that an architecture may have. Of equals the first is taken.
    pub fn selection(&self) -> Selection {
        let mut dropped = BTreeSet::new();
        for rule in &self.space.rules {
            let mut edges = self.edges_of(rule);
            edges.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
            dropped.extend(edges.iter().skip(rule.keep).map(|edge| edge.decision.id.as_str()));
        }
        let kept = self.edges.iter().filter(|edge| !dropped.contains(edge.decision.id.as_str()));
        Selection(kept.filter_map(|edge| Some((edge.decision.id.clone(), edge.best()?.0.to_owned()))).collect())
    }

    /// Drops the least probable options of each edge until `keep` of its decision remain; of equals the first is dropped.
    /// The last option that an architecture may have stays; an option that only a supernet has is dropped like any other.
    pub fn drop_options(&self, keep: impl Fn(&Decision) -> usize) -> Vec<Discard> {
        let of = |edge: &Edge<'_>| {
            let options = edge.smallest(edge.options.len().saturating_sub(keep(edge.decision)));
            let decision = edge.decision.id.clone();
            let discard = move |option: &str| Discard::Option { decision: decision.clone(), option: option.to_owned() };
            options.into_iter().map(discard).collect::<Vec<_>>()
        };
        self.edges.iter().flat_map(of).collect()
    }

    /// Drops the weakest edges of each rule until `most` remain, or as many as the rule keeps; of equals the first is
    /// dropped.
    pub fn drop_edges(&self, most: impl Fn(&Rule) -> usize) -> Vec<Discard> {
        let of = |rule: &Rule| {
            let mut edges = self.edges_of(rule);
            let surplus = edges.len().saturating_sub(most(rule).max(rule.keep));
            edges.sort_by(|a, b| a.strength().total_cmp(&b.strength()));
            let weakest = edges.into_iter().take(surplus);
            weakest.map(|edge| Discard::Edge { decision: edge.decision.id.clone() }).collect::<Vec<_>>()
        };
        self.space.rules.iter().flat_map(of).collect()
    }

    /// Puts an option behind all others of its edge, and an edge with no other behind all others of its rule.
    pub(super) fn forbid(&mut self, decision: &str, option: &str) {
        let options = self.edges.iter_mut().filter(|edge| edge.decision.id == decision).flat_map(|e| &mut e.options);
        options.filter(|(name, _)| *name == option).for_each(|(_, probability)| *probability = FORBIDDEN);
    }

    /// The remaining edges of a rule, in its order.
    fn edges_of(&self, rule: &Rule) -> Vec<&Edge<'a>> {
        rule.of.iter().filter_map(|id| self.edge(id)).collect()
    }
}

impl<'a> Edge<'a> {
    /// The most probable option that an architecture may have, the first of equals, with its probability.
    pub fn best(&self) -> Option<(&'a str, f64)> {
        let options = self.options.iter().copied().filter(|(name, _)| self.is_final(name));
        options.reduce(|best, option| if option.1 > best.1 { option } else { best })
    }

    /// The probability of [`best`](Self::best).
    pub fn strength(&self) -> f64 {
        self.best().map_or(0.0, |(_, probability)| probability)
    }

    /// The probability of an option, if it remains.
    pub fn probability(&self, option: &str) -> Option<f64> {
        self.options.iter().find(|(name, _)| *name == option).map(|(_, probability)| *probability)
    }

    /// The `count` least probable options, without the last one that an architecture may have.
    fn smallest(&self, count: usize) -> Vec<&'a str> {
        let mut ascending = self.options.clone();
        ascending.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut left = ascending.iter().filter(|(name, _)| self.is_final(name)).count();
        let mut may_go = |name: &str| {
            let is_final = self.is_final(name);
            let last = is_final && left == 1;
            left -= usize::from(is_final && !last);
            !last
        };
        ascending.into_iter().map(|(name, _)| name).filter(|name| may_go(name)).take(count).collect()
    }

    fn is_final(&self, option: &str) -> bool {
        !self.decision.search_only.iter().any(|name| name == option)
    }
}

/// Removes what is dropped from the alphas.
pub(super) fn forget(alphas: &mut Alphas, dropped: &[Discard]) {
    for discard in dropped {
        match discard {
            Discard::Option { decision, option } => _ = alphas.0.get_mut(decision).map(|left| left.remove(option)),
            Discard::Edge { decision } => _ = alphas.0.remove(decision),
            Discard::Trial { .. } => {}
        }
    }
}
