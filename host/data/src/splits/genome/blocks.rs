//! Blocks that are dealt into folds when their rows are known: until then all are train, with an edge between any two.

use super::map::{GenomeSplit, Stretch};
use crate::error::{Error, Result};
use crate::formats::genome::Chromosome;
use crate::store::Split;
use crate::text::grouped;

/// Blocks a genome may be cut into.
pub(super) const MOST_BLOCKS: u64 = 4_000_000;

/// Every chromosome in blocks of so many bases from its first.
pub(super) fn split(block: u64, chromosomes: &[Chromosome]) -> Result<GenomeSplit> {
    let blocks =
        chromosomes.iter().map(|chromosome| chromosome.length.div_ceil(block)).fold(0_u64, u64::saturating_add);
    if blocks > MOST_BLOCKS {
        return Err(Error::input(format!(
            "blocks of {block} bases: the genome makes {} of them, and at most {} can be dealt out; give more bases with --block",
            grouped(blocks),
            grouped(MOST_BLOCKS)
        )));
    }
    let stretches = |chromosome: &Chromosome| {
        let ends = (1..=chromosome.length.div_ceil(block)).map(|number| (number * block).min(chromosome.length));
        ends.map(|end| Stretch { end, split: Some(Split::Train) }).collect()
    };
    Ok(GenomeSplit::new(chromosomes.iter().map(stretches).collect()))
}
