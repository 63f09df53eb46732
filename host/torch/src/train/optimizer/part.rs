//! The optimizer of one part of the weights.

use genomenas_plugin::message::{self, Algorithm};
use tch::{TchError, Tensor};

use crate::error::Result;
use crate::kernels::{self, Piece, Rule, Update};
use crate::net::weights::{Part, Weights};

#[derive(Debug)]
pub(super) struct PartOptimizer {
    pub(super) part: Part,
    pub(super) settings: message::Optimizer,
    /// Momentum, or Adam's first moment.
    pub(super) first: Tensor,
    /// Mean of squared gradients.
    pub(super) second: Tensor,
}

impl PartOptimizer {
    pub(super) fn new(part: Part, settings: &message::Optimizer, weights: &Weights) -> Result<Self> {
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

    /// Updates the weights in one pass over them, by gradients where they lie, each times `factor`.
    pub(super) fn update_fused(
        &self,
        weights: &Tensor,
        gradients: &[Piece],
        factor: f64,
        rate: f64,
        step: u64,
    ) -> Result<(), TchError> {
        let update = self.in_one_pass(factor, rate, step);
        kernels::update(&update, weights, &self.first, &self.second, gradients)
    }

    /// As [`Self::update`], by libtorch's fused kernel where it has one.
    pub(super) fn update_flat(
        &mut self,
        weights: &Tensor,
        gradient: Tensor,
        rate: f64,
        step: u64,
    ) -> Result<(), TchError> {
        let update = self.in_one_pass(1.0, rate, step);
        match update.rule {
            Rule::RmsProp { .. } => self.update(weights, gradient, rate, step),
            _ => kernels::update_flat(&update, weights, &gradient, &self.first, &self.second),
        }
    }

    fn in_one_pass(&self, factor: f64, rate: f64, step: u64) -> Update {
        let (rule, epsilon) = match self.settings.algorithm {
            Algorithm::Sgd { momentum } => (Rule::Sgd { momentum }, 0.0),
            Algorithm::RmsProp { alpha, epsilon } => (Rule::RmsProp { alpha }, epsilon),
            Algorithm::Adam { beta1, beta2, epsilon } => (Rule::Adam { beta1, beta2 }, epsilon),
            Algorithm::AdamW { beta1, beta2, epsilon } => (Rule::AdamW { beta1, beta2 }, epsilon),
        };
        Update { rule, rate, weight_decay: self.settings.weight_decay, epsilon, factor, step }
    }

    /// The plain twin of [`Self::update_fused`] and [`Self::update_flat`], by a gradient in the order of the flat weights, already scaled.
    pub(super) fn update(
        &mut self,
        weights: &Tensor,
        mut gradient: Tensor,
        rate: f64,
        step: u64,
    ) -> Result<(), TchError> {
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
