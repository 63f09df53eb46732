//! Batch normalisation and the two kinds of dropout.

use genomenas_plugin::space::{Form, Op};
use tch::{TchError, Tensor};

use super::module::{Function, Module, Pass, size};
use super::weights::{BufferId, Declared, Draw, Part, WeightId};

/// As in PyTorch's `BatchNorm1d`.
const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

#[derive(Debug)]
struct BatchNorm {
    affine: Option<(WeightId, WeightId)>,
    mean: BufferId,
    variance: BufferId,
}

impl Module for BatchNorm {
    fn forward(&self, inputs: &[&Tensor], pass: &mut Pass<'_>) -> Result<Tensor, TchError> {
        inputs[0].f_batch_norm(
            self.affine.map(|(weight, _)| pass.weights.get(weight)),
            self.affine.map(|(_, bias)| pass.weights.get(bias)),
            Some(pass.weights.buffer(self.mean)),
            Some(pass.weights.buffer(self.variance)),
            pass.mode.train,
            MOMENTUM,
            EPSILON,
            true,
        )
    }
}

/// A [`Op::BatchNorm`] over `channels` channels.
pub(super) fn batch_norm(
    op: &Op,
    form: Form,
    name: &str,
    channels: usize,
    declared: &mut Declared,
) -> Option<Box<dyn Module>> {
    let &Op::BatchNorm { affine, affine_in_search } = op else {
        return None;
    };
    let shape = [size(channels)];
    let affine = (affine && (form != Form::Search || affine_in_search)).then(|| {
        let weight = declared.weight(format!("{name}.weight"), &shape, Part::Cnn, Draw::Constant(1.0));
        (weight, declared.weight(format!("{name}.bias"), &shape, Part::Cnn, Draw::Constant(0.0)))
    });
    let mean = declared.buffer(format!("{name}.running_mean"), &shape, 0.0);
    let variance = declared.buffer(format!("{name}.running_var"), &shape, 1.0);
    Some(Box::new(BatchNorm { affine, mean, variance }))
}

/// Dropout of single values.
pub(super) fn dropout(p: f64) -> Box<dyn Module> {
    Box::new(Function(move |input: &Tensor, train: bool| input.f_dropout(p, train)))
}

/// Dropout of a sample's whole value: one Bernoulli(1−p) draw a sample, scaled by 1/(1−p).
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
