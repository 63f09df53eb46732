//! Negatives over a genome: bins without a label that are like the labelled ones in GC and repeats, away from them.
//!
//! A network that tells labelled bins from any others may have learned no more than that peaks are rich in GC. So each
//! labelled bin gets a bin of its split whose row has about the same share of G and C among its known bases and the same
//! share of lower-case letters (repeats, as `RepeatMasker` and others mark them); all rows are equally long.

use std::collections::BTreeMap;

use genomenas_plugin::rand::RngExt;
use genomenas_plugin::rand::seq::SliceRandom;
use genomenas_plugin::seed;

use crate::error::{Error, Result};
use crate::formats::genome::ChromosomeSequence;
use crate::store::{PerSplit, Split};
use crate::text::grouped;

/// Steps that a share is divided into: rows match whose shares are in the same step or in neighbouring ones.
const STEPS: u64 = 50;

/// Where a genome's bins without a label come from; each field is a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct MatchOptions {
    /// Keeps the bins with a label, and for each of them one without a label that is like it; --keep has no effect then.
    #[cfg_attr(feature = "clap", arg(long, value_name = "HOW"))]
    pub negatives: Option<MatchedBy>,
    /// Bases between the row of a negative and the nearest feature or labelled bin, at least [default: those of a row]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", requires = "negatives"))]
    pub negatives_away: Option<u64>,
    /// Decides which of the bins that match become negatives [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", requires = "negatives"))]
    pub negatives_seed: Option<u64>,
}

/// In what a negative is like a positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum MatchedBy {
    /// In GC, repeats (lower-case letters) and length: the two shares differ by less than 0.04 each. It is in the same split.
    Gc,
}

/// The steps of a row's shares of G and C and of repeats.
type Cell = (u64, u64);

/// A bin, by its chromosome and the first base of its row.
type Bin = (u32, u32);

/// The labelled bins of a genome, and the bins that may be their negatives.
#[derive(Default)]
pub(super) struct Matching {
    positives: PerSplit<Vec<Cell>>,
    candidates: PerSplit<BTreeMap<Cell, Vec<Bin>>>,
}

/// The bins that are negatives.
#[derive(Debug, Default)]
pub(super) struct Matched {
    /// In order.
    bins: Vec<Bin>,
    /// Labelled bins of each split that have no negative.
    unmatched: PerSplit<u64>,
}

/// Stretches of a chromosome that negatives keep away from, in order and not touching.
pub(super) struct Taken(Vec<(u64, u64)>);

impl Taken {
    /// From stretches in any order.
    pub(super) fn new(mut stretches: Vec<(u64, u64)>) -> Self {
        stretches.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (start, end) in stretches {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        Self(joined)
    }

    /// Whether `start..end` has `away` bases between it and every stretch.
    pub(super) fn is_away(&self, start: u64, end: u64, away: u64) -> bool {
        let (start, end) = (start.saturating_sub(away), end.saturating_add(away));
        let first = self.0.partition_point(|stretch| stretch.1 <= start);
        self.0.get(first).is_none_or(|stretch| stretch.0 >= end)
    }
}

impl Matching {
    /// A labelled bin.
    pub(super) fn positive(&mut self, split: Split, cell: Cell) {
        self.positives.get_mut(split).push(cell);
    }

    /// A bin that may be a negative.
    pub(super) fn candidate(&mut self, split: Split, cell: Cell, chromosome: u32, start: u64) {
        let bin = (chromosome, u32::try_from(start).unwrap_or(u32::MAX));
        self.candidates.get_mut(split).entry(cell).or_default().push(bin);
    }

    /// Draws a negative for each labelled bin; no bin is drawn twice.
    pub(super) fn draw(mut self, options: &MatchOptions) -> Matched {
        let mut matched = Matched::default();
        for (number, split) in (0..).zip(Split::ALL) {
            let mut random = seed::stream(options.negatives_seed.unwrap_or(0), "matched negatives", number);
            let positives = self.positives.get_mut(split);
            // Where bins of a kind are rare, none of the positives is favoured by its place.
            positives.shuffle(&mut random);
            let candidates = self.candidates.get_mut(split);
            for (gc, repeats) in positives.iter() {
                let near = |step: u64| step.saturating_sub(1)..=step + 1;
                let mut cells: Vec<Cell> =
                    near(*gc).flat_map(|gc| near(*repeats).map(move |repeats| (gc, repeats))).collect();
                cells.sort_by_key(|cell| cell.0.abs_diff(*gc) + cell.1.abs_diff(*repeats));
                let found = cells.iter().find_map(|cell| {
                    let bins = candidates.get_mut(cell).filter(|bins| !bins.is_empty())?;
                    Some(bins.swap_remove(random.random_range(0..bins.len())))
                });
                match found {
                    Some(bin) => matched.bins.push(bin),
                    None => *matched.unmatched.get_mut(split) += 1,
                }
            }
        }
        matched.bins.sort_unstable();
        matched
    }
}

impl Matched {
    /// Whether a bin is a negative.
    pub(super) fn has(&self, chromosome: usize, start: u64) -> bool {
        let bin = u32::try_from(chromosome).ok().zip(u32::try_from(start).ok());
        bin.is_some_and(|bin| self.bins.binary_search(&bin).is_ok())
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.bins.len() as u64
    }

    /// Refuses data without a single negative.
    pub(super) fn refuse_none(&self, away: u64) -> Result<()> {
        if self.count() > 0 {
            return Ok(());
        }
        let Self { unmatched, .. } = self;
        Err(Error::input(format!(
            "none of {} labelled bins has a bin without a label like it in GC and repeats that is {away} bases or more away \
             from all features: come nearer with --negatives-away, or take all bins with --keep all",
            grouped(unmatched.train + unmatched.valid + unmatched.test)
        )))
    }

    /// A warning about labelled bins without a negative.
    pub(super) fn warning(&self) -> Option<String> {
        let PerSplit { train, valid, test } = &self.unmatched;
        (train + valid + test > 0).then(|| {
            format!(
                "labelled bins without a negative, as no bin like them in GC and repeats is far enough from all features \
                 (--negatives-away): {} of train, {} of valid, {} of test",
                grouped(*train),
                grouped(*valid),
                grouped(*test)
            )
        })
    }
}

/// The steps of the row of `length` bases at `start`, whose packed bases are `codes`, `unknown` of them unknown.
pub(super) fn cell(sequence: &ChromosomeSequence, start: u64, length: u64, codes: &[u8], unknown: u64) -> Cell {
    // C is 01 and G is 10; A, T and unknown bases have two equal bits.
    let gc: u64 = codes.iter().map(|byte| u64::from(((byte ^ byte >> 1) & 0x55).count_ones())).sum();
    let known = length.saturating_sub(unknown).max(1);
    (gc * STEPS / known, sequence.masked_in(start, start + length) * STEPS / length.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_is_of_the_split_and_of_the_shares_of_its_positive_and_none_is_drawn_twice() {
        let mut matching = Matching::default();
        for _ in 0..3 {
            matching.positive(Split::Train, (25, 10));
        }
        matching.positive(Split::Test, (25, 10));
        matching.candidate(Split::Train, (25, 10), 0, 100);
        matching.candidate(Split::Train, (26, 9), 0, 200);
        matching.candidate(Split::Train, (27, 10), 0, 300);
        matching.candidate(Split::Train, (25, 12), 1, 400);
        matching.candidate(Split::Test, (24, 10), 1, 500);
        let matched = matching.draw(&MatchOptions::default());
        assert_eq!(matched.bins, [(0, 100), (0, 200), (1, 500)]);
        assert_eq!(matched.unmatched, PerSplit { train: 1, valid: 0, test: 0 });
        assert!(matched.has(0, 200) && !matched.has(0, 300) && !matched.has(1, 200));
        insta::assert_snapshot!(matched.warning().unwrap(), @"labelled bins without a negative, as no bin like them in GC and repeats is far enough from all features (--negatives-away): 1 of train, 0 of valid, 0 of test");
    }

    #[test]
    fn other_seeds_draw_other_bins() {
        let draw = |seed| {
            let mut matching = Matching::default();
            (0..20).for_each(|_| matching.positive(Split::Train, (20, 0)));
            (0..1000).for_each(|start| matching.candidate(Split::Train, (20, 0), 0, start));
            matching.draw(&MatchOptions { negatives_seed: Some(seed), ..MatchOptions::default() }).bins
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn what_is_away_has_so_many_bases_between() {
        let taken = Taken::new(vec![(300, 400), (100, 200), (350, 500)]);
        assert!(taken.is_away(0, 90, 10) && !taken.is_away(0, 91, 10));
        assert!(taken.is_away(210, 290, 10) && !taken.is_away(209, 290, 10) && !taken.is_away(210, 291, 10));
        assert!(taken.is_away(500, 600, 0) && !taken.is_away(499, 600, 0));
        assert!(!taken.is_away(250, 260, 1000));
    }

    #[test]
    fn shares_are_of_known_bases_and_of_lower_case_letters() {
        // ACGT, where the last base is unknown.
        let sequence =
            ChromosomeSequence { length: 4, masked: std::iter::once(1..3).collect(), ..ChromosomeSequence::default() };
        assert_eq!(cell(&sequence, 0, 4, &[0b0010_0100], 1), (2 * STEPS / 3, STEPS / 2));
    }
}
