//! How baselines are trained.

use crate::Parameters;
use crate::message::{EarlyStopping, Plan, Task};

/// What every paper names of the training: what a baseline flattens into its own parameters.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct BaselineSettings {
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub batch: u32,
    /// Epochs at most; training also stops after 5 epochs without a new best validation loss.
    #[parameter(default = 60, minimum = 1, acts_on = "training")]
    pub epochs: u32,
    /// Trains on a random strand of each window and scores the mean of both; where not set, for every task but classes,
    /// unless the data is of one strand.
    #[parameter(acts_on = "training")]
    pub both_strands: Option<bool>,
}

impl BaselineSettings {
    /// Whether the baseline sees both strands: as it is set, or else for every task but classes, which may depend on the
    /// strand (splice sites, the next nucleotide), of data that is `reversible`
    /// ([`DataInfo::reversible`](crate::message::DataInfo)).
    pub fn sees_both_strands(&self, task: Task, reversible: bool) -> bool {
        self.both_strands.unwrap_or(reversible && task != Task::MultiClass)
    }

    /// A plan that ends after `patience` epochs without a new best validation loss, and sees one strand or both, in
    /// training and in scores.
    pub fn plan(&self, patience: u32, both_strands: bool) -> Plan {
        Plan {
            epochs: self.epochs,
            batch: self.batch,
            early_stopping: Some(EarlyStopping { patience, minimum_improvement: 0.0 }),
            reverse_complement: both_strands,
            average_strands: both_strands,
            ..Plan::default()
        }
    }
}
