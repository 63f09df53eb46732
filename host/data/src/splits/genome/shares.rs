//! Blocks by share.

use std::collections::BTreeMap;

use genomenas_plugin::rand::Rng;
use genomenas_plugin::seed;

use super::map::{GenomeSplit, add};
use super::options::GenomeSplitOptions;
use crate::error::{Error, Result};
use crate::formats::genome::Chromosome;
use crate::splits::fractions::Fractions;
use crate::store::Split;

/// Blocks a genome may be cut into.
const MOST_BLOCKS: u64 = 4_000_000;

/// Blocks in a random order go to valid and to test until each has its share of the bases.
pub(super) fn split(splits: &GenomeSplitOptions, shares: Fractions, chromosomes: &[Chromosome]) -> Result<GenomeSplit> {
    shares.check()?;
    if splits.block == 0 {
        return Err(Error::input("blocks of 0 bases: give at least as many as a row has"));
    }
    let count = |chromosome: &Chromosome| chromosome.length.div_ceil(splits.block);
    let blocks = chromosomes.iter().map(count).fold(0_u64, u64::saturating_add);
    let bases: u64 = chromosomes.iter().map(|chromosome| chromosome.length).fold(0, u64::saturating_add);
    if !(3..=MOST_BLOCKS).contains(&blocks) {
        return Err(Error::input(format!(
            "blocks of {} bases: the {bases} bases of the genome make {blocks} of them, and 3 to {MOST_BLOCKS} can be shared out; \
             give {} bases",
            splits.block,
            if blocks < 3 { "fewer" } else { "more" }
        )));
    }
    let mut random = seed::stream(splits.seed, "blocks of a genome", 0);
    let mut order: Vec<(u64, usize, u64)> = Vec::new();
    for (index, chromosome) in chromosomes.iter().enumerate() {
        order.extend((0..count(chromosome)).map(|block| (random.next_u64(), index, block)));
    }
    order.sort_unstable();
    let place = |block: u64| block.saturating_mul(splits.block);
    let mut of = vec![BTreeMap::new(); chromosomes.len()];
    let mut order = order.into_iter();
    for (split, share) in [(Split::Valid, shares.valid), (Split::Test, shares.test)] {
        let (wanted, mut taken) = (share * bases as f64, 0_u64);
        while (taken as f64) < wanted {
            let Some((_, chromosome, block)) = order.next() else {
                break;
            };
            let length = chromosomes.get(chromosome).map_or(0, |chromosome| chromosome.length);
            taken += place(block + 1).min(length) - place(block);
            if let Some(blocks) = of.get_mut(chromosome) {
                blocks.insert(block, split);
            }
        }
    }
    let all = chromosomes.iter().zip(&of).map(|(chromosome, of)| {
        let mut stretches = Vec::new();
        for block in 0..count(chromosome) {
            let split = of.get(&block).copied().unwrap_or(Split::Train);
            add(&mut stretches, place(block + 1).min(chromosome.length), Some(split));
        }
        stretches
    });
    Ok(GenomeSplit::new(all.collect()))
}
