//! Optimizers over flat weights. Their state is ours, so that a checkpoint can hold it.

mod clip;
mod part;
mod schedule;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use genomenas_plugin::engine::Naming;
use genomenas_plugin::message::{Arch, Clip, Plan};
use tch::{Device, Tensor};

use crate::error::{Error, Result};
use crate::kernels::Kernels;
use crate::net::Net;
use crate::net::weights::{Part, WEIGHTS, Weights};
use part::PartOptimizer;
pub(super) use schedule::SchedulePoint;
use schedule::learning_rate;

/// The clipped gradients of an optimizer's parts.
#[derive(Debug)]
pub(super) struct Clipped {
    /// The gradient of each part.
    pub(super) gradients: Vec<Tensor>,
    /// The factor, at most 1, by which each was scaled; `None` where nothing is clipped.
    pub(super) factors: Vec<Option<Tensor>>,
}

/// An optimizer for each part of the weights, with its moments.
#[derive(Debug)]
pub(super) struct Optimizer {
    parts: Vec<PartOptimizer>,
    clip: Clip,
}

impl Optimizer {
    /// The optimizers of a plan for the weights, without the alphas.
    pub(super) fn new(plan: &Plan, weights: &Weights) -> Result<Self> {
        let of = |part| match part {
            Part::Rnn => plan.rnn.as_ref().unwrap_or(&plan.cnn),
            _ => &plan.cnn,
        };
        let parts =
            WEIGHTS.into_iter().map(|part| PartOptimizer::new(part, of(part), weights)).collect::<Result<_>>()?;
        Ok(Self { parts, clip: plan.clip })
    }

    /// The optimizer of the alphas, and of nothing else.
    pub(super) fn of_alphas(arch: &Arch, weights: &Weights) -> Result<Self> {
        let parts = vec![PartOptimizer::new(Part::Arch, &arch.optimizer, weights)?];
        Ok(Self { parts, clip: arch.clip.map_or(Clip::None, |norm| Clip::All { norm }) })
    }

    /// Takes the gradients of the weights, clips them and updates the weights. `step` counts from 1.
    pub(super) fn step(&mut self, net: &mut Net, step: u64, schedule: SchedulePoint) -> Result<()> {
        if net.kernels == Kernels::Plain || net.weights.flat(Part::Cnn).device() != Device::Cpu {
            let gradients = self.take_gradients(&mut net.weights)?;
            return self.update(net, gradients, step, schedule);
        }
        let weights = &mut net.weights;
        let gradients = self.parts.iter().map(|state| weights.take_pieces(state.part)).collect::<Result<Vec<_>>>()?;
        let factors = clip::factors(self.clip, &gradients)?;
        for ((state, gradients), factor) in self.parts.iter().zip(&gradients).zip(factors) {
            let rate = learning_rate(&state.settings, schedule);
            state.update_fused(weights.flat(state.part), gradients, factor, rate, step)?;
        }
        Ok(())
    }

    /// Takes the gradients of the parts and clips them.
    pub(super) fn take_gradients(&self, weights: &mut Weights) -> Result<Clipped> {
        let _guard = tch::no_grad_guard();
        let gradients = self.parts.iter().map(|state| weights.take_gradients(state.part)).collect::<Result<_>>()?;
        self.clipped(gradients)
    }

    /// Clips gradients, one a part.
    pub(super) fn clipped(&self, mut gradients: Vec<Tensor>) -> Result<Clipped> {
        let _guard = tch::no_grad_guard();
        let factors = clip::clip(self.clip, &mut gradients)?;
        Ok(Clipped { gradients, factors })
    }

    /// Updates the weights by clipped gradients; see [`Self::step`].
    pub(super) fn update(&mut self, net: &mut Net, clipped: Clipped, step: u64, schedule: SchedulePoint) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (state, gradient) in self.parts.iter_mut().zip(clipped.gradients) {
            let rate = learning_rate(&state.settings, schedule);
            let weights = net.weights.flat(state.part);
            if net.kernels == Kernels::Fused && weights.device() != Device::Cpu {
                state.update_flat(weights, gradient, rate, step)?;
            } else {
                state.update(weights, gradient, rate, step)?;
            }
        }
        Ok(())
    }

    /// The learning rate of each part; see [`Self::step`].
    pub(super) fn rates(&self, schedule: SchedulePoint) -> Vec<f64> {
        self.parts.iter().map(|state| learning_rate(&state.settings, schedule)).collect()
    }

    /// The moments of each of `weights` on the CPU, for a checkpoint: `first/NAME` and `second/NAME`.
    pub(super) fn state(&self, weights: &Weights) -> Result<Vec<(String, Tensor)>> {
        let mut all = Vec::new();
        for state in &self.parts {
            for (moment, values) in [("first", &state.first), ("second", &state.second)] {
                // In one copy, before it is cut into many views.
                let values = values.f_to_device(Device::Cpu)?;
                let named = weights.by_name_of(state.part, &values)?;
                all.extend(named.into_iter().map(|(name, value)| (format!("{moment}/{name}"), value)));
            }
        }
        Ok(all)
    }

    /// Restores moments that [`Self::state`] returned: of these weights, and then all must be there; or with a `naming` of
    /// others, and then those of the same name and shape are restored, and the others stay 0.
    pub(super) fn restore(
        &mut self,
        weights: &Weights,
        state: &[(String, Tensor)],
        naming: Option<&Naming>,
    ) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let written_out = |name: &str| match (naming, name.split_once('/')) {
            (Some(naming), Some((moment, name))) => format!("{moment}/{}", naming.parents(name)),
            _ => name.to_owned(),
        };
        let given: BTreeMap<String, &Tensor> = state.iter().map(|(name, tensor)| (written_out(name), tensor)).collect();
        for own in &self.parts {
            for (moment, values) in [("first", &own.first), ("second", &own.second)] {
                for (name, mut own) in weights.by_name_of(own.part, values)? {
                    let name = match naming {
                        Some(naming) => format!("{moment}/{}", naming.own(name)),
                        None => format!("{moment}/{name}"),
                    };
                    match given.get(&name).filter(|saved| saved.size() == own.size()) {
                        Some(saved) => own.f_copy_(saved)?,
                        None if naming.is_none() => {
                            return Err(Error::input(format!("the checkpoint lacks the optimizer's state '{name}'")));
                        }
                        None => {}
                    }
                }
            }
        }
        Ok(())
    }
}
