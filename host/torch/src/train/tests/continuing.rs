//! A training that goes on where another one ended.

use std::path::PathBuf;

use genomenas_plugin::engine::{Bound, Naming};
use genomenas_plugin::message::{Algorithm, Discard, Horizon, Optimizer, Order, Plan, Schedule, Stopped, Unit};
use genomenas_plugin::space::{ArchitectureBuilder, Op};
use tch::Tensor;

use super::super::batches;
use super::super::progress::TrainingProgress;
use super::super::{Job, Start, Training};
use super::{Blind, Setting, finish, moments, plan, saved, sgd, sizes};
use crate::net::Mode;
use crate::net::weights::Part;

const BETAS: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

fn adam(learning_rate: f64) -> Optimizer {
    let algorithm = Algorithm::Adam { beta1: BETAS.0, beta2: BETAS.1, epsilon: EPSILON };
    Optimizer { algorithm, ..sgd(learning_rate) }
}

/// A training whose checkpoint is called `name`.
fn begin(setting: &Setting, name: &str, seed: u64, start: Start) -> Training {
    let checkpoint = setting.folder.path().join(name);
    Training::start(Job { seed, start, checkpoint, ..setting.job() }).unwrap()
}

/// Trains to the end. Gives the checkpoint.
fn ended(training: &mut Training) -> PathBuf {
    finish(training);
    training.save().unwrap();
    training.job.checkpoint.clone()
}

/// The task for one linear layer, which the letters of a window enter: its gradient is soon computed.
fn linear(plan: Plan) -> Setting {
    let mut builder = ArchitectureBuilder::new("linear", super::LENGTH);
    builder.then("flat", Op::Flatten {}).then("out", Op::Linear { out_features: 2, bias: false, init_range: None });
    Setting { layers: builder.finish().unwrap().layers().unwrap(), plan, ..Setting::new() }
}

fn weights(training: &Training) -> Vec<f64> {
    super::values(training.net.weights.flat(Part::Cnn)).into_iter().map(f64::from).collect()
}

/// The gradient of the first step of a training.
fn first_gradient(training: &mut Training) -> Vec<f64> {
    let (inputs, targets) = batches::of_weights(&training.job, None, 0, 0, 1).unwrap().next_batch().unwrap().unwrap();
    let logits = training.net.forward(&inputs, &Mode::training()).unwrap().logits;
    training.objective.mean(&logits, &targets).unwrap().backward();
    let gradient: Tensor = training.net.weights.take_gradients(Part::Cnn).unwrap();
    super::values(&gradient).into_iter().map(f64::from).collect()
}

#[test]
fn two_trainings_of_one_step_of_adam_are_two_steps_of_adam() {
    const RATE: f64 = 0.05;
    let plan = Plan { epochs: 1, steps_per_epoch: Some(1), batch: 10, cnn: adam(RATE), ..Plan::default() };
    let setting = linear(plan);
    let mut first = begin(&setting, "first", 3, Start::Fresh);
    let (start, gradient) = (weights(&first), first_gradient(&mut first));
    let checkpoint = ended(&mut first);
    let mut second = begin(&setting, "second", 8, Start::Continue(checkpoint.clone(), Naming::default()));
    let other = first_gradient(&mut second);
    assert_ne!(gradient, other);
    ended(&mut second);
    let mut fresh = begin(&setting, "fresh", 8, Start::Inherit(checkpoint, Naming::default()));
    ended(&mut fresh);

    let step = |number: i32, (mut w, mut m, mut v): (f64, f64, f64), g: f64| {
        m = BETAS.0 * m + (1.0 - BETAS.0) * g;
        v = BETAS.1 * v + (1.0 - BETAS.1) * g * g;
        let corrected = (m / (1.0 - BETAS.0.powi(number)), v / (1.0 - BETAS.1.powi(number)));
        w -= RATE * corrected.0 / (corrected.1.sqrt() + EPSILON);
        (w, m, v)
    };
    let mut apart: f64 = 0.0;
    for (at, (value, inherited)) in weights(&second).into_iter().zip(weights(&fresh)).enumerate() {
        let (expected, ..) = step(2, step(1, (start[at], 0.0, 0.0), gradient[at]), other[at]);
        assert!((value - expected).abs() < 1e-6, "weight {at}: {value} is not {expected}");
        apart = apart.max((inherited - expected).abs());
    }
    assert!(apart > 1e-2, "weights that are only inherited begin with an optimizer of their own");
}

#[test]
fn rates_along_a_chain_follow_the_cosine_of_the_whole() {
    let rate = |every_step| Optimizer { schedule: Schedule::Cosine { minimum: 0.0, every_step }, ..sgd(0.1) };
    let cosine = |part: f64| 0.05 * (1.0 + (std::f64::consts::PI * part).cos());
    // Six epochs of three steps of 10 samples, in trainings of 2, 1 and 3 epochs.
    for horizon in [Horizon::Epochs { epochs: 6 }, Horizon::Cost { amount: 180, unit: Unit::Samples }] {
        let plan = Plan {
            cnn: rate(true),
            rnn: Some(rate(false)),
            arch: None,
            steps_per_epoch: Some(3),
            horizon: Some(horizon),
            ..plan(Order::First)
        };
        let mut setting = Setting { plan, ..Setting::new() };
        let (mut start, mut steps) = (Start::Fresh, 0_u32);
        for (trial, epochs) in [2, 1, 3].into_iter().enumerate() {
            setting.plan.epochs = epochs;
            let mut training = begin(&setting, &trial.to_string(), trial as u64, start);
            // Its own bound counts for nothing.
            training.bound_by(vec![Bound { unit: Unit::Samples, amount: 1000.0, stopped: Stopped::Limit }]);
            for _ in 0..epochs {
                let schedule = training.step_context(0.0).schedule;
                let [every_step, _] = training.optimizer.rates(schedule)[..] else { unreachable!() };
                assert!((every_step - cosine(f64::from(steps) / 18.0)).abs() < 1e-12, "{horizon:?} {steps}");
                training.next_epoch(&mut Blind).unwrap().unwrap();
                // As of the start of the epoch, which is over.
                let schedule = training.step_context(0.0).schedule;
                let [_, every_epoch] = training.optimizer.rates(schedule)[..] else { unreachable!() };
                assert!((every_epoch - cosine(f64::from(steps) / 18.0)).abs() < 1e-12, "{horizon:?} {steps}");
                steps += 3;
            }
            assert_eq!(training.stopped(), Some(Stopped::Epochs));
            start = Start::Continue(ended(&mut training), Naming::default());
        }
    }
}

#[test]
fn without_a_horizon_schedules_run_over_each_training_alone() {
    let rate = Optimizer { schedule: Schedule::Cosine { minimum: 0.0, every_step: true }, ..sgd(0.1) };
    let setting = Setting { plan: Plan { cnn: rate, arch: None, ..plan(Order::First) }, ..Setting::new() };
    let first = ended(&mut begin(&setting, "first", 1, Start::Fresh));
    let mut second = begin(&setting, "second", 2, Start::Continue(first, Naming::default()));
    let schedule = second.step_context(0.0).schedule;
    assert!((second.optimizer.rates(schedule)[0] - 0.1).abs() < 1e-12);
    assert_eq!(second.progress.epochs, 0);
    assert_eq!(second.cost().samples, 0);
}

#[test]
fn what_remains_after_a_mask_keeps_weights_alphas_and_moments() {
    let mut setting = Setting { plan: Plan { cnn: adam(0.01), ..plan(Order::First) }, ..Setting::new() };
    let mut first = begin(&setting, "first", 3, Start::Fresh);
    let checkpoint = ended(&mut first);
    let space = sizes(0.0).space().unwrap();
    let mut mask = space.mask();
    let decision = &space.decisions[0];
    // The one operation with weights.
    let gone = Discard::Option { decision: decision.id.clone(), option: "conv_5".to_owned() };
    mask.discard(&space, &gone).unwrap();
    let edge = &space.decisions[space.decisions.len() - 1];
    mask.discard(&space, &Discard::Edge { decision: edge.id.clone() }).unwrap();
    setting.layers = space.masked(&mask).unwrap().supernet_layers().unwrap();
    let second = begin(&setting, "second", 8, Start::Continue(checkpoint, Naming::default()));
    for (before, after) in [
        (saved(&first, false), saved(&second, false)),
        (saved(&first, true), saved(&second, true)),
        (moments(&first), moments(&second)),
    ] {
        assert!(after.len() < before.len());
        for own in &after {
            assert!(before.contains(own), "{}", own.0);
        }
    }
    let moved = |(name, bits): &(String, Vec<u32>)| name.starts_with("first/") && bits.iter().any(|&bits| bits != 0);
    assert!(moments(&second).iter().any(moved));
}

#[test]
fn a_moment_that_the_optimizer_before_did_not_have_begins_at_zero() {
    let mut setting = Setting { plan: Plan { arch: None, ..plan(Order::First) }, ..Setting::new() };
    let mut first = begin(&setting, "first", 3, Start::Fresh);
    let checkpoint = ended(&mut first);
    setting.plan.cnn = adam(0.01);
    let second = moments(&begin(&setting, "second", 8, Start::Continue(checkpoint, Naming::default())));
    assert!(moments(&first).iter().all(|own| second.contains(own)));
    let squares: Vec<_> = second.iter().filter(|(name, _)| name.starts_with("second/")).collect();
    assert!(!squares.is_empty() && squares.iter().all(|(_, bits)| bits.iter().all(|&bits| bits == 0)));
}

#[test]
fn steps_of_all_trainings_of_a_chain_are_counted_and_costs_are_each_ones_own() {
    let setting = Setting::new();
    let mut start = Start::Fresh;
    for trial in 0..3_u64 {
        let mut training = begin(&setting, &trial.to_string(), trial, start);
        let before = training.progress.before;
        assert_eq!((u64::from(before.epochs), before.steps, before.arch_steps), (2 * trial, 6 * trial, 6 * trial));
        assert_eq!(before.cost.samples, 120 * trial);
        start = Start::Continue(ended(&mut training), Naming::default());
        assert_eq!((training.progress.epochs, training.progress.steps), (2, 6));
        assert_eq!(training.cost().samples, 120);
    }
}

#[test]
fn a_file_that_is_no_checkpoint_of_a_training_is_refused_by_its_path() {
    let setting = Setting::new();
    let path = setting.folder.path().join("not a checkpoint");
    let refused = |start| Training::start(Job { start, ..setting.job() }).map(|_| ()).unwrap_err().to_string();
    for start in [Start::Inherit, Start::Continue].map(|start| start(path.clone(), Naming::default())) {
        assert!(refused(start.clone()).contains("cannot read") && refused(start).contains("not a checkpoint"));
    }
    crate::tensor::checkpoint::write(&path, &Vec::new(), &TrainingProgress::default()).unwrap();
    let text = refused(Start::Inherit(path.clone(), Naming::default()));
    assert!(text.contains("it holds no weights") && text.contains("not a checkpoint"), "{text}");
}

#[test]
fn the_nearer_of_two_bounds_ends_a_training_and_bounds_may_change_between_epochs() {
    let setting =
        Setting { plan: Plan { arch: None, steps_per_epoch: Some(3), ..plan(Order::First) }, ..Setting::new() };
    let bound = |amount, stopped| Bound { unit: Unit::Samples, amount, stopped };
    let mut training = setting.start();
    training.bound_by(vec![bound(200.0, Stopped::Limit), bound(45.0, Stopped::Budget)]);
    finish(&mut training);
    assert_eq!((training.stopped(), training.cost().samples), (Some(Stopped::Budget), 50));
    let mut training = setting.start();
    training.bound_by(vec![bound(200.0, Stopped::Limit)]);
    training.next_epoch(&mut Blind).unwrap().unwrap();
    training.bound_by(vec![bound(200.0, Stopped::Limit), bound(40.0, Stopped::Budget)]);
    finish(&mut training);
    assert_eq!((training.stopped(), training.cost().samples), (Some(Stopped::Budget), 40));
}
