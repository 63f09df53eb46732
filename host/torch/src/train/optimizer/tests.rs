//! Optimizers against PyTorch's, with both kernels.

use genomenas_data::Device as HostDevice;
use genomenas_plugin::message::{self, Algorithm, Schedule};
use genomenas_plugin::space::{ArchitectureBuilder, Op};
use tch::Kind;

use super::schedule::learning_rate;
use super::*;

/// Every rule, with and without momentum.
const ALGORITHMS: [Algorithm; 5] = [
    Algorithm::Sgd { momentum: 0.0 },
    Algorithm::Sgd { momentum: 0.9 },
    Algorithm::RmsProp { alpha: 0.99, epsilon: 1e-8 },
    Algorithm::Adam { beta1: 0.5, beta2: 0.999, epsilon: 1e-8 },
    Algorithm::AdamW { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
];

/// A network with one weight and no bias, so that updates can be followed by hand.
fn scalar_net() -> Net {
    crate::test_support::hold_generator();
    let mut builder = ArchitectureBuilder::new("scalar", 1);
    builder
        .then("pool", Op::GlobalMaxPool {})
        .then("out", Op::Linear { out_features: 1, bias: false, init_range: None });
    let layers = builder.finish().unwrap().layers().unwrap();
    let mut net = Net::build(&layers, 1, HostDevice::Cpu).unwrap();
    let start = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 0.0]).view([1, 4]);
    net.weights.restore(&[("out.weight".to_owned(), start)]).unwrap();
    net
}

/// The first weight after three steps down w²/2, whose gradient is w, by both kernels.
#[track_caller]
fn three_steps(plan: &Plan) -> f64 {
    let [plain, fused] = [Kernels::Plain, Kernels::Fused].map(|kernels| three_steps_by(kernels, plan));
    close(fused, plain);
    fused
}

fn three_steps_by(kernels: Kernels, plan: &Plan) -> f64 {
    let mut net = scalar_net();
    net.kernels = kernels;
    let mut optimizer = Optimizer::new(plan, &net.weights).unwrap();
    let input = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 0.0]).view([1, 4, 1]);
    for step in 1..=3 {
        let logits = net.forward(&input, &crate::net::Mode::training()).unwrap().logits;
        (logits.square().sum(Kind::Float) * 0.5).backward();
        optimizer.step(&mut net, step, SchedulePoint::default()).unwrap();
    }
    net.weights.flat(Part::Cnn).double_value(&[0])
}

fn plan(algorithm: Algorithm, weight_decay: f64) -> Plan {
    let cnn = message::Optimizer { algorithm, learning_rate: 0.1, weight_decay, schedule: Schedule::Constant };
    Plan { cnn, ..Plan::default() }
}

fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
}

#[test]
fn sgd_with_momentum_and_weight_decay_is_pytorchs() {
    let (mut w, mut velocity) = (1.0, 0.0);
    for _ in 0..3 {
        velocity = 0.9 * velocity + (w + 0.01 * w);
        w -= 0.1 * velocity;
    }
    close(three_steps(&plan(Algorithm::Sgd { momentum: 0.9 }, 0.01)), w);
}

#[test]
fn adam_is_pytorchs_with_the_penalty_in_the_gradient_or_beside_it() {
    for decoupled in [false, true] {
        let (mut w, mut m, mut v) = (1.0_f64, 0.0, 0.0);
        for step in 1..=3 {
            let gradient = if decoupled { w } else { w + 0.01 * w };
            if decoupled {
                w -= 0.1 * 0.01 * w;
            }
            m = 0.9 * m + 0.1 * gradient;
            v = 0.999 * v + 0.001 * gradient * gradient;
            let (m_hat, v_hat) = (m / (1.0 - 0.9_f64.powi(step)), v / (1.0 - 0.999_f64.powi(step)));
            w -= 0.1 * m_hat / (v_hat.sqrt() + 1e-8);
        }
        let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
        let algorithm = if decoupled {
            Algorithm::AdamW { beta1, beta2, epsilon }
        } else {
            Algorithm::Adam { beta1, beta2, epsilon }
        };
        close(three_steps(&plan(algorithm, 0.01)), w);
    }
}

#[test]
fn rmsprop_is_pytorchs() {
    let (mut w, mut square) = (1.0_f64, 0.0);
    for _ in 0..3 {
        square = 0.9 * square + 0.1 * w * w;
        w -= 0.1 * w / (square.sqrt() + 1e-8);
    }
    close(three_steps(&plan(Algorithm::RmsProp { alpha: 0.9, epsilon: 1e-8 }, 0.0)), w);
}

#[test]
fn clipping_shortens_a_long_gradient_and_leaves_a_short_one() {
    let clipped = Plan { clip: Clip::All { norm: 0.5 }, ..plan(Algorithm::Sgd { momentum: 0.0 }, 0.0) };
    close(three_steps(&clipped), 1.0 - 3.0 * 0.1 * 0.5);
    let free = Plan { clip: Clip::Parts { cnn: 5.0, rnn: 5.0 }, ..clipped };
    close(three_steps(&free), 0.9_f64.powi(3));
}

#[test]
fn the_cosine_of_the_reference_is_stepped_once_an_epoch() {
    // Twelve epochs of a schedule over 20 that starts at 8.0 (reference, successive halving).
    let settings = message::Optimizer {
        learning_rate: 8.0,
        schedule: Schedule::Cosine { minimum: 0.0, every_step: false },
        ..message::Optimizer::default()
    };
    let rates: Vec<f64> = (0..12_u32)
        .map(|epoch| SchedulePoint { at_epoch: f64::from(epoch) / 20.0, ..SchedulePoint::default() })
        .map(|at| (learning_rate(&settings, at) * 100.0).round() / 100.0)
        .collect();
    assert_eq!(rates, [8.0, 7.95, 7.8, 7.56, 7.24, 6.83, 6.35, 5.82, 5.24, 4.63, 4.0, 3.37]);
}

/// Weights, then first and second moments, after five steps of both kernels on the same gradients.
#[track_caller]
fn twins_agree(plan: &Plan) {
    let twins = [Kernels::Plain, Kernels::Fused].map(|kernels| {
        let mut builder = ArchitectureBuilder::new("two", 1);
        // More values than a thread takes at once, and a weight whose gradient is never there.
        builder.then("pool", Op::GlobalMaxPool {});
        builder.then("wide", Op::Linear { out_features: 9000, bias: true, init_range: None });
        builder.then("out", Op::Linear { out_features: 1, bias: false, init_range: None });
        let mut net = Net::build(&builder.finish().unwrap().layers().unwrap(), 1, HostDevice::Cpu).unwrap();
        net.kernels = kernels;
        let mut optimizer = Optimizer::new(plan, &net.weights).unwrap();
        tch::manual_seed(4);
        let input = Tensor::randn([3, 4, 2], (Kind::Float, Device::Cpu));
        for step in 1..=5 {
            let logits = net.forward(&input, &crate::net::Mode::training()).unwrap().logits;
            // In one step nothing has a gradient.
            if step != 3 {
                (logits.square().sum(Kind::Float) * 3.0).backward();
            }
            optimizer.step(&mut net, step, SchedulePoint::default()).unwrap();
        }
        let state = optimizer.state(&net.weights).unwrap().into_iter().map(|(_, values)| values.flatten(0, -1));
        let state: Vec<Tensor> =
            std::iter::once(net.weights.flat(Part::Cnn).new_zeros([1], (Kind::Float, Device::Cpu)))
                .chain(state)
                .collect();
        (net.weights.flat(Part::Cnn).copy(), Tensor::cat(&state, 0))
    });
    for (plain, fused) in [(&twins[0].0, &twins[1].0), (&twins[0].1, &twins[1].1)] {
        let off = (plain - fused).abs().max().double_value(&[]) / plain.abs().max().double_value(&[]).max(1e-30);
        assert!(off < 1e-5, "{:?} is off by {off}", plan.cnn.algorithm);
    }
}

#[test]
fn the_fused_step_is_that_of_its_plain_twin() {
    crate::test_support::hold_generator();
    for algorithm in ALGORITHMS {
        for clip in [Clip::None, Clip::All { norm: 0.1 }, Clip::Parts { cnn: 0.2, rnn: 0.1 }] {
            let mut plan = plan(algorithm, 0.01);
            plan.cnn.learning_rate = 1e-3;
            twins_agree(&Plan { clip, ..plan });
        }
    }
}

#[test]
fn the_step_of_libtorchs_fused_kernels_is_that_of_its_plain_twin() {
    for algorithm in ALGORITHMS {
        let mut plain = scalar_net();
        let mut flat = scalar_net();
        let settings = plan(algorithm, 0.01).cnn;
        let part = |net: &Net| PartOptimizer::new(Part::Cnn, &settings, &net.weights).unwrap();
        let (mut by_plain, mut by_flat) = (part(&plain), part(&flat));
        for step in 1..=5_u32 {
            let gradient = Tensor::from_slice(&[0.5_f32, -2.0, 0.0, 3.0]) / f64::from(step);
            let (step, rate) = (u64::from(step), 0.1);
            by_plain.update(plain.weights.flat(Part::Cnn), gradient.copy(), rate, step).unwrap();
            by_flat.update_flat(flat.weights.flat(Part::Cnn), gradient, rate, step).unwrap();
        }
        let values = |net: &mut Net, state: &PartOptimizer| {
            let all = [net.weights.flat(Part::Cnn), &state.first, &state.second].map(Tensor::copy);
            Vec::<f32>::try_from(Tensor::cat(&all, 0)).unwrap()
        };
        for (plain, flat) in values(&mut plain, &by_plain).into_iter().zip(values(&mut flat, &by_flat)) {
            close(flat.into(), plain.into());
        }
    }
}

#[test]
fn a_gradient_that_is_not_a_number_is_not_hidden_by_clipping() {
    let mut net = scalar_net();
    let mut optimizer = Optimizer::new(
        &Plan { clip: Clip::All { norm: 1.0 }, ..plan(Algorithm::Sgd { momentum: 0.0 }, 0.0) },
        &net.weights,
    )
    .unwrap();
    let input = Tensor::from_slice(&[f32::NAN, 0.0, 0.0, 0.0]).view([1, 4, 1]);
    net.forward(&input, &crate::net::Mode::training()).unwrap().logits.sum(Kind::Float).backward();
    optimizer.step(&mut net, 1, SchedulePoint::default()).unwrap();
    assert!(net.weights.flat(Part::Cnn).double_value(&[0]).is_nan());
}
