//! Every family of operations on a GPU against the CPU, and there the kernels of the highway cell against their plain twin:
//! `make check-cuda`.

use genomenas_plugin::space::{
    Architecture, ArchitectureBuilder, EdgeActivation, Function, HighwayCell, HighwayEdge, Op,
};

use super::*;
use crate::kernels::{Emulated, Highway, Kernels};
use crate::net::Mode;

/// Libraries differ in the order of sums; a wrong value is off by far more.
const TOLERANCE: f64 = 1e-3;

/// A network of this operation between a convolution and a dense layer.
fn with(op: Op) -> Architecture {
    let mut net = ArchitectureBuilder::new("one", 41);
    net.then("conv", Op::conv1d(8, 5)).then("op", op);
    net.then("flat", Op::Flatten {}).then("out", Op::linear(3));
    net.finish().unwrap()
}

fn same(kernel: usize, depthwise: bool, dilation: usize) -> Op {
    let padding = dilation * (kernel / 2);
    Op::Conv1d { out_channels: None, kernel, stride: 1, padding, dilation, depthwise, groups: 1, bias: false }
}

fn families() -> Vec<(String, Architecture)> {
    let mut all = vec![
        ("convolution", same(15, false, 1)),
        ("depthwise convolution", same(9, true, 1)),
        ("dilated convolution", same(5, false, 2)),
        ("batch norm", Op::batch_norm()),
        ("max pool", Op::MaxPool { kernel: 5, stride: 2, padding: 2 }),
        ("average pool", Op::AvgPool { kernel: 5, stride: 3, padding: 2 }),
        ("LSTM", Op::Lstm { hidden: 6, bidirectional: true }),
        ("GRU", Op::Gru { hidden: 5, bidirectional: true }),
        ("dense layer at each position", Op::linear(7)),
        ("transposition", Op::Transpose {}),
    ]
    .into_iter()
    .map(|(name, op)| (name.to_owned(), with(op)))
    .collect::<Vec<_>>();
    for function in [Function::Tanh, Function::Identity, Function::Sigmoid, Function::Relu, Function::Gelu] {
        all.push((format!("{function:?}"), with(Op::Activation { function })));
        let edge = |node| HighwayEdge { node, input: node, activation: EdgeActivation::Activation(function) };
        let edges = (0..3).map(edge).collect();
        let cell = HighwayCell { nodes: 3, edges, input_dropout: 0.0, hidden_dropout: 0.0 };
        all.push((format!("highway cell of {function:?}"), with(Op::Highway(cell))));
    }
    all
}

fn training() -> Mode {
    Mode { learn_alphas: true, ..Mode::training() }
}

/// The logits of a batch on the CPU, and all gradients by name.
fn pass(net: &mut Net, device: tch::Device, mode: &Mode) -> (Tensor, Vec<(String, Tensor)>) {
    let input = noise(&[6, 4, 41]).to_device(device);
    tch::manual_seed(3);
    let output = net.forward(&input, mode).unwrap();
    let logits = output.logits.to_device(tch::Device::Cpu);
    loss(&Output { logits: logits.shallow_clone(), recurrent_outputs: Vec::new(), hidden: None }).backward();
    (logits.detach(), gradients(net))
}

/// Compares `device` with the CPU, and prints a line of each family: its name, how far values are off, and gradients.
fn agree(device: Device) {
    crate::test_support::hold_generator();
    let on = |device, layers: &_| {
        let mut net = Net::build(layers, 7, device).unwrap();
        spread_alphas(&mut net);
        pass(&mut net, crate::tensor::device::torch(device), &training())
    };
    let supernet = small().space().unwrap().supernet_layers().unwrap();
    let families = families().into_iter().map(|(name, net)| (name, net.layers().unwrap()));
    let mut wrong = Vec::new();
    for (name, layers) in families.chain([("supernet".to_owned(), supernet)]) {
        let (values, gradients) = on(Device::Cpu, &layers);
        let (own_values, own_gradients) = on(device, &layers);
        assert!(gradients.iter().any(|(_, gradient)| !is_zero(gradient)), "{name} has no gradient");
        if !is_near("agreement", &name, (&own_values, &own_gradients), (&values, &gradients)) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "more than {TOLERANCE} off: {}", wrong.join(", "));
}

/// Whether values, and all others by name, are those that are expected; prints a line of how far off they are.
fn is_near(
    of: &str,
    name: &str,
    found: (&Tensor, &[(String, Tensor)]),
    expected: (&Tensor, &[(String, Tensor)]),
) -> bool {
    let off = distance(found.0, expected.0);
    let others = expected.1.iter().map(|(other, expected)| distance(named(found.1, other), expected));
    let others_off = others.fold(0.0, f64::max);
    #[expect(clippy::print_stdout, reason = "make check-cuda reads it")]
    {
        println!("{of}\t{name}\t{off:e}\t{others_off:e}");
    }
    // Not a number is not below either.
    off < TOLERANCE && others_off < TOLERANCE
}

#[test]
#[ignore = "needs a GPU: make check-cuda"]
fn a_gpu_has_the_values_and_gradients_of_the_processor() {
    assert!(crate::tensor::device::count() > 0, "libtorch sees no GPU");
    agree(Device::Cuda(0));
}

#[test]
fn every_family_that_is_compared_with_a_gpu_has_values_and_gradients() {
    agree(Device::Cpu);
}

/// Values, gradients and running statistics by the kernels of the highway cell against those by operations of libtorch, all
/// on this device.
fn cells_agree(device: Device) {
    let place = crate::tensor::device::torch(device);
    let like = Tensor::zeros([1], (Kind::Float, place));
    assert!(Highway::has_kernels(&like, 8), "there are no kernels of the highway cell on {device:?}: the log says why");
    let on = |kernels, layers: &_, mode: &Mode| {
        let mut net = Net { kernels, ..Net::build(layers, 7, device).unwrap() };
        spread_alphas(&mut net);
        let (values, gradients) = pass(&mut net, place, mode);
        let running = net.weights.snapshot().unwrap().into_iter().filter(|(name, _)| name.contains("running"));
        (values, gradients.into_iter().chain(running.map(|(name, value)| (name, value.copy()))).collect::<Vec<_>>())
    };
    let cells = families().into_iter().filter(|(name, _)| name.contains("highway"));
    let cells = cells.map(|(name, net)| (name, net.layers().unwrap()));
    let supernet = small().space().unwrap().supernet_layers().unwrap();
    let modes = [
        ("training", training()),
        ("dropout", Mode { hidden_dropout: Some(0.3), ..training() }),
        ("scoring", Mode { train: false, ..training() }),
    ];
    let mut wrong = Vec::new();
    for (name, layers) in cells.chain([("supernet".to_owned(), supernet)]) {
        for (of, mode) in &modes {
            let (values, others) = on(Kernels::Plain, &layers, mode);
            let (own_values, own_others) = on(Kernels::Fused, &layers, mode);
            let name = format!("{name}, {of}");
            if !is_near("cell", &name, (&own_values, &own_others), (&values, &others)) {
                wrong.push(name);
            }
        }
    }
    assert!(wrong.is_empty(), "more than {TOLERANCE} off: {}", wrong.join(", "));
}

#[test]
#[ignore = "needs a GPU: make check-cuda"]
fn the_kernels_of_the_highway_cell_on_a_gpu_agree_with_its_plain_twin() {
    assert!(crate::tensor::device::count() > 0, "libtorch sees no GPU");
    cells_agree(Device::Cuda(0));
}

#[test]
fn the_emulated_kernels_of_the_highway_cell_agree_with_its_plain_twin() {
    let _guard = Emulated::begin();
    cells_agree(Device::Cpu);
}
