//! The rows of the training split that weight steps and architecture steps read.

use std::sync::Arc;

use genomenas_data::{BatchOrder, Partial};
use genomenas_plugin::engine::{Data, PlanRows};
use genomenas_plugin::message::Plan;
use genomenas_plugin::seed;

use crate::error::Result;

/// Rows by their index in a split, in rising order.
pub(super) type Subset = Arc<[u32]>;

/// The rows of a training split, divided between the two kinds of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// Rows that weights train on; all of the split where absent.
    pub(super) weights: Option<Subset>,
    /// Rows of the training split that architecture steps read; absent where they read none of it.
    pub(super) arch: Option<Subset>,
}

/// The places of a training split in an order drawn from `seed`, each by the first of its rows.
fn places(data: &Data, seed: u64) -> Result<Vec<u32>> {
    let places = usize::try_from(data.info.train_rows / data.rows_a_place()).unwrap_or(usize::MAX);
    let order = BatchOrder::shuffled(seed, 0, places, places.max(1), Partial::Keep)?;
    Ok(order.step(0).unwrap_or_default().to_vec())
}

/// The rows of places, in rising order.
fn rows_of(data: &Data, places: &[u32]) -> Subset {
    let opposite = u32::try_from(data.info.train_rows / 2).unwrap_or(u32::MAX);
    let strands = if data.both_strands { &[0, opposite][..] } else { &[0] };
    let mut rows: Vec<u32> = strands.iter().flat_map(|by| places.iter().map(move |place| place + by)).collect();
    rows.sort_unstable();
    Subset::from(rows)
}

impl Partition {
    /// The partition that a plan asks for, which uses this many `rows` of the data.
    ///
    /// It is drawn from the seed of the run and never from that of a trial: what the architecture steps of one trial
    /// read, the weights that the next one inherits have not seen. A smaller part or share is a part of a larger one.
    pub(super) fn new(plan: &Plan, rows: &PlanRows, data_seed: u64, data: &Data) -> Result<Self> {
        let of_seed = |name| places(data, seed::derive(data_seed, name, 0));
        let count = |rows: u64| usize::try_from(rows / data.rows_a_place()).unwrap_or(usize::MAX);
        let used = if plan.subsample.is_some() {
            let mut places = of_seed("rows of a share")?;
            places.truncate(count(rows.used));
            places.sort_unstable();
            Some(places)
        } else {
            None
        };
        if rows.arch == 0 {
            return Ok(Self { weights: used.map(|places| rows_of(data, &places)), arch: None });
        }
        let mut places = of_seed("rows of architecture steps")?;
        if let Some(used) = &used {
            places.retain(|place| used.binary_search(place).is_ok());
        }
        let (arch, weights) = places.split_at(count(rows.arch));
        Ok(Self { weights: Some(rows_of(data, weights)), arch: Some(rows_of(data, arch)) })
    }
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::{Arch, ArchData, DataInfo, Optimizer, Order, Task};
    use proptest::prelude::*;

    use super::*;

    fn plan(data: ArchData, batch: u32) -> Plan {
        let arch = Arch { optimizer: Optimizer::default(), clip: None, warm_up: 0, order: Order::First, data };
        Plan { arch: Some(arch), batch, ..Plan::default() }
    }

    fn partition(plan: &Plan, seed: u64, train: usize, both_strands: bool) -> Partition {
        let (train_rows, valid_rows, reversible) = (u64::try_from(train).unwrap(), 30, true);
        let info = DataInfo { length: 50, labels: 1, task: Task::MultiLabel, train_rows, valid_rows, reversible };
        let data = Data { info, both_strands, next_nucleotide: false };
        Partition::new(plan, &PlanRows::new(plan, &data).unwrap(), seed, &data).unwrap()
    }

    fn rows(plan: &Plan, seed: u64, train: usize) -> Partition {
        partition(plan, seed, train, false)
    }

    fn with_both_strands(plan: &Plan, seed: u64, train: usize) -> Partition {
        partition(plan, seed, train, true)
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
            let rows = rows(&plan(ArchData::Train { part }, 2), seed, train);
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
            let used = |share_of: f64| rows(&share(share_of, None), seed, train).weights.unwrap();
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
        let arch = |seed, part| rows(&plan(ArchData::Train { part }, 2), seed, 100).arch.unwrap();
        assert_eq!(arch(1, 0.5), arch(1, 0.5));
        assert_ne!(arch(1, 0.5), arch(2, 0.5));
        assert!(arch(1, 0.3).iter().all(|row| arch(1, 0.5).contains(row)));
    }

    #[test]
    fn a_share_is_drawn_from_the_seed_and_shared_out_between_weights_and_architecture() {
        let used = |seed| rows(&share(0.5, None), seed, 100).weights.unwrap();
        assert_ne!(used(1), used(2));
        let Partition { weights, arch } = rows(&share(0.5, Some(0.4)), 1, 100);
        let (weights, arch) = (weights.unwrap(), arch.unwrap());
        assert_eq!((weights.len(), arch.len()), (30, 20));
        assert!(weights.iter().chain(&*arch).all(|row| used(1).contains(row)));
    }

    /// A change here would change which rows every search that is gone on with reads.
    #[test]
    fn the_rows_of_a_seed_never_change() {
        let arch = rows(&plan(ArchData::Train { part: 0.5 }, 2), 4, 12).arch.unwrap();
        assert_eq!(arch[..], [0, 3, 4, 5, 9, 10]);
    }

    #[test]
    fn weights_train_on_all_rows_where_the_architecture_reads_none_of_them() {
        let whole = Partition { weights: None, arch: None };
        assert_eq!(rows(&Plan::default(), 1, 1000), whole);
        assert_eq!(rows(&plan(ArchData::Valid, 30), 1, 100), whole);
    }
}
