//! One round: options that are taken away on trial, and which of them go for good.

use std::collections::BTreeMap;

use genomenas_plugin::rand::Rng;
use genomenas_plugin::space::{Mask, Space};
use serde::{Deserialize, Serialize};

use crate::cells::{Cell, Pair, remove};
use crate::draw::candidates;

/// The score of each mask that has one, by position; an undefined score is there without a value. More is better.
pub(crate) type Scores = BTreeMap<u32, Option<f64>>;

/// The options that a round puts to the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Round {
    /// Of each cell; none where a cell has too few left to compare.
    cells: Vec<Vec<Pair>>,
    /// Whether a mask lacks one option of each cell, or one of one cell.
    jointly: bool,
}

impl Round {
    /// Draws at most `most` options of each cell of what remains.
    pub(crate) fn draw(
        space: &Space,
        cells: &[Cell],
        remaining: &Mask,
        most: usize,
        jointly: bool,
        rng: &mut impl Rng,
    ) -> Self {
        // One mask for all cells, so that everything can go together.
        let mut left = remaining.clone();
        let mut of = |cell: &Cell| {
            let mut without = left.clone();
            let drawn = candidates(space, cell, most, &mut without, rng);
            if drawn.len() < 2 {
                // A single one has nothing to be compared with: it waits for the end.
                return Vec::new();
            }
            left = without;
            drawn
        };
        Self { cells: cells.iter().map(&mut of).collect(), jointly }
    }

    /// How many masks there are to score; 0 when the rounds are over.
    pub(crate) fn masks_of(sizes: impl Iterator<Item = usize>, jointly: bool) -> usize {
        if jointly { sizes.max().unwrap_or(0) } else { sizes.sum() }
    }

    /// The masks to score.
    pub(crate) fn masks(&self, remaining: &Mask) -> Vec<Mask> {
        let count = Self::masks_of(self.cells.iter().map(Vec::len), self.jointly);
        let mut masks = vec![remaining.clone(); count];
        for (pair, mask) in self.pairs().flatten() {
            if let Some(mask) = masks.get_mut(mask) {
                remove(mask, pair);
            }
        }
        masks
    }

    /// The options to drop: of each cell all but the one without which the score is lowest. Of equals the last stays; an
    /// undefined score is the lowest.
    pub(crate) fn losers(&self, scores: &Scores) -> Vec<Pair> {
        let score = |mask: usize| {
            let score = u32::try_from(mask).ok().and_then(|mask| scores.get(&mask).copied().flatten());
            score.unwrap_or(f64::NEG_INFINITY)
        };
        let mut losers = Vec::new();
        for cell in self.pairs() {
            let lowest = cell.iter().rev().min_by(|a, b| score(a.1).total_cmp(&score(b.1))).map(|(pair, _)| *pair);
            losers.extend(cell.into_iter().map(|(pair, _)| pair).filter(|pair| Some(*pair) != lowest).cloned());
        }
        losers
    }

    /// The options of each cell, with the position of the mask that lacks them.
    fn pairs(&self) -> impl Iterator<Item = Vec<(&Pair, usize)>> {
        let mut before = 0;
        self.cells.iter().map(move |cell| {
            let first = before;
            before += if self.jointly { 0 } else { cell.len() };
            cell.iter().enumerate().map(|(at, pair)| (pair, first + at)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::pair;

    fn round(jointly: bool) -> Round {
        let cell = |name: &str, count: usize| (0..count).map(|at| pair(name, &at.to_string())).collect();
        Round { cells: vec![cell("a", 3), Vec::new(), cell("b", 2)], jointly }
    }

    fn full() -> Mask {
        let options = |count: usize| (0..count).map(|at| at.to_string()).collect();
        Mask([("a".to_owned(), options(4)), ("b".to_owned(), options(2))].into())
    }

    fn lost(round: &Round, scores: &[Option<f64>]) -> String {
        let scores = (0..).zip(scores.iter().copied()).collect();
        let names: Vec<_> = round.losers(&scores).iter().map(|pair| pair.decision.clone() + &pair.option).collect();
        names.join(" ")
    }

    #[test]
    fn jointly_a_mask_lacks_one_option_of_every_cell_that_has_another() {
        let lacks = |mask: &Mask| {
            let all = full();
            let gone = all.0.iter().flat_map(|(id, options)| options.iter().map(move |option| (id, option)));
            let gone: Vec<_> = gone.filter(|(id, option)| !mask.has(id, option)).collect();
            gone.iter().map(|(id, option)| (*id).clone() + option).collect::<String>()
        };
        let masks: Vec<String> = round(true).masks(&full()).iter().map(lacks).collect();
        assert_eq!(masks, ["a0b0", "a1b1", "a2"]);
        let masks: Vec<String> = round(false).masks(&full()).iter().map(lacks).collect();
        assert_eq!(masks, ["a0", "a1", "a2", "b0", "b1"]);
    }

    #[test]
    fn all_go_but_the_one_without_which_the_score_is_lowest() {
        assert_eq!(lost(&round(true), &[Some(0.3), Some(0.1), Some(0.2)]), "a0 a2 b0");
        // The last mask is the worst, but has no option of b: there the worse of the other two stays.
        assert_eq!(lost(&round(true), &[Some(0.2), Some(0.3), Some(0.1)]), "a0 a1 b1");
        assert_eq!(lost(&round(false), &[Some(0.3), Some(0.1), Some(0.2), Some(0.5), Some(0.6)]), "a0 a2 b1");
    }

    #[test]
    fn the_last_of_equals_stays_and_an_undefined_score_is_the_lowest() {
        assert_eq!(lost(&round(true), &[Some(0.1), Some(0.1), Some(0.1)]), "a0 a1 b0");
        assert_eq!(lost(&round(true), &[None, Some(-5.0), Some(0.1)]), "a1 a2 b1");
    }
}
