//! Batch normalisation and the kinds of dropout.

use genomenas_plugin::space::{Form, Op};
use tch::{TchError, Tensor};

use super::channels_last::{as_images, is_channels_last};
use super::module::{Function, Module, Pass, size};
use super::shares::{OptionId, Share};
use super::weights::{BufferId, Declared, Draw, Part, WeightId, Weights};
use crate::kernels::{self, Running, Scale};

/// As in PyTorch's `BatchNorm1d`.
pub(super) const EPSILON: f64 = 1e-5;
pub(super) const MOMENTUM: f64 = 0.1;
/// Channels that a CPU computes at once. With channels last, libtorch is slow where the channels do not fill vectors.
const VECTOR: i64 = 8;

#[derive(Debug)]
pub(super) struct BatchNorm {
    affine: Option<(WeightId, WeightId)>,
    /// The option whose share is its scale, where it has none of its own.
    scale: Option<OptionId>,
    channels: i64,
    mean: BufferId,
    variance: BufferId,
}

impl BatchNorm {
    /// A batch norm without scale and shift.
    pub(super) fn unscaled(name: &str, channels: usize, declared: &mut Declared) -> Self {
        let channels = size(channels);
        let mean = declared.buffer(format!("{name}.running_mean"), &[channels], 0.0);
        let variance = declared.buffer(format!("{name}.running_var"), &[channels], 1.0);
        Self { affine: None, scale: None, channels, mean, variance }
    }

    /// Its running statistics.
    pub(super) fn running<'a>(&self, weights: &'a Weights) -> Running<'a> {
        Running { mean: weights.buffer(self.mean), variance: weights.buffer(self.variance) }
    }

    pub(super) fn apply(&self, input: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        if let Some(statistics) = &mut pass.statistics {
            statistics.add((self.mean, self.variance), input)?;
        }
        let by_batch = pass.mode.train || pass.statistics.is_some();
        // Without running statistics libtorch normalises by those of the batch and updates none.
        let running = !by_batch || pass.mode.track;
        if pass.is_fused(input) {
            return self.fused(input, by_batch, running, pass);
        }
        let scale = match self.scale.map(|option| pass.shares.of(option)) {
            // Contiguous, because a view that repeats one value would take libtorch's slow path.
            Some(Share::Part(share)) => Some(share.f_expand([self.channels], false)?.f_contiguous()?),
            _ => None,
        };
        let affine = self.affine.map(|(weight, bias)| (pass.weights.get(weight), pass.weights.get(bias)));
        let normalised = |input: &Tensor| {
            input.f_batch_norm(
                affine.map(|(weight, _)| weight).or(scale.as_ref()),
                affine.map(|(_, bias)| bias),
                running.then(|| pass.weights.buffer(self.mean)),
                running.then(|| pass.weights.buffer(self.variance)),
                by_batch,
                MOMENTUM,
                EPSILON,
                true,
            )
        };
        if self.channels % VECTOR == 0 && is_channels_last(input) {
            as_images(input, normalised)
        } else {
            normalised(input)
        }
    }
}

impl BatchNorm {
    /// By our own kernel.
    fn fused(&self, input: &Tensor, by_batch: bool, running: bool, pass: &Pass<'_>) -> Result<Tensor, TchError> {
        let scale = match (self.affine, self.scale.map(|option| pass.shares.of(option))) {
            (Some((weight, bias)), _) => Scale::Affine(pass.weights.get(weight), pass.weights.get(bias)),
            (None, Some(Share::Part(share))) => Scale::Share(share),
            (None, _) => Scale::None,
        };
        let running = running.then(|| self.running(pass.weights));
        kernels::BatchNorm { scale, running, by_batch, momentum: MOMENTUM, epsilon: EPSILON }.run(input)
    }
}

impl Module for BatchNorm {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        self.apply(inputs[0], pass)
    }
}

/// A [`Op::BatchNorm`] over `channels` channels, which multiplies its value by the share of option `scale`.
pub(super) fn batch_norm(
    op: &Op,
    form: Form,
    scale: Option<OptionId>,
    name: &str,
    channels: usize,
    declared: &mut Declared,
) -> Box<dyn Module> {
    let affine = (!op.is_unscaled_norm(form)).then(|| {
        let shape = [size(channels)];
        let weight = declared.weight(format!("{name}.weight"), &shape, Part::Cnn, Draw::Constant(1.0));
        (weight, declared.weight(format!("{name}.bias"), &shape, Part::Cnn, Draw::Constant(0.0)))
    });
    Box::new(BatchNorm { affine, scale, ..BatchNorm::unscaled(name, channels, declared) })
}

/// Dropout of single values.
pub(super) fn dropout(p: f64) -> Box<dyn Module> {
    Box::new(Function(move |input: &Tensor, train: bool| input.f_dropout(p, train)))
}

/// Dropout of single values with the probability of the pass, in a supernet only.
pub(super) fn skip_dropout(search: bool) -> Box<dyn Module> {
    Box::new(SkipDropout { search })
}

#[derive(Debug)]
struct SkipDropout {
    search: bool,
}

impl Module for SkipDropout {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let p = pass.mode.skip_dropout;
        if !self.search || !pass.mode.train || p == 0.0 {
            return Ok(inputs[0].shallow_clone());
        }
        inputs[0].f_dropout(p, true)
    }
}

/// Dropout of a sample's whole value: one draw from Bernoulli(1−p) for each sample, scaled by 1/(1−p).
pub(super) fn drop_path(p: f64) -> Box<dyn Module> {
    Box::new(Function(move |input: &Tensor, train: bool| -> Result<Tensor, TchError> {
        if !train || p == 0.0 {
            return Ok(input.shallow_clone());
        }
        let mut shape = vec![1; input.dim()];
        shape[0] = input.size()[0];
        let kept = input.f_new_empty(shape, (input.kind(), input.device()))?.f_bernoulli_float_(1.0 - p)?;
        input.f_mul(&kept.f_div_scalar(1.0 - p)?)
    }))
}
