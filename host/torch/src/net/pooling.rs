//! Pooling, activations and changes of shape: everything without weights.

use genomenas_plugin::space::{Function as Activation, Op};
use tch::{TchError, Tensor};

use super::channels_last::{as_images, is_channels_last};
use super::module::{Function, Module, Pass, size};

fn function(f: impl Fn(&Tensor, bool) -> Result<Tensor, TchError> + Send + 'static) -> Box<dyn Module> {
    Box::new(Function(f))
}

/// An activation function by value.
pub(super) fn activate(function: Activation, input: &Tensor) -> Result<Tensor, TchError> {
    match function {
        Activation::Relu => input.f_relu(),
        Activation::Tanh => input.f_tanh(),
        Activation::Sigmoid => input.f_sigmoid(),
        Activation::Gelu => input.f_gelu("none"),
        _ => Ok(input.shallow_clone()),
    }
}

/// The module of an operation without weights; `None` for other operations.
pub(super) fn without_weights(op: &Op) -> Option<Box<dyn Module>> {
    Some(match *op {
        Op::MaxPool { kernel, stride, padding } => {
            let (kernel, stride, padding) = (size(kernel), size(stride), size(padding));
            function(move |x, _| {
                if !is_channels_last(x) {
                    return x.f_max_pool1d([kernel], [stride], [padding], [1], false);
                }
                as_images(x, |images| images.f_max_pool2d([1, kernel], [1, stride], [0, padding], [1, 1], false))
            })
        }
        Op::AvgPool { kernel, stride, padding } => {
            let (kernel, stride, padding) = (size(kernel), size(stride), size(padding));
            function(move |x, _| {
                if !is_channels_last(x) {
                    return x.f_avg_pool1d([kernel], [stride], [padding], false, false);
                }
                as_images(x, |images| images.f_avg_pool2d([1, kernel], [1, stride], [0, padding], false, false, None))
            })
        }
        Op::GlobalMaxPool {} => function(|x, _| x.f_amax([2], false)),
        Op::GlobalAvgPool {} => function(|x, _| x.f_mean_dim([2_i64].as_slice(), false, x.kind())),
        Op::Activation { function: activation } => function(move |x, _| activate(activation, x)),
        Op::Identity {} => function(|x, _| Ok(x.shallow_clone())),
        Op::Flatten {} => function(|x, _| x.f_flatten(1, -1)),
        Op::Transpose {} => function(|x, _| x.f_transpose(1, 2)),
        Op::Concat {} => Box::new(Concat),
        _ => return None,
    })
}

#[derive(Debug)]
struct Concat;

impl Module for Concat {
    fn forward(&self, inputs: &[&Tensor], _: &mut Pass<'_>) -> Result<Tensor, TchError> {
        if !inputs.iter().all(|input| is_channels_last(input)) {
            return Tensor::f_cat(inputs, 1);
        }
        // As it is, libtorch would not keep the layout.
        let images = inputs.iter().map(|input| input.f_unsqueeze(2)).collect::<Result<Vec<_>, _>>()?;
        Tensor::f_cat(&images, 1)?.f_squeeze_dim(2)
    }
}
