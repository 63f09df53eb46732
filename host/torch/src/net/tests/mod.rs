//! Networks against what plugin-api infers of them, against published values and against implementations by the book.

mod blends;
mod cell;
mod device;
mod graph;
mod inherited;
mod kernels;
mod layouts;
mod masks;
mod mixtures;
mod published;
mod spectrum;
mod statistics;

use genomenas_data::Device;
use genomenas_plugin::seed;
use genomenas_plugin::space::{GenomeNas, Selection, Space};
use tch::{Kind, Tensor, no_grad};

use super::weights::{PARTS, Part};
use super::{Net, Output};

fn noise(shape: &[i64]) -> Tensor {
    crate::test_support::hold_generator();
    tch::manual_seed(1);
    Tensor::randn(shape, (Kind::Float, tch::Device::Cpu))
}

fn supernet(space: &Space) -> Net {
    Net::build(&space.supernet_layers().unwrap(), 7, Device::Cpu).unwrap()
}

/// A small genomeNAS space in which nothing is random.
fn small() -> GenomeNas {
    GenomeNas {
        channels: 2,
        cells: 3,
        nodes: 2,
        rnn_nodes: 3,
        decoder_features: 6,
        dropout: 0.0,
        input_dropout: 0.0,
        hidden_dropout: 0.0,
        ..GenomeNas::new(41, 3)
    }
}

/// How many weights a network has.
fn count(net: &Net) -> i64 {
    PARTS.iter().map(|&part| net.weights.flat(part).size().iter().product::<i64>()).sum()
}

fn random_selection(space: &Space, index: u64) -> Selection {
    space.sample(&mut seed::stream(5, "test", index))
}

/// Alphas that differ enough for their mixture to be told from a mean.
fn spread_alphas(net: &mut Net) {
    let alphas = noise(&net.weights.flat(Part::Arch).size());
    net.weights.set_flat(Part::Arch, &alphas).unwrap();
}

/// A scalar that depends on all logits unevenly.
fn loss(output: &Output) -> Tensor {
    let logits = output.logits.flatten(0, -1);
    let uneven = Tensor::arange(logits.size()[0], (Kind::Float, tch::Device::Cpu)).sin();
    (logits * uneven).sum(Kind::Float)
}

/// The gradients of all weights by name, as they are saved; they take the place of the weights.
fn gradients(net: &mut Net) -> Vec<(String, Tensor)> {
    for part in PARTS {
        let gradient = net.weights.take_gradients(part).unwrap();
        net.weights.set_flat(part, &gradient).unwrap();
    }
    let statistics = ["running_mean", "running_var"];
    let named = net.weights.snapshot().unwrap().into_iter();
    named.filter(|(name, _)| !statistics.iter().any(|statistic| name.ends_with(statistic))).collect()
}

fn named<'a>(values: &'a [(String, Tensor)], name: &str) -> &'a Tensor {
    &values.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("there is no '{name}'")).1
}

fn is_zero(values: &Tensor) -> bool {
    *values == values.zeros_like()
}

/// The largest difference of two tensors, as a part of the largest value.
fn distance(value: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(value.size(), expected.size());
    no_grad(|| {
        let difference = (value - expected).abs().max().double_value(&[]);
        difference / expected.abs().max().double_value(&[]).max(1e-3)
    })
}

#[track_caller]
fn close(value: &Tensor, expected: &Tensor, what: &str) {
    let distance = distance(value, expected);
    assert!(distance < 1e-4, "{what} is off by {distance}");
}
