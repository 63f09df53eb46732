//! Which rows of the training split weights train on, and which architecture steps read.

use std::sync::Arc;

use genomenas_data::{BatchOrder, Partial, StoreInfo};
use genomenas_plugin::message::{ArchData, Plan};
use genomenas_plugin::seed;

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

/// What a partition is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Available {
    /// Rows of the training split.
    pub(super) train: usize,
    /// Whether its second half holds the opposite strands of the first half: both strands of a place stay together.
    pub(super) both_strands: bool,
    /// Rows of the validation split.
    pub(super) valid: usize,
}

impl Available {
    /// What a store has.
    pub(super) fn of(info: &StoreInfo) -> Self {
        let rows = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        let both_strands = info.import.both_strands.train;
        Self { train: rows(info.rows.train), both_strands, valid: rows(info.rows.valid) }
    }

    /// Training rows that stay together.
    const fn strands(&self) -> usize {
        if self.both_strands { 2 } else { 1 }
    }

    /// So many rows as a share of `rows` is, both strands or none of a place.
    fn share(&self, rows: usize, share: f64) -> usize {
        let places = rows / self.strands();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 < share ≤ 1, so it lies in 0..=places"
        )]
        let count = (places as f64 * share).round() as usize;
        count.min(places) * self.strands()
    }

    /// Rows that a plan trains on.
    fn used(&self, plan: &Plan) -> usize {
        plan.subsample.map_or(self.train, |share| self.share(self.train, share))
    }

    /// The places of the training split in an order drawn from `seed`, each by the first of its rows.
    fn places(&self, seed: u64) -> Result<Vec<u32>> {
        let places = self.train / self.strands();
        let order = BatchOrder::shuffled(seed, 0, places, places.max(1), Partial::Keep)?;
        Ok(order.step(0).unwrap_or_default().to_vec())
    }

    /// The rows of places, in rising order.
    fn rows(&self, places: &[u32]) -> Subset {
        let opposite = u32::try_from(self.train / 2).unwrap_or(u32::MAX);
        let strands = if self.both_strands { &[0, opposite][..] } else { &[0] };
        let mut rows: Vec<u32> = strands.iter().flat_map(|by| places.iter().map(move |place| place + by)).collect();
        rows.sort_unstable();
        Subset::from(rows)
    }
}

/// Refuses a batch that the training rows which a plan uses cannot fill.
pub(super) fn check_batch(plan: &Plan, available: &Available) -> Result<()> {
    let (batch, rows, train) = (plan.batch as usize, available.used(plan), available.train);
    match plan.subsample {
        _ if batch <= rows => Ok(()),
        None => Err(Error::input(format!(
            "a batch of {batch} is larger than the training split of {train} rows: take at most {train}"
        ))),
        Some(share) => Err(Error::input(format!(
            "a batch of {batch} is larger than the share of {share} (subsample) of the {train} training rows, which is {rows}: take a smaller batch or a larger share"
        ))),
    }
}

impl Partition {
    /// The partition that a plan asks for, of the rows that there are.
    ///
    /// It is drawn from the seed of the run and never from that of a trial: what the architecture steps of one trial
    /// read, the weights that the next one inherits have not seen. A smaller part or share is a part of a larger one.
    ///
    /// # Errors
    ///
    /// One of the kinds of steps would have too few rows for a batch.
    pub(super) fn new(plan: &Plan, data_seed: u64, available: &Available) -> Result<Self> {
        check_batch(plan, available)?;
        let batch = plan.batch as usize;
        let of_seed = |name| available.places(seed::derive(data_seed, name, 0));
        let used = if plan.subsample.is_some() {
            let mut places = of_seed("rows of a share")?;
            places.truncate(available.used(plan) / available.strands());
            places.sort_unstable();
            Some(places)
        } else {
            None
        };
        let all = || Self { weights: used.as_ref().map(|places| available.rows(places)), arch: None };
        match plan.arch.as_ref().map(|arch| arch.data) {
            None => Ok(all()),
            Some(ArchData::Valid) if available.valid >= batch => Ok(all()),
            Some(ArchData::Valid) => {
                let valid = available.valid;
                Err(Error::input(format!(
                    "architecture steps read the validation split, whose {valid} rows do not fill a batch of {batch}: take a batch of at most {valid}"
                )))
            }
            Some(ArchData::Train { part }) => {
                let rows = available.used(plan);
                let count = available.share(rows, part);
                if count < batch || rows - count < batch {
                    return Err(Error::input(format!(
                        "architecture steps read {part} of the {rows} training rows: that leaves {count} rows to them and {} to the weights, and a batch has {batch}; take a smaller batch or another part",
                        rows - count
                    )));
                }
                let mut places = of_seed("rows of architecture steps")?;
                if let Some(used) = &used {
                    places.retain(|place| used.binary_search(place).is_ok());
                }
                let (arch, weights) = places.split_at(count / available.strands());
                Ok(Self { weights: Some(available.rows(weights)), arch: Some(available.rows(arch)) })
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

    fn rows(plan: &Plan, seed: u64, train: usize, valid: usize) -> Result<Partition> {
        Partition::new(plan, seed, &Available { train, both_strands: false, valid })
    }

    fn with_both_strands(plan: &Plan, seed: u64, train: usize) -> Partition {
        Partition::new(plan, seed, &Available { train, both_strands: true, valid: 0 }).unwrap()
    }

    /// A plan that trains on a share of the rows, and takes a part of them for architecture steps.
    fn share(share: f64, part: Option<f64>) -> Plan {
        let arch = part.and_then(|part| plan(ArchData::Train { part }, 2).arch);
        Plan { subsample: Some(share), arch, batch: 2, ..Plan::default() }
    }

    proptest! {
        #[test]
        fn every_training_row_is_for_the_weights_or_for_the_architecture_and_none_for_both(
            seed: u64, train in 20_usize..300, part in 0.2..0.8_f64
        ) {
            let rows = rows(&plan(ArchData::Train { part }, 2), seed, train, 0).unwrap();
            let (weights, arch) = (rows.weights.unwrap(), rows.arch.unwrap());
            let mut all = [&weights[..], &arch[..]].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..u32::try_from(train).unwrap()).collect::<Vec<_>>());
            prop_assert!((arch.len() as f64 - part * train as f64).abs() <= 0.5);
        }

        #[test]
        fn a_share_is_of_its_size_and_a_part_of_every_larger_one(
            seed: u64, train in 20_usize..300, small in 0.2..0.6_f64, more in 0.0..0.4_f64
        ) {
            let used = |share_of: f64| rows(&share(share_of, None), seed, train, 0).unwrap().weights.unwrap();
            let (small_rows, large_rows) = (used(small), used(small + more));
            prop_assert!((small_rows.len() as f64 - small * train as f64).abs() <= 0.5);
            prop_assert!(small_rows.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(small_rows.iter().all(|row| large_rows.contains(row) && (*row as usize) < train));
        }

        #[test]
        fn both_strands_of_a_place_are_used_together_and_on_the_same_side(
            seed: u64, places in 10_usize..150, share_of in 0.5..1.0_f64, part in 0.3..0.7_f64
        ) {
            let Partition { weights, arch } = with_both_strands(&share(share_of, Some(part)), seed, 2 * places);
            let (weights, arch) = (weights.unwrap(), arch.unwrap());
            for side in [&weights, &arch] {
                let (first, second) = side.split_at(side.len() / 2);
                let opposite: Vec<u32> = first.iter().map(|row| row + u32::try_from(places).unwrap()).collect();
                prop_assert_eq!(&opposite[..], second);
            }
            prop_assert!(arch.iter().all(|row| !weights.contains(row)));
            let used = with_both_strands(&share(share_of, None), seed, 2 * places).weights.unwrap();
            let mut all = [&weights[..], &arch[..]].concat();
            all.sort_unstable();
            prop_assert_eq!(&all[..], &used[..]);
        }
    }

    #[test]
    fn the_rows_are_a_function_of_the_seed_and_a_smaller_part_lies_within_a_larger_one() {
        let arch = |seed, part| rows(&plan(ArchData::Train { part }, 2), seed, 100, 0).unwrap().arch.unwrap();
        assert_eq!(arch(1, 0.5), arch(1, 0.5));
        assert_ne!(arch(1, 0.5), arch(2, 0.5));
        assert!(arch(1, 0.3).iter().all(|row| arch(1, 0.5).contains(row)));
    }

    #[test]
    fn a_share_is_drawn_from_the_seed_and_shared_out_between_weights_and_architecture() {
        let used = |seed| rows(&share(0.5, None), seed, 100, 0).unwrap().weights.unwrap();
        assert_ne!(used(1), used(2));
        let Partition { weights, arch } = rows(&share(0.5, Some(0.4)), 1, 100, 0).unwrap();
        let (weights, arch) = (weights.unwrap(), arch.unwrap());
        assert_eq!((weights.len(), arch.len()), (30, 20));
        assert!(weights.iter().chain(&*arch).all(|row| used(1).contains(row)));
    }

    /// A change here would change which rows every search that is gone on with reads.
    #[test]
    fn the_rows_of_a_seed_never_change() {
        let arch = rows(&plan(ArchData::Train { part: 0.5 }, 2), 4, 12, 0).unwrap().arch.unwrap();
        assert_eq!(arch[..], [0, 3, 4, 5, 9, 10]);
    }

    #[test]
    fn a_share_that_does_not_fill_a_batch_is_refused_with_both_sizes() {
        let few = rows(&Plan { batch: 32, ..share(0.25, None) }, 1, 100, 0).unwrap_err().to_string();
        assert!(few.contains("batch of 32") && few.contains("share of 0.25") && few.contains("which is 25"), "{few}");
        assert!(rows(&Plan { batch: 25, ..share(0.25, None) }, 1, 100, 0).is_ok());
        assert!(rows(&share(1e-9, None), 1, 100, 0).is_err());
    }

    #[test]
    fn too_few_rows_for_a_batch_are_refused_with_both_sizes() {
        let refused = |data, batch| rows(&plan(data, batch), 1, 100, 30).unwrap_err().to_string();
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
        assert_eq!(rows(&Plan::default(), 1, 1000, 0).unwrap(), whole);
        assert_eq!(rows(&plan(ArchData::Valid, 30), 1, 100, 30).unwrap(), whole);
    }
}
