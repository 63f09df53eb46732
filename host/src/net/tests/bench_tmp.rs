//! Temporary.
#![allow(warnings)]
use super::{loss, noise, supernet};
use crate::net::{Blend, Mode, Net, mix, module::Pass, schedule::Work, value_of};
use genomenas_plugin::space::GenomeNas;
use std::collections::BTreeMap;
use std::time::Instant;
use tch::{Device, Kind, Tensor};

fn sizes() -> GenomeNas {
    GenomeNas { channels: 4, cells: 3, nodes: 3, rnn_nodes: 4, ..GenomeNas::new(200, 5) }
}
fn step(net: &mut Net, x: &Tensor, mode: &Mode) -> (f64, f64) {
    let t = Instant::now();
    let out = net.forward(x, mode).unwrap();
    let f = t.elapsed().as_secs_f64();
    let t = Instant::now();
    loss(&out).backward();
    let b = t.elapsed().as_secs_f64();
    for part in crate::net::weights::PARTS {
        net.weights.take_gradients(part).unwrap();
    }
    (f, b)
}
fn best(net: &mut Net, x: &Tensor, mode: &Mode) -> (f64, f64) {
    let all: Vec<_> = (0..6).map(|_| step(net, x, mode)).collect();
    all.into_iter().min_by(|a, b| (a.0 + a.1).total_cmp(&(b.0 + b.1))).unwrap()
}
fn by_kind(net: &Net, input: &Tensor, mode: &Mode) -> BTreeMap<String, f64> {
    let shares = net.choices.shares(&net.weights, mode).unwrap();
    let mut pass = Pass { weights: &net.weights, mode, shares, recurrent_outputs: Vec::new() };
    let mut values: Vec<Option<Tensor>> = net.steps.iter().map(|_| None).collect();
    let mut times = BTreeMap::new();
    for run in &net.all {
        let step = &net.steps[run.at];
        let read: Vec<(usize, &Tensor)> =
            run.reads.iter().map(|&at| (at, value_of(step.inputs[at], &values, input).unwrap())).collect();
        let tensors: Vec<&Tensor> = read.iter().map(|&(_, v)| v).collect();
        let t = Instant::now();
        let (kind, value) = match &step.work {
            Work::Module(m) => {
                (format!("{m:?}").chars().take(11).collect::<String>(), m.forward(&tensors, &mut pass).unwrap())
            }
            Work::Mix(terms) => {
                let terms: Vec<_> = read.iter().map(|&(at, v)| (terms[at], v)).collect();
                ("mix".into(), mix::mix(&terms, &pass).unwrap())
            }
            _ => ("add".into(), mix::add(&tensors).unwrap()),
        };
        *times.entry(kind).or_insert(0.0) += t.elapsed().as_secs_f64() * 1e3;
        values[run.at] = Some(value);
        for &at in &run.last_read {
            values[at] = None;
        }
    }
    times
}
#[test]
#[ignore]
fn bench() {
    for threads in [1] {
        tch::set_num_threads(threads);
        let x = noise(&[32, 4, 200]);
        let ops = sizes().operations;
        let mut net = supernet(&sizes().space().unwrap());
        println!("threads {threads} steps {} runs {}", net.steps.len(), net.all.len());
        println!("softmax {:?}", best(&mut net, &x, &Mode::training()));
        println!("learn {:?}", best(&mut net, &x, &Mode { learn_alphas: true, ..Mode::training() }));
        for part in crate::net::weights::WEIGHTS {
            net.weights.require_gradients(part, false).unwrap();
        }
        println!("arch step {:?}", best(&mut net, &x, &Mode { learn_alphas: true, ..Mode::training() }));
        for part in crate::net::weights::WEIGHTS {
            net.weights.require_gradients(part, true).unwrap();
        }
        println!("sum {:?}", best(&mut net, &x, &Mode { blend: Blend::Sum, ..Mode::training() }));
        println!(
            "chosen1 {:?}",
            best(&mut net, &x, &Mode { blend: Blend::Chosen(vec![vec![1]; 80]), ..Mode::training() })
        );
        println!("kinds {:?}", by_kind(&net, &x, &Mode::training()));
        println!("kinds {:?}", by_kind(&net, &x, &Mode::training()));
        for op in &ops[1..] {
            let mut net =
                supernet(&GenomeNas { operations: vec!["none".into(), op.clone()], ..sizes() }.space().unwrap());
            println!("{op} {:?}", best(&mut net, &x, &Mode::training()));
        }
        let mut net = supernet(
            &GenomeNas {
                operations: vec!["none".into(), "skip_connect".into()],
                activations: vec!["none".into(), "tanh".into()],
                rnn_nodes: 1,
                ..sizes()
            }
            .space()
            .unwrap(),
        );
        println!("skip,1 rnn {:?}", best(&mut net, &x, &Mode::training()));
    }
}
#[test]
#[ignore]
fn slopes() {
    use crate::net::weights::Part;
    for train in [false, true] {
        let mut net = supernet(&super::small().space().unwrap());
        super::spread_alphas(&mut net);
        let input = noise(&[16, 4, 41]);
        let mode = Mode { train, track: false, learn_alphas: true, ..Mode::training() };
        let l = loss(&net.forward(&input, &mode).unwrap());
        println!("loss {}", l.double_value(&[]));
        l.backward();
        let gradient = net.weights.take_gradients(Part::Arch).unwrap();
        let alphas = net.weights.flat(Part::Arch).copy();
        let offsets = super::noise(&[1]);
        for draw in 0..3 {
            tch::manual_seed(draw);
            let direction = alphas.randn_like();
            let mut at = |step: f64| {
                net.weights.set_flat(Part::Arch, &(&alphas + &direction * step)).unwrap();
                loss(&net.forward(&input, &mode).unwrap()).double_value(&[])
            };
            let expected = (&gradient * &direction).sum(Kind::Float).double_value(&[]);
            let slopes: Vec<f64> =
                [3e-2, 1e-2, 3e-3, 1e-3, 3e-4].iter().map(|e| (at(*e) - at(-e)) / (2.0 * e)).collect();
            println!("train {train} expected {expected} {slopes:?}");
        }
    }
}
#[test]
#[ignore]
fn convs() {
    tch::set_num_threads(1);
    let opt = (Kind::Float, Device::Cpu);
    let time = |name: &str, f: &dyn Fn() -> Tensor, leaves: &[&Tensor]| {
        let mut best = (f64::MAX, f64::MAX);
        for _ in 0..15 {
            let t = Instant::now();
            let y = f();
            let a = t.elapsed().as_secs_f64() * 1e6;
            let g = y.ones_like();
            let t = Instant::now();
            Tensor::run_backward(&[(&y * &g).sum(Kind::Float)], leaves, false, false);
            let b = t.elapsed().as_secs_f64() * 1e6;
            best = (best.0.min(a), best.1.min(b));
        }
        println!("  {name}: {:.0} {:.0}", best.0, best.1);
    };
    for (b, c, l) in
        [(32, 4, 200), (32, 8, 100), (32, 16, 50), (32, 32, 50), (64, 8, 1000), (64, 32, 250), (64, 128, 42)]
    {
        println!("{b} {c} {l}");
        let x = Tensor::randn([b, c, l], opt).set_requires_grad(true);
        let dw = Tensor::randn([c, 1, 15], opt).set_requires_grad(true);
        let pw = Tensor::randn([c, c, 1], opt).set_requires_grad(true);
        let full = Tensor::randn([c, c, 15], opt).set_requires_grad(true);
        let none: Option<Tensor> = None;
        time("depthwise", &|| x.conv1d(&dw, none.as_ref(), 1, 7, 1, c), &[&x, &dw]);
        time("depthwise dil", &|| x.conv1d(&dw, none.as_ref(), 1, 14, 2, c), &[&x, &dw]);
        time("pointwise", &|| x.conv1d(&pw, none.as_ref(), 1, 0, 1, 1), &[&x, &pw]);
        time("pointwise matmul", &|| pw.squeeze_dim(2).matmul(&x), &[&x, &pw]);
        time("full", &|| x.conv1d(&full, none.as_ref(), 1, 7, 1, 1), &[&x, &full]);
        time(
            "dw+pw",
            &|| x.conv1d(&dw, none.as_ref(), 1, 7, 1, c).conv1d(&pw, none.as_ref(), 1, 0, 1, 1),
            &[&x, &dw, &pw],
        );
        time("composed", &|| x.conv1d(&(&pw * dw.squeeze_dim(1)), none.as_ref(), 1, 7, 1, 1), &[&x, &dw, &pw]);
        time("composed dil", &|| x.conv1d(&(&pw * dw.squeeze_dim(1)), none.as_ref(), 1, 14, 2, 1), &[&x, &dw, &pw]);
        let p = Tensor::from(0.3_f32);
        let w = Tensor::full([c], 0.3, opt);
        let (rm, rv) = (Tensor::zeros([c], opt), Tensor::ones([c], opt));
        time("bn", &|| x.batch_norm(Some(&w), none.as_ref(), Some(&rm), Some(&rv), true, 0.1, 1e-5, true), &[&x]);
        time(
            "bn plain",
            &|| x.batch_norm(none.as_ref(), none.as_ref(), Some(&rm), Some(&rv), true, 0.1, 1e-5, true),
            &[&x],
        );
        time("relu", &|| x.relu(), &[&x]);
        time("maxpool", &|| x.max_pool1d(5, 1, 2, 1, false), &[&x]);
        time("avgpool", &|| x.avg_pool1d(5, 1, 2, false, false), &[&x]);
        time("mul", &|| &x * &p, &[&x]);
    }
}
