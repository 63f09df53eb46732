//! Passes through a network in the precision of this process. What comes out of them is float32 in each, so that losses,
//! regularisers and metrics are.

use genomenas_data::Precision;
use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::kernels::{Bfloat16, chosen};
use crate::net::{Blend, Mode, Net, Output, Statistics};

/// [`Net::forward`].
pub(crate) fn forward(net: &Net, input: &Tensor, mode: &Mode) -> Result<Output> {
    if lowered(input.device()) { in_bfloat16(net, input, mode) } else { net.forward(input, mode) }
}

/// [`Net::observe`].
pub(crate) fn observe(net: &Net, input: &Tensor, blend: Blend, statistics: &mut Statistics) -> Result<()> {
    let _guard = lowered(input.device()).then(|| Bfloat16::begin(input.device())).transpose()?;
    net.observe(input, blend, statistics)
}

fn lowered(device: Device) -> bool {
    device != Device::Cpu && chosen() == Precision::Bf16
}

fn in_bfloat16(net: &Net, input: &Tensor, mode: &Mode) -> Result<Output> {
    let output = {
        let _guard = Bfloat16::begin(input.device())?;
        net.forward(input, mode)?
    };
    let recurrent_outputs = output.recurrent_outputs.iter().map(|value| value.f_to_kind(Kind::Float));
    Ok(Output {
        logits: output.logits.f_to_kind(Kind::Float)?,
        recurrent_outputs: recurrent_outputs.collect::<std::result::Result<_, _>>()?,
        hidden: output.hidden.map(|value| value.f_to_kind(Kind::Float)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::space::{ArchitectureBuilder, GenomeNas, Layers, Op};

    use super::*;
    use crate::kernels::Kernels;
    use crate::net::weights::PARTS;
    use crate::test_support::hold_generator;

    fn supernet() -> Layers {
        let sizes =
            GenomeNas { channels: 2, cells: 3, nodes: 2, rnn_nodes: 3, decoder_features: 6, ..GenomeNas::new(41, 3) };
        let nothing_drawn = GenomeNas { dropout: 0.0, input_dropout: 0.0, hidden_dropout: 0.0, ..sizes };
        nothing_drawn.space().unwrap().supernet_layers().unwrap()
    }

    fn recurrent(cell: Op) -> Layers {
        let mut net = ArchitectureBuilder::new("recurrent", 41);
        net.then("conv", Op::conv1d(8, 5)).then("norm", Op::batch_norm()).then("relu", Op::relu()).then("cell", cell);
        net.then("flat", Op::Flatten {}).then("out", Op::linear(3));
        net.finish().unwrap().layers().unwrap()
    }

    /// Logits, and the gradients of all weights, of one pass on the processor by libtorch's operations.
    fn pass(layers: &Layers, forward: fn(&Net, &Tensor, &Mode) -> Result<Output>) -> Vec<Tensor> {
        let mut net = Net::build(layers, 7, genomenas_data::Device::Cpu).unwrap();
        net.kernels = Kernels::Plain;
        tch::manual_seed(1);
        let input = Tensor::randn([6, 4, 41], (Kind::Float, Device::Cpu));
        let output = forward(&net, &input, &Mode { learn_alphas: true, ..Mode::training() }).unwrap();
        output.recurrent_outputs.iter().for_each(|value| assert_eq!(value.kind(), Kind::Float));
        output.logits.square().mean(Kind::Float).backward();
        let gradients = PARTS.map(|part| net.weights.take_gradients(part).unwrap());
        std::iter::once(output.logits.detach()).chain(gradients).filter(|values| values.numel() > 0).collect()
    }

    fn assert_rounded(name: &str, layers: &Layers) {
        hold_generator();
        let (exact, rounded) = (pass(layers, Net::forward), pass(layers, in_bfloat16));
        for (value, expected) in rounded.iter().zip(&exact) {
            assert_eq!(value.kind(), Kind::Float, "{name}");
            let off = (value - expected).norm().double_value(&[]) / expected.norm().double_value(&[]);
            assert!(off > 0.0 && off < 0.3, "{name}: off by {off}");
        }
    }

    /// On the processor, where it can be tested: on a GPU the same operations run, but none was at hand.
    #[test]
    fn a_pass_in_bfloat16_leaves_float32_values_and_gradients_that_are_rounded() {
        let lstm = recurrent(Op::Lstm { hidden: 6, bidirectional: true });
        let gru = recurrent(Op::Gru { hidden: 5, bidirectional: true });
        assert_rounded("LSTM", &lstm);
        assert_rounded("GRU", &gru);
    }

    #[test]
    fn a_supernet_passes_in_bfloat16() {
        assert_rounded("supernet", &supernet());
    }

    #[test]
    fn statistics_are_observed_in_bfloat16() {
        hold_generator();
        let layers = recurrent(Op::batch_norm());
        let mut net = Net::build(&layers, 7, genomenas_data::Device::Cpu).unwrap();
        let mut statistics = Statistics::default();
        {
            let _guard = Bfloat16::begin(Device::Cpu).unwrap();
            let input = Tensor::randn([6, 4, 41], (Kind::Float, Device::Cpu));
            net.observe(&input, Blend::default(), &mut statistics).unwrap();
        }
        net.recalibrate(&statistics).unwrap();
        assert!(net.weights.snapshot().unwrap().iter().all(|(_, value)| value.kind() == Kind::Float));
    }
}
