//! The cells of a space: decisions that stand together.

use std::collections::BTreeMap;

use super::space::highway_decisions;
use super::{Decision, Op, Space};

/// Decisions that stand in one block, in one highway cell, or in the main graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The block, or the node that is the highway cell; empty for the main graph.
    pub name: &'a str,
    /// The decisions, in the order of the space.
    pub decisions: Vec<&'a Decision>,
}

impl Space {
    /// The decisions by where they stand, in the order of the first of each cell. A decision that is made in several
    /// places belongs to the first; what a rule joins is one cell. A decision that stands nowhere belongs to the main
    /// graph.
    pub fn cells(&self) -> Vec<Cell<'_>> {
        let mut home: BTreeMap<&str, &str> = BTreeMap::new();
        for (scope, nodes, _) in self.scopes() {
            for node in nodes {
                match &node.op {
                    Op::Choice { decision, .. } => _ = home.entry(decision).or_insert(scope),
                    op => highway_decisions(op).for_each(|id| _ = home.entry(id).or_insert(&node.name)),
                }
            }
        }
        for rule in &self.rules {
            let mut joined = rule.of.iter().filter_map(|id| home.get(id.as_str()).copied());
            let Some(first) = joined.next() else { continue };
            let others: Vec<&str> = joined.filter(|other| *other != first).collect();
            home.values_mut().filter(|of| others.contains(of)).for_each(|of| *of = first);
        }
        let mut cells: Vec<Cell<'_>> = Vec::new();
        for decision in &self.decisions {
            let name = home.get(decision.id.as_str()).copied().unwrap_or_default();
            match cells.iter_mut().find(|cell| cell.name == name) {
                Some(cell) => cell.decisions.push(decision),
                None => cells.push(Cell { name, decisions: vec![decision] }),
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use crate::space::{GenomeNas, Rule};

    #[test]
    fn the_genomenas_space_has_two_convolutional_cells_and_a_highway_cell() {
        let space = GenomeNas::new(100, 3).space().unwrap();
        let cells = space.cells();
        let sizes: Vec<_> = cells.iter().map(|cell| (cell.decisions[0].id.as_str(), cell.decisions.len())).collect();
        assert_eq!(sizes, [("normal.0.0", 14), ("reduction.0.0", 14), ("rnn.0.0", 36)]);
    }

    #[test]
    fn a_rule_over_two_cells_makes_them_one() {
        let mut space = GenomeNas { nodes: 1, rnn_nodes: 1, ..GenomeNas::new(100, 3) }.space().unwrap();
        space.rules = vec![Rule { of: vec!["normal.0.0".into(), "rnn.0.0".into()], keep: 1 }];
        let sizes: Vec<_> = space.cells().iter().map(|cell| cell.decisions.len()).collect();
        assert_eq!(sizes, [3, 2]);
    }
}
