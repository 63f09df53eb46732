//! The highway cell of a supernet against one written step by step, as the reference words it.

use std::collections::BTreeMap;

use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use genomenas_plugin::space::{
    Decision, EdgeActivation, Graph, HighwayCell, HighwayEdge, INPUT, Mask, Node, Op, Rule, Space, SpaceFormat, VERSION,
};
use proptest::prelude::*;
use tch::{Kind, Tensor, no_grad};

use super::{close, distance, gradients, is_zero, named, noise, spread_alphas, supernet};
use crate::kernels::{Emulated, Kernels};
use crate::net::weights::Part;
use crate::net::{Blend, Mode, Net, Statistics};

const NODES: usize = 5;
const ACTIVATIONS: [&str; 6] = ["none", "tanh", "identity", "sigmoid", "relu", "gelu"];

/// A cell on the four channels of the input.
fn space() -> Space {
    let pairs: Vec<(usize, usize)> = (0..NODES).flat_map(|node| (0..=node).map(move |input| (node, input))).collect();
    let id = |node: usize, input: usize| format!("rnn.{node}.{input}");
    let edge = |&(node, input): &(usize, usize)| {
        let activation = EdgeActivation::Decision(id(node, input));
        HighwayEdge { node, input, activation }
    };
    let decision = |&(node, input): &(usize, usize)| Decision {
        id: id(node, input),
        options: ACTIVATIONS.map(str::to_owned).to_vec(),
        search_only: vec!["none".to_owned()],
    };
    let edges = pairs.iter().map(edge).collect();
    let cell = HighwayCell { nodes: NODES, edges, input_dropout: 0.0, hidden_dropout: 0.0 };
    Space {
        format: SpaceFormat::Space,
        version: VERSION,
        name: "cell".to_owned(),
        decisions: pairs.iter().map(decision).collect(),
        rules: (0..NODES).map(|node| Rule { of: (0..=node).map(|input| id(node, input)).collect(), keep: 1 }).collect(),
        graph: Graph {
            input: [4, 6],
            blocks: BTreeMap::new(),
            nodes: vec![Node::new("rnn", Op::Highway(cell), &[INPUT])],
            output: "rnn".to_owned(),
        },
    }
}

/// What discards leave: any options that are not all `none`, and of each node at least its first edge.
fn pruned(space: &Space, seed: u64) -> Space {
    let mut draws = seed::stream(seed, "mask", 0);
    let mut mask = Mask::default();
    for decision in &space.decisions {
        let first = decision.id.ends_with(".0");
        if first || draws.random_bool(0.6) {
            let one = draws.random_range(1..decision.options.len());
            let kept = decision.options.iter().enumerate().filter(|&(at, _)| at == one || draws.random_bool(0.4));
            mask.0.insert(decision.id.clone(), kept.map(|(_, option)| option.clone()).collect());
        }
    }
    space.masked(&mask).unwrap()
}

/// The cell step by step: one product an edge, one batch norm a state, nothing hoisted.
struct ByTheBook<'a> {
    space: &'a Space,
    weights: BTreeMap<String, Tensor>,
    mean: Tensor,
    variance: Tensor,
    train: bool,
    masks: Option<(Tensor, Tensor)>,
    /// All that the norm was given.
    seen: Vec<Tensor>,
}

impl<'a> ByTheBook<'a> {
    /// With the weights of `net`, as leaves of its own.
    fn of(net: &Net, space: &'a Space, train: bool) -> Self {
        let all = net.weights.snapshot().unwrap();
        let is_statistic = |name: &str| name.contains("running");
        let weights = all.iter().filter(|(name, _)| !is_statistic(name));
        let weights = weights.map(|(name, tensor)| (name.clone(), tensor.copy().set_requires_grad(true))).collect();
        let (mean, variance) =
            (named(&all, "rnn.norm.running_mean").copy(), named(&all, "rnn.norm.running_var").copy());
        Self { space, weights, mean, variance, train, masks: None, seen: Vec::new() }
    }

    fn norm(&mut self, state: &Tensor) -> Tensor {
        if !self.train {
            return (state - &self.mean) / (&self.variance + 1e-5).sqrt();
        }
        self.seen.push(state.detach());
        let samples = state.size()[0] as f64;
        let mean = state.mean_dim([0_i64].as_slice(), false, Kind::Float);
        let variance = (state - &mean).square().mean_dim([0_i64].as_slice(), false, Kind::Float);
        no_grad(|| {
            self.mean = &self.mean * 0.9 + &mean * 0.1;
            self.variance = &self.variance * 0.9 + &variance * (0.1 * samples / (samples - 1.0));
        });
        (state - mean) / (variance + 1e-5).sqrt()
    }

    fn drop(&self, state: &Tensor, of_input: bool) -> Tensor {
        match &self.masks {
            Some((input, hidden)) => state * if of_input { input } else { hidden },
            None => state.shallow_clone(),
        }
    }

    /// [T, B, H] from [B, H, T].
    fn run(&mut self, x: &Tensor) -> Tensor {
        let (batch, _, positions) = x.size3().unwrap();
        let mut h = Tensor::zeros([batch, 4], (Kind::Float, tch::Device::Cpu));
        let mut outputs = Vec::new();
        for position in 0..positions {
            let entering = [self.drop(&x.select(2, position), true), self.drop(&h, false)];
            let gates = Tensor::cat(&entering, 1).matmul(&self.weights["rnn.w0"]).split(4, 1);
            let s0 = &h + gates[0].sigmoid() * (gates[1].tanh() - &h);
            let mut states = vec![self.norm(&s0)];
            for node in 0..NODES {
                let mut sum = s0.zeros_like();
                for (input, state) in states.iter().enumerate() {
                    let id = format!("rnn.{node}.{input}");
                    let Some(decision) = self.space.decision(&id) else { continue };
                    let alphas = decision.options.iter().map(|option| &self.weights[&format!("alphas.{id}.{option}")]);
                    let p = Tensor::stack(&alphas.collect::<Vec<_>>(), 0).softmax(0, Kind::Float);
                    for (at, option) in (0..).zip(&decision.options) {
                        let w = &self.weights[&format!("rnn.w.{node}")];
                        let gates = self.drop(state, false).matmul(w).split(4, 1);
                        let candidate = match option.as_str() {
                            "none" => continue,
                            "tanh" => gates[1].tanh(),
                            "identity" => gates[1].shallow_clone(),
                            "sigmoid" => gates[1].sigmoid(),
                            "relu" => gates[1].relu(),
                            _ => gates[1].gelu("none"),
                        };
                        sum += p.get(at) * (state + gates[0].sigmoid() * (candidate - state));
                    }
                }
                states.push(self.norm(&sum));
            }
            h = states[1..].iter().fold(s0.zeros_like(), |sum, state| sum + state) / NODES as f64;
            outputs.push(h.shallow_clone());
        }
        Tensor::stack(&outputs, 0)
    }
}

fn input() -> Tensor {
    noise(&[8, 4, 6]).set_requires_grad(true)
}

/// Compares values, gradients of everything and running statistics, for all kernels.
#[track_caller]
fn compare(space: &Space, train: bool, dropout: f64) {
    compare_by(Kernels::Plain, space, train, dropout);
    compare_by(Kernels::Fused, space, train, dropout);
    let _guard = Emulated::begin();
    compare_by(Kernels::Fused, space, train, dropout);
}

#[track_caller]
fn compare_by(kernels: Kernels, space: &Space, train: bool, dropout: f64) {
    let mut net = Net { kernels, ..supernet(space) };
    spread_alphas(&mut net);
    let matrices = net.weights.flat(Part::Rnn).randn_like() * 0.5;
    net.weights.set_flat(Part::Rnn, &matrices).unwrap();
    let mut book = ByTheBook::of(&net, space, train);
    let dropout_mask =
        || Tensor::empty([8, 4], (Kind::Float, tch::Device::Cpu)).bernoulli_float_(1.0 - dropout) / (1.0 - dropout);
    tch::manual_seed(3);
    // Nothing is dropped where the cell only scores.
    book.masks = (train && dropout > 0.0).then(|| (dropout_mask(), dropout_mask()));
    tch::manual_seed(3);
    let (own_input, book_input) = (input(), input());
    tch::manual_seed(3);
    let mode = Mode {
        train,
        learn_alphas: true,
        input_dropout: Some(dropout),
        hidden_dropout: Some(dropout),
        ..Mode::training()
    };
    let output = net.forward(&own_input, &mode).unwrap();
    let expected = book.run(&book_input);
    close(&output.recurrent_outputs[0], &expected, "the output");
    close(&output.logits, &expected.permute([1, 2, 0]), "the value");

    let uneven = noise(&expected.size());
    (&output.recurrent_outputs[0] * &uneven).sum(Kind::Float).backward();
    (&expected * &uneven).sum(Kind::Float).backward();
    close(&own_input.grad(), &book_input.grad(), "the gradient of the input");
    let after = net.weights.snapshot().unwrap();
    close(named(&after, "rnn.norm.running_mean"), &book.mean, "the running mean");
    close(named(&after, "rnn.norm.running_var"), &book.variance, "the running variance");
    // Alphas together: the gradient of a single one may be a small difference of large values.
    let (mut alphas, mut expected_alphas) = (Vec::new(), Vec::new());
    for (name, gradient) in gradients(&mut net) {
        let expected = book.weights[&name].grad();
        let expected = if expected.defined() { expected } else { gradient.zeros_like() };
        if name.starts_with("alphas.") {
            alphas.push(gradient);
            expected_alphas.push(expected);
        } else {
            close(&gradient, &expected, &format!("the gradient of {name}"));
        }
    }
    close(&Tensor::stack(&alphas, 0), &Tensor::stack(&expected_alphas, 0), "the gradient of the alphas");
}

#[test]
fn the_cell_trains_as_by_the_book() {
    compare(&space(), true, 0.0);
}

#[test]
fn the_cell_scores_as_by_the_book() {
    compare(&space(), false, 0.0);
}

#[test]
fn the_cell_drops_inputs_and_states_as_by_the_book() {
    compare(&space(), true, 0.4);
}

#[test]
fn a_pruned_cell_trains_and_scores_as_by_the_book() {
    let space = space();
    let pruned = pruned(&space, 11);
    assert!(pruned.decisions.len() < space.decisions.len());
    compare(&pruned, true, 0.0);
    compare(&pruned, false, 0.0);
    compare(&pruned, true, 0.4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_pruned_cell_is_that_by_the_book(seed: u64, train: bool, drops: bool) {
        compare(&pruned(&space(), seed), train, if drops { 0.4 } else { 0.0 });
    }
}

#[test]
fn a_node_without_a_live_activation_is_zero_before_its_norm() {
    let space = space();
    let net = supernet(&space);
    let mode = Mode { blend: Blend::Chosen(vec![Vec::new(); space.decisions.len()]), ..Mode::scoring() };
    for emulated in [false, true] {
        let _guard = emulated.then(Emulated::begin);
        let output = net.forward(&input(), &mode).unwrap();
        // The running mean is 0.
        assert!(is_zero(&output.logits));
    }
}

#[test]
fn a_cell_that_normalises_over_samples_refuses_a_single_one_in_training_only() {
    let net = supernet(&space());
    let single = noise(&[1, 4, 6]);
    assert!(net.forward(&single, &Mode::scoring()).is_ok());
    let error = net.forward(&single, &Mode::training()).unwrap_err();
    insta::assert_snapshot!(error, @"a supernet with a highway cell normalises over the samples of a batch: expected at least 2, got 1");
}

#[test]
fn the_norm_of_the_cell_pools_what_it_sees_of_all_states_positions_and_batches() {
    let space = space();
    let mut net = supernet(&space);
    spread_alphas(&mut net);
    let matrices = net.weights.flat(Part::Rnn).randn_like() * 0.5;
    net.weights.set_flat(Part::Rnn, &matrices).unwrap();
    let mut book = ByTheBook::of(&net, &space, true);
    let mut statistics = Statistics::default();
    let all = noise(&[12, 4, 6]);
    // Their means differ, so that the variance between them counts.
    for batch in [all.narrow(0, 0, 8), all.narrow(0, 8, 4) * 3.0 + 5.0] {
        let _ = book.run(&batch);
        net.observe(&batch, Blend::Softmax, &mut statistics).unwrap();
    }
    net.recalibrate(&statistics).unwrap();
    // Six states at six positions, of 8 and of 4 samples.
    let seen = Tensor::cat(&book.seen, 0).to_kind(Kind::Double);
    assert_eq!(seen.size(), [6 * 6 * 12, 4]);
    let after = net.weights.snapshot().unwrap();
    let mean = seen.mean_dim([0_i64].as_slice(), false, Kind::Double);
    let variance = seen.var_dim([0_i64].as_slice(), true, false);
    for (name, expected) in [("rnn.norm.running_mean", mean), ("rnn.norm.running_var", variance)] {
        let distance = distance(&named(&after, name).to_kind(Kind::Double), &expected);
        assert!(distance < 1e-5, "{name} is off by {distance}");
    }
}
