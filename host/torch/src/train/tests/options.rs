//! What a plan asks of training besides its optimizers, each against values computed without the code under test.

use std::collections::BTreeSet;

use genomenas_data::Task;
use genomenas_plugin::message::{ClassWeights, Order, Plan};
use genomenas_plugin::space::{ArchitectureBuilder, Function, Layers, Op};
use tch::{Kind, Tensor, no_grad};

use super::super::feed::{Batch, Feed};
use super::super::objective::Objective;
use super::{LENGTH, Setting, Training, arch, bits, finish, plan, saved, sgd, values};
use crate::net::Mode;
use crate::net::weights::Part;

const RATE: f64 = 0.1;

/// A convolution and two dense layers, with biases.
fn two_dense_layers() -> Layers {
    let mut builder = ArchitectureBuilder::new("two dense layers", LENGTH);
    let linear = |out_features| Op::Linear { out_features, bias: true, init_range: None };
    let relu = Op::Activation { function: Function::Relu };
    builder.then("conv", Op::conv1d(3, 4)).then("flat", Op::Flatten {}).then("hidden", linear(5)).then("relu", relu);
    builder.then("out", linear(2));
    builder.finish().unwrap().layers().unwrap()
}

/// One step of gradient descent on those layers.
fn one_step(changed: Plan) -> Setting {
    let plan = Plan { epochs: 1, steps_per_epoch: Some(1), batch: 10, cnn: sgd(RATE), ..changed };
    Setting { layers: two_dense_layers(), plan, ..Setting::new() }
}

/// The batch of the first step.
fn first_batch(training: &Training) -> Batch {
    Feed::train(&training.job, None, 0, 0, 1).unwrap().next_batch().unwrap().unwrap()
}

fn named(training: &Training, name: &str) -> Vec<f64> {
    let all = training.net.weights.snapshot().unwrap();
    let (_, tensor) = all.iter().find(|(other, _)| other == name).unwrap();
    values(tensor).into_iter().map(f64::from).collect()
}

/// Central differences of `of` by each weight outside recurrent cells, in the order in which they lie.
fn differences(training: &Training, of: impl Fn(&Training) -> f64) -> Vec<f64> {
    const STEP: f64 = 1e-2;
    let mut flat = training.net.weights.flat(Part::Cnn).shallow_clone();
    let start = flat.copy();
    let mut at_distance = |at: i64, distance: f64| {
        no_grad(|| {
            let _ = flat.narrow(0, at, 1).f_add_scalar_(distance).unwrap();
        });
        let value = of(training);
        no_grad(|| flat.copy_(&start));
        value
    };
    (0..start.size()[0]).map(|at| (at_distance(at, STEP) - at_distance(at, -STEP)) / (2.0 * STEP)).collect()
}

/// How far one step moves each weight, as a gradient.
fn gradient_of_step(training: &mut Training) -> Vec<f64> {
    let flat = |training: &Training| -> Vec<f64> {
        values(training.net.weights.flat(Part::Cnn)).into_iter().map(f64::from).collect()
    };
    let before = flat(training);
    finish(training);
    before.iter().zip(flat(training)).map(|(before, after)| (before - after) / RATE).collect()
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 0.02 * largest, "at {at}: {found}, expected {expected}");
    }
}

/// Logits and targets as rows of numbers.
fn rows(tensor: &Tensor) -> Vec<Vec<f64>> {
    values(tensor).chunks(2).map(|row| row.iter().map(|&value| f64::from(value)).collect()).collect()
}

/// Mean binary cross-entropy, where a positive of label k counts `weights[k]`, by the definition.
fn cross_entropy(logits: &Tensor, targets: &Tensor, weights: [f64; 2]) -> f64 {
    let (logits, targets) = (rows(logits), rows(targets));
    let terms = logits.iter().zip(&targets).flat_map(|(logits, targets)| {
        logits.iter().zip(targets).zip(weights).map(|((logit, target), weight)| {
            let p = 1.0 / (1.0 + (-logit).exp());
            -(weight * target * p.ln() + (1.0 - target) * (1.0 - p).ln())
        })
    });
    terms.sum::<f64>() / (2 * logits.len()) as f64
}

fn balanced(maximum: f64) -> ClassWeights {
    ClassWeights::Balanced { maximum }
}

#[test]
fn a_shift_moves_each_training_window_by_a_drawn_number_of_bases_and_no_strand_is_drawn_otherwise() {
    const SHIFT: i64 = 3;
    let inputs = |plan: Plan, feed: fn(&Training) -> Feed| {
        let setting = Setting { plan, ..Setting::new() };
        let mut feed = feed(&setting.start());
        let inputs: Vec<Tensor> = (0..3).map(|_| feed.next_batch().unwrap().unwrap().0).collect();
        Tensor::cat(&inputs, 0)
    };
    let weights =
        |training: &Training| Feed::train(&training.job, training.partition.weights.as_ref(), 1, 0, 3).unwrap();
    let architecture = |training: &Training| Feed::arch(&training.job, training.partition.arch.as_ref(), 0).unwrap();
    for feed in [weights as fn(&Training) -> Feed, architecture] {
        let stored = Plan { reverse_complement: true, ..plan(Order::First) };
        let moved = inputs(Plan { shift: 3, ..stored.clone() }, feed);
        let stored = inputs(stored, feed);
        assert_ne!(moved, stored);
        let mut seen = BTreeSet::new();
        for row in 0..moved.size()[0] {
            let (moved, stored) = (moved.get(row), stored.get(row));
            // Bases move in from outside as four zeros, whichever strand a window is read on.
            let by = (-SHIFT..=SHIFT).find(|&by| {
                let room = stored.constant_pad_nd([SHIFT, SHIFT]);
                room.narrow(1, SHIFT - by, i64::try_from(LENGTH).unwrap()) == moved
            });
            seen.insert(by.unwrap());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), (-SHIFT..=SHIFT).collect::<Vec<_>>());
    }
}

#[test]
fn windows_are_scored_as_they_are_stored() {
    let standing = |shift| {
        let setting = one_step(Plan { shift, ..Plan::default() });
        let plan = Plan { cnn: sgd(0.0), ..setting.plan.clone() };
        let mut training = Setting { plan, ..setting }.start();
        finish(&mut training);
        training.last().unwrap().clone()
    };
    let (stored, moved) = (standing(0), standing(3));
    assert_eq!(stored.valid_loss.to_bits(), moved.valid_loss.to_bits());
    assert_ne!(stored.train_loss.to_bits(), moved.train_loss.to_bits());
}

#[test]
fn positives_count_by_their_rarity_among_all_training_rows() {
    let training = one_step(Plan { class_weights: balanced(100.0), ..Plan::default() }).start();
    let (inputs, targets) = first_batch(&training);
    let mut whole = Feed::score(&training.job.train, (0..60).collect(), None, 60, training.job.device).unwrap();
    let (_, all) = whole.next_batch().unwrap().unwrap();
    let positives = rows(&all).iter().fold([0.0, 0.0], |[early, late], row| [early + row[0], late + row[1]]);
    let weights = positives.map(|positives| (60.0 - positives) / positives);
    let logits = no_grad(|| training.net.forward(&inputs, &Mode::training()).unwrap().logits);
    let found = training.objective.mean(&logits, &targets).unwrap().double_value(&[]);
    let expected = cross_entropy(&logits, &targets, weights);
    assert!((found - expected).abs() < 1e-6, "{found}, expected {expected} of {positives:?} positives");
}

#[test]
fn a_step_goes_down_the_weighted_loss_and_reports_the_plain_one() {
    let mut training = one_step(Plan { class_weights: balanced(100.0), ..Plan::default() }).start();
    let mut info = training.job.train.info().clone();
    info.positives.train = vec![12, 45];
    training.objective = Objective::new(&training.job.plan, &info, training.job.device).unwrap();
    let (inputs, targets) = first_batch(&training);
    let loss = |training: &Training, weights| {
        let logits = no_grad(|| training.net.forward(&inputs, &Mode::training()).unwrap().logits);
        cross_entropy(&logits, &targets, weights)
    };
    let expected = differences(&training, |training| loss(training, [4.0, 1.0 / 3.0]));
    let plain = loss(&training, [1.0, 1.0]);
    let found = gradient_of_step(&mut training);
    assert_close(&found, &expected);
    assert!((training.last().unwrap().train_loss - plain).abs() < 1e-6);
}

#[test]
fn weights_of_classes_stay_within_their_maximum_and_one_that_never_occurs_counts_1() {
    let setting = Setting::new();
    let mut info = setting.train.info().clone();
    info.rows.train = 60;
    info.positives.train = vec![1, 0];
    let (logits, targets) = (Tensor::from_slice2(&[[0.5_f32, -1.0]]), Tensor::from_slice2(&[[1.0_f32, 1.0]]));
    let mean = |info: &_, maximum| {
        let plan = Plan { class_weights: balanced(maximum), ..Plan::default() };
        let objective = Objective::new(&plan, info, tch::Device::Cpu).unwrap();
        objective.mean(&logits, &targets).unwrap().double_value(&[])
    };
    assert!((mean(&info, 100.0) - cross_entropy(&logits, &targets, [59.0, 1.0])).abs() < 1e-5);
    assert!((mean(&info, 8.0) - cross_entropy(&logits, &targets, [8.0, 1.0])).abs() < 1e-6);
    info.positives.train = vec![59, 60];
    assert!((mean(&info, 100.0) - cross_entropy(&logits, &targets, [1.0 / 59.0, 0.01])).abs() < 1e-6);
}

#[test]
fn a_sample_of_a_rare_class_counts_rows_over_classes_and_rows_of_the_class() {
    let setting = Setting::new();
    let mut info = setting.train.info().clone();
    info.shape.task = Task::MultiClass;
    info.rows.train = 60;
    info.positives.train = vec![48, 12];
    let plan = Plan { class_weights: balanced(100.0), ..Plan::default() };
    let objective = Objective::new(&plan, &info, tch::Device::Cpu).unwrap();
    let logits = Tensor::from_slice2(&[[0.5_f32, -1.0], [2.0, 0.25], [0.0, 0.0]]);
    let targets = Tensor::from_slice2(&[[1.0_f32, 0.0], [0.0, 1.0], [1.0, 0.0]]);
    // −log softmax is log(1 + e^(other − own)).
    let loss = |own: f64, other: f64| (other - own).exp().ln_1p();
    let (common, rare) = (60.0 / (2.0 * 48.0), 60.0 / (2.0 * 12.0));
    let expected = (common * loss(0.5, -1.0) + rare * loss(0.25, 2.0) + common * loss(0.0, 0.0)) / 3.0;
    let minimised = objective.mean(&logits, &targets).unwrap();
    assert!((minimised.double_value(&[]) - expected).abs() < 1e-6);
    let plain = (loss(0.5, -1.0) + loss(0.25, 2.0) + loss(0.0, 0.0)) / 3.0;
    let reported = objective.reported(&logits, &targets, &minimised).unwrap();
    assert!((reported.double_value(&[]) - plain).abs() < 1e-6);
}

#[test]
fn architecture_steps_lower_the_loss_in_which_positives_count_by_their_rarity() {
    let gradient = |class_weights| {
        let setting = Setting { plan: Plan { class_weights, ..plan(Order::First) }, ..Setting::new() };
        let mut training = setting.start();
        let batch = Feed::arch(&training.job, training.partition.arch.as_ref(), 0).unwrap().next_batch();
        let mode = Mode { learn_alphas: true, track: false, ..Mode::training() };
        let mut passes = super::super::arch::Passes::new(&mut training.net, &training.objective, &mode, 1, 0);
        let batch = batch.unwrap().unwrap();
        passes.backward(&batch, super::super::arch::Of { weights: false, alphas: true }).unwrap();
        let found = passes.take_alphas().unwrap();
        let logits = training.net.forward(&batch.0, &mode).unwrap().logits;
        training.objective.mean(&logits, &batch.1).unwrap().backward();
        assert_eq!(bits(&found), bits(&training.net.weights.take_gradients(Part::Arch).unwrap()));
        found
    };
    assert_ne!(gradient(ClassWeights::None), gradient(balanced(100.0)));
}

#[test]
fn the_absolute_values_that_enter_the_last_dense_layer_are_minimised_and_not_reported() {
    const FACTOR: f64 = 0.03;
    let setting = one_step(Plan { hidden_l1: FACTOR, ..Plan::default() });
    let mut training = setting.start();
    let (inputs, targets) = first_batch(&training);
    // The hidden layer by the book, from the features before it.
    let of_hidden = |training: &Training| {
        let all = training.net.weights.snapshot().unwrap();
        let tensor = |name: &str| all.iter().find(|(other, _)| other == name).unwrap().1.shallow_clone();
        let features = inputs.conv1d(&tensor("conv.weight"), Some(tensor("conv.bias")), 1, 0, 1, 1);
        let features = features.flatten(1, 2);
        features.linear(&tensor("hidden.weight"), Some(tensor("hidden.bias"))).relu()
    };
    let plain = |training: &Training| {
        let logits = training.net.forward(&inputs, &Mode::training()).unwrap().logits;
        cross_entropy(&logits, &targets, [1.0, 1.0])
    };
    let sum = |training: &Training| of_hidden(training).sum(Kind::Double).double_value(&[]);
    assert!(sum(&training) > 1.0);
    let expected = differences(&training, |training| plain(training) + FACTOR * sum(training));
    let reported = plain(&training);
    let found = gradient_of_step(&mut training);
    assert_close(&found, &expected);
    assert!((training.last().unwrap().train_loss - reported).abs() < 1e-6);
}

#[test]
fn rows_of_dense_layers_and_filters_are_shortened_to_the_norm_and_all_else_stays() {
    let mut training = one_step(Plan::default()).start();
    let rows_of = |training: &Training, name: &str, row: usize| -> Vec<Vec<f64>> {
        named(training, name).chunks(row).map(<[f64]>::to_vec).collect()
    };
    let norm = |row: &[f64]| row.iter().map(|value| value * value).sum::<f64>().sqrt();
    let weights = [("conv.weight", 16), ("hidden.weight", 27), ("out.weight", 5)];
    let before = weights.map(|(name, row)| rows_of(&training, name, row));
    let biases = |training: &Training| ["conv.bias", "hidden.bias", "out.bias"].map(|name| named(training, name));
    let biases_before = biases(&training);
    // Between the shortest and the longest row of each of them.
    let mut norms: Vec<f64> = before.iter().flatten().map(|row| norm(row)).collect();
    norms.sort_by(f64::total_cmp);
    let limit = norms[norms.len() / 2];
    training.net.weights.shorten(limit).unwrap();
    let mut shortened = 0;
    for ((name, row), before) in weights.iter().zip(&before) {
        for (now, before) in rows_of(&training, name, *row).iter().zip(before) {
            let factor = (limit / norm(before)).min(1.0);
            shortened += usize::from(factor < 1.0);
            for (now, before) in now.iter().zip(before) {
                assert!((now - before * factor).abs() < 1e-6, "{name}: {now}, expected {}", before * factor);
            }
        }
    }
    assert_eq!(shortened, norms.len() - 1 - norms.len() / 2);
    assert_eq!(biases(&training), biases_before);
}

#[test]
fn after_every_step_no_unit_is_longer_than_the_norm() {
    let plan = Plan { max_norm: Some(0.4), epochs: 2, batch: 10, cnn: sgd(1.0), ..Plan::default() };
    let longest = |plan| {
        let mut training = Setting { layers: two_dense_layers(), plan, ..Setting::new() }.start();
        finish(&mut training);
        let weights = [("conv.weight", 16), ("hidden.weight", 27), ("out.weight", 5)];
        let squares = |row: &[f64]| row.iter().map(|value| value * value).sum::<f64>();
        let rows =
            weights.iter().flat_map(|&(name, row)| named(&training, name).chunks(row).map(squares).collect::<Vec<_>>());
        rows.fold(0.0, f64::max).sqrt()
    };
    let held = longest(plan.clone());
    assert!((0.399..0.400_001).contains(&held), "{held}");
    assert!(longest(Plan { max_norm: None, ..plan }) > 0.5);
}

#[test]
fn a_share_of_the_rows_makes_shorter_epochs_of_those_rows_alone() {
    let setting = one_step(Plan::default());
    let plan = Plan { steps_per_epoch: None, subsample: Some(0.5), ..setting.plan.clone() };
    let setting = Setting { plan, ..setting };
    let mut training = setting.start();
    let used = training.partition.weights.clone().unwrap();
    assert_eq!(used.len(), 30);
    let mut stored = Feed::score(&setting.train, used.to_vec(), None, 30, training.job.device).unwrap();
    let sorted = |inputs: &Tensor| {
        let mut rows: Vec<Vec<u32>> = bits(inputs).chunks(4 * LENGTH).map(<[u32]>::to_vec).collect();
        rows.sort_unstable();
        rows
    };
    let mut feed = Feed::train(&training.job, Some(&used), 0, 0, 3).unwrap();
    let seen: Vec<Tensor> = (0..3).map(|_| feed.next_batch().unwrap().unwrap().0).collect();
    assert_eq!(sorted(&Tensor::cat(&seen, 0)), sorted(&stored.next_batch().unwrap().unwrap().0));
    finish(&mut training);
    assert_eq!(training.cost().samples, 30);
}

/// Every option at once, in a supernet that learns its alphas.
pub(super) fn all_options(order: Order) -> Plan {
    Plan {
        reverse_complement: true,
        shift: 2,
        class_weights: balanced(3.0),
        subsample: Some(0.8),
        max_norm: Some(0.5),
        hidden_l1: 1e-3,
        arch: Some(arch(order)),
        ..plan(order)
    }
}

#[test]
fn with_every_option_the_same_seed_gives_the_same_bytes() {
    let setting = Setting { plan: all_options(Order::First), ..Setting::new() }.with_dropout();
    let ended = |setting: &Setting| {
        let mut training = setting.start();
        finish(&mut training);
        (saved(&training, true), saved(&training, false))
    };
    let first = ended(&setting);
    assert!(first == ended(&setting));
    for without in [
        Plan { shift: 0, ..setting.plan.clone() },
        Plan { class_weights: ClassWeights::None, ..setting.plan.clone() },
        Plan { subsample: None, ..setting.plan.clone() },
        Plan { max_norm: None, ..setting.plan.clone() },
        Plan { hidden_l1: 0.0, ..setting.plan.clone() },
    ] {
        let what = format!("{without:?}");
        assert!(first != ended(&Setting { plan: without, ..Setting::new() }.with_dropout()), "{what}");
    }
}

#[test]
fn a_regulariser_of_dense_layers_is_refused_where_there_is_none() {
    let mut builder = ArchitectureBuilder::new("no dense layer", LENGTH);
    builder.then("conv", Op::conv1d(2, 4)).then("pool", Op::GlobalMaxPool {});
    let layers = builder.finish().unwrap().layers().unwrap();
    let setting = one_step(Plan { hidden_l1: 1e-8, ..Plan::default() });
    let refused = Setting { layers, ..setting }.refused();
    assert!(refused.contains("hidden_l1") && refused.contains("no dense layer"), "{refused}");
}
