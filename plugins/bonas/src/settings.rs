//! What a user can set, and what follows from it.

use genomenas_plugin::message::Schedule;
use genomenas_plugin::prelude::*;
use genomenas_plugin::settings::{RegularisationSettings, SgdSettings};

use crate::train::{Fitting, Loss};

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// How architectures are measured: as sub-networks of one supernet a round, or each trained by itself.
    #[parameter(default = "shared", one_of = ["shared", "alone"])]
    pub evaluation: String,
    /// What is predicted and ranked by, on the validation split; of the loss e^(−loss), so that more is better.
    #[parameter(default = "auprc", one_of = ["loss", "auroc", "auprc", "f1"])]
    pub metric: String,
    /// Random architectures at the beginning, in rounds of `bo_sample_num`.
    #[parameter(default = 10, minimum = 1, maximum = 100_000)]
    pub init_num: usize,
    /// Rounds whose architectures are chosen by what was measured before.
    #[parameter(default = 2, minimum = 0, maximum = 10_000)]
    pub iterations: usize,
    /// Architectures a round.
    #[parameter(default = 10, minimum = 1, maximum = 10_000)]
    pub bo_sample_num: usize,
    /// Candidates from which they are chosen; at least as many.
    #[parameter(default = 1000, minimum = 1, maximum = 100_000)]
    pub generate_num: usize,
    /// Where candidates come from: mutations of the best so far, or the whole space.
    #[parameter(default = "evolution", one_of = ["evolution", "random"])]
    pub candidates: String,
    /// What candidates are chosen by: the upper confidence bound of the score, or the expected improvement of its logit.
    #[parameter(default = "ucb", one_of = ["ucb", "ei"])]
    pub acquisition: String,
    /// Standard deviations that `ucb` adds to the expected score.
    #[parameter(default = 0.5, minimum = 0, maximum = 1000)]
    pub exploration: f64,
    /// Architectures, the best of all rounds, that share one more supernet at the end, so that their scores can be
    /// compared; 0 for none. Of no use where each is trained by itself.
    #[parameter(default = 0, minimum = 0, maximum = 10_000)]
    pub finalists: usize,
    /// Epochs of the graph network, which is trained anew each round.
    #[parameter(default = 100, minimum = 1, maximum = 100_000)]
    pub gcn_epochs: u32,
    /// Learning rate of Adam for the graph network.
    #[parameter(default = 1e-3, minimum = 0, maximum = 10)]
    pub gcn_lr: f64,
    /// What the squared error of a prediction is weighted by, for an observed score y: 1, ln(y+1), y, or e^(y−1).
    #[parameter(default = "exponential", one_of = ["mse", "logarithmic", "proportional", "exponential"])]
    pub gcn_loss: String,
    /// Which sub-network a step of the supernet trains: one drawn at random, or all in turn.
    #[parameter(default = "random", one_of = ["random", "cycle"])]
    pub mode: String,
    /// Training samples over which batch norms are computed anew for each sub-network, at most.
    #[parameter(default = 10_000, minimum = 0)]
    pub recalibrate_batch_norm: u32,
    /// Epochs of a supernet or a network at most, if its share of the budget lasts that long.
    #[parameter(default = 60, minimum = 1, acts_on = "training")]
    pub epochs: u32,
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub batch: u32,
    /// Steps an epoch at most; an epoch also ends when every row has been seen. As many batches are scored.
    #[parameter(default = 2000, minimum = 1, acts_on = "training")]
    pub steps_per_epoch: u32,
    /// The optimizers of the weights.
    #[parameter(
        flatten,
        cnn_learning_rate(about = "Learning rate of SGD at the start for all weights outside of recurrent cells; it \
            falls to 0 along a cosine."),
        rnn_learning_rate(
            default = 8,
            about = "Learning rate of SGD at the start for the weights of recurrent cells; it falls to 0 along a cosine."
        )
    )]
    pub sgd: SgdSettings,
    /// Clipping and dropout.
    #[parameter(flatten)]
    pub regularisation: RegularisationSettings,
}

impl Settings {
    /// Refuses settings that contradict each other.
    ///
    /// # Errors
    ///
    /// There are fewer candidates than architectures a round.
    pub fn check(&self) -> Result<()> {
        if self.generate_num < self.bo_sample_num {
            return Err(Error::invalid(format!(
                "parameter `generate_num`: expected at least `bo_sample_num` = {}, because that many architectures are chosen from so many candidates, got {}",
                self.bo_sample_num, self.generate_num
            )));
        }
        self.plan().validate()
    }

    /// Whether the architectures of a round share the weights of a supernet.
    pub fn shares_weights(&self) -> bool {
        self.evaluation == "shared"
    }

    /// What is ranked by.
    pub fn metric(&self) -> Result<Metric> {
        self.metric.parse()
    }

    /// How the graph network is trained.
    pub fn fitting(&self) -> Fitting {
        let loss = match self.gcn_loss.as_str() {
            "mse" => Loss::Mse,
            "logarithmic" => Loss::Logarithmic,
            "proportional" => Loss::Proportional,
            _ => Loss::Exponential,
        };
        Fitting { epochs: self.gcn_epochs, learning_rate: self.gcn_lr, loss }
    }

    /// How supernets and networks are trained.
    pub fn plan(&self) -> Plan {
        let sgd = self.sgd.plan(Schedule::Cosine { minimum: 0.0, every_step: true });
        Plan {
            epochs: self.epochs,
            steps_per_epoch: Some(self.steps_per_epoch),
            batch: self.batch,
            // The score of a supernet as a whole says nothing about its sub-networks.
            validation_batches: Some(if self.shares_weights() { 1 } else { self.steps_per_epoch }),
            ..self.regularisation.of(sgd)
        }
    }
}
