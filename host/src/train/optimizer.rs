//! Optimizers over flat weights. Their state is ours, so that a checkpoint can hold it.

use genomenas_plugin::message::{self, Algorithm, Clip, Plan};
use tch::{TchError, Tensor};

use crate::error::{Error, Result};
use crate::net::weights::{PARTS, Part, Weights};

/// One optimizer a part, with their moments.
#[derive(Debug)]
pub struct Optimizer {
    parts: Vec<PartOptimizer>,
    clip: Clip,
}

#[derive(Debug)]
struct PartOptimizer {
    part: Part,
    settings: message::Optimizer,
    /// Momentum, or Adam's first moment.
    first: Tensor,
    /// Mean of squared gradients.
    second: Tensor,
}

impl Optimizer {
    /// The optimizers of a plan, for these weights.
    pub fn new(plan: &Plan, weights: &Weights) -> Result<Self> {
        let parts = PARTS
            .into_iter()
            .map(|part| {
                let settings = match part {
                    Part::Cnn => &plan.cnn,
                    Part::Rnn => plan.rnn.as_ref().unwrap_or(&plan.cnn),
                };
                let zeros = || weights.flat(part).f_zeros_like();
                let empty = || weights.flat(part).f_new_zeros([0], (tch::Kind::Float, weights.flat(part).device()));
                let (first, second) = match settings.algorithm {
                    Algorithm::Sgd { momentum } if momentum == 0.0 => (empty()?, empty()?),
                    Algorithm::Sgd { .. } => (zeros()?, empty()?),
                    Algorithm::RmsProp { .. } => (empty()?, zeros()?),
                    Algorithm::Adam { .. } | Algorithm::AdamW { .. } => (zeros()?, zeros()?),
                };
                Ok(PartOptimizer { part, settings: settings.clone(), first, second })
            })
            .collect::<Result<_>>()?;
        Ok(Self { parts, clip: plan.clip })
    }

    /// Takes the gradients of `weights`, clips them and updates the weights. `step` counts from 1; `progress` is the
    /// finished part of the training and `epoch` the finished epochs, for the schedules.
    pub fn step(&mut self, weights: &mut Weights, step: u64, epoch: u32, progress: Progress) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let mut gradients: Vec<Tensor> =
            self.parts.iter().map(|state| weights.take_gradients(state.part)).collect::<Result<_>>()?;
        clip(self.clip, &mut gradients)?;
        for (state, gradient) in self.parts.iter_mut().zip(gradients) {
            let rate = learning_rate(&state.settings, epoch, progress);
            state.update(weights.flat(state.part), gradient, rate, step)?;
        }
        Ok(())
    }

    /// The moments by name, for a checkpoint.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        self.parts
            .iter()
            .flat_map(|state| {
                let part = if state.part == Part::Cnn { "cnn" } else { "rnn" };
                [("first", &state.first), ("second", &state.second)]
                    .map(|(moment, tensor)| (format!("{part}.{moment}"), tensor.shallow_clone()))
            })
            .collect()
    }

    /// Takes over moments that [`Self::state`] gave.
    pub fn restore(&mut self, state: &[(String, Tensor)]) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (name, mut own) in self.state() {
            let saved = state.iter().find(|(other, saved)| *other == name && saved.size() == own.size());
            let (_, saved) =
                saved.ok_or_else(|| Error::input(format!("the checkpoint lacks the optimizer's state '{name}'")))?;
            own.f_copy_(saved)?;
        }
        Ok(())
    }
}

impl PartOptimizer {
    fn update(&mut self, weights: &Tensor, mut gradient: Tensor, rate: f64, step: u64) -> Result<(), TchError> {
        let mut weights = weights.shallow_clone();
        let decay = self.settings.weight_decay;
        let decoupled = matches!(self.settings.algorithm, Algorithm::AdamW { .. });
        if decay != 0.0 && decoupled {
            weights.f_mul_scalar_(1.0 - rate * decay)?;
        } else if decay != 0.0 {
            gradient = gradient.f_add(&weights.f_mul_scalar(decay)?)?;
        }
        match self.settings.algorithm {
            Algorithm::Sgd { momentum } => {
                if momentum != 0.0 {
                    self.first.f_mul_scalar_(momentum)?.f_add_(&gradient)?;
                    gradient = self.first.shallow_clone();
                }
                weights.f_sub_(&gradient.f_mul_scalar(rate)?)?;
            }
            Algorithm::Adam { beta1, beta2, epsilon } | Algorithm::AdamW { beta1, beta2, epsilon } => {
                self.first.f_lerp_(&gradient, 1.0 - beta1)?;
                self.second.f_mul_scalar_(beta2)?.f_addcmul_(&gradient.f_mul_scalar(1.0 - beta2)?, &gradient)?;
                let correction = |beta: f64| 1.0 - beta.powf(step as f64);
                let deviation = self.second.f_sqrt()?.f_div_scalar(correction(beta2).sqrt())?.f_add_scalar(epsilon)?;
                weights.f_sub_(&self.first.f_div(&deviation)?.f_mul_scalar(rate / correction(beta1))?)?;
            }
            Algorithm::RmsProp { alpha, epsilon } => {
                self.second.f_mul_scalar_(alpha)?.f_addcmul_(&gradient.f_mul_scalar(1.0 - alpha)?, &gradient)?;
                let deviation = self.second.f_sqrt()?.f_add_scalar(epsilon)?;
                weights.f_sub_(&gradient.f_div(&deviation)?.f_mul_scalar(rate)?)?;
            }
        }
        Ok(())
    }
}

/// Scales gradients so that their norm is at most the limit; never up.
fn clip(clip: Clip, gradients: &mut [Tensor]) -> Result<(), TchError> {
    let norm_of = |gradient: &Tensor| gradient.f_square()?.f_sum(tch::Kind::Float);
    let scale = |gradient: &mut Tensor, squares: &Tensor, limit: f64| -> Result<(), TchError> {
        let factor = squares.f_sqrt()?.f_add_scalar(1e-6)?.f_reciprocal()?.f_mul_scalar(limit)?.f_clamp_max(1.0)?;
        gradient.f_mul_(&factor).map(|_| ())
    };
    match clip {
        Clip::None => {}
        Clip::All { norm } => {
            let mut squares = norm_of(&gradients[0])?;
            for gradient in &gradients[1..] {
                squares = squares.f_add(&norm_of(gradient)?)?;
            }
            for gradient in gradients {
                scale(gradient, &squares, norm)?;
            }
        }
        Clip::Parts { cnn, rnn } => {
            for (gradient, norm) in gradients.iter_mut().zip([cnn, rnn]) {
                let squares = norm_of(gradient)?;
                scale(gradient, &squares, norm)?;
            }
        }
    }
    Ok(())
}

/// The finished part of a training, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// As of the start of the epoch.
    pub at_epoch: f64,
    /// As of the start of the step.
    pub at_step: f64,
}

/// The learning rate of a step; see [`message::Schedule`].
pub fn learning_rate(settings: &message::Optimizer, epoch: u32, progress: Progress) -> f64 {
    let start = settings.learning_rate;
    match settings.schedule {
        message::Schedule::Constant => start,
        message::Schedule::Cosine { minimum, every_step } => {
            let done = if every_step { progress.at_step } else { progress.at_epoch };
            minimum + 0.5 * (start - minimum) * (1.0 + (std::f64::consts::PI * done.clamp(0.0, 1.0)).cos())
        }
        message::Schedule::Step { epochs, factor } => start * factor.powi(i32::try_from(epoch / epochs.max(1)).unwrap_or(i32::MAX)),
    }
}
