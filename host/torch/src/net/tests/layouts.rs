//! Values with channels last against libtorch's own layout.

use genomenas_data::Device;
use genomenas_plugin::space::{ArchitectureBuilder, Op};
use tch::{Kind, Tensor};

use super::super::weights::Part;
use super::super::{Mode, Net};

#[test]
fn pools_batch_norms_and_concatenations_have_the_values_and_gradients_of_the_other_layout() {
    for channels in [3, 8] {
        let mut builder = ArchitectureBuilder::new("layouts", 31);
        builder.then("conv", Op::conv1d(channels, 5)).then("norm", Op::batch_norm());
        builder.add("max", Op::MaxPool { kernel: 5, stride: 2, padding: 2 }, &["norm"]);
        builder.add("avg", Op::AvgPool { kernel: 3, stride: 2, padding: 1 }, &["norm"]);
        builder.add("both", Op::Concat {}, &["max", "avg"]);
        let mut net = Net::build(&builder.finish().unwrap().layers().unwrap(), 1, Device::Cpu).unwrap();
        let input = Tensor::randn([6, 4, 31], (Kind::Float, tch::Device::Cpu));
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
