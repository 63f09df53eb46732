//! The parameters that all strategies of this kind have, and the plan that they make.

use super::Resource;
use crate::Parameters;
use crate::message::{Clip, Optimizer, Plan, Schedule};

/// How architectures are trained and ranked: what a strategy flattens into its own parameters.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct HalvingSettings {
    /// What architectures are ranked by: the score of their last epoch on the validation split.
    #[parameter(default = "auprc", one_of = ["loss", "auroc", "auprc", "f1"])]
    pub metric: String,
    /// What architectures are given more and more of: the unit of the run's budget, training samples, or
    /// epochs.
    #[parameter(default = "budget", one_of = ["budget", "samples", "epochs"])]
    pub resource: String,
    /// The smallest amount of the resource that is given; with 0 as much as the budget allows, or one epoch.
    #[parameter(default = 0, minimum = 0, maximum = 1_000_000_000_000_000)]
    pub minimum: u64,
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub batch: u32,
    /// Steps an epoch at most; the whole training split where absent.
    #[parameter(minimum = 1, acts_on = "training")]
    pub steps_per_epoch: Option<u32>,
    /// Batches of the validation split to score after an epoch; all of them where absent.
    #[parameter(minimum = 1, acts_on = "training")]
    pub validation_batches: Option<u32>,
    /// `adam` for all weights, or SGD with the settings of genomeNAS.
    #[parameter(default = "adam", one_of = ["adam", "sgd"], acts_on = "training")]
    pub optimizer: String,
    /// Learning rate of Adam at the start; it falls to 0 along a cosine over the way to the top.
    #[parameter(default = 0.001, minimum = 0, maximum = 10, acts_on = "training")]
    pub learning_rate: f64,
    /// Learning rate of SGD at the start outside of recurrent cells; it falls likewise.
    #[parameter(default = 0.025, minimum = 0, maximum = 1000, acts_on = "training")]
    pub cnn_learning_rate: f64,
    /// Learning rate of SGD at the start in recurrent cells; it falls likewise.
    #[parameter(default = 2, minimum = 0, maximum = 1000, acts_on = "training")]
    pub rnn_learning_rate: f64,
}

impl HalvingSettings {
    /// The plan of every trial, but for its length.
    pub(super) fn plan(&self, resource: Resource) -> Plan {
        let plan = Plan {
            steps_per_epoch: self.steps_per_epoch,
            batch: self.batch,
            validation_batches: self.validation_batches,
            ..Plan::default()
        };
        if self.optimizer != "sgd" {
            let cnn = Optimizer::adam(self.learning_rate);
            return Plan { cnn, clip: Clip::All { norm: 1.0 }, ..plan };
        }
        // Between epochs as in genomeNAS, unless a rung may be shorter than an epoch.
        let schedule = Schedule::Cosine { minimum: 0.0, every_step: resource != Resource::Epochs };
        Plan {
            cnn: Optimizer { weight_decay: 3e-4, schedule, ..Optimizer::sgd(self.cnn_learning_rate, 0.9) },
            rnn: Some(Optimizer { weight_decay: 5e-7, schedule, ..Optimizer::sgd(self.rnn_learning_rate, 0.0) }),
            clip: Clip::All { norm: 0.25 },
            slowness: 1e-3,
            ..plan
        }
    }
}
