//! Architecture steps: they train the alphas of a supernet, and change nothing else.

use genomenas_plugin::message::{Arch, Order, Plan};

use super::optimizer::{Clipped, Optimizer, SchedulePoint};
use super::passes::{GradientTargets, Passes};
use super::progress::ScheduleProgress;
use super::unrolled;
use crate::error::{Error, Result};
use crate::net::{Mode, Net};
use crate::tensor::loader::Batch;

/// The architecture steps of a training.
#[derive(Debug)]
pub(super) struct ArchSteps {
    settings: Arch,
    /// The optimizer of the alphas.
    pub(super) optimizer: Optimizer,
}

/// Where a training stands before one of its steps.
#[derive(Clone, Debug)]
pub(super) struct StepContext {
    /// The mode of the weight step's pass; the architecture step has the same blend.
    pub(super) mode: Mode,
    /// Where the schedules stand.
    pub(super) schedule: SchedulePoint,
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
    pub(super) fn begun(&self, progress: &ScheduleProgress) -> bool {
        let warm_up = self.settings.warm_up;
        progress.epochs >= warm_up || progress.spent >= f64::from(warm_up) / f64::from(progress.of)
    }

    /// Step `number` of the optimizer (from 0) on `batch`; the weight step that follows is on `train`, by `weights`.
    /// Returns how many batches it took gradients of.
    pub(super) fn step(
        &mut self,
        passes: &mut Passes<'_>,
        number: u64,
        context: &StepContext,
        batch: &Batch,
        (weights, train): (&Optimizer, &Batch),
    ) -> Result<u64> {
        let gradient = match self.settings.order {
            Order::First => self.first_order(passes, batch)?,
            Order::Second { weight_decay } => {
                let rates = weights.rates(context.schedule);
                let gradient = unrolled::gradient(passes, weights, &rates, weight_decay, batch, train)?;
                self.optimizer.clipped(vec![gradient])?
            }
            _ => return Err(unknown_order()),
        };
        self.optimizer.update(passes.net, gradient, number + 1, context.schedule)?;
        Ok(passes.count)
    }

    fn first_order(&self, passes: &mut Passes<'_>, batch: &Batch) -> Result<Clipped> {
        passes.backward(batch, GradientTargets { weights: false, alphas: true })?;
        self.optimizer.take_gradients(&mut passes.net.weights)
    }
}

fn unknown_order() -> Error {
    Error::input("this genomenas does not know this order of architecture steps: update it")
}
