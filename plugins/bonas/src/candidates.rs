//! Architectures that could be trained next: drawn from the whole space, or near the best so far.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use genomenas_plugin::prelude::*;
use genomenas_plugin::rand::seq::SliceRandom;

use crate::encode::{CellGraph, Encoder};
use crate::mutate::Mutations;

/// Draws in a row that yield nothing new after which a space counts as drawn out.
const MAX_REPEATS: usize = 1000;
/// Members of the population, and of the tournament in it.
const POPULATION: usize = 30;
const TOURNAMENT: usize = 10;
/// Mutations of one parent, for each candidate wanted, and at most: near one architecture there are not so many others, and
/// a proposal has to come in time.
const ATTEMPTS: usize = 30;
const MOST_ATTEMPTS: usize = 30_000;

/// What was drawn: only asked for whether it holds something, and by hash, because selections are long and alike.
type Drawn = HashSet<BTreeMap<String, String>>;

/// Where candidates come from.
#[derive(Debug)]
pub struct Candidates {
    space: Space,
    encoder: Encoder,
    mutations: Mutations,
    /// Whether architectures in which two operations of a sum are the same are left out.
    without_twins: bool,
    seed: u64,
}

impl Candidates {
    /// The candidates of a space.
    ///
    /// # Errors
    ///
    /// The space has no decisions.
    pub fn new(space: &Space, seed: u64) -> Result<Self> {
        let encoder = Encoder::new(space)?;
        let mutations = Mutations::new(space, &encoder);
        let mut candidates = Self { space: space.clone(), encoder, mutations, without_twins: true, seed };
        // A space in which all of them are like that is searched all the same.
        candidates.without_twins = !candidates.random(1, &BTreeSet::new(), "first candidate", 0).is_empty();
        Ok(candidates)
    }

    /// The encoder of the space.
    pub const fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Distinct architectures that are not `known`, uniformly drawn: `count`, or as many as turn up before a thousand
    /// draws in a row yield nothing new. `name` and `index` identify the stream of draws.
    pub fn random(&self, count: usize, known: &BTreeSet<&Selection>, name: &str, index: u64) -> Vec<Selection> {
        self.draw(count, known, Drawn::new(), name, index)
    }

    /// As [`random`](Self::random), and different from what was `drawn` before.
    fn draw(
        &self,
        count: usize,
        known: &BTreeSet<&Selection>,
        mut drawn: Drawn,
        name: &str,
        index: u64,
    ) -> Vec<Selection> {
        let mut stream = seed::stream(self.seed, name, index);
        let (mut order, mut repeats) = (Vec::new(), 0);
        while order.len() < count && repeats < MAX_REPEATS {
            let selection = self.space.sample(&mut stream);
            repeats += 1;
            if self.is_new(&selection, known, &drawn) {
                drawn.insert(selection.0.clone());
                order.push(selection);
                repeats = 0;
            }
        }
        order
    }

    /// Distinct architectures that are not `known`: mutations of good ones among those `scored`, and, where there are
    /// not enough, random ones.
    ///
    /// Of thirty random members of `scored` ten compete, and the best of them is the parent; once it has no more new
    /// children, the next best.
    pub fn evolved(
        &self,
        count: usize,
        scored: &[(&Selection, f64)],
        known: &BTreeSet<&Selection>,
        index: u64,
    ) -> Vec<Selection> {
        let mut stream = seed::stream(self.seed, "evolution", index);
        // Ten random members of a random population of thirty.
        let mut tournament = scored.to_vec();
        for size in [POPULATION, TOURNAMENT] {
            tournament.shuffle(&mut stream);
            tournament.truncate(size);
        }
        tournament.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let (mut children, mut order) = (Drawn::new(), Vec::new());
        for (parent, _) in tournament {
            let reads = inputs_read(&self.encoder.encode(parent));
            for _ in 0..ATTEMPTS.saturating_mul(count).min(MOST_ATTEMPTS) {
                if order.len() == count {
                    break;
                }
                let child = self.mutations.child(parent, &mut stream);
                if self.is_new(&child, known, &children)
                    && inputs_read(&self.encoder.encode(&child)).is_superset(&reads)
                {
                    children.insert(child.0.clone());
                    order.push(child);
                }
            }
        }
        if order.len() < count {
            order.extend(self.draw(count - order.len(), known, children, "candidates beside evolution", index));
        }
        order.shuffle(&mut stream);
        order
    }

    fn is_new(&self, selection: &Selection, known: &BTreeSet<&Selection>, drawn: &Drawn) -> bool {
        let tried = drawn.contains(&selection.0) || known.contains(selection);
        let twins = || self.without_twins && self.encoder.has_twins(selection);
        !tried && !twins()
    }
}

/// The inputs of cells that something reads: cell and vertex.
fn inputs_read(cells: &[CellGraph]) -> BTreeSet<(usize, usize)> {
    let inputs = |(at, graph): (usize, &CellGraph)| -> Vec<(usize, usize)> {
        let is_input = |vertex: &usize| graph.kinds.get(*vertex) == Some(&0);
        graph.edges.iter().map(|(from, _)| *from).filter(is_input).map(|vertex| (at, vertex)).collect()
    };
    cells.iter().enumerate().flat_map(inputs).collect()
}
