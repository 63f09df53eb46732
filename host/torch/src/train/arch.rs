//! Architecture steps: they train the alphas of a supernet, and change nothing else.

use genomenas_plugin::message::{Arch, Order, Plan};
use genomenas_plugin::seed;
use tch::Tensor;

use super::feed::{Batch, Feed};
use super::job::Job;
use super::objective::Objective;
use super::optimizer::{Clipped, Optimizer, Progress};
use super::partition::Partition;
use super::position::Course;
use super::unrolled;
use crate::error::{Error, Result};
use crate::net::weights::{Part, WEIGHTS};
use crate::net::{Mode, Net};

/// The architecture steps of a training.
#[derive(Debug)]
pub(super) struct ArchSteps {
    settings: Arch,
    /// Of the alphas.
    pub(super) optimizer: Optimizer,
}

/// Where a training stands before one of its steps.
#[derive(Clone, Debug)]
pub(super) struct At {
    /// How the weight step passes through the network; the architecture step does so under the same blend.
    pub(super) mode: Mode,
    /// Finished epochs, for schedules.
    pub(super) epoch: u32,
    /// The finished part of the training.
    pub(super) progress: Progress,
}

impl ArchSteps {
    /// The architecture steps of a plan, if it has any.
    pub(super) fn new(plan: &Plan, net: &Net) -> Result<Option<Self>> {
        let of = |settings: &Arch| {
            Ok(Self { settings: settings.clone(), optimizer: Optimizer::of_alphas(settings, &net.weights)? })
        };
        plan.arch.as_ref().map(of).transpose()
    }

    /// Whether the warm-up is over.
    pub(super) fn begun(&self, course: &Course) -> bool {
        let warm_up = self.settings.warm_up;
        course.epochs >= warm_up || course.spent >= f64::from(warm_up) / f64::from(course.of)
    }

    /// The batches of architecture steps from step `first` on.
    pub(super) fn feed(job: &Job, partition: &Partition, first: u64) -> Result<Feed> {
        Feed::arch(job, partition.arch.as_ref(), first)
    }

    /// Step `number` of the optimizer (from 0) on `batch`. The weight step that follows will be on `train`, by `weights`. Gives how many
    /// batches it took gradients of.
    pub(super) fn step(
        &mut self,
        passes: &mut Passes<'_>,
        number: u64,
        at: &At,
        batch: &Batch,
        (weights, train): (&Optimizer, &Batch),
    ) -> Result<u64> {
        let gradient = match self.settings.order {
            Order::First => self.first_order(passes, batch)?,
            Order::Second { weight_decay } => {
                let rates = weights.rates(at.epoch, at.progress);
                let gradient = unrolled::gradient(passes, weights, &rates, weight_decay, batch, train)?;
                self.optimizer.clipped(vec![gradient])?
            }
            _ => return Err(unknown_order()),
        };
        self.optimizer.update(&mut passes.net.weights, gradient, number + 1, at.epoch, at.progress)?;
        Ok(passes.count)
    }

    fn first_order(&self, passes: &mut Passes<'_>, batch: &Batch) -> Result<Clipped> {
        passes.backward(batch, Of { weights: false, alphas: true })?;
        self.optimizer.take_gradients(&mut passes.net.weights)
    }
}

fn unknown_order() -> Error {
    Error::input("this genomenas does not know this order of architecture steps: update it")
}

/// Passes through a network in training mode, forward and backward, each with the same dropout masks; none of them
/// moves a running statistic, and what they lower has no regularisers.
#[derive(Debug)]
pub(super) struct Passes<'a> {
    /// The network.
    pub(super) net: &'a mut Net,
    objective: &'a Objective,
    mode: Mode,
    seed: i64,
    /// How many there were.
    count: u64,
}

/// What a pass takes the gradient of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    pub(super) weights: bool,
    pub(super) alphas: bool,
}

impl<'a> Passes<'a> {
    /// The passes of architecture step `number` of a training of this seed.
    pub(super) fn new(net: &'a mut Net, objective: &'a Objective, mode: &Mode, job_seed: u64, number: u64) -> Self {
        let seed = i64::try_from(seed::derive(job_seed, "architecture step", number)).unwrap_or(i64::MAX);
        let mode = Mode { train: true, track: false, keep_hidden: false, ..mode.clone() };
        Self { net, objective, mode, seed, count: 0 }
    }

    /// Leaves the gradients of the mean loss of a batch with the network's weights.
    pub(super) fn backward(&mut self, (inputs, targets): &Batch, of: Of) -> Result<()> {
        for part in WEIGHTS {
            self.net.weights.require_gradients(part, of.weights)?;
        }
        self.mode.learn_alphas = of.alphas;
        tch::manual_seed(self.seed);
        let logits = self.net.forward(inputs, &self.mode)?.logits;
        let loss = self.objective.mean(&logits, targets)?;
        // Where nothing that is asked for has a part in the loss, its gradient is zero.
        if loss.requires_grad() {
            loss.f_backward()?;
        }
        for part in WEIGHTS {
            self.net.weights.require_gradients(part, true)?;
        }
        self.count += 1;
        Ok(())
    }

    /// Takes the gradient that a pass left with the alphas.
    pub(super) fn take_alphas(&mut self) -> Result<Tensor> {
        self.net.weights.take_gradients(Part::Arch)
    }
}
