//! What steps minimise: the loss, in which rare labels and classes may count more.
//!
//! What is reported, and what early stopping compares, is the plain loss of [`Loss`]: trainings with and without weights
//! can be compared by it.

use genomenas_data::{Device, StoreInfo, Task};
use genomenas_plugin::message::{ClassWeights, Plan};
use tch::{Kind, Tensor};

use crate::error::Result;
use crate::tensor::device::torch;
use crate::tensor::loss::Loss;

/// What the steps of a training minimise.
#[derive(Debug)]
pub(super) struct Objective {
    /// The loss that is reported.
    pub(super) loss: Loss,
    /// How much a positive of each label counts, or a row of each class, \[K\]; `None` where all count alike.
    weights: Option<Tensor>,
}

impl Objective {
    /// The objective of a plan on this data.
    pub(super) fn new(plan: &Plan, info: &StoreInfo, device: Device) -> Result<Self> {
        let loss = Loss::of(info.shape.task);
        let weights = match plan.class_weights {
            ClassWeights::None => None,
            ClassWeights::Balanced { maximum } => {
                let weights = balanced(info, maximum);
                Some(Tensor::f_from_slice(&weights)?.f_to_device(torch(device))?.f_to_kind(Kind::Float)?)
            }
        };
        Ok(Self { loss, weights })
    }

    /// The mean loss of logits \[B, K\] against targets \[B, K\], each by its weight.
    pub(super) fn mean(&self, logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
        match &self.weights {
            None => Ok(self.loss.mean(logits, targets)?),
            // The optimum is sought on the processor, whatever the device.
            Some(weights) => Ok(self.loss.weighted_mean(logits, targets, &weights.f_to_device(logits.device())?)?),
        }
    }

    /// The loss to report, of logits whose [`mean`](Self::mean) is known.
    pub(super) fn reported(&self, logits: &Tensor, targets: &Tensor, minimised: &Tensor) -> Result<Tensor> {
        match &self.weights {
            None => Ok(minimised.f_detach()?),
            Some(_) => Ok(self.loss.mean(&logits.f_detach()?, targets)?),
        }
    }
}

/// The weights of [`ClassWeights::Balanced`], counted over the training split.
fn balanced(info: &StoreInfo, maximum: f64) -> Vec<f64> {
    let rows = info.rows.train as f64;
    let positives = &info.positives.train;
    let weight = |&count: &u64| match info.shape.task {
        _ if count == 0 => 1.0,
        Task::MultiLabel => (rows - count as f64) / count as f64,
        _ => rows / (positives.len() as f64 * count as f64),
    };
    positives.iter().map(|count| weight(count).clamp(maximum.recip(), maximum)).collect()
}
