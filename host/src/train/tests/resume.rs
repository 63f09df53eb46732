//! A training that goes on from a checkpoint.

use std::path::{Path, PathBuf};
use std::time::Duration;

use genomenas_plugin::message::{Epoch, Mixing, Order, Plan};

use super::super::{Job, Training, Watch};
use super::{SECOND, Saved, Setting, finish, plan, saved};

/// Keeps the checkpoint that was written after the first `after` steps.
struct Keep {
    after: u32,
    from: PathBuf,
    to: PathBuf,
}

impl Watch for Keep {
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
    moments: Vec<String>,
    multiply_adds: u64,
}

fn end(training: &mut Training<'_>) -> End {
    finish(training);
    let moments = training.arch.iter().flat_map(|arch| arch.optimizer.state()).chain(training.optimizer.state());
    End {
        epochs: [training.last(), training.best()].into_iter().flatten().cloned().collect(),
        alphas: saved(training, true),
        weights: saved(training, false),
        moments: moments.map(|(name, tensor)| format!("{name} {:?}", super::bits(&tensor))).collect(),
        multiply_adds: training.cost().multiply_adds,
    }
}

#[test]
fn a_training_that_is_resumed_within_an_epoch_ends_with_the_same_bytes_alphas_among_them() {
    let second = Plan { reverse_complement: true, ..plan(SECOND) };
    for (mixing, plan) in [
        (Mixing::Softmax, plan(Order::First)),
        (Mixing::Softmax, second),
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
        assert_eq!(resumed.position.steps, 4);
        assert_ne!(resumed.position.epoch_steps, 0, "the checkpoint is of the middle of an epoch");
        assert_ne!(saved(&resumed, false), saved(&undisturbed, false));
        // Not `assert_eq`, which would print every weight.
        assert!(end(&mut resumed) == end(&mut undisturbed), "{:?}", setting.mixing);
    }
}

fn resumed<'a>(setting: &'a Setting, checkpoint: &Path) -> Training<'a> {
    Training::resume_or_start(Job { checkpoint: checkpoint.to_owned(), ..setting.job() }, None).unwrap()
}

#[test]
fn a_checkpoint_holds_an_alpha_an_option_and_the_moments_of_their_optimizer() {
    let setting = Setting::new();
    let mut training = setting.start();
    finish(&mut training);
    training.save().unwrap();
    let (tensors, _) = super::super::checkpoint::read::<serde_json::Value>(&training.job.checkpoint).unwrap();
    let alphas = tensors.iter().filter(|(name, _)| name.starts_with("weights/alphas."));
    assert_eq!(alphas.count() as u64, setting.layers.alphas());
    for moment in ["optimizer/arch.first", "optimizer/arch.second"] {
        let (_, tensor) = tensors.iter().find(|(name, _)| name == moment).unwrap();
        assert_eq!(tensor.numel() as u64, setting.layers.alphas());
        assert!(tensor.abs().max().double_value(&[]) > 0.0, "{moment}");
    }
}
