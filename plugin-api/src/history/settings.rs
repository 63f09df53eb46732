//! The parameters that all strategies of this kind have, and the plan that they make.

use crate::Parameters;
use crate::message::{Clip, Optimizer, Plan};

/// How architectures are trained and ranked: what a strategy flattens into its own parameters.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct TrialSettings {
    /// Architectures to train, each for an equal share of the budget; a space of fewer ends the search earlier.
    #[parameter(default = 24, minimum = 1, maximum = 10_000)]
    pub trials: u64,
    /// What they are ranked by, on the validation split.
    #[parameter(default = "auprc", one_of = ["loss", "auroc", "auprc", "f1"])]
    pub metric: String,
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub batch: u32,
    /// Learning rate of Adam at the start; it falls to 0 along a cosine.
    #[parameter(default = 0.001, minimum = 0, maximum = 10, acts_on = "training")]
    pub learning_rate: f64,
    /// Epochs a trial at most, if its share of the budget lasts that long.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub epochs: u32,
    /// Steps an epoch at most; the whole training split where absent.
    #[parameter(minimum = 1, acts_on = "training")]
    pub steps_per_epoch: Option<u32>,
    /// Batches of the validation split to score after an epoch; all of them where absent.
    #[parameter(minimum = 1, acts_on = "training")]
    pub validation_batches: Option<u32>,
}

impl TrialSettings {
    /// The plan of every trial.
    pub(super) fn plan(&self) -> Plan {
        Plan {
            epochs: self.epochs,
            steps_per_epoch: self.steps_per_epoch,
            batch: self.batch,
            cnn: Optimizer::adam(self.learning_rate),
            clip: Clip::All { norm: 1.0 },
            validation_batches: self.validation_batches,
            ..Plan::default()
        }
    }
}
