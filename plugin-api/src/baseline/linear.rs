//! How linear models are trained.

use crate::Parameters;
use crate::message::{DataInfo, Plan};

/// How a linear model is trained: to the optimum, by the strength of the L2 penalty that is best on the validation split.
/// What a linear baseline flattens into its own parameters.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct LinearSettings {
    /// Strength of the L2 penalty, 1/(C·rows) for the C of scikit-learn; where not set, the best on the validation split
    /// of 13 from 10 down to 0.00001, which are tried until two in a row are worse than the best.
    #[parameter(minimum = 0, maximum = 1e9, acts_on = "training")]
    pub l2: Option<f64>,
    /// Bases of training windows that it reads at most: of a larger training split a share of the rows is drawn.
    #[parameter(default = 25_000_000, minimum = 1, acts_on = "training")]
    pub bases: u64,
}

impl LinearSettings {
    /// The strengths of the penalty that are tried.
    const STRENGTHS: [f64; 13] = [10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5];
    /// Strengths worse than the best before the weaker ones are left out.
    const PATIENCE: u32 = 2;

    /// The plan for this data.
    pub fn plan(&self, data: &DataInfo) -> Plan {
        let plan = Plan::to_optimum(self.l2.map_or_else(|| Self::STRENGTHS.to_vec(), |l2| vec![l2]), Self::PATIENCE);
        let share = self.bases as f64 / (data.train_rows as f64 * data.length as f64);
        let subsample = (share < 1.0).then_some(share);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1 and at most the batch")]
        let fits = (data.train_rows as f64 * share.min(1.0)).clamp(1.0, f64::from(plan.batch)) as u32;
        // A batch is only how many rows are read at a time.
        Plan { batch: fits, subsample, ..plan }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Task;

    fn data(train_rows: u64) -> DataInfo {
        let (length, labels, task) = (200, 1, Task::MultiLabel);
        DataInfo { length, labels, task, train_rows, valid_rows: 10, reversible: true }
    }

    #[test]
    fn strengths_fall_and_one_that_is_set_stands_alone() {
        let plan = LinearSettings::default().plan(&data(1000));
        let strengths = plan.optimum.unwrap().l2;
        assert_eq!((plan.epochs, plan.batch, plan.subsample), (13, 100, None));
        assert!(strengths.windows(2).all(|pair| pair[0] > pair[1]));
        assert!((strengths[0] - 10.0).abs() < 1e-9 && (strengths[12] - 1e-5).abs() < 1e-12, "{strengths:?}");
        let set = LinearSettings { l2: Some(0.5), ..LinearSettings::default() }.plan(&data(1000));
        assert_eq!((set.epochs, set.optimum.unwrap().l2), (1, vec![0.5]));
    }

    #[test]
    fn a_large_training_split_is_read_in_part_and_a_small_one_in_small_batches() {
        let plan = |rows, bases| LinearSettings { bases, ..LinearSettings::default() }.plan(&data(rows));
        let large = plan(1_000_000, 25_000_000);
        assert_eq!((large.subsample, large.batch), (Some(0.125), 100));
        assert_eq!((plan(30, 25_000_000).batch, plan(100, 2000).batch), (30, 10));
    }
}
