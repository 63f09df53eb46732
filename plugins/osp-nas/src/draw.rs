//! What is drawn from the seed: the first supernet, and the options that are put to the test.

use std::collections::BTreeSet;

use genomenas_plugin::rand::{Rng, RngExt};
use genomenas_plugin::space::{Mask, Space};
use genomenas_plugin::{seed, space::Selection};

use crate::cells::{Cell, Pair, add, options, pair, remove};

/// Draws of a cell that leave too little before its options are drawn around an architecture.
const MOST_REDRAWS: u64 = 1000;
/// The most architectures that are scored at the end. The reference's space has 18 at most.
pub(crate) const MOST_LAST: usize = 256;

/// The first supernet: of each cell this number of distinct options, drawn by drawing an edge and an option of it again and
/// again. A draw that leaves some node with too few edges is repeated.
pub(crate) fn initial(space: &Space, cells: &[Cell], count: usize, seed: u64) -> Mask {
    let drawn = cells.iter().map(|cell| initial_of(cell, count, seed)).collect::<Option<Vec<_>>>();
    let drawn = drawn.map(|masks| Mask(masks.into_iter().flat_map(|mask| mask.0).collect()));
    // What is enough by the rules may still leave a node without an input, where a rule spans several nodes.
    if let Some(mask) = drawn.filter(|mask| space.masked(mask).is_ok()) {
        return mask;
    }
    let mut mask = Mask::from(&space.sample(&mut seed::stream(seed, "architecture", 0)));
    for cell in cells {
        fill(cell, count, &mut mask, &mut seed::stream(seed, &format!("around {}", cell.name), 0));
    }
    mask
}

/// The mask of one cell; `None` where no draw was enough.
fn initial_of(cell: &Cell, count: usize, seed: u64) -> Option<Mask> {
    let name = format!("initial {}", cell.name);
    let drawn = |attempt| {
        let mut mask = Mask::default();
        fill(cell, count, &mut mask, &mut seed::stream(seed, &name, attempt));
        mask
    };
    (0..MOST_REDRAWS).map(drawn).find(|mask| cell.is_enough(mask))
}

/// Adds options of the cell to the mask until it has `count`, or all.
fn fill(cell: &Cell, count: usize, mask: &mut Mask, rng: &mut impl Rng) {
    let pairs = cell.pairs();
    let count = count.clamp(cell.needed(), pairs.len());
    let mut have = cell.remaining(mask);
    if count == pairs.len() {
        for pair in pairs {
            add(mask, pair);
        }
        return;
    }
    let decisions: Vec<_> = cell.groups.iter().flat_map(|group| &group.decisions).collect();
    while have < count {
        let edge = decisions[rng.random_range(0..decisions.len())];
        let drawn = edge.final_options().nth(rng.random_range(0..edge.final_options().count()));
        have += usize::from(drawn.is_some_and(|option| add(mask, pair(&edge.id, option))));
    }
}

/// At most `most` options of a cell, each drawn from an edge drawn uniformly among the eligible ones, and taken out of
/// the mask at once: all of them can go together.
pub(crate) fn candidates(space: &Space, cell: &Cell, most: usize, mask: &mut Mask, rng: &mut impl Rng) -> Vec<Pair> {
    let mut drawn = Vec::new();
    // Edges without which the graph would have a node without input, though their rule could do without.
    let mut needed = BTreeSet::new();
    while drawn.len() < most {
        let edges: Vec<&str> = cell.eligible(mask).into_iter().filter(|edge| !needed.contains(edge)).collect();
        if edges.is_empty() {
            break;
        }
        let edge = edges[rng.random_range(0..edges.len())];
        let at = rng.random_range(0..options(mask, edge).max(1));
        let Some(option) = mask.0.get(edge).and_then(|options| options.iter().nth(at)) else { break };
        let candidate = pair(edge, option);
        if may_go(space, mask, &candidate) {
            remove(mask, &candidate);
            drawn.push(candidate);
        } else {
            needed.insert(edge);
        }
    }
    drawn
}

/// Whether the space is still one without this pair, which its rule can do without.
fn may_go(space: &Space, mask: &Mask, pair: &Pair) -> bool {
    if options(mask, &pair.decision) > 1 {
        return true;
    }
    let mut left = mask.clone();
    remove(&mut left, pair);
    space.masked(&left).is_ok()
}

/// The architectures that are left when each cell has at most one option too many: one for each way to take these away,
/// in order; of very many a part, drawn from the seed.
pub(crate) fn last(space: &Space, cells: &[Cell], mask: &Mask, seed: u64) -> Vec<Selection> {
    let ways: Vec<Vec<Option<Pair>>> = cells.iter().map(|cell| ways(space, cell, mask)).collect();
    let count = ways.iter().fold(1_usize, |count, ways| count.saturating_mul(ways.len()));
    let all = if count <= MOST_LAST {
        (0..count).map(|number| digits(number, &ways)).collect()
    } else {
        drawn(&ways, &mut seed::stream(seed, "last", 0))
    };
    let without = |taken: &Vec<usize>| {
        let mut left = mask.clone();
        let pairs = ways.iter().zip(taken).filter_map(|(ways, &way)| ways.get(way)?.as_ref());
        pairs.for_each(|pair| _ = remove(&mut left, pair));
        only(&left).filter(|selection| space.check_selection(selection).is_ok())
    };
    all.iter().filter_map(without).collect()
}

/// What can be taken away of a cell: nothing where nothing is too many.
fn ways(space: &Space, cell: &Cell, mask: &Mask) -> Vec<Option<Pair>> {
    let of = |edge: &str| {
        let options = mask.0.get(edge).into_iter().flatten();
        options.map(|option| pair(edge, option)).collect::<Vec<_>>()
    };
    let pairs = cell.eligible(mask).into_iter().flat_map(of);
    let ways: Vec<_> = pairs.filter(|pair| may_go(space, mask, pair)).map(Some).collect();
    if ways.is_empty() { vec![None] } else { ways }
}

/// The combination of this number; the last cell changes fastest.
fn digits(mut number: usize, ways: &[Vec<Option<Pair>>]) -> Vec<usize> {
    let mut digits: Vec<usize> = ways
        .iter()
        .rev()
        .map(|ways| {
            let digit = number % ways.len().max(1);
            number /= ways.len().max(1);
            digit
        })
        .collect();
    digits.reverse();
    digits
}

/// Distinct combinations, of more than there is room for.
fn drawn(ways: &[Vec<Option<Pair>>], rng: &mut impl Rng) -> Vec<Vec<usize>> {
    let (mut drawn, mut known) = (Vec::new(), BTreeSet::new());
    while drawn.len() < MOST_LAST {
        let taken: Vec<usize> = ways.iter().map(|ways| rng.random_range(0..ways.len().max(1))).collect();
        if known.insert(taken.clone()) {
            drawn.push(taken);
        }
    }
    drawn
}

/// The selection that a mask is, if it has one option of each decision.
fn only(mask: &Mask) -> Option<Selection> {
    let one = |(id, options): (&String, &BTreeSet<String>)| {
        let mut options = options.iter();
        options.next().filter(|_| options.next().is_none()).map(|option| (id.clone(), option.clone()))
    };
    mask.0.iter().map(one).collect::<Option<_>>().map(Selection)
}

#[cfg(test)]
mod tests;
