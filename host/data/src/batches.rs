//! Which rows a training step reads: a pure function of seed, epoch and step.
//!
//! Nothing has to be saved to resume after an interruption: the order of an epoch follows from its number.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::error::{Error, Result};

/// What happens to the last batch of an epoch where the rows do not fill it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partial {
    /// It is left out: every batch has the full size.
    Drop,
    /// It is kept, smaller.
    Keep,
}

/// The batches of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOrder {
    rows: Vec<u32>,
    batch: usize,
    partial: Partial,
}

impl BatchOrder {
    /// All of `rows` rows in an order drawn from `seed` and `epoch`.
    ///
    /// A batch larger than the rows is refused with [`Partial::Drop`], which would leave nothing.
    pub fn shuffled(seed: u64, epoch: u64, rows: usize, batch: usize, partial: Partial) -> Result<Self> {
        let mut order = Self::in_order(rows, batch, partial)?;
        shuffle(&mut order.rows, seed, epoch);
        Ok(order)
    }

    /// All rows in the order of the store, as evaluation reads them.
    pub fn in_order(rows: usize, batch: usize, partial: Partial) -> Result<Self> {
        if batch == 0 {
            return Err(Error::input("a batch of 0 rows: give a batch size of at least 1"));
        }
        if partial == Partial::Drop && batch > rows {
            return Err(Error::input(format!(
                "a batch of {batch} rows is larger than the split, which has {rows}: give a batch size of at most {rows}"
            )));
        }
        let count =
            u32::try_from(rows).map_err(|_| Error::input(format!("{rows} rows: a split has at most {}", u32::MAX)))?;
        Ok(Self { rows: (0..count).collect(), batch, partial })
    }

    /// Steps in the epoch.
    pub fn steps(&self) -> usize {
        match self.partial {
            Partial::Drop => self.rows.len() / self.batch,
            Partial::Keep => self.rows.len().div_ceil(self.batch),
        }
    }

    /// The rows of one step; `None` after the last.
    pub fn step(&self, step: usize) -> Option<&[u32]> {
        let start = step.checked_mul(self.batch).filter(|_| step < self.steps())?;
        self.rows.get(start..(start + self.batch).min(self.rows.len()))
    }
}

/// The shuffle of Fisher and Yates. Written out, so that no version of a crate changes the order: it depends on the stream
/// of `ChaCha8` alone, which is fixed.
fn shuffle(rows: &mut [u32], seed: u64, epoch: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(epoch);
    for last in (1..rows.len()).rev() {
        rows.swap(last, below(&mut random, last + 1));
    }
}

/// A number below `bound`. Its bias is at most 2^-32, far too little to matter even in the largest split.
fn below(random: &mut impl Rng, bound: usize) -> usize {
    let scaled = u128::from(random.next_u64()) * bound as u128;
    usize::try_from(scaled >> 64).unwrap_or(0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The batches from step `first` on, as a training that resumes there asks for them.
    pub(crate) fn batches(order: &BatchOrder, first: usize) -> impl Iterator<Item = &[u32]> {
        (first..).map_while(|step| order.step(step))
    }

    proptest! {
        #[test]
        fn an_epoch_reads_every_row_once(seed: u64, epoch: u64, rows in 1usize..300, batch in 1usize..50) {
            let order = BatchOrder::shuffled(seed, epoch, rows, batch, Partial::Keep).unwrap();
            let mut all: Vec<u32> = batches(&order, 0).flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..u32::try_from(rows).unwrap()).collect::<Vec<_>>());
        }

        #[test]
        fn going_on_at_a_step_reads_what_was_left(seed: u64, first in 0usize..12) {
            let order = || BatchOrder::shuffled(seed, 3, 100, 10, Partial::Drop).unwrap();
            let whole = order();
            let rest: Vec<&[u32]> = batches(&whole, 0).skip(first).collect();
            let again = order();
            prop_assert_eq!(rest, batches(&again, first).collect::<Vec<_>>());
        }
    }

    #[test]
    fn seeds_and_epochs_have_orders_of_their_own() {
        let order = |seed, epoch| BatchOrder::shuffled(seed, epoch, 1000, 10, Partial::Drop).unwrap();
        assert_eq!(order(1, 1), order(1, 1));
        assert_ne!(order(1, 1), order(1, 2));
        assert_ne!(order(1, 1), order(2, 1));
    }

    /// A change here would change the result of every run that is resumed.
    #[test]
    fn the_order_of_a_seed_never_changes() {
        let order = BatchOrder::shuffled(7, 2, 10, 10, Partial::Drop).unwrap();
        assert_eq!(order.step(0), Some([5, 8, 6, 0, 7, 4, 2, 1, 9, 3].as_slice()));
    }

    #[test]
    fn a_partial_batch_is_dropped_or_kept() {
        let steps = |partial| {
            let order = BatchOrder::in_order(25, 10, partial).unwrap();
            batches(&order, 0).map(<[u32]>::len).collect::<Vec<_>>()
        };
        assert_eq!(steps(Partial::Drop), [10, 10]);
        assert_eq!(steps(Partial::Keep), [10, 10, 5]);
    }

    #[test]
    fn a_batch_larger_than_the_split_is_refused_with_both_sizes() {
        let error = BatchOrder::in_order(25, 32, Partial::Drop).unwrap_err().to_string();
        assert!(error.contains("32") && error.contains("25"), "{error}");
        assert!(BatchOrder::in_order(25, 0, Partial::Keep).is_err());
    }
}
