//! Optimizers over flat weights. Their state is ours, so that a checkpoint can hold it.

use std::collections::BTreeMap;

use genomenas_plugin::engine::Naming;
use genomenas_plugin::message::{self, Algorithm, Arch, Clip, Plan};
use tch::{Device, TchError, Tensor};

use crate::error::{Error, Result};
use crate::net::weights::{Part, WEIGHTS, Weights};

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

    /// Takes the gradients of `weights`, clips them and updates the weights. `step` counts from 1.
    pub(super) fn step(&mut self, weights: &mut Weights, step: u64, schedule: SchedulePoint) -> Result<()> {
        let gradients = self.take_gradients(weights)?;
        self.update(weights, gradients, step, schedule)
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
        let factors = clip(self.clip, &mut gradients)?;
        Ok(Clipped { gradients, factors })
    }

    /// Updates the weights by clipped gradients; see [`Self::step`].
    pub(super) fn update(
        &mut self,
        weights: &mut Weights,
        clipped: Clipped,
        step: u64,
        schedule: SchedulePoint,
    ) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (state, gradient) in self.parts.iter_mut().zip(clipped.gradients) {
            let rate = learning_rate(&state.settings, schedule);
            state.update(weights.flat(state.part), gradient, rate, step)?;
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

impl PartOptimizer {
    fn new(part: Part, settings: &message::Optimizer, weights: &Weights) -> Result<Self> {
        let zeros = || weights.flat(part).f_zeros_like();
        let empty = || weights.flat(part).f_new_zeros([0], (tch::Kind::Float, weights.flat(part).device()));
        let (first, second) = match settings.algorithm {
            Algorithm::Sgd { momentum: 0.0 } => (empty()?, empty()?),
            Algorithm::Sgd { .. } => (zeros()?, empty()?),
            Algorithm::RmsProp { .. } => (empty()?, zeros()?),
            Algorithm::Adam { .. } | Algorithm::AdamW { .. } => (zeros()?, zeros()?),
        };
        Ok(Self { part, settings: settings.clone(), first, second })
    }

    fn update(&mut self, weights: &Tensor, mut gradient: Tensor, rate: f64, step: u64) -> Result<(), TchError> {
        let mut weights = weights.shallow_clone();
        let decay = self.settings.weight_decay;
        let decoupled = matches!(self.settings.algorithm, Algorithm::AdamW { .. });
        if decay != 0.0 && decoupled {
            let _ = weights.f_mul_scalar_(1.0 - rate * decay)?;
        } else if decay != 0.0 {
            gradient = gradient.f_add(&weights.f_mul_scalar(decay)?)?;
        }
        match self.settings.algorithm {
            Algorithm::Sgd { momentum } => {
                if momentum != 0.0 {
                    let _ = self.first.f_mul_scalar_(momentum)?.f_add_(&gradient)?;
                    gradient = self.first.shallow_clone();
                }
                let _ = weights.f_sub_(&gradient.f_mul_scalar(rate)?)?;
            }
            Algorithm::Adam { beta1, beta2, epsilon } | Algorithm::AdamW { beta1, beta2, epsilon } => {
                let _ = self.first.f_lerp_(&gradient, 1.0 - beta1)?;
                let _ =
                    self.second.f_mul_scalar_(beta2)?.f_addcmul_(&gradient.f_mul_scalar(1.0 - beta2)?, &gradient)?;
                let correction = |beta: f64| 1.0 - beta.powf(step as f64);
                let deviation = self.second.f_sqrt()?.f_div_scalar(correction(beta2).sqrt())?.f_add_scalar(epsilon)?;
                let _ = weights.f_sub_(&self.first.f_div(&deviation)?.f_mul_scalar(rate / correction(beta1))?)?;
            }
            Algorithm::RmsProp { alpha, epsilon } => {
                let _ =
                    self.second.f_mul_scalar_(alpha)?.f_addcmul_(&gradient.f_mul_scalar(1.0 - alpha)?, &gradient)?;
                let deviation = self.second.f_sqrt()?.f_add_scalar(epsilon)?;
                let _ = weights.f_sub_(&gradient.f_div(&deviation)?.f_mul_scalar(rate)?)?;
            }
        }
        Ok(())
    }
}

/// Scales gradients down so that their norm is at most the limit. Returns the factor of each, where there is one.
fn clip(clip: Clip, gradients: &mut [Tensor]) -> Result<Vec<Option<Tensor>>, TchError> {
    let norm_of = |gradient: &Tensor| gradient.f_square()?.f_sum(tch::Kind::Float);
    let factor = |squares: &Tensor, limit: f64| {
        squares.f_sqrt()?.f_add_scalar(1e-6)?.f_reciprocal()?.f_mul_scalar(limit)?.f_clamp_max(1.0)
    };
    let factors: Vec<Option<Tensor>> = match clip {
        Clip::None => gradients.iter().map(|_| None).collect(),
        Clip::All { norm } => {
            let mut squares = norm_of(&gradients[0])?;
            for gradient in &gradients[1..] {
                squares = squares.f_add(&norm_of(gradient)?)?;
            }
            let factor = factor(&squares, norm)?;
            gradients.iter().map(|_| Some(factor.shallow_clone())).collect()
        }
        Clip::Parts { cnn, rnn } => {
            let limits = gradients.iter().zip([cnn, rnn]);
            limits.map(|(gradient, norm)| factor(&norm_of(gradient)?, norm).map(Some)).collect::<Result<_, _>>()?
        }
    };
    for (gradient, factor) in gradients.iter_mut().zip(&factors) {
        if let Some(factor) = factor {
            let _ = gradient.f_mul_(factor)?;
        }
    }
    Ok(factors)
}

/// What the schedules of a training depend on before a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct SchedulePoint {
    /// Finished epochs.
    pub(super) epoch: u32,
    /// The finished part of the training, from 0 to 1, at the start of the epoch.
    pub(super) at_epoch: f64,
    /// The same at the start of the step.
    pub(super) at_step: f64,
    /// Steps before this one.
    pub(super) steps: u64,
}

/// The learning rate of a step; see [`message::Schedule`].
fn learning_rate(settings: &message::Optimizer, at: SchedulePoint) -> f64 {
    let start = settings.learning_rate;
    match settings.schedule {
        message::Schedule::Constant => start,
        message::Schedule::Cosine { minimum, every_step } => {
            let done = if every_step { at.at_step } else { at.at_epoch };
            minimum + 0.5 * (start - minimum) * (1.0 + (std::f64::consts::PI * done.clamp(0.0, 1.0)).cos())
        }
        message::Schedule::Step { epochs, factor } => {
            start * factor.powi(i32::try_from(at.epoch / epochs.max(1)).unwrap_or(i32::MAX))
        }
        message::Schedule::Inverse { decay } => start / (1.0 + decay * at.steps as f64),
    }
}

#[cfg(test)]
mod tests {
    use genomenas_data::Device as HostDevice;
    use genomenas_plugin::message::Schedule;
    use genomenas_plugin::space::{ArchitectureBuilder, Op};
    use tch::Kind;

    use super::*;
    use crate::net::Net;

    /// A network with one weight and no bias, so that updates can be followed by hand.
    fn scalar_net() -> Net {
        crate::test_support::hold_generator();
        let mut builder = ArchitectureBuilder::new("scalar", 1);
        builder
            .then("pool", Op::GlobalMaxPool {})
            .then("out", Op::Linear { out_features: 1, bias: false, init_range: None });
        let layers = builder.finish().unwrap().layers().unwrap();
        let mut net = Net::build(&layers, 1, HostDevice::Cpu).unwrap();
        let start = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 0.0]).view([1, 4]);
        net.weights.restore(&[("out.weight".to_owned(), start)]).unwrap();
        net
    }

    /// The first weight after three steps down w²/2, whose gradient is w.
    fn three_steps(plan: &Plan) -> f64 {
        let mut net = scalar_net();
        let mut optimizer = Optimizer::new(plan, &net.weights).unwrap();
        let input = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 0.0]).view([1, 4, 1]);
        for step in 1..=3 {
            let logits = net.forward(&input, &crate::net::Mode::training()).unwrap().logits;
            (logits.square().sum(Kind::Float) * 0.5).backward();
            optimizer.step(&mut net.weights, step, SchedulePoint::default()).unwrap();
        }
        net.weights.flat(Part::Cnn).double_value(&[0])
    }

    fn plan(algorithm: Algorithm, weight_decay: f64) -> Plan {
        let cnn = message::Optimizer { algorithm, learning_rate: 0.1, weight_decay, schedule: Schedule::Constant };
        Plan { cnn, ..Plan::default() }
    }

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
    }

    #[test]
    fn sgd_with_momentum_and_weight_decay_is_pytorchs() {
        let (mut w, mut velocity) = (1.0, 0.0);
        for _ in 0..3 {
            velocity = 0.9 * velocity + (w + 0.01 * w);
            w -= 0.1 * velocity;
        }
        close(three_steps(&plan(Algorithm::Sgd { momentum: 0.9 }, 0.01)), w);
    }

    #[test]
    fn adam_is_pytorchs_with_the_penalty_in_the_gradient_or_beside_it() {
        for decoupled in [false, true] {
            let (mut w, mut m, mut v) = (1.0_f64, 0.0, 0.0);
            for step in 1..=3 {
                let gradient = if decoupled { w } else { w + 0.01 * w };
                if decoupled {
                    w -= 0.1 * 0.01 * w;
                }
                m = 0.9 * m + 0.1 * gradient;
                v = 0.999 * v + 0.001 * gradient * gradient;
                let (m_hat, v_hat) = (m / (1.0 - 0.9_f64.powi(step)), v / (1.0 - 0.999_f64.powi(step)));
                w -= 0.1 * m_hat / (v_hat.sqrt() + 1e-8);
            }
            let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
            let algorithm = if decoupled {
                Algorithm::AdamW { beta1, beta2, epsilon }
            } else {
                Algorithm::Adam { beta1, beta2, epsilon }
            };
            close(three_steps(&plan(algorithm, 0.01)), w);
        }
    }

    #[test]
    fn rmsprop_is_pytorchs() {
        let (mut w, mut square) = (1.0_f64, 0.0);
        for _ in 0..3 {
            square = 0.9 * square + 0.1 * w * w;
            w -= 0.1 * w / (square.sqrt() + 1e-8);
        }
        close(three_steps(&plan(Algorithm::RmsProp { alpha: 0.9, epsilon: 1e-8 }, 0.0)), w);
    }

    #[test]
    fn clipping_shortens_a_long_gradient_and_leaves_a_short_one() {
        let clipped = Plan { clip: Clip::All { norm: 0.5 }, ..plan(Algorithm::Sgd { momentum: 0.0 }, 0.0) };
        close(three_steps(&clipped), 1.0 - 3.0 * 0.1 * 0.5);
        let free = Plan { clip: Clip::Parts { cnn: 5.0, rnn: 5.0 }, ..clipped };
        close(three_steps(&free), 0.9_f64.powi(3));
    }

    #[test]
    fn the_cosine_of_the_reference_is_stepped_once_an_epoch() {
        // Twelve epochs of a schedule over 20 that starts at 8.0 (reference, successive halving).
        let settings = message::Optimizer {
            learning_rate: 8.0,
            schedule: Schedule::Cosine { minimum: 0.0, every_step: false },
            ..message::Optimizer::default()
        };
        let rates: Vec<f64> = (0..12_u32)
            .map(|epoch| SchedulePoint { at_epoch: f64::from(epoch) / 20.0, ..SchedulePoint::default() })
            .map(|at| (learning_rate(&settings, at) * 100.0).round() / 100.0)
            .collect();
        assert_eq!(rates, [8.0, 7.95, 7.8, 7.56, 7.24, 6.83, 6.35, 5.82, 5.24, 4.63, 4.0, 3.37]);
    }
}
