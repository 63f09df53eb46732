//! Drawing blocks of rows with replacement.

use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;

use genomenas_data::error::{Error, Result};

/// Resamples that are measured in one pass over the rows: as many as one byte each fit in a register.
pub(super) const LANES: usize = 16;

/// Blocks of rows that are drawn together.
#[derive(Clone, Debug)]
pub(super) struct Draws {
    /// The block of each row, from 0 without a gap.
    block: Vec<u32>,
    blocks: u32,
    seed: u64,
}

/// How often each row was drawn, in [`LANES`] resamples.
#[derive(Debug)]
pub(super) struct Weights(pub(super) Vec<[u8; LANES]>);

impl Draws {
    pub(super) fn new(blocks: &[u32], seed: u64) -> Result<Self> {
        let mut names = blocks.to_vec();
        names.sort_unstable();
        let largest = names.chunk_by(|left, right| left == right).map(<[u32]>::len).max().unwrap_or(0);
        names.dedup();
        if names.len() < 2 {
            return Err(Error::input(format!(
                "intervals need at least two blocks of rows to draw from, and there is {}: draw windows instead of chromosomes, or take more rows",
                names.len()
            )));
        }
        // A place of a row shares 32 bits with two flags, and sums of weights have 32.
        let most = u32::try_from(names.len() as u128 * largest as u128);
        let (Ok(_), Ok(count), true) = (most, u32::try_from(names.len()), blocks.len() < 1 << 30) else {
            return Err(Error::input(format!(
                "{} rows in {} blocks are too many for intervals: draw windows instead of chromosomes, or take fewer rows",
                blocks.len(),
                names.len()
            )));
        };
        let place = |block: &u32| u32::try_from(names.partition_point(|name| name < block)).unwrap_or(u32::MAX);
        Ok(Self { block: blocks.iter().map(place).collect(), blocks: count, seed })
    }

    pub(super) fn rows(&self) -> usize {
        self.block.len()
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks as usize
    }

    /// The weights of [`LANES`] resamples from number `first` on. A resample depends on the seed and its number alone.
    pub(super) fn weights(&self, first: u32) -> Weights {
        let mut counts = vec![[0_u8; LANES]; self.blocks as usize];
        for (lane, resample) in (0..LANES).zip(u64::from(first)..) {
            let mut draws = seed::stream(self.seed, "bootstrap", resample);
            for _ in 0..self.blocks {
                if let Some(count) = counts.get_mut(draws.random_range(0..self.blocks) as usize) {
                    // Up to 255 blocks it cannot overflow; of more, the chance is below 10^-500.
                    count[lane] = count[lane].saturating_add(1);
                }
            }
        }
        let of = |block: &u32| counts.get(*block as usize).copied().unwrap_or_default();
        Weights(self.block.iter().map(of).collect())
    }
}

impl Weights {
    pub(super) fn of(&self, row: usize, lane: usize) -> u32 {
        self.0.get(row).map_or(0, |lanes| lanes[lane].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_block_are_drawn_together_and_as_many_blocks_as_there_are() {
        let draws = Draws::new(&[7, 7, 3, 9, 9, 9], 1).unwrap();
        let weights = draws.weights(0);
        for lane in 0..LANES {
            let of = |row| weights.of(row, lane);
            assert_eq!((of(0), of(3), of(4)), (of(1), of(4), of(5)));
            assert_eq!(of(0) + of(2) + of(3), 3);
        }
    }

    #[test]
    fn a_resample_is_a_function_of_the_seed_and_its_number() {
        let blocks: Vec<u32> = (0..50).collect();
        let of = |seed, first, lane| -> Vec<u32> {
            let weights = Draws::new(&blocks, seed).unwrap().weights(first);
            (0..50).map(|row| weights.of(row, lane)).collect()
        };
        assert_eq!(of(1, 0, 5), of(1, 5, 0));
        assert_ne!(of(1, 0, 5), of(1, 0, 6));
        assert_ne!(of(1, 0, 5), of(2, 0, 5));
    }

    #[test]
    fn one_block_is_nothing_to_draw_from() {
        assert!(Draws::new(&[4, 4, 4], 1).unwrap_err().to_string().contains("at least two blocks"));
        assert!(Draws::new(&[], 1).is_err());
    }
}
