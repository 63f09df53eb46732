//! The cells of a space: how many of their options an architecture needs, and which may still go.

use genomenas_plugin::message::Discard;
use genomenas_plugin::space::{Decision, Mask, Space};
use serde::{Deserialize, Serialize};

/// One option of one decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Pair {
    pub(crate) decision: String,
    pub(crate) option: String,
}

/// Decisions that are judged together: those of one cell of the space.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) name: String,
    pub(crate) groups: Vec<Group>,
}

/// Decisions of which an architecture keeps a number: those of a rule, or a single one under no rule.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) decisions: Vec<Decision>,
    pub(crate) keep: usize,
}

/// The cells of a space.
pub(crate) fn cells(space: &Space) -> Vec<Cell> {
    let rule_of = |id: &String| space.rules.iter().find(|rule| rule.of.contains(id));
    let group = |decision: &&Decision| match rule_of(&decision.id) {
        // The group of a rule stands where its first decision does.
        Some(rule) if rule.of.first() == Some(&decision.id) => Some(Group {
            decisions: rule.of.iter().filter_map(|id| space.decision(id)).cloned().collect(),
            keep: rule.keep,
        }),
        Some(_) => None,
        None => Some(Group { decisions: vec![Decision::clone(decision)], keep: 1 }),
    };
    let cells = space.cells().into_iter();
    let cell = |cell: genomenas_plugin::space::Cell<'_>| Cell {
        name: cell.name.to_owned(),
        groups: cell.decisions.iter().filter_map(group).collect(),
    };
    cells.map(cell).collect()
}

impl Cell {
    /// Everything that an architecture may have of this cell.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let decisions = self.groups.iter().flat_map(|group| &group.decisions);
        let pairs = decisions.flat_map(|decision| decision.final_options().map(|option| pair(&decision.id, option)));
        pairs.collect()
    }

    /// How many pairs an architecture has.
    pub(crate) fn needed(&self) -> usize {
        self.groups.iter().map(|group| group.keep).sum()
    }

    /// How many pairs of the cell the mask has.
    pub(crate) fn remaining(&self, mask: &Mask) -> usize {
        let decisions = self.groups.iter().flat_map(|group| &group.decisions);
        decisions.map(|decision| options(mask, &decision.id)).sum()
    }

    /// How many pairs of the mask can go one after the other until an architecture is left.
    pub(crate) fn removable(&self, mask: &Mask) -> usize {
        self.remaining(mask).saturating_sub(self.needed())
    }

    /// Whether the mask has what an architecture needs of this cell.
    pub(crate) fn is_enough(&self, mask: &Mask) -> bool {
        self.groups.iter().all(|group| group.edges(mask).count() >= group.keep)
    }

    /// The edges that may lose an option: every edge that is left where there are more than an architecture keeps, else
    /// those with more than one option.
    pub(crate) fn eligible(&self, mask: &Mask) -> Vec<&str> {
        let mut eligible = Vec::new();
        for group in &self.groups {
            let surplus = group.edges(mask).count() > group.keep;
            eligible.extend(group.edges(mask).filter(|id| surplus || options(mask, id) > 1));
        }
        eligible
    }
}

impl Group {
    /// The edges that are left.
    fn edges<'a>(&'a self, mask: &Mask) -> impl Iterator<Item = &'a str> {
        let ids = self.decisions.iter().map(|decision| decision.id.as_str());
        ids.filter(|id| options(mask, id) > 0)
    }
}

/// The option of the decision.
pub(crate) fn pair(decision: &str, option: &str) -> Pair {
    Pair { decision: decision.to_owned(), option: option.to_owned() }
}

/// How many options of a decision the mask has.
pub(crate) fn options(mask: &Mask, decision: &str) -> usize {
    mask.0.get(decision).map_or(0, std::collections::BTreeSet::len)
}

/// Adds a pair to the mask. Returns whether it is new.
pub(crate) fn add(mask: &mut Mask, Pair { decision, option }: Pair) -> bool {
    mask.0.entry(decision).or_default().insert(option)
}

/// Removes a pair from the mask, and the edge with its last option. Returns the discard to report to the host.
pub(crate) fn remove(mask: &mut Mask, Pair { decision, option }: &Pair) -> Discard {
    let left = mask.0.get_mut(decision).map_or(0, |options| {
        options.remove(option);
        options.len()
    });
    if left > 0 {
        return Discard::Option { decision: decision.clone(), option: option.clone() };
    }
    mask.0.remove(decision);
    Discard::Edge { decision: decision.clone() }
}

/// The discards to report to the host where only this of the space remains.
pub(crate) fn narrow(space: &Space, mask: &Mask) -> Vec<Discard> {
    let of = |decision: &Decision| {
        let id = &decision.id;
        if options(mask, id) == 0 {
            return vec![Discard::Edge { decision: id.clone() }];
        }
        let gone = decision.options.iter().filter(|option| !mask.has(id, option));
        gone.map(|option| Discard::Option { decision: id.clone(), option: option.clone() }).collect()
    };
    space.decisions.iter().flat_map(of).collect()
}
