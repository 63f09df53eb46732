//! A training that goes on from a checkpoint.

use std::path::{Path, PathBuf};
use std::time::Duration;

use genomenas_plugin::engine::Naming;
use genomenas_plugin::message::{Epoch, Horizon, Mixing, Optimizer, Order, Plan};

use super::super::{Job, Start, StepObserver, Training};
use super::options::all_options;
use super::{SECOND, Saved, Setting, finish, moments, plan, saved};

/// Keeps the checkpoint that was written after the first `after` steps.
struct Keep {
    after: u32,
    from: PathBuf,
    to: PathBuf,
}

impl StepObserver for Keep {
    fn step(&mut self, _done: f64, _samples: u64) {
        // A step is heard of before it is saved.
        if self.after == 0 && !self.to.exists() {
            std::fs::copy(&self.from, &self.to).unwrap();
        }
        self.after = self.after.saturating_sub(1);
    }
}

/// All that a training ends with.
#[derive(PartialEq)]
struct End {
    epochs: Vec<Epoch>,
    alphas: Saved,
    weights: Saved,
    moments: Saved,
    multiply_adds: u64,
}

fn end(training: &mut Training) -> End {
    finish(training);
    End {
        epochs: [training.last(), training.best()].into_iter().flatten().cloned().collect(),
        alphas: saved(training, true),
        weights: saved(training, false),
        moments: moments(training),
        multiply_adds: training.cost().multiply_adds,
    }
}

#[test]
fn a_training_that_is_resumed_within_an_epoch_ends_with_the_same_bytes_alphas_among_them() {
    let second = Plan { reverse_complement: true, ..plan(SECOND) };
    for (mixing, plan) in [
        (Mixing::Softmax, plan(Order::First)),
        (Mixing::Softmax, second),
        (Mixing::Softmax, all_options(SECOND)),
        (Mixing::Gumbel { start: 5.0, end: 0.5 }, plan(Order::First)),
        (Mixing::Uniform { options: 1 }, Plan { arch: None, ..plan(Order::First) }),
    ] {
        let setting = Setting { mixing, plan: Plan { epochs: 3, ..plan }, ..Setting::new() }.with_dropout();
        let mut undisturbed = setting.start();
        undisturbed.save_every = Duration::ZERO;
        let kept = setting.folder.path().join("kept.safetensors");
        let mut keep = Keep { after: 4, from: undisturbed.job.checkpoint.clone(), to: kept.clone() };
        while undisturbed.next_epoch(&mut keep).unwrap().is_some() {}
        let mut resumed = resumed(&setting, &kept);
        assert_eq!(resumed.progress.steps, 4);
        assert_ne!(resumed.progress.epoch_steps, 0, "the checkpoint is of the middle of an epoch");
        assert_ne!(saved(&resumed, false), saved(&undisturbed, false));
        // Not `assert_eq`, which would print every weight.
        assert!(end(&mut resumed) == end(&mut undisturbed), "{:?}", setting.mixing);
    }
}

#[test]
fn a_continued_training_that_is_resumed_within_an_epoch_ends_with_the_same_bytes() {
    let cnn = Optimizer::adam(0.01);
    let plan = Plan { epochs: 3, cnn, horizon: Some(Horizon::Epochs { epochs: 6 }), ..plan(Order::First) };
    let setting = Setting { plan, ..Setting::new() }.with_dropout();
    let first = setting.folder.path().join("first.safetensors");
    let mut training = Training::start(Job { checkpoint: first.clone(), seed: 1, ..setting.job() }).unwrap();
    finish(&mut training);
    training.save().unwrap();
    let job = || Job { start: Start::Continue(first.clone(), Naming::default()), ..setting.job() };
    let mut undisturbed = Training::start(job()).unwrap();
    undisturbed.save_every = Duration::ZERO;
    let kept = setting.folder.path().join("kept.safetensors");
    let mut keep = Keep { after: 4, from: undisturbed.job.checkpoint.clone(), to: kept.clone() };
    while undisturbed.next_epoch(&mut keep).unwrap().is_some() {}
    // What it began with is not needed any more.
    std::fs::remove_file(&first).unwrap();
    let mut resumed = Training::resume_or_start(Job { checkpoint: kept, ..job() }).unwrap();
    assert_eq!((resumed.progress.steps, resumed.progress.before.steps), (4, 9));
    assert!(end(&mut resumed) == end(&mut undisturbed));
}

fn resumed(setting: &Setting, checkpoint: &Path) -> Training {
    Training::resume_or_start(Job { checkpoint: checkpoint.to_owned(), ..setting.job() }).unwrap()
}

#[test]
fn a_checkpoint_holds_an_alpha_an_option_and_the_moments_of_their_optimizer() {
    let setting = Setting::new();
    let mut training = setting.start();
    finish(&mut training);
    training.save().unwrap();
    let (tensors, _) = crate::tensor::checkpoint::read::<serde_json::Value>(&training.job.checkpoint).unwrap();
    let alphas = tensors.iter().filter(|(name, _)| name.starts_with("weights/alphas."));
    assert_eq!(alphas.count() as u64, setting.layers.alphas());
    for moment in ["optimizer/first/alphas.", "optimizer/second/alphas."] {
        let of_alphas: Vec<_> = tensors.iter().filter(|(name, _)| name.starts_with(moment)).collect();
        assert_eq!(of_alphas.len() as u64, setting.layers.alphas());
        assert!(of_alphas.iter().any(|(_, value)| value.double_value(&[]).abs() > 0.0), "{moment}");
    }
}
