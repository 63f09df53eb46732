//! Values \[B, C, L\] whose channels lie next to each other in memory, as the CPU likes them.
//!
//! There libtorch knows no such layout for one dimension, but for images, and its kernels for images of height 1 with
//! channels last take a fifth to two thirds of the time of those for \[B, C, L\] as it is: oneDNN has direct code for
//! depthwise convolutions (without it copies a window for each position), and pools and batch norms go over vectors of
//! channels. So on the CPU convolutions turn their input to this layout, and what follows keeps it. CUDA is left alone.

use tch::{Device, TchError, Tensor};

/// Whether a value lies in memory with channels last, on the CPU.
pub(super) fn is_channels_last(value: &Tensor) -> bool {
    match value.size()[..] {
        [_, channels, length] => value.device() == Device::Cpu && value.stride() == [channels * length, 1, channels],
        _ => false,
    }
}

/// A value of a CPU with channels last.
pub(super) fn channels_last(value: &Tensor) -> Result<Tensor, TchError> {
    if is_channels_last(value) {
        return Ok(value.shallow_clone());
    }
    value.f_transpose(1, 2)?.f_contiguous()?.f_transpose(1, 2)
}

/// A value \[B, C, L\] as images \[B, C, 1, L\], given to `f`, whose images are made values again.
pub(super) fn as_images(
    value: &Tensor,
    f: impl FnOnce(&Tensor) -> Result<Tensor, TchError>,
) -> Result<Tensor, TchError> {
    f(&value.f_unsqueeze(2)?)?.f_squeeze_dim(2)
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::space::{ArchitectureBuilder, Op};
    use tch::Kind;

    use crate::net::weights::Part;
    use crate::net::{Mode, Net};

    use super::*;

    #[test]
    fn pools_batch_norms_and_concatenations_have_the_values_and_gradients_of_the_other_layout() {
        for channels in [3, 8] {
            let mut builder = ArchitectureBuilder::new("layouts", 31);
            builder.then("conv", Op::conv1d(channels, 5)).then("norm", Op::batch_norm());
            builder.add("max", Op::MaxPool { kernel: 5, stride: 2, padding: 2 }, &["norm"]);
            builder.add("avg", Op::AvgPool { kernel: 3, stride: 2, padding: 1 }, &["norm"]);
            builder.add("both", Op::Concat {}, &["max", "avg"]);
            let mut net = Net::build(&builder.finish().unwrap().layers().unwrap(), 1, Device::Cpu).unwrap();
            let input = Tensor::randn([6, 4, 31], (Kind::Float, Device::Cpu));
            let value = net.forward(&input, &Mode::training()).unwrap().logits;

            let weights = net.weights.snapshot().unwrap();
            let of = |name: &str| {
                let (_, weight) = weights.iter().find(|(other, _)| other == name).unwrap();
                weight.detach().set_requires_grad(true)
            };
            let names = ["conv.weight", "conv.bias", "norm.weight", "norm.bias"];
            let leaves @ [weight, bias, scale, shift] = &names.map(of);
            let none = None::<&Tensor>;
            let normed = input.conv1d(weight, Some(bias), 1, 0, 1, 1).batch_norm(
                Some(scale),
                Some(shift),
                none,
                none,
                true,
                0.1,
                1e-5,
                true,
            );
            let pools = [normed.max_pool1d(5, 2, 2, 1, false), normed.avg_pool1d(3, 2, 1, false, false)];
            let expected = Tensor::cat(&pools, 1);
            assert!((&value - &expected).abs().max().double_value(&[]) < 1e-5);

            let by = expected.randn_like();
            (value * &by).sum(Kind::Float).backward();
            let gradient = net.weights.take_gradients(Part::Cnn).unwrap();
            let expected = Tensor::run_backward(&[(expected * &by).sum(Kind::Float)], leaves, false, false);
            let expected = Tensor::cat(&expected.iter().map(|gradient| gradient.reshape([-1])).collect::<Vec<_>>(), 0);
            assert!((gradient - &expected).abs().max().double_value(&[]) < 1e-3);
        }
    }
}
