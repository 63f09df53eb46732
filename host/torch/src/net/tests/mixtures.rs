//! Mixtures of options against sums by hand, and their gradients against finite differences.

use std::collections::BTreeMap;

use genomenas_plugin::space::{Block, Decision, Form, Graph, INPUT, Node, Op, Space, SpaceFormat, VERSION};
use tch::{Kind, Tensor};

use super::{close, loss, named, noise, small, spread_alphas, supernet};
use crate::net::weights::Part;
use crate::net::{Blend, Mode, Net};

/// One choice: a normalised convolution, a normalised pool, the input itself (with skip dropout), a convolution, none.
fn space() -> Space {
    let conv = Op::Conv1d {
        out_channels: None,
        kernel: 3,
        stride: 1,
        padding: 1,
        dilation: 1,
        depthwise: false,
        groups: 1,
        bias: true,
    };
    let norm = || Op::BatchNorm { affine: true, affine_in_search: false };
    let block = |nodes: Vec<Node>| {
        let output = nodes[nodes.len() - 1].name.clone();
        Block { inputs: vec!["x".to_owned()], nodes, output }
    };
    let pool = Op::MaxPool { kernel: 3, stride: 1, padding: 1 };
    let blocks = [
        ("conv", block(vec![Node::new("conv", conv.clone(), &["x"]), Node::new("norm", norm(), &["conv"])])),
        (
            "pool",
            block(vec![Node::new("pool", pool, &["x"]), Node::new("norm", norm(), &["pool"]).only_in(Form::Search)]),
        ),
        ("skip", block(vec![Node::new("dropout", Op::SkipDropout {}, &["x"]).only_in(Form::Search)])),
    ];
    let blocks: BTreeMap<String, Block> = blocks.into_iter().map(|(name, block)| (name.to_owned(), block)).collect();
    let uses = blocks.keys().map(|block| (block.clone(), Op::Block { block: block.clone() }));
    let options: BTreeMap<String, Op> =
        uses.chain([("none".to_owned(), Op::Zero { stride: 1 }), ("plain".to_owned(), conv)]).collect();
    Space {
        format: SpaceFormat::Space,
        version: VERSION,
        name: "one choice".to_owned(),
        decisions: vec![Decision {
            id: "choice".to_owned(),
            // Not in the order of the choice's options.
            options: ["skip", "none", "plain", "pool", "conv"].map(str::to_owned).to_vec(),
            search_only: vec!["none".to_owned()],
        }],
        rules: Vec::new(),
        graph: Graph {
            input: [4, 9],
            blocks,
            nodes: vec![Node::new("edge", Op::Choice { decision: "choice".to_owned(), options }, &[INPUT])],
            output: "edge".to_owned(),
        },
    }
}

/// The value of each option, in the order of the decision.
fn options_of(net: &Net, x: &Tensor) -> Vec<Tensor> {
    let all = net.weights.snapshot().unwrap();
    let normalised = |value: Tensor| {
        let over = [0_i64, 2];
        let centred = &value - value.mean_dim(over.as_slice(), true, Kind::Float);
        let variance = centred.square().mean_dim(over.as_slice(), true, Kind::Float);
        centred / (variance + 1e-5).sqrt()
    };
    let convolved = |name: &str| {
        let weight = named(&all, &format!("edge.{name}.weight"));
        x.conv1d(weight, Some(named(&all, &format!("edge.{name}.bias"))), 1, 1, 1, 1)
    };
    vec![
        x.shallow_clone(),
        x.zeros_like(),
        convolved("plain"),
        normalised(x.max_pool1d(3, 1, 1, 1, false)),
        normalised(convolved("conv.conv")),
    ]
}

#[test]
fn a_mixture_is_the_sum_of_its_options_by_the_softmax_of_the_alphas() {
    let mut net = supernet(&space());
    spread_alphas(&mut net);
    let input = noise(&[3, 4, 9]);
    let alphas = net.weights.flat(Part::Arch).copy().set_requires_grad(true);
    let p = alphas.softmax(0, Kind::Float);
    let expected = (0..).zip(options_of(&net, &input)).fold(input.zeros_like(), |sum, (at, x)| sum + x * p.get(at));
    let uneven = noise(&expected.size()).cos();
    (&expected * &uneven).sum(Kind::Float).backward();

    let output = net.forward(&input, &Mode { learn_alphas: true, ..Mode::training() }).unwrap();
    close(&output.logits, &expected, "the mixture");
    (output.logits * uneven).sum(Kind::Float).backward();
    close(&net.weights.take_gradients(Part::Arch).unwrap(), &alphas.grad(), "the gradient of the alphas");
}

#[test]
fn gumbel_sum_and_chosen_options_count_as_they_say() {
    let mut net = supernet(&space());
    spread_alphas(&mut net);
    let input = noise(&[3, 4, 9]);
    let noise_of = [0.3_f32, -1.0, 0.7, 2.0, 0.1];
    let gumbel = ((net.weights.flat(Part::Arch) + Tensor::from_slice(&noise_of)) / 0.5).softmax(0, Kind::Float);
    let values = options_of(&net, &input);
    for (blend, counts) in [
        (
            Blend::Gumbel { temperature: 0.5, noise: noise_of.to_vec() },
            Vec::<f64>::try_from(gumbel.to_kind(Kind::Double)).unwrap(),
        ),
        (Blend::Sum, vec![1.0; 5]),
        (Blend::Chosen(vec![vec![4]]), vec![0.0, 0.0, 0.0, 0.0, 1.0]),
        (Blend::Chosen(vec![vec![0, 1, 3, 4]]), vec![0.25, 0.25, 0.0, 0.25, 0.25]),
        (Blend::Chosen(vec![vec![1]]), vec![0.0; 5]),
        (Blend::Chosen(vec![Vec::new()]), vec![0.0; 5]),
    ] {
        let expected = values.iter().zip(&counts).fold(input.zeros_like(), |sum, (x, &count)| sum + x * count);
        let output = net.forward(&input, &Mode { blend: blend.clone(), ..Mode::training() }).unwrap();
        close(&output.logits, &expected, &format!("{blend:?}"));
    }
}

#[test]
fn the_input_of_a_mixture_is_left_as_it_was() {
    let net = supernet(&space());
    let input = noise(&[3, 4, 9]);
    for blend in [Blend::Softmax, Blend::Sum, Blend::Chosen(vec![vec![0, 2]])] {
        let _ = net.forward(&input, &Mode { blend, ..Mode::training() }).unwrap();
        assert_eq!(input, noise(&[3, 4, 9]));
    }
}

#[test]
fn skip_dropout_drops_in_training_of_a_supernet_only() {
    let net = supernet(&space());
    let input = noise(&[3, 4, 9]);
    let skip = |train, p| {
        let mode = Mode { train, skip_dropout: p, blend: Blend::Chosen(vec![vec![0]]), ..Mode::training() };
        net.forward(&input, &mode).unwrap().logits
    };
    assert_eq!(skip(true, 0.0), input);
    assert_eq!(skip(false, 0.5), input);
    let dropped = skip(true, 0.5);
    let kept = dropped.ne(0.0).to_kind(Kind::Float);
    close(&dropped, &(&input * &kept * 2.0), "what is kept");
    let part = kept.mean(Kind::Float).double_value(&[]);
    assert!((0.3..0.7).contains(&part), "{part} is kept");
}

#[test]
fn a_pass_that_does_not_track_leaves_the_running_statistics() {
    let net = supernet(&small().space().unwrap());
    let input = noise(&[3, 4, 41]);
    let before = net.weights.snapshot().unwrap();
    let untracked = net.forward(&input, &Mode { track: false, ..Mode::training() }).unwrap();
    assert_eq!(before, net.weights.snapshot().unwrap());
    let tracked = net.forward(&input, &Mode::training()).unwrap();
    assert_ne!(before, net.weights.snapshot().unwrap());
    assert_eq!(untracked.logits, tracked.logits);
}

/// Compares gradients of alphas with slopes over `step` either side, in random directions.
#[track_caller]
fn check_slopes(train: bool, step: f64, tolerance: f64) {
    let mut net = supernet(&small().space().unwrap());
    spread_alphas(&mut net);
    let input = noise(&[16, 4, 41]);
    let mode = Mode { train, track: false, learn_alphas: true, ..Mode::training() };
    loss(&net.forward(&input, &mode).unwrap()).backward();
    let gradient = net.weights.take_gradients(Part::Arch).unwrap();
    let alphas = net.weights.flat(Part::Arch).copy();
    for draw in 0..4 {
        tch::manual_seed(draw);
        let direction = alphas.randn_like();
        let mut at = |step: f64| {
            net.weights.set_flat(Part::Arch, &(&alphas + &direction * step)).unwrap();
            loss(&net.forward(&input, &mode).unwrap()).double_value(&[])
        };
        let slope = (at(step) - at(-step)) / (2.0 * step);
        let expected = (&gradient * &direction).sum(Kind::Float).double_value(&[]);
        let scale = (gradient.norm() * direction.norm()).double_value(&[]) / (alphas.numel() as f64).sqrt();
        assert!((slope - expected).abs() < tolerance * scale, "{slope} is not {expected}");
    }
}

#[test]
fn gradients_of_alphas_are_the_slopes_of_the_loss() {
    check_slopes(false, 1e-2, 0.02);
    // Normalising the small states of a fresh cell by their batch bends the loss: the step must be small, and single
    // precision shows.
    check_slopes(true, 3e-4, 0.08);
}

#[test]
fn alphas_get_gradients_only_where_they_are_learned_and_weights_only_where_required() {
    let mut net = supernet(&small().space().unwrap());
    let input = noise(&[3, 4, 41]);
    let mut sums = |learn_alphas, weights: bool| {
        for part in crate::net::weights::WEIGHTS {
            net.weights.require_gradients(part, weights).unwrap();
        }
        loss(&net.forward(&input, &Mode { learn_alphas, ..Mode::training() }).unwrap()).backward();
        crate::net::weights::PARTS
            .map(|part| net.weights.take_gradients(part).unwrap().abs().sum(Kind::Float).double_value(&[]) > 0.0)
    };
    assert_eq!(sums(false, true), [true, true, false]);
    assert_eq!(sums(true, true), [true, true, true]);
    assert_eq!(sums(true, false), [false, false, true]);
}
