//! What a user can set, and the plan of a training that follows.

use genomenas_plugin::message::{Horizon, Schedule};
use genomenas_plugin::prelude::*;
use genomenas_plugin::settings::RegularisationSettings;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Options of a cell that the first supernet has, drawn at random; all of them where a cell has fewer.
    #[parameter(default = 108, minimum = 1)]
    pub operations: usize,
    /// Options of a cell that a round puts to the test. All of them go but the one whose removal hurts most.
    #[parameter(default = 4, minimum = 2, maximum = 10_000)]
    pub candidates: usize,
    /// Whether one option of each cell is taken away at a time, so that the cells are judged together, or one of one
    /// cell only.
    #[parameter(default = true)]
    pub jointly: bool,
    /// What tells how much a removal hurts, on the validation split.
    #[parameter(default = "loss", one_of = ["loss", "auroc", "auprc", "f1"])]
    pub metric: String,
    /// Training samples over which the statistics of batch norms are computed anew before a mask is scored; 0 keeps
    /// those of training. A small budget lowers it.
    #[parameter(default = 10_000, minimum = 0)]
    pub recalibration: u32,
    /// Epochs of the first supernet, before anything is scored.
    #[parameter(default = 5, minimum = 1)]
    pub pretrain_epochs: u32,
    /// Epochs after which the learning rates of the first supernet would have fallen to 0.
    #[parameter(default = 60, minimum = 1)]
    pub schedule_epochs: u32,
    /// Epochs of what is left, after each round.
    #[parameter(default = 1, minimum = 1, acts_on = "training")]
    pub epochs: u32,
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub batch: u32,
    /// Steps an epoch at most; an epoch also ends when every row has been seen. As many batches are scored after it,
    /// and of a mask.
    #[parameter(default = 2000, minimum = 1, acts_on = "training")]
    pub steps_per_epoch: u32,
    /// Learning rate of SGD for all weights outside of recurrent cells, at the start of the first supernet.
    #[parameter(default = 0.025, minimum = 0, maximum = 1000, acts_on = "training")]
    pub cnn_learning_rate: f64,
    /// How much lower that rate begins in each round.
    #[parameter(default = 2e-4, minimum = 0, maximum = 1000, acts_on = "training")]
    pub cnn_decay: f64,
    /// L2 penalty of the weights outside of recurrent cells.
    #[parameter(default = 3e-4, minimum = 0, maximum = 1000, acts_on = "training")]
    pub cnn_weight_decay: f64,
    /// Momentum of SGD for the weights outside of recurrent cells; recurrent cells have none.
    #[parameter(default = 0.9, minimum = 0, maximum = 0.9999, acts_on = "training")]
    pub momentum: f64,
    /// Learning rate of SGD for the weights of recurrent cells, at the start of the first supernet.
    #[parameter(default = 2, minimum = 0, maximum = 1000, acts_on = "training")]
    pub rnn_learning_rate: f64,
    /// How much lower that rate begins in each round.
    #[parameter(default = 0.1, minimum = 0, maximum = 1000, acts_on = "training")]
    pub rnn_decay: f64,
    /// L2 penalty of the weights of recurrent cells.
    #[parameter(default = 5e-7, minimum = 0, maximum = 1000, acts_on = "training")]
    pub rnn_weight_decay: f64,
    /// The part of each learning rate below which no round begins.
    #[parameter(default = 0.1, minimum = 1e-6, maximum = 1, acts_on = "training")]
    pub learning_rate_floor: f64,
    /// Where the cosine of both learning rates ends.
    #[parameter(default = 0, minimum = 0, maximum = 1000, acts_on = "training")]
    pub learning_rate_min: f64,
    /// Clipping and dropout.
    #[parameter(flatten)]
    pub regularisation: RegularisationSettings,
    /// Factor of the slowness regulariser of highway cells.
    #[parameter(default = 1e-3, minimum = 0, maximum = 1000, acts_on = "training")]
    pub slowness: f64,
}

impl Settings {
    /// Epochs of the training after this number of rounds.
    pub(crate) const fn epochs_after(&self, rounds: u32) -> u32 {
        if rounds == 0 { self.pretrain_epochs } else { self.epochs }
    }

    /// The plan of the training after this number of rounds; after 0 it is the first supernet.
    pub(crate) fn plan(&self, rounds: u32, validation_batches: u32) -> Plan {
        let schedule = Schedule::Cosine { minimum: self.learning_rate_min, every_step: false };
        let sgd = |base: f64, decay: f64, weight_decay, momentum| {
            let learning_rate = (base - decay * f64::from(rounds)).max(base * self.learning_rate_floor);
            Optimizer { weight_decay, schedule, ..Optimizer::sgd(learning_rate, momentum) }
        };
        let first = Horizon::Epochs { epochs: self.schedule_epochs.max(self.pretrain_epochs) };
        Plan {
            epochs: self.epochs_after(rounds),
            steps_per_epoch: Some(self.steps_per_epoch),
            batch: self.batch,
            cnn: sgd(self.cnn_learning_rate, self.cnn_decay, self.cnn_weight_decay, self.momentum),
            rnn: Some(sgd(self.rnn_learning_rate, self.rnn_decay, self.rnn_weight_decay, 0.0)),
            slowness: self.slowness,
            validation_batches: Some(validation_batches),
            // Without one, the schedule of a round runs over that round alone.
            horizon: (rounds == 0).then_some(first),
            ..self.regularisation.of(Plan::default())
        }
    }
}
