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
