//! Which rows of the training split weights train on, and which architecture steps read.

use std::sync::Arc;

use genomenas_plugin::message::{ArchData, Plan};
use genomenas_plugin::seed;

use crate::data::{BatchOrder, Partial};
use crate::error::{Error, Result};

/// Rows by their index in a split, in rising order.
pub(super) type Subset = Arc<[u32]>;

/// The rows of a training split, shared out between the two kinds of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// Rows that weights train on; all of the split where absent.
    pub(super) weights: Option<Subset>,
    /// Rows of the training split that architecture steps read; absent where they read none of it.
    pub(super) arch: Option<Subset>,
}

impl Partition {
    /// The partition that a plan asks for, of `train` training rows and `valid` rows of validation.
    ///
    /// It is drawn from the seed of the run and never from that of a trial: what the architecture steps of one trial
    /// read, the weights that the next one inherits have not seen. A smaller part is a part of a larger one.
    ///
    /// # Errors
    ///
    /// One of the kinds of steps would have too few rows for a batch.
    pub(super) fn new(plan: &Plan, data_seed: u64, train: usize, valid: usize) -> Result<Self> {
        let all = Self { weights: None, arch: None };
        let batch = plan.batch as usize;
        match plan.arch.as_ref().map(|arch| arch.data) {
            None => Ok(all),
            Some(ArchData::Valid) if valid >= batch => Ok(all),
            Some(ArchData::Valid) => Err(Error::input(format!(
                "architecture steps read the validation split, whose {valid} rows do not fill a batch of {batch}: take a batch of at most {valid}"
            ))),
            Some(ArchData::Train { part }) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0 < part < 1, so it lies in 0..=train"
                )]
                let count = ((train as f64 * part).round() as usize).min(train);
                if count < batch || train - count < batch {
                    return Err(Error::input(format!(
                        "architecture steps read {part} of the {train} training rows: that leaves {count} rows to them and {} to the weights, and a batch has {batch}; take a smaller batch or another part",
                        train - count
                    )));
                }
                let order = BatchOrder::shuffled(
                    seed::derive(data_seed, "rows of architecture steps", 0),
                    0,
                    train,
                    train,
                    Partial::Keep,
                )?;
                let (arch, weights) = order.step(0).unwrap_or_default().split_at(count);
                let sorted = |rows: &[u32]| {
                    let mut rows = rows.to_vec();
                    rows.sort_unstable();
                    Some(Subset::from(rows))
                };
                Ok(Self { weights: sorted(weights), arch: sorted(arch) })
            }
            Some(_) => Err(Error::input("this genomenas does not know this kind of architecture data: update it")),
        }
    }
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::{Arch, Optimizer, Order};
    use proptest::prelude::*;

    use super::*;

    fn plan(data: ArchData, batch: u32) -> Plan {
        let arch = Arch { optimizer: Optimizer::default(), clip: None, warm_up: 0, order: Order::First, data };
        Plan { arch: Some(arch), batch, ..Plan::default() }
    }

    proptest! {
        #[test]
        fn every_training_row_is_for_the_weights_or_for_the_architecture_and_none_for_both(
            seed: u64, train in 20_usize..300, part in 0.2..0.8_f64
        ) {
            let rows = Partition::new(&plan(ArchData::Train { part }, 2), seed, train, 0).unwrap();
            let (weights, arch) = (rows.weights.unwrap(), rows.arch.unwrap());
            let mut all = [&weights[..], &arch[..]].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..u32::try_from(train).unwrap()).collect::<Vec<_>>());
            prop_assert!((arch.len() as f64 - part * train as f64).abs() <= 0.5);
        }
    }

    #[test]
    fn the_rows_are_a_function_of_the_seed_and_a_smaller_part_lies_within_a_larger_one() {
        let arch = |seed, part| Partition::new(&plan(ArchData::Train { part }, 2), seed, 100, 0).unwrap().arch.unwrap();
        assert_eq!(arch(1, 0.5), arch(1, 0.5));
        assert_ne!(arch(1, 0.5), arch(2, 0.5));
        assert!(arch(1, 0.3).iter().all(|row| arch(1, 0.5).contains(row)));
    }

    #[test]
    fn too_few_rows_for_a_batch_are_refused_with_both_sizes() {
        let refused = |data, batch| Partition::new(&plan(data, batch), 1, 100, 30).unwrap_err().to_string();
        let few = refused(ArchData::Train { part: 0.2 }, 32);
        assert!(few.contains("20 rows") && few.contains("80") && few.contains("32"), "{few}");
        let few = refused(ArchData::Train { part: 0.8 }, 32);
        assert!(few.contains("80 rows") && few.contains("20") && few.contains("32"), "{few}");
        let few = refused(ArchData::Valid, 32);
        assert!(few.contains("30 rows") && few.contains("32"), "{few}");
    }

    #[test]
    fn weights_train_on_all_rows_where_the_architecture_reads_none_of_them() {
        let whole = Partition { weights: None, arch: None };
        assert_eq!(Partition::new(&Plan::default(), 1, 1000, 0).unwrap(), whole);
        assert_eq!(Partition::new(&plan(ArchData::Valid, 30), 1, 100, 30).unwrap(), whole);
    }
}
