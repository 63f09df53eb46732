//! The settings that all strategies of the DARTS family have, and the plan that they make.

use crate::Parameters;
use crate::message::{Algorithm, Arch, ArchData, Optimizer, Order, Plan, Schedule};
use crate::settings::{RegularisationSettings, SgdSettings};

/// How supernets are trained: what a strategy flattens into its own parameters. Defaults are those of genomeNAS.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct SupernetSettings {
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub batch: u32,
    /// Steps an epoch at most; an epoch also ends when every row has been seen. As many batches are scored
    /// after it.
    #[parameter(default = 2000, minimum = 1, acts_on = "training")]
    pub steps_per_epoch: u32,
    /// The optimizers of the weights.
    #[parameter(flatten)]
    pub sgd: SgdSettings,
    /// Where the cosine of both learning rates ends.
    #[parameter(default = 0.0, minimum = 0, maximum = 1000, acts_on = "training")]
    pub learning_rate_min: f64,
    /// Clipping and dropout.
    #[parameter(flatten)]
    pub regularisation: RegularisationSettings,
    /// Factor of the slowness regulariser of highway cells.
    #[parameter(default = 1e-3, minimum = 0, maximum = 1000, acts_on = "training")]
    pub slowness: f64,
    /// Learning rate of Adam for the alphas.
    #[parameter(default = 6e-4, minimum = 0, maximum = 1000)]
    pub arch_learning_rate: f64,
    /// L2 penalty of the alphas.
    #[parameter(default = 1e-3, minimum = 0, maximum = 1000)]
    pub arch_weight_decay: f64,
    /// β₁ of Adam for the alphas; β₂ is 0.999.
    #[parameter(default = 0.5, minimum = 0, maximum = 0.9999)]
    pub arch_beta1: f64,
    /// What alphas learn from: half of the training split, which weights then never see, or the validation
    /// split, whose scores are then no longer of unseen data.
    #[parameter(default = "train", one_of = ["train", "valid"])]
    pub arch_data: String,
}

impl SupernetSettings {
    /// The plan of a supernet of `epochs` epochs, of which the first `warm_up` train weights only. The alphas learn by
    /// `order`, their gradient clipped at `arch_clip`.
    pub fn plan(&self, epochs: u32, warm_up: u32, order: Order, arch_clip: Option<f64>) -> Plan {
        let arch = Arch {
            optimizer: Optimizer {
                algorithm: Algorithm::Adam { beta1: self.arch_beta1, beta2: 0.999, epsilon: 1e-8 },
                learning_rate: self.arch_learning_rate,
                weight_decay: self.arch_weight_decay,
                schedule: Schedule::Constant,
            },
            clip: arch_clip,
            warm_up,
            order,
            data: if self.arch_data == "valid" { ArchData::Valid } else { ArchData::default() },
        };
        let schedule = Schedule::Cosine { minimum: self.learning_rate_min, every_step: false };
        Plan {
            epochs,
            steps_per_epoch: Some(self.steps_per_epoch),
            batch: self.batch,
            arch: Some(arch),
            slowness: self.slowness,
            validation_batches: Some(self.steps_per_epoch),
            ..self.regularisation.of(self.sgd.plan(schedule))
        }
    }
}
