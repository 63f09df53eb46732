//! What the checks know of the data, and how many of its rows a plan uses.

use crate::message::{ArchData, DataInfo, Plan};
use crate::{Error, Result};

/// What the checks know of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// What strategies know of it.
    pub info: DataInfo,
    /// Whether the second half of the training split holds the other strands of the first half: both strands of a place
    /// then stay together.
    pub both_strands: bool,
    /// Whether the class of a window is the base after it, which a shifted window is not followed by.
    pub next_nucleotide: bool,
}

/// How many rows of the training split a plan uses, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRows {
    /// All that it uses.
    pub used: u64,
    /// Those of them that architecture steps read.
    pub arch: u64,
    /// Those that weights train on.
    pub weights: u64,
}

impl Data {
    /// Rows of the training split that stay together.
    pub const fn rows_a_place(&self) -> u64 {
        if self.both_strands { 2 } else { 1 }
    }

    /// A share of `rows` rows of the training split: both strands or none of a place.
    fn share(&self, rows: u64, share: f64) -> u64 {
        let places = rows / self.rows_a_place();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 < share ≤ 1")]
        let count = (places as f64 * share).round() as u64;
        count.min(places) * self.rows_a_place()
    }

    /// Rows of the training split that a plan uses.
    pub(super) fn used(&self, plan: &Plan) -> u64 {
        plan.subsample.map_or(self.info.train_rows, |share| self.share(self.info.train_rows, share))
    }
}

impl PlanRows {
    /// The rows of a plan.
    ///
    /// # Errors
    ///
    /// The rows of weight steps or of architecture steps do not fill a batch.
    pub fn new(plan: &Plan, data: &Data) -> Result<Self> {
        check_batch(plan, data)?;
        let (batch, used) = (u64::from(plan.batch), data.used(plan));
        let (arch, weights) = match plan.arch.as_ref().map(|arch| arch.data) {
            Some(ArchData::Train { part }) => {
                let arch = data.share(used, part);
                let weights = used - arch;
                if arch < batch || weights < batch {
                    return Err(Error::invalid(format!(
                        "architecture steps read {part} of the {used} training rows: that leaves {arch} rows to them and {weights} to the weights, and a batch has {batch}; take a smaller batch or another part"
                    )));
                }
                (arch, weights)
            }
            Some(ArchData::Valid) if data.info.valid_rows < batch => {
                let valid = data.info.valid_rows;
                return Err(Error::invalid(format!(
                    "architecture steps read the validation split, whose {valid} rows do not fill a batch of {batch}: take a batch of at most {valid}"
                )));
            }
            Some(ArchData::Valid) | None => (0, used),
        };
        Ok(Self { used, arch, weights })
    }
}

/// Refuses a batch that the training rows which a plan uses cannot fill.
pub(super) fn check_batch(plan: &Plan, data: &Data) -> Result<()> {
    let (batch, used, train) = (u64::from(plan.batch), data.used(plan), data.info.train_rows);
    match plan.subsample {
        _ if batch <= used => Ok(()),
        None => Err(Error::invalid(format!(
            "a batch of {batch} is larger than the training split of {train} rows: take at most {train}"
        ))),
        Some(share) => Err(Error::invalid(format!(
            "a batch of {batch} is larger than the share of {share} (subsample) of the {train} training rows, which is {used}: take a smaller batch or a larger share"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Arch, Optimizer, Order, Task};

    fn data(train_rows: u64, both_strands: bool) -> Data {
        let (task, valid_rows, reversible) = (Task::MultiLabel, 30, true);
        let info = DataInfo { length: 50, labels: 2, task, train_rows, valid_rows, reversible };
        Data { info, both_strands, next_nucleotide: false }
    }

    fn plan(subsample: Option<f64>, arch: Option<ArchData>, batch: u32) -> Plan {
        let arch = arch.map(|data| {
            let (optimizer, order) = (Optimizer::default(), Order::First);
            Arch { optimizer, clip: None, warm_up: 0, order, data }
        });
        Plan { batch, arch, subsample, ..Plan::default() }
    }

    const fn part(part: f64) -> ArchData {
        ArchData::Train { part }
    }

    #[test]
    fn a_share_is_shared_out_between_weights_and_architecture() {
        let rows = |plan: &Plan, both_strands| PlanRows::new(plan, &data(1005, both_strands)).unwrap();
        assert_eq!(rows(&plan(None, None, 10), false), PlanRows { used: 1005, arch: 0, weights: 1005 });
        assert_eq!(rows(&plan(Some(0.5), Some(part(0.4)), 10), false), PlanRows { used: 503, arch: 201, weights: 302 });
        assert_eq!(rows(&plan(None, Some(ArchData::Valid), 10), false).weights, 1005);
        // Of 502 windows 251, of which architecture steps read 100, each of two rows.
        assert_eq!(rows(&plan(Some(0.5), Some(part(0.4)), 10), true), PlanRows { used: 502, arch: 200, weights: 302 });
    }

    #[test]
    fn a_batch_that_the_rows_do_not_fill_is_refused_with_both_sizes() {
        let refused = |plan: &Plan, train| PlanRows::new(plan, &data(train, false)).unwrap_err().message;
        assert!(PlanRows::new(&plan(Some(0.5), None, 503), &data(1005, false)).is_ok());
        let few = refused(&plan(Some(0.5), None, 504), 1005);
        assert!(few.contains("batch of 504") && few.contains("share of 0.5") && few.contains("which is 503"), "{few}");
        assert!(refused(&plan(None, None, 101), 100).contains("training split of 100 rows"));
        assert!(
            refused(&plan(Some(0.5), Some(part(0.4)), 202), 1005).contains("201 rows to them and 302 to the weights")
        );
        let few = refused(&plan(None, Some(part(0.2)), 32), 100);
        assert!(few.contains("20 rows") && few.contains("80") && few.contains("32"), "{few}");
        let few = refused(&plan(None, Some(part(0.8)), 32), 100);
        assert!(few.contains("80 rows") && few.contains("20") && few.contains("32"), "{few}");
        let few = refused(&plan(None, Some(ArchData::Valid), 32), 100);
        assert!(few.contains("30 rows") && few.contains("32"), "{few}");
        assert!(PlanRows::new(&plan(Some(1e-9), None, 2), &data(100, false)).is_err());
    }
}
