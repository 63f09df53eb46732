//! Which errors say that a trial failed, and which that the run must stop.

use std::path::Path;

use genomenas_plugin::engine::Naming;
use genomenas_plugin::message::{Optimizer, Order, Plan};

use super::super::{Job, Start, Training};
use super::{Blind, Setting, plan, sgd, sizes};
use crate::error::{Error, Result};

fn refused(started: Result<Training>) -> Error {
    started.map(|_| ()).unwrap_err()
}

/// Asserts that an error names a file and stops the run.
#[track_caller]
fn assert_stops_at(error: &Error, path: &Path) {
    assert!(!error.is_of_the_trial(), "{error}");
    assert!(error.to_string().contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
}

/// A setting whose checkpoint was saved after the first epoch.
fn saved() -> (Setting, Training) {
    let setting = Setting::new();
    let mut training = setting.start();
    training.next_epoch(&mut Blind).unwrap();
    training.save().unwrap();
    (setting, training)
}

#[test]
fn a_checkpoint_to_inherit_or_to_continue_that_is_not_there_stops_the_run() {
    let setting = Setting::new();
    let missing = setting.folder.path().join("missing.safetensors");
    for start in [Start::Inherit, Start::Continue].map(|start| start(missing.clone(), Naming::default())) {
        let error = refused(Training::start(Job { start, ..setting.job() }));
        assert_stops_at(&error, &missing);
        assert!(error.to_string().contains("put it back from a copy"), "{error:?}");
    }
}

#[test]
fn a_checkpoint_that_was_cut_off_stops_the_run() {
    let (setting, training) = saved();
    let path = &training.job.checkpoint;
    let bytes = std::fs::read(path).unwrap();
    genomenas_data::files::write_atomically(path, &bytes[..bytes.len() / 2]).unwrap();
    assert_stops_at(&refused(Training::resume_or_start(setting.job())), path);
}

#[test]
fn a_checkpoint_of_another_network_or_of_another_optimizer_stops_the_run() {
    let (setting, training) = saved();
    let path = &training.job.checkpoint;
    let space = sizes(0.0).space().unwrap();
    let layers = space.architecture(&space.sample_distinct(1, 1)[0]).unwrap().layers().unwrap();
    let without_steps = Plan { arch: None, ..plan(Order::First) };
    let other_network = Job { layers, plan: without_steps, ..setting.job() };
    assert_stops_at(&refused(Training::resume_or_start(other_network)), path);
    let with_moments = Plan { rnn: None, ..plan(Order::First) };
    let error = refused(Training::resume_or_start(Job { plan: with_moments, ..setting.job() }));
    assert_stops_at(&error, path);
    assert!(error.to_string().contains("lacks the optimizer's state"), "{error}");
}

#[test]
fn a_checkpoint_that_cannot_be_written_stops_the_run() {
    let setting = Setting::new();
    let checkpoint = setting.folder.path().join("nowhere/checkpoint.safetensors");
    let mut training = Training::start(Job { checkpoint: checkpoint.clone(), ..setting.job() }).unwrap();
    let error = training.save().unwrap_err();
    assert_stops_at(&error, &checkpoint);
    assert!(matches!(error, Error::Host(_)), "{error:?}");
}

#[test]
fn a_training_that_diverges_has_failed() {
    // Each step multiplies the weights by 1 − 9e5, so they overflow within a few steps.
    let cnn = Optimizer { weight_decay: 1.0, ..sgd(9e5) };
    let plan = Plan { cnn, rnn: None, arch: None, epochs: 20, ..plan(Order::First) };
    let mut training = Setting { plan, ..Setting::new() }.start();
    let error = std::iter::from_fn(|| Some(training.next_epoch(&mut Blind))).find_map(Result::err).unwrap();
    assert!(error.is_of_the_trial() && matches!(error, Error::Failed(_)), "{error:?}");
}

#[test]
fn a_plan_that_cannot_be_used_on_the_data_has_failed() {
    for unusable in [Plan { batch: 1000, ..plan(Order::First) }, Plan { shift: 12, ..plan(Order::First) }] {
        let error = refused(Training::start(Job { plan: unusable, ..Setting::new().job() }));
        assert!(error.is_of_the_trial(), "{error}");
    }
}
