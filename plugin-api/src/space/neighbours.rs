//! Architectures one move away from another: what evolution mutates to and local search climbs by.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::{Selection, Space};

/// A kept decision, and the decision and option in its place.
struct Move<'a> {
    gone: &'a str,
    new: &'a str,
    option: &'a str,
}

impl Move<'_> {
    fn of(&self, parent: &Selection) -> Selection {
        let mut child = parent.clone();
        child.0.remove(self.gone);
        child.0.insert(self.new.to_owned(), self.option.to_owned());
        child
    }
}

impl Space {
    /// A neighbour of `parent`, all [`neighbours`](Self::neighbours) equally likely. Where there is none, because the
    /// space has a single architecture, it is `parent` itself.
    pub fn neighbour(&self, parent: &Selection, rng: &mut impl Rng) -> Selection {
        self.moves(parent).choose(rng).map_or_else(|| parent.clone(), |chosen| chosen.of(parent))
    }

    /// All architectures that differ from `parent` by one move, each once and in an order that is always the same.
    ///
    /// A move takes another option of one decision or, where a [`Rule`](super::Rule) keeps some decisions of a group
    /// (edges into a node, say), another decision of that group in its place, with any of its options. So a neighbour of
    /// an architecture of this space is one, too, and every architecture can be reached from every other.
    pub fn neighbours(&self, parent: &Selection) -> Vec<Selection> {
        self.moves(parent).iter().map(|possible| possible.of(parent)).collect()
    }

    fn moves<'a>(&'a self, parent: &'a Selection) -> Vec<Move<'a>> {
        let mut moves = Vec::new();
        for group in self.groups() {
            let (kept, dropped): (Vec<_>, Vec<_>) =
                group.decisions.into_iter().partition(|decision| parent.0.contains_key(&decision.id));
            for (gone, taken) in kept.iter().filter_map(|gone| Some((gone, parent.0.get(&gone.id)?))) {
                let others = gone.final_options().filter(|option| option != taken);
                moves.extend(others.map(|option| Move { gone: &gone.id, new: &gone.id, option }));
                let swaps = dropped.iter().flat_map(|new| new.final_options().map(move |option| (new, option)));
                moves.extend(swaps.map(|(new, option)| Move { gone: &gone.id, new: &new.id, option }));
            }
        }
        moves
    }
}
