//! Trainings to the optimum, against what holds there.

use genomenas_plugin::message::{ClassWeights, Mixing, Optimum, Plan};
use genomenas_plugin::space::{ArchitectureBuilder, Layers, Op};
use tch::{Kind, Tensor};

use super::super::{Job, Training};
use super::{LENGTH, Setting, finish, saved, values};
use crate::net::Mode;
use crate::net::weights::Part;
use crate::tensor::loader::DataLoader;

fn linear(bias: bool) -> Layers {
    let mut net = ArchitectureBuilder::new("linear", LENGTH);
    net.then("bases", Op::Flatten {}).then("out", Op::Linear { out_features: 2, bias, init_range: None });
    net.finish().unwrap().layers().unwrap()
}

fn setting(layers: Layers, l2: &[f64]) -> Setting {
    // As near to the optimum as numbers can tell.
    let optimum = Some(Optimum { l2: l2.to_vec(), tolerance: 1e-12, ..Optimum::default() });
    let plan = Plan { batch: 7, early_stopping: None, optimum, ..Plan::to_optimum(l2.to_vec(), 1) };
    Setting { layers, mixing: Mixing::Softmax, plan, ..Setting::new() }
}

/// The gradient of what is minimised, by the weights in their order.
fn gradient(training: &mut Training, l2: f64) -> Vec<f64> {
    let rows = (0..u32::try_from(training.job.train.len()).unwrap()).collect();
    let mut loader = DataLoader::score(&training.job.train, rows, None, 1000, training.job.device).unwrap();
    let (inputs, targets) = loader.next_batch().unwrap().unwrap();
    let logits = training.net.forward(&inputs, &Mode::scoring()).unwrap().logits;
    let loss = training.objective.mean(&logits, &targets).unwrap() * 2.0;
    loss.backward();
    let gradient = training.net.weights.take_gradients(Part::Cnn).unwrap();
    let flat = training.net.weights.flat(Part::Cnn).detach();
    // The biases are the last two.
    let biases = usize::from(training.net.weights.snapshot().unwrap().len() > 1) * 2;
    let weights = flat.size()[0] - i64::try_from(biases).unwrap();
    let penalty =
        Tensor::cat(&[flat.narrow(0, 0, weights) * l2, flat.narrow(0, weights, flat.size()[0] - weights) * 0.0], 0);
    values(&(gradient + penalty)).into_iter().map(f64::from).collect()
}

fn largest(gradient: &[f64]) -> f64 {
    gradient.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()))
}

#[test]
fn each_epoch_ends_where_the_gradient_is_zero() {
    for (bias, class_weights) in
        [(true, ClassWeights::None), (false, ClassWeights::None), (true, ClassWeights::balanced())]
    {
        let setting = setting(linear(bias), &[0.1, 0.001]);
        let setting = Setting { plan: Plan { class_weights, ..setting.plan.clone() }, ..setting };
        let mut training = setting.start();
        for l2 in [0.1, 0.001] {
            let before = largest(&gradient(&mut training, l2));
            assert!(training.next_epoch(&mut super::Blind).unwrap().is_some());
            let after = largest(&gradient(&mut training, l2));
            assert!(after < 1e-3 * before && after < 1e-5, "{l2}: {before} and then {after}");
        }
        assert!(training.next_epoch(&mut super::Blind).unwrap().is_none());
    }
}

#[test]
fn a_weaker_penalty_leaves_a_lower_loss_on_the_training_rows() {
    let mut training = setting(linear(true), &[10.0, 0.1, 0.001]).start();
    let mut losses = Vec::new();
    while let Some(epoch) = training.next_epoch(&mut super::Blind).unwrap() {
        losses.push(epoch.train_loss);
    }
    assert!(losses.len() == 3 && losses.windows(2).all(|pair| pair[0] > pair[1]), "{losses:?}");
    // What a coin has, and what the rows allow.
    assert!(losses[0] < 0.7 && losses[2] < 0.1, "{losses:?}");
}

#[test]
fn without_a_look_at_the_window_the_optimum_predicts_the_frequencies_of_the_training_rows() {
    let mut net = ArchitectureBuilder::new("nothing", LENGTH);
    net.then("nothing", Op::Zero { stride: LENGTH }).then("flat", Op::Flatten {}).then("out", Op::linear(2));
    let mut training = setting(net.finish().unwrap().layers().unwrap(), &[0.0]).start();
    finish(&mut training);
    let input = Tensor::zeros([1, 4, i64::try_from(LENGTH).unwrap()], (Kind::Float, tch::Device::Cpu));
    let predicted = values(&training.net.forward(&input, &Mode::scoring()).unwrap().logits.sigmoid());
    let info = training.job.train.info();
    for (predicted, positives) in predicted.iter().zip(&info.positives.train) {
        assert!((f64::from(*predicted) - *positives as f64 / 60.0).abs() < 1e-3, "{predicted}: {positives} of 60");
    }
}

#[test]
fn the_optimum_depends_neither_on_the_seed_nor_on_threads_nor_on_the_batch() {
    let ended = |change: fn(&mut Job)| {
        let mut job = setting(linear(true), &[0.1, 0.01]).job();
        change(&mut job);
        let folder = tempfile::tempdir().unwrap();
        job.checkpoint = folder.path().join("checkpoint.safetensors");
        let mut training = Training::start(job).unwrap();
        finish(&mut training);
        saved(&training, false)
    };
    let expected = ended(|_| ());
    assert!(ended(|job| job.seed = 77) == expected, "seed");
    assert!(ended(|job| job.threads = 3) == expected, "threads");
    assert!(ended(|job| job.plan.batch = 60) == expected, "batch");
}

#[test]
fn a_training_that_is_resumed_between_strengths_ends_with_the_same_bytes() {
    let setting = setting(linear(true), &[0.1, 0.01, 0.001]);
    let mut undisturbed = setting.start();
    assert!(undisturbed.next_epoch(&mut super::Blind).unwrap().is_some());
    undisturbed.save().unwrap();
    let mut resumed = Training::resume_or_start(setting.job()).unwrap();
    finish(&mut undisturbed);
    finish(&mut resumed);
    assert!(saved(&resumed, false) == saved(&undisturbed, false));
    assert_eq!(resumed.cost().samples, undisturbed.cost().samples);
}

#[test]
fn every_pass_over_the_rows_is_paid_for() {
    let mut training = setting(linear(true), &[0.1]).start();
    finish(&mut training);
    let cost = training.cost();
    assert!(cost.samples >= 2 * 60 && cost.samples.is_multiple_of(60), "{cost:?}");
    let of_score = 20 * training.whole.multiply_adds;
    assert_eq!(cost.multiply_adds, cost.samples * 3 * training.whole.multiply_adds + of_score);
}

#[test]
fn a_network_whose_loss_is_not_convex_is_refused_by_the_layer() {
    let mut net = ArchitectureBuilder::new("net", LENGTH);
    net.then("conv", Op::conv1d(2, 3)).then("flat", Op::Flatten {}).then("out", Op::linear(2));
    let refused = setting(net.finish().unwrap().layers().unwrap(), &[0.1]).refused();
    assert!(refused.contains("node 'conv' (conv1d)") && refused.contains("only dense layer"), "{refused}");
}
