//! Networks on our own kernels against the same networks on the operations of libtorch: values, gradients of everything,
//! running statistics. The kernels for CUDA are emulated on the processor.

use std::collections::BTreeMap;

use genomenas_data::Device;
use genomenas_plugin::space::{ArchitectureBuilder, EdgeActivation, Function, GenomeNas, HighwayCell, HighwayEdge, Op};
use proptest::prelude::*;
use tch::Tensor;

use super::{distance, loss, noise, random_selection, spread_alphas, supernet};
use crate::kernels::{Emulated, Kernels};
use crate::net::blend::positions;
use crate::net::weights::{PARTS, Part};
use crate::net::{Blend, Mode, Net};

/// The value, the gradients and the statistics of one pass.
fn pass(net: &mut Net, kernels: Kernels, input: &Tensor, mode: &Mode, learned: &[Part]) -> BTreeMap<String, Tensor> {
    net.kernels = kernels;
    for part in PARTS {
        net.weights.require_gradients(part, learned.contains(&part)).unwrap();
    }
    let input = input.copy().set_requires_grad(true);
    tch::manual_seed(5);
    let output = net.forward(&input, mode).unwrap();
    loss(&output).backward();
    let statistics = net.weights.snapshot().unwrap().into_iter().filter(|(name, _)| name.contains("running"));
    let mut all: BTreeMap<String, Tensor> = statistics.map(|(name, value)| (name, value.copy())).collect();
    all.insert("the value".to_owned(), output.logits.detach());
    all.insert("the input".to_owned(), input.grad());
    // A part together: the gradient of a single weight before a norm is a small difference of large values.
    for part in PARTS {
        let gradient = net.weights.take_gradients(part).unwrap();
        if gradient.numel() > 0 {
            all.insert(format!("the gradient of {part:?}"), gradient);
        }
    }
    all
}

/// All kernels, on networks that `build` builds anew.
#[track_caller]
fn twins_agree(build: impl Fn() -> Net, input: &Tensor, mode: &Mode, learned: &[Part]) {
    let [plain, fused] =
        [Kernels::Plain, Kernels::Fused].map(|kernels| pass(&mut build(), kernels, input, mode, learned));
    let emulated = emulated(&mut build(), input, mode, learned);
    for (name, expected) in &plain {
        // Rounding differs, and forty positions and norms follow each other.
        for (of, value) in [("the processor", &fused[name]), ("CUDA", &emulated[name])] {
            let off = distance(value, expected);
            assert!(off < 5e-4, "{name} of the kernels for {of} is off by {off}");
        }
        let off = distance(&emulated[name], &fused[name]);
        assert!(off < 5e-4, "{name} is off by {off} between the kernels");
    }
}

fn emulated(net: &mut Net, input: &Tensor, mode: &Mode, learned: &[Part]) -> BTreeMap<String, Tensor> {
    let _guard = Emulated::begin();
    pass(net, Kernels::Fused, input, mode, learned)
}

/// A genomeNAS space whose cell has more channels than vectors hold, and not a multiple of them.
fn wide() -> GenomeNas {
    GenomeNas {
        channels: 5,
        cells: 3,
        nodes: 2,
        rnn_nodes: 4,
        decoder_features: 6,
        dropout: 0.0,
        ..GenomeNas::new(41, 3)
    }
}

fn spread(space: &genomenas_plugin::space::Space) -> Net {
    let mut net = supernet(space);
    spread_alphas(&mut net);
    let matrices = net.weights.flat(Part::Rnn).randn_like() * 0.1;
    net.weights.set_flat(Part::Rnn, &matrices).unwrap();
    net
}

#[test]
fn a_supernet_trains_weights_and_alphas_as_its_plain_twin() {
    let space = wide().space().unwrap();
    let input = noise(&[6, 4, 41]);
    for learned in [&[Part::Cnn, Part::Rnn][..], &[Part::Arch], &[Part::Cnn, Part::Rnn, Part::Arch]] {
        let mode = Mode { learn_alphas: learned.contains(&Part::Arch), ..Mode::training() };
        twins_agree(|| spread(&space), &input, &mode, learned);
    }
}

#[test]
fn a_supernet_drops_the_same_values_as_its_plain_twin() {
    let space = wide().space().unwrap();
    let mode = Mode { input_dropout: Some(0.3), hidden_dropout: Some(0.4), ..Mode::training() };
    twins_agree(|| spread(&space), &noise(&[6, 4, 41]), &mode, &[Part::Cnn, Part::Rnn]);
}

#[test]
fn a_supernet_of_which_options_are_chosen_trains_as_its_plain_twin() {
    let space = wide().space().unwrap();
    let layers = space.supernet_layers().unwrap();
    for index in 0..4 {
        let mut chosen = positions(&random_selection(&space, index), &layers).unwrap();
        // Two options here and there, and a node that nothing enters.
        chosen[0] = vec![0, 1];
        if index == 3 {
            let last = layers.decisions.iter().map(|decision| decision.id.starts_with("rnn.3."));
            chosen.iter_mut().zip(last).filter(|(_, last)| *last).for_each(|(options, _)| options.clear());
        }
        let mode = Mode { blend: Blend::Chosen(chosen), ..Mode::training() };
        twins_agree(|| spread(&space), &noise(&[6, 4, 41]), &mode, &[Part::Cnn, Part::Rnn]);
    }
}

#[test]
fn an_architecture_trains_and_scores_as_its_plain_twin() {
    let space = wide().space().unwrap();
    for index in 0..6 {
        let layers = space.architecture(&random_selection(&space, index)).unwrap().layers().unwrap();
        let build = || {
            crate::test_support::hold_generator();
            Net::build(&layers, 3, Device::Cpu).unwrap()
        };
        for mode in [Mode { hidden_dropout: Some(0.2), ..Mode::training() }, Mode::scoring()] {
            twins_agree(build, &noise(&[3, 4, 41]), &mode, &[Part::Cnn, Part::Rnn]);
        }
    }
}

/// A cell of so many channels and nine positions, with an activation and an input for each node.
fn cell(functions: &[Function], inputs: &[usize], channels: usize) -> Net {
    let edge = |(node, (&function, &input)): (usize, (&Function, &usize))| HighwayEdge {
        node,
        input: input % (node + 1),
        activation: EdgeActivation::Activation(function),
    };
    let edges = functions.iter().zip(inputs).enumerate().map(edge).collect();
    let cell = HighwayCell { nodes: functions.len(), edges, input_dropout: 0.0, hidden_dropout: 0.0 };
    let mut builder = ArchitectureBuilder::new("cell", 9);
    builder.then("conv", Op::conv1d(channels, 1)).then("rnn", Op::Highway(cell));
    let layers = builder.finish().unwrap().layers().unwrap();
    crate::test_support::hold_generator();
    let mut net = Net::build(&layers, 3, Device::Cpu).unwrap();
    tch::manual_seed(6);
    // As large as keeps a sum over the channels of the size of one.
    let matrices = net.weights.flat(Part::Rnn).randn_like() * (2.0 / (channels as f64).sqrt());
    net.weights.set_flat(Part::Rnn, &matrices).unwrap();
    net
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_cell_is_that_of_its_plain_twin(
        nodes in prop::collection::vec((prop::sample::select(&[
            Function::Tanh, Function::Identity, Function::Sigmoid, Function::Relu, Function::Gelu,
        ][..]), 0_usize..8), 1..7),
        batch in 1_i64..20,
        channels in 1_usize..80,
        train: bool,
    ) {
        let (functions, inputs): (Vec<_>, Vec<_>) = nodes.into_iter().unzip();
        let mode = Mode { train, ..Mode::training() };
        twins_agree(|| cell(&functions, &inputs, channels), &noise(&[batch, 4, 9]), &mode, &[Part::Rnn]);
    }
}

#[test]
fn a_value_that_is_not_a_number_is_not_hidden() {
    let mut net = cell(&[Function::Tanh, Function::Relu], &[0, 1], 4);
    let matrices = net.weights.flat(Part::Rnn).copy();
    // A single weight of the carry gate of the last node.
    let _ = matrices.narrow(0, matrices.size()[0] - 8, 1).fill_(f64::NAN);
    net.weights.set_flat(Part::Rnn, &matrices).unwrap();
    for (kernels, emulated) in [(Kernels::Plain, false), (Kernels::Fused, false), (Kernels::Fused, true)] {
        let _guard = emulated.then(Emulated::begin);
        net.kernels = kernels;
        let value = net.forward(&noise(&[2, 4, 9]), &Mode::training()).unwrap().logits;
        assert!(value.isnan().any().int64_value(&[]) == 1, "{kernels:?}, emulated: {emulated}");
    }
}

#[test]
fn the_same_pass_returns_the_same_bits() {
    let space = wide().space().unwrap();
    let input = noise(&[6, 4, 41]);
    let mode = Mode { learn_alphas: true, ..Mode::training() };
    for emulated in [false, true] {
        let _guard = emulated.then(Emulated::begin);
        let [first, second] = [0, 1].map(|_| pass(&mut spread(&space), Kernels::Fused, &input, &mode, &PARTS));
        for (name, value) in first {
            assert_eq!(value, second[&name], "{name}, emulated: {emulated}");
        }
    }
}

/// On a GPU they run side by side: none may read what another one writes before all have met.
#[test]
fn the_threads_of_the_kernels_for_cuda_may_run_in_any_order() {
    let space = wide().space().unwrap();
    let input = noise(&[11, 4, 41]);
    let mode = Mode { learn_alphas: true, hidden_dropout: Some(0.3), ..Mode::training() };
    let forwards = emulated(&mut spread(&space), &input, &mode, &PARTS);
    let _guard = Emulated::begin_reversed();
    for (name, value) in pass(&mut spread(&space), Kernels::Fused, &input, &mode, &PARTS) {
        assert_eq!(value, forwards[&name], "{name}");
    }
}

/// One that keeps what its backward pass needs may not compute another value than one that keeps nothing.
#[test]
fn a_pass_without_gradients_has_the_value_of_one_with_them() {
    let space = wide().space().unwrap();
    let mode = Mode { hidden_dropout: Some(0.3), ..Mode::training() };
    for emulated in [false, true] {
        let _guard = emulated.then(Emulated::begin);
        let with = pass(&mut spread(&space), Kernels::Fused, &noise(&[11, 4, 41]), &mode, &PARTS);
        let net = Net { kernels: Kernels::Fused, ..spread(&space) };
        let input = noise(&[11, 4, 41]);
        tch::manual_seed(5);
        let without = tch::no_grad(|| net.forward(&input, &mode)).unwrap().logits;
        assert_eq!(without, with["the value"], "emulated: {emulated}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_norm_is_that_of_its_plain_twin(channels in 1_usize..90, batch in 1_i64..5, length in 2_i64..40, train: bool) {
        let build = || {
            let mut builder = ArchitectureBuilder::new("norm", usize::try_from(length).unwrap());
            let conv = Op::Conv1d {
                out_channels: Some(channels), kernel: 1, stride: 1, padding: 0, dilation: 1, depthwise: false, groups: 1,
                bias: true,
            };
            builder.then("conv", conv);
            builder.then("norm", Op::BatchNorm { affine: true, affine_in_search: false });
            let layers = builder.finish().unwrap().layers().unwrap();
            crate::test_support::hold_generator();
            let mut net = Net::build(&layers, 3, Device::Cpu).unwrap();
            tch::manual_seed(6);
            let weights = net.weights.flat(Part::Cnn).randn_like();
            net.weights.set_flat(Part::Cnn, &weights).unwrap();
            net
        };
        let mode = Mode { train, ..Mode::training() };
        twins_agree(build, &(noise(&[batch, 4, length]) + 3.0), &mode, &[Part::Cnn]);
    }
}
