//! A share of train for validation, where the data has train and test alone.

use genomenas_plugin::rand::Rng;
use genomenas_plugin::seed;

use super::map::{GenomeSplit, Stretch, add};
use super::options::GenomeSplitOptions;
use crate::error::{Error, Result};
use crate::store::Split;

/// Blocks that train may be cut into.
const MOST_BLOCKS: u64 = 4_000_000;

/// Blocks of train in a random order go to valid until it has its share of train's bases.
pub(crate) fn split(named: &GenomeSplit, share: f64, splits: &GenomeSplitOptions) -> Result<GenomeSplit> {
    let train = || named.stretches().iter().flat_map(|stretches| of_train(stretches));
    let bases: u64 = train().map(|(start, end)| end - start).sum();
    let wanted = share * bases as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above 0, at most the bases of a genome"
    )]
    // No block is longer than what valid is to have: small genomes leave train its share.
    let block = splits.block.min(wanted.ceil() as u64).max(1);
    let blocks: u64 = train().map(|(start, end)| (end - start).div_ceil(block)).sum();
    if blocks > MOST_BLOCKS {
        return Err(Error::input(format!(
            "blocks of {block} bases: the {bases} bases of train make {blocks} of them, and at most {MOST_BLOCKS} can be \
             shared out; give more bases with --block"
        )));
    }
    let mut random = seed::stream(splits.seed, "blocks of train", 0);
    let mut order: Vec<(u64, usize, u64, u64)> = Vec::new();
    for (chromosome, stretches) in named.stretches().iter().enumerate() {
        for (start, end) in of_train(stretches) {
            for number in 0..(end - start).div_ceil(block) {
                let from = start + number * block;
                order.push((random.next_u64(), chromosome, from, end.min(from + block)));
            }
        }
    }
    order.sort_unstable();
    let mut taken = 0;
    let mut valid = vec![Vec::new(); named.stretches().len()];
    for (_, chromosome, from, to) in order {
        if taken as f64 >= wanted {
            break;
        }
        taken += to - from;
        if let Some(blocks) = valid.get_mut(chromosome) {
            blocks.push((from, to));
        }
    }
    let all = named.stretches().iter().zip(valid).map(|(stretches, mut valid)| {
        valid.sort_unstable();
        let mut valid = valid.into_iter().peekable();
        let mut divided = Vec::new();
        for stretch in stretches {
            while let Some((from, to)) = valid.next_if(|(from, _)| *from < stretch.end) {
                add(&mut divided, from, stretch.split);
                add(&mut divided, to, Some(Split::Valid));
            }
            add(&mut divided, stretch.end, stretch.split);
        }
        divided
    });
    Ok(GenomeSplit::new(all.collect()))
}

/// Where the stretches of train begin and end.
fn of_train(stretches: &[Stretch]) -> impl Iterator<Item = (u64, u64)> {
    let starts = std::iter::once(0).chain(stretches.iter().map(|stretch| stretch.end));
    starts.zip(stretches).filter(|(_, stretch)| stretch.split == Some(Split::Train)).map(|(start, of)| (start, of.end))
}
