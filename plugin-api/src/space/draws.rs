//! Distinct architectures of a space, as many as are asked for.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::{Selection, Space};
use crate::seed;

/// Draws in a row that repeat earlier ones after which a space counts as drawn out.
const MAX_REPEATS: usize = 1000;

/// Architectures drawn uniformly and without repetition, in an order that follows from the seed alone, so that a
/// strategy saves no more of an architecture than its position.
#[derive(Clone, Debug)]
pub struct Draws {
    space: Space,
    seed: u64,
    /// What was asked for so far, which could be drawn again at any time.
    cache: RefCell<Cache>,
}

#[derive(Clone, Debug, Default)]
struct Cache {
    drawn: Vec<Selection>,
    known: BTreeSet<Selection>,
    /// Where the next draw stands in the stream of draws.
    index: u64,
}

impl Draws {
    /// Draws from `space`.
    pub fn new(space: Space, seed: u64) -> Self {
        Self { space, seed, cache: RefCell::default() }
    }

    /// The architecture at a position, from 0; none where a small space is drawn out before.
    pub fn get(&self, at: usize) -> Option<Selection> {
        let Cache { drawn, known, index } = &mut *self.cache.borrow_mut();
        let mut repeats = 0;
        while drawn.len() <= at && repeats < MAX_REPEATS {
            let selection = self.space.sample(&mut seed::stream(self.seed, "architecture", *index));
            *index += 1;
            repeats = if known.insert(selection.clone()) { 0 } else { repeats + 1 };
            drawn.extend((repeats == 0).then_some(selection));
        }
        if repeats == MAX_REPEATS {
            // The next call draws the same again, and returns the same.
            *index -= MAX_REPEATS as u64;
        }
        drawn.get(at).cloned()
    }
}

impl Space {
    /// Distinct architectures drawn uniformly, in an order that follows from `seed`: the first `count` of [`Draws`], or
    /// as many as turn up in a small space before a thousand draws in a row repeat earlier ones.
    pub fn sample_distinct(&self, count: usize, seed: u64) -> Vec<Selection> {
        let draws = Draws::new(self.clone(), seed);
        if let Some(last) = count.checked_sub(1) {
            draws.get(last);
        }
        draws.cache.into_inner().drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUR: &str = r#"
version = 1
name = "four"
input = [4, 50]
output = "out"
decisions = [{ id = "first", options = ["wide", "narrow"] }, { id = "second", options = ["max", "mean"] }]
nodes = [
    { name = "conv", inputs = ["input"], op = { type = "choice", decision = "first", options = { wide = { type = "conv1d", kernel = 9, padding = 4 }, narrow = { type = "conv1d", kernel = 3, padding = 1 } } } },
    { name = "pool", inputs = ["conv"], op = { type = "choice", decision = "second", options = { max = { type = "global_max_pool" }, mean = { type = "global_avg_pool" } } } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

    #[test]
    fn they_are_those_of_the_space_in_whatever_order_they_are_asked_for() {
        let space = Space::from_text(FOUR).unwrap();
        let all = space.sample_distinct(9, 7);
        assert_eq!(all.len(), 4);
        let draws = Draws::new(space, 7);
        for at in [1, 0, 4, 3, 2, 5, 0] {
            assert_eq!(draws.get(at).as_ref(), all.get(at), "{at}");
        }
    }
}
