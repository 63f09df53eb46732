//! Which split each stretch of a genome belongs to: chromosomes and regions by name, or blocks by share.
//!
//! A row belongs to a split where all its bases do. A row across an edge belongs to none, so no base is ever shown in
//! two splits.

mod named;
mod shares;

use super::genome::Chromosome;
use super::grouping::Fractions;
use super::labels::lengths;
use crate::error::Result;
use crate::store::Split;

/// How a genome is shared out among the splits; each field is a flag.
#[derive(Clone, Debug, PartialEq)]
pub struct GenomeSplits {
    /// Chromosomes, or regions such as `chr7:1-2000` (from 1, the last base included), of train; empty: all that is in
    /// no other split.
    pub train: Vec<String>,
    /// Chromosomes and regions of valid.
    pub valid: Vec<String>,
    /// Chromosomes and regions of test.
    pub test: Vec<String>,
    /// Instead of names: the shares of the genome's blocks for valid and test.
    pub shares: Option<Fractions>,
    /// Bases a block.
    pub block: u64,
    /// Decides, with shares, which blocks go where.
    pub seed: u64,
}

impl GenomeSplits {
    /// Valid and test by name, train the rest.
    pub fn named(valid: Vec<String>, test: Vec<String>) -> Self {
        Self { train: Vec::new(), valid, test, shares: None, block: 1_000_000, seed: 0 }
    }

    /// By share of blocks of a million bases.
    pub fn by_share(shares: Fractions, seed: u64) -> Self {
        Self { shares: Some(shares), seed, ..Self::named(Vec::new(), Vec::new()) }
    }

    /// What decides the splits, for a message about an empty one.
    pub(super) fn how(&self, chromosomes: &[Chromosome]) -> String {
        let genome = lengths(chromosomes);
        if self.shares.is_some() {
            format!(
                "shares of blocks of {} bases decide the split; change shares, block or seed; the genome has {genome}",
                self.block
            )
        } else {
            format!("chromosomes and regions decide the split; the genome has {genome}")
        }
    }

    /// The settings that a store keeps.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        if let Some(Fractions { valid, test }) = self.shares {
            let block = self.block;
            let split = format!("by share of blocks of {block} bases: valid {valid}, test {test}, seed {}", self.seed);
            return vec![("split", split)];
        }
        let train = if self.train.is_empty() { "the rest".to_owned() } else { self.train.join(" ") };
        vec![("train", train), ("valid", self.valid.join(" ")), ("test", self.test.join(" "))]
    }
}

/// What a row's bases belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// All to this split.
    Of(Split),
    /// All to none.
    Outside,
    /// To several.
    Across,
}

/// The splits of a whole genome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Territory {
    /// For each chromosome its stretches in order, the last one ending with it.
    chromosomes: Vec<Vec<Stretch>>,
}

/// From where the stretch before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    end: u64,
    split: Option<Split>,
}

impl Territory {
    /// Shares out a genome.
    pub(super) fn new(splits: &GenomeSplits, chromosomes: &[Chromosome]) -> Result<Self> {
        match splits.shares {
            Some(shares) => shares::territory(splits, shares, chromosomes),
            None => named::territory(splits, chromosomes),
        }
    }

    /// Each chromosome as a whole in one split.
    pub(super) fn whole<'a>(of: impl Iterator<Item = (&'a Chromosome, Split)>) -> Self {
        let stretch =
            |(chromosome, split): (&Chromosome, _)| vec![Stretch { end: chromosome.length, split: Some(split) }];
        Self { chromosomes: of.map(stretch).collect() }
    }

    /// What the bases from `start` to `end` (excluded) of a chromosome belong to.
    pub(super) fn side(&self, chromosome: usize, start: u64, end: u64) -> Side {
        let stretches = self.chromosomes.get(chromosome).map_or([].as_slice(), Vec::as_slice);
        let first = stretches.partition_point(|stretch| stretch.end <= start);
        match stretches.get(first) {
            Some(stretch) if stretch.end >= end => stretch.split.map_or(Side::Outside, Side::Of),
            _ => Side::Across,
        }
    }

    /// Whether some of a chromosome belongs to a split.
    pub(super) fn wants(&self, chromosome: usize) -> bool {
        self.chromosomes.get(chromosome).is_some_and(|stretches| stretches.iter().any(|part| part.split.is_some()))
    }
}

/// Adds a stretch, joined with the one before where both belong to the same split.
fn add(stretches: &mut Vec<Stretch>, end: u64, split: Option<Split>) {
    match stretches.last_mut() {
        Some(last) if last.split == split => last.end = last.end.max(end),
        Some(last) if last.end >= end => {}
        None if end == 0 => {}
        _ => stretches.push(Stretch { end, split }),
    }
}

#[cfg(test)]
mod tests;
