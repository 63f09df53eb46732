//! Shuffled negatives: the bases of a positive in another order that has each pair of neighbours as often
//! (Altschul and Erickson, Molecular Biology and Evolution 2:526, 1985).
//!
//! A sequence is a walk over the four bases, an edge for each pair of neighbours. Every other walk over the same edges
//! from the same base ends at the same base, and is a shuffle. One is drawn with equal chances for all: first the last
//! edge out of each base such that these lead to the final base, then the order of the other edges.

use std::collections::BTreeMap;

use genomenas_plugin::rand::seq::SliceRandom;
use genomenas_plugin::rand::{Rng, RngExt};
use genomenas_plugin::seed;

use crate::bases::{CHANNELS, Packed};
use crate::error::{Error, Result};

/// The name of the class of shuffled rows.
pub(crate) const SHUFFLED: &str = "shuffled";
/// Shuffles of a row that are tried before it counts as one that has no other order.
const TRIES: usize = 100;

/// Where rows of positives alone get negatives from; each field is a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ShuffleOptions {
    /// Makes a negative for each row of data that holds positives alone; it is in the split of its positive.
    #[cfg_attr(feature = "clap", arg(long, value_name = "HOW"))]
    pub negatives: Option<Negatives>,
    /// Decides, with the number of the row, how a positive is shuffled [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", requires = "negatives"))]
    pub negatives_seed: Option<u64>,
}

/// How a negative is made of a positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Negatives {
    /// Its bases in another order: each pair of neighbours as often, first and last base in their place, and so for each
    /// stretch between unknown bases, which stay where they are.
    Shuffle,
}

/// Makes the negatives of an import, and counts the positives that have none.
pub(crate) struct Shuffling {
    seed: u64,
    made: u64,
    /// Rows without another order.
    alone: u64,
}

impl ShuffleOptions {
    /// What makes the negatives, where some are to be made.
    pub(crate) fn begin(&self) -> Option<Shuffling> {
        self.negatives.map(|Negatives::Shuffle| Shuffling { seed: self.negatives_seed.unwrap_or(0), made: 0, alone: 0 })
    }

    /// Refuses a class of the data that is called as the negatives are.
    pub(crate) fn refuse_name(&self, classes: &[String]) -> Result<()> {
        if self.negatives.is_some() && classes.iter().any(|name| name == SHUFFLED) {
            return Err(Error::input(format!(
                "the negatives are the class {SHUFFLED:?}, and so is a class of the data: rename that one"
            )));
        }
        Ok(())
    }
}

impl Shuffling {
    /// The negative of the positive in row `row`; `None` where no other order of its bases has the same pairs.
    pub(crate) fn negative(&mut self, positive: &Packed, row: u64) -> Option<Packed> {
        let mut random = seed::stream(self.seed, "shuffled negatives", row);
        let found = shuffled(positive, &mut random);
        *if found.is_some() { &mut self.made } else { &mut self.alone } += 1;
        found
    }

    /// The settings that a store keeps, and how many negatives there are.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let words = format!("shuffle, seed {}, rows {}", self.seed, self.made);
        BTreeMap::from([("negatives".to_owned(), words)])
    }

    /// A warning about positives that have no negative.
    pub(crate) fn warning(&self) -> Option<String> {
        (self.alone > 0).then(|| {
            format!(
                "{} rows have no negative: no other order of their bases has the same pairs of neighbours, as in AAAA",
                self.alone
            )
        })
    }

    /// Refuses data of which no row could be shuffled.
    pub(crate) fn refuse_none(&self) -> Result<()> {
        if self.made > 0 {
            return Ok(());
        }
        Err(Error::input(format!(
            "no row can be shuffled: of each of {} no other order of the bases has the same pairs of neighbours, as in AAAA",
            self.alone
        )))
    }
}

/// A shuffle that differs from the sequence.
fn shuffled(sequence: &Packed, random: &mut impl Rng) -> Option<Packed> {
    let bases: Vec<Option<u8>> = sequence.bases().collect();
    (0..TRIES).find_map(|_| {
        let mut other = bases.clone();
        for stretch in other.chunk_by_mut(|left, right| left.is_some() == right.is_some()) {
            shuffle_stretch(stretch, random);
        }
        (other != bases).then(|| Packed::from_bases(other))
    })
}

/// Shuffles a stretch of known bases; one of unknown bases stays as it is.
fn shuffle_stretch(stretch: &mut [Option<u8>], random: &mut impl Rng) {
    let Some(codes) = stretch.iter().map(|base| base.map(usize::from)).collect::<Option<Vec<usize>>>() else {
        return;
    };
    let (Some(&first), Some(&last)) = (codes.first(), codes.last()) else {
        return;
    };
    let mut edges: [Vec<usize>; CHANNELS] = Default::default();
    for pair in codes.windows(2) {
        if let &[from, to] = pair
            && let Some(edges) = edges.get_mut(from)
        {
            edges.push(to);
        }
    }
    let lasts = last_edges(&edges, last, random);
    for (edges, last) in edges.iter_mut().zip(lasts) {
        // The walk takes edges from the end of the list: the last one stands first.
        let kept = last.and_then(|last| Some(edges.swap_remove(edges.iter().position(|to| *to == last)?)));
        edges.shuffle(random);
        if let Some(last) = kept {
            edges.insert(0, last);
        }
    }
    let mut here = first;
    for base in stretch.iter_mut() {
        *base = u8::try_from(here).ok();
        here = edges.get_mut(here).and_then(Vec::pop).unwrap_or(here);
    }
}

/// The last edge out of each base but `end`: of all choices that lead from every base to `end`, each with the chances
/// that the numbers of its edges give it. A base without an edge has none.
fn last_edges(edges: &[Vec<usize>; CHANNELS], end: usize, random: &mut impl Rng) -> [Option<usize>; CHANNELS] {
    let count = |from: usize, to: usize| {
        edges.get(from).map_or(0, |edges| edges.iter().filter(|edge| **edge == to).count()) as u128
    };
    let counts: [[u128; CHANNELS]; CHANNELS] = std::array::from_fn(|from| std::array::from_fn(|to| count(from, to)));
    let used = |base: usize| base != end && edges.get(base).is_some_and(|edges| !edges.is_empty());
    let choices = (0..CHANNELS.pow(4)).map(|number| [0, 1, 2, 3].map(|base| number >> (2 * base) & 3));
    let weighted: Vec<([usize; CHANNELS], u128)> = choices
        .filter(|choice| (0..CHANNELS).all(|base| used(base) || choice.get(base) == Some(&0)))
        .filter(|choice| (0..CHANNELS).filter(|base| used(*base)).all(|base| leads_to(choice, base, end)))
        .map(|choice| {
            let of = |base: usize| choice.get(base).and_then(|to| counts.get(base)?.get(*to)).copied().unwrap_or(0);
            (choice, (0..CHANNELS).filter(|base| used(*base)).map(of).product())
        })
        .filter(|(_, weight)| *weight > 0)
        .collect();
    let total: u128 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut drawn = if total > 0 { random.random_range(0..total) } else { 0 };
    for (choice, weight) in &weighted {
        if drawn < *weight {
            return std::array::from_fn(|base| choice.get(base).copied().filter(|_| used(base)));
        }
        drawn -= weight;
    }
    [None; CHANNELS]
}

/// Whether the chosen edges lead from a base to `end`.
fn leads_to(choice: &[usize; CHANNELS], from: usize, end: usize) -> bool {
    let mut here = from;
    for _ in 0..CHANNELS {
        if here == end {
            return true;
        }
        here = choice.get(here).copied().unwrap_or(end);
    }
    here == end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bases::tests::letters;
    use proptest::prelude::*;

    fn shuffle(text: &str, seed: u64, row: u64) -> Option<String> {
        let options = ShuffleOptions { negatives: Some(Negatives::Shuffle), negatives_seed: Some(seed) };
        let negative = options.begin().unwrap().negative(&Packed::from_letters(text.as_bytes()).unwrap(), row);
        negative.map(|negative| letters(&negative))
    }

    fn pairs(text: &str) -> BTreeMap<&[u8], usize> {
        text.as_bytes().windows(2).fold(BTreeMap::new(), |mut pairs, pair| {
            *pairs.entry(pair).or_default() += 1;
            pairs
        })
    }

    proptest! {
        #[test]
        fn a_shuffle_has_the_same_pairs_of_neighbours_and_the_same_ends(
            text in "[ACGT]{1,80}(N{1,3}[ACGT]{1,20})?", seed: u64, row in 0..1000_u64
        ) {
            if let Some(other) = shuffle(&text, seed, row) {
                prop_assert_ne!(&other, &text);
                prop_assert_eq!(pairs(&other), pairs(&text));
                prop_assert_eq!(other.as_bytes()[0], text.as_bytes()[0]);
                prop_assert_eq!(other.as_bytes()[text.len() - 1], text.as_bytes()[text.len() - 1]);
                let unknown = |text: &str| text.bytes().map(|byte| byte == b'N').collect::<Vec<_>>();
                prop_assert_eq!(unknown(&other), unknown(&text));
            }
        }

        #[test]
        fn a_row_without_a_shuffle_has_no_other_order(text in "[ACGT]{1,7}") {
            // All orders of the bases between the ends, one after the other.
            let inner = text.len().saturating_sub(2);
            let orders = (0..1_usize << (2 * inner)).map(|number| {
                let mut letters = text.clone().into_bytes();
                for place in 0..inner {
                    letters[1 + place] = b"ACGT"[number >> (2 * place) & 3];
                }
                String::from_utf8(letters).unwrap()
            });
            let others = orders.filter(|order| *order != text && pairs(order) == pairs(&text)).count();
            prop_assert_eq!(shuffle(&text, 5, 0).is_some(), others > 0);
        }
    }

    #[test]
    fn every_order_is_drawn_equally_often() {
        // Five orders of these bases have the same pairs; a draw of each is expected 1,000 times.
        let mut drawn: BTreeMap<String, usize> = BTreeMap::new();
        let packed = Packed::from_letters(b"AGACATAAG").unwrap();
        for row in 0..6000 {
            let bases: Vec<Option<u8>> = packed.bases().collect();
            let mut other = bases.clone();
            shuffle_stretch(&mut other, &mut seed::stream(3, "a test", row));
            *drawn.entry(letters(&Packed::from_bases(other))).or_default() += 1;
        }
        let expected = 6000 / drawn.len();
        assert!(drawn.len() > 5, "{drawn:?}");
        assert!(drawn.values().all(|count| count.abs_diff(expected) < expected / 2), "{drawn:?}");
    }

    #[test]
    fn other_seeds_and_other_rows_give_other_shuffles() {
        let text = "ACGTTGCATGCCATATCGGATTACAGGCATCAGTC";
        assert_eq!(shuffle(text, 1, 0), shuffle(text, 1, 0));
        assert_ne!(shuffle(text, 1, 0), shuffle(text, 2, 0));
        assert_ne!(shuffle(text, 1, 0), shuffle(text, 1, 1));
    }

    #[test]
    fn rows_that_have_no_other_order_are_told() {
        let mut shuffling =
            ShuffleOptions { negatives: Some(Negatives::Shuffle), negatives_seed: None }.begin().unwrap();
        for text in ["AAAAAAAA", "ACACACAC", "NNNN", "A", "AAAACCCC"] {
            assert_eq!(shuffling.negative(&Packed::from_letters(text.as_bytes()).unwrap(), 0), None, "{text}");
        }
        insta::assert_snapshot!(shuffling.refuse_none().unwrap_err(), @"no row can be shuffled: of each of 5 no other order of the bases has the same pairs of neighbours, as in AAAA");
        assert!(shuffling.negative(&Packed::from_letters(b"ACGATAGACA").unwrap(), 0).is_some());
        insta::assert_snapshot!(shuffling.warning().unwrap(), @"5 rows have no negative: no other order of their bases has the same pairs of neighbours, as in AAAA");
    }
}
