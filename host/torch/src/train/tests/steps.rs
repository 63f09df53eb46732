//! What each kind of step changes, and what it leaves alone.

use genomenas_plugin::engine::Bound;
use genomenas_plugin::message::{Arch, Clip, Mixing, Order, Plan, Stopped};
use genomenas_plugin::seed;
use genomenas_plugin::space::Selection;

use super::super::StepObserver;
use super::super::arch::StepContext;
use super::super::batches;
use super::super::optimizer::SchedulePoint;
use super::super::passes::{GradientTargets, Passes};
use super::{Blind, SECOND, Saved, Setting, Training, arch, finish, moments, plan, saved, sizes};
use crate::net::Mode;
use crate::net::weights::{Part, WEIGHTS};
use crate::tensor::loader::DataLoader;

/// Takes one architecture step of its plan, and no weight step.
fn arch_step(training: &mut Training) -> u64 {
    let mode = Mode { skip_dropout: 0.3, ..Mode::training() };
    let at = StepContext { mode, schedule: SchedulePoint::default() };
    let batch = |rows: DataLoader| { rows }.next_batch().unwrap().unwrap();
    let train = batch(batches::of_weights(&training.job, training.partition.weights.as_ref(), 0, 0, 1).unwrap());
    let arch = batch(batches::of_alphas(&training.job, training.partition.arch.as_ref(), 0).unwrap());
    let mut passes = Passes::new(&mut training.net, &training.objective, &at.mode, 1, 0);
    let steps = training.arch.as_mut().unwrap();
    steps.step(&mut passes, 0, &at, &arch, (&training.optimizer, &train)).unwrap()
}

fn moments_of_weights(training: &Training) -> Saved {
    moments(training).into_iter().filter(|(name, _)| !name.contains("/alphas.")).collect()
}

#[test]
fn an_architecture_step_of_either_order_changes_alphas_and_no_bit_of_anything_else() {
    for order in [Order::First, SECOND] {
        let setting = Setting { plan: plan(order), ..Setting::new() }.with_dropout();
        let mut training = setting.start();
        let before = (saved(&training, true), saved(&training, false), moments_of_weights(&training));
        arch_step(&mut training);
        assert_ne!(saved(&training, true), before.0, "{order:?}");
        assert_eq!(saved(&training, false), before.1, "{order:?}");
        assert_eq!(moments_of_weights(&training), before.2, "{order:?}");
        for part in WEIGHTS {
            let left = training.net.weights.take_gradients(part).unwrap();
            assert!(super::values(&left).iter().all(|&value| value == 0.0), "{order:?}: {part:?}");
        }
    }
}

#[test]
fn every_pass_of_an_unrolled_step_has_the_same_dropout_masks() {
    let setting = Setting::new().with_dropout();
    let mut training = setting.start();
    let batch =
        batches::of_alphas(&training.job, training.partition.arch.as_ref(), 0).unwrap().next_batch().unwrap().unwrap();
    let mode = Mode { skip_dropout: 0.3, ..Mode::training() };
    let mut gradients = |number| {
        let mut passes = Passes::new(&mut training.net, &training.objective, &mode, 1, number);
        let mut pass = |of| {
            passes.backward(&batch, of).unwrap();
            (passes.net.weights.take_gradients(Part::Cnn).unwrap(), passes.take_alphas().unwrap())
        };
        let (weights, _) = pass(GradientTargets { weights: true, alphas: false });
        let (_, alphas) = pass(GradientTargets { weights: false, alphas: true });
        let both = pass(GradientTargets { weights: true, alphas: true });
        assert_eq!((&weights, &alphas), (&both.0, &both.1));
        alphas
    };
    assert_ne!(gradients(0), gradients(1));
}

/// What a training hears of: alphas after each of its steps cannot be seen from outside, those after an epoch can.
fn alphas_by_epoch(setting: &Setting) -> Vec<bool> {
    let mut training = setting.start();
    let mut before = saved(&training, true);
    let mut changed = Vec::new();
    while training.next_epoch(&mut Blind).unwrap().is_some() {
        let now = saved(&training, true);
        changed.push(now != before);
        before = now;
    }
    changed
}

#[test]
fn alphas_are_bit_identical_during_the_warm_up_and_learn_after_it() {
    for order in [Order::First, SECOND] {
        let arch = Some(Arch { warm_up: 2, ..arch(order) });
        let setting = Setting { plan: Plan { epochs: 4, arch, ..plan(order) }, ..Setting::new() };
        assert_eq!(alphas_by_epoch(&setting), [false, false, true, true]);
    }
}

#[test]
fn without_architecture_steps_alphas_stay_as_they_are() {
    let setting = Setting { plan: Plan { arch: None, ..plan(Order::First) }, ..Setting::new() };
    assert_eq!(alphas_by_epoch(&setting), [false, false]);
}

/// Counts steps, and the samples of each.
#[derive(Default)]
struct Count(Vec<u64>);

impl StepObserver for Count {
    fn step(&mut self, _done: f64, samples: u64) {
        self.0.push(samples);
    }
}

#[test]
fn a_bound_that_cuts_the_training_short_shrinks_the_warm_up() {
    // Half of the 40 epochs are warm-up, so half of 120 samples are.
    let arch = Some(Arch { warm_up: 20, ..arch(Order::First) });
    let setting = Setting { plan: Plan { epochs: 40, arch, ..plan(Order::First) }, ..Setting::new() };
    let unit = genomenas_plugin::message::Unit::Samples;
    let mut training = setting.start();
    training.bound_by(vec![Bound { unit, amount: 120.0, stopped: Stopped::Limit }]);
    let mut count = Count::default();
    while training.next_epoch(&mut count).unwrap().is_some() {}
    assert_eq!(count.0, [10, 10, 10, 10, 10, 10, 20, 20, 20]);
    assert_eq!(training.stopped(), Some(Stopped::Limit));
    assert_eq!(training.cost().samples, 120);
}

#[test]
fn gradients_of_alphas_neither_move_weights_nor_count_in_their_clip_norm() {
    let plan = Plan { clip: Clip::All { norm: 0.01 }, ..plan(Order::First) };
    let setting = Setting { plan, ..Setting::new() };
    let weights_after = |alphas: bool| {
        let mut training = setting.start();
        let (inputs, targets) =
            batches::of_weights(&training.job, None, 0, 0, 1).unwrap().next_batch().unwrap().unwrap();
        let mode = Mode { learn_alphas: alphas, ..Mode::training() };
        let logits = training.net.forward(&inputs, &mode).unwrap().logits;
        training.objective.mean(&logits, &targets).unwrap().backward();
        let before = saved(&training, true);
        training.optimizer.step(&mut training.net, 1, SchedulePoint::default()).unwrap();
        assert_eq!(saved(&training, true), before);
        assert_eq!(
            training.net.weights.take_gradients(Part::Arch).unwrap().abs().max().double_value(&[]) > 0.0,
            alphas
        );
        saved(&training, false)
    };
    assert_eq!(weights_after(true), weights_after(false));
}

#[test]
fn the_gradient_of_alphas_is_clipped_to_its_own_norm() {
    let arch = Some(Arch { clip: Some(1e-3), optimizer: super::sgd(1.0), ..arch(Order::First) });
    let setting = Setting { plan: Plan { arch, ..plan(Order::First) }, ..Setting::new() };
    let mut training = setting.start();
    let flat = |training: &Training| training.net.weights.flat(Part::Arch).copy();
    let before = flat(&training);
    arch_step(&mut training);
    let moved = (flat(&training) - before).norm().double_value(&[]);
    assert!((moved - 1e-3).abs() < 1e-5, "{moved}");
}

#[test]
fn a_network_without_alphas_refuses_architecture_steps() {
    let sum = Setting { mixing: Mixing::Sum, ..Setting::new() }.refused();
    assert!(sum.contains("mixing has no alphas") && sum.contains("softmax or gumbel"), "{sum}");
    let space = sizes(0.0).space().unwrap();
    let architecture = space.architecture(&space.sample(&mut seed::stream(1, "test", 0))).unwrap();
    let decided = Setting { layers: architecture.layers().unwrap(), ..Setting::new() }.refused();
    assert!(decided.contains("no open decision"), "{decided}");
}

#[test]
fn a_supernet_with_a_highway_cell_refuses_batches_of_one() {
    let refused = Setting { plan: Plan { batch: 1, ..plan(Order::First) }, ..Setting::new() }.refused();
    assert!(refused.contains("take at least 2"), "{refused}");
}

#[test]
fn every_mixing_and_order_trains_and_lowers_the_loss() {
    let space = sizes(0.0).space().unwrap();
    let selections: Vec<Selection> = space.sample_distinct(3, 1);
    let learned = |order| Plan { epochs: 12, ..plan(order) };
    let fixed = Plan { arch: None, ..learned(Order::First) };
    for (mixing, plan) in [
        (Mixing::Softmax, learned(Order::First)),
        (Mixing::Softmax, learned(SECOND)),
        (Mixing::Gumbel { start: 5.0, end: 0.5 }, learned(Order::First)),
        (Mixing::Sum, fixed.clone()),
        (Mixing::Cycle { selections: selections.clone() }, fixed.clone()),
        (Mixing::Sample { selections }, fixed.clone()),
        (Mixing::Uniform { options: 2 }, fixed),
    ] {
        let setting = Setting { mixing, plan, ..Setting::new() };
        let mut training = setting.start();
        let first = training.next_epoch(&mut Blind).unwrap().unwrap();
        finish(&mut training);
        let last = training.last().unwrap();
        assert!(last.train_loss < 0.9 * first.train_loss, "{:?}: {first:?} {last:?}", setting.mixing);
        assert_eq!(training.alphas().unwrap().is_empty(), !setting.mixing.learns());
    }
}
