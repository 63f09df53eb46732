//! Small changes to an architecture: what an operation reads, or which operation it is, in one cell or in several.

use std::collections::BTreeMap;

use genomenas_plugin::prelude::*;
use genomenas_plugin::rand::{Rng, RngExt};

use crate::encode::{Encoder, operation};

/// The changes that a space allows, cell by cell.
#[derive(Clone, Debug)]
pub struct Mutations {
    cells: Vec<Vec<Place>>,
}

/// A decision.
#[derive(Clone, Debug)]
struct Place {
    id: String,
    /// The other decisions under its rule, by position in the cell.
    siblings: Vec<usize>,
    options: Vec<Choice>,
}

/// An option of a decision.
#[derive(Clone, Debug)]
struct Choice {
    option: String,
    operation: String,
    /// The values that it reads.
    source: Vec<usize>,
}

impl Mutations {
    /// The changes that `space` allows.
    pub fn new(space: &Space, encoder: &Encoder) -> Self {
        let cell = |cell: &crate::encode::Cell| {
            let reads = cell.options();
            let place = |(at, id): (usize, &String)| {
                let rule = space.rules.iter().find(|rule| rule.of.contains(id));
                let sibling = |(other, of): (usize, &String)| {
                    (other != at && rule.is_some_and(|rule| rule.of.contains(of))).then_some(other)
                };
                let options = space.decision(id).into_iter().flat_map(genomenas_plugin::space::Decision::final_options);
                let choice = |option: &str| Choice {
                    option: option.to_owned(),
                    operation: operation(option).to_owned(),
                    source: reads.get(id.as_str()).and_then(|reads| reads.get(option)).cloned().unwrap_or_default(),
                };
                Place {
                    id: id.clone(),
                    siblings: cell.decisions.iter().enumerate().filter_map(sibling).collect(),
                    options: options.map(choice).collect(),
                }
            };
            cell.decisions.iter().enumerate().map(place).collect()
        };
        Self { cells: encoder.cells().iter().map(cell).collect() }
    }

    /// A changed copy of `parent`. What changes is drawn from all sets of one change or more: other inputs, or another
    /// operation, of each cell. It is the parent itself where a cell has nothing to change.
    pub fn child(&self, parent: &Selection, rng: &mut impl Rng) -> Selection {
        let mut changes = vec![false; 2 * self.cells.len()];
        while !changes.contains(&true) {
            changes.fill_with(|| rng.random());
        }
        let mut child = parent.clone();
        for (cell, changes) in self.cells.iter().zip(changes.chunks(2)) {
            if changes.first() == Some(&true) {
                rewire(cell, &mut child, rng);
            }
            if changes.get(1) == Some(&true) {
                change_operation(cell, &mut child, rng);
            }
        }
        child
    }
}

/// Lets one operation read something else: first what is to be read is drawn, then who reads it.
fn rewire(cell: &[Place], selection: &mut Selection, rng: &mut impl Rng) {
    // From what is read to who could read it instead: the decision that goes, the one that comes, and its option.
    let mut moves: BTreeMap<&[usize], Vec<(&str, &str, &str)>> = BTreeMap::new();
    for place in cell {
        let Some(now) = chosen(place, selection) else { continue };
        for other in place.options.iter().filter(|other| other.operation == now.operation && other.source != now.source)
        {
            moves.entry(&other.source).or_default().push((&place.id, &place.id, &other.option));
        }
        for sibling in place.siblings.iter().filter_map(|at| cell.get(*at)) {
            if selection.0.contains_key(&sibling.id) {
                continue;
            }
            let same = |option: &&Choice| option.operation == now.operation;
            let able = sibling.options.iter().any(|option| same(&option));
            for option in sibling.options.iter().filter(|option| !able || same(option)) {
                moves.entry(&option.source).or_default().push((&place.id, &sibling.id, &option.option));
            }
        }
    }
    if moves.is_empty() {
        return;
    }
    let source = rng.random_range(0..moves.len());
    let Some(moves) = moves.into_values().nth(source) else { return };
    if let Some((goes, comes, option)) = moves.get(rng.random_range(0..moves.len())) {
        selection.0.remove(*goes);
        selection.0.insert((*comes).to_owned(), (*option).to_owned());
    }
}

/// Changes the kind of one operation, drawn from those that can change.
fn change_operation(cell: &[Place], selection: &mut Selection, rng: &mut impl Rng) {
    let mut able: Vec<(&str, Vec<&str>)> = Vec::new();
    for place in cell {
        let Some(now) = chosen(place, selection) else { continue };
        let others =
            place.options.iter().filter(|other| other.source == now.source && other.operation != now.operation);
        let others: Vec<&str> = others.map(|other| other.option.as_str()).collect();
        if !others.is_empty() {
            able.push((&place.id, others));
        }
    }
    if able.is_empty() {
        return;
    }
    if let Some((id, options)) = able.get(rng.random_range(0..able.len()))
        && let Some(option) = options.get(rng.random_range(0..options.len()))
    {
        selection.0.insert((*id).to_owned(), (*option).to_owned());
    }
}

fn chosen<'a>(place: &'a Place, selection: &Selection) -> Option<&'a Choice> {
    let option = selection.0.get(&place.id)?;
    place.options.iter().find(|choice| choice.option == *option)
}
