//! What is trained, how, and who is notified of its steps.

use std::path::PathBuf;

use genomenas_data::{Device, Rows};
use genomenas_plugin::engine::Naming;
use genomenas_plugin::message::{Mixing, Plan};
use genomenas_plugin::space::Layers;

/// What to train, on what and how.
#[derive(Debug)]
pub struct Job {
    /// The network's layers.
    pub layers: Layers,
    /// How a supernet mixes its options; an architecture has nothing to mix.
    pub mixing: Mixing,
    /// How it is trained.
    pub plan: Plan,
    /// The seed of its weights, its batches and its dropout.
    pub seed: u64,
    /// The run's seed: what is the same in all trials of a run, such as the rows of architecture steps, is drawn from
    /// it.
    pub data_seed: u64,
    /// The device.
    pub device: Device,
    /// Threads for scoring.
    pub threads: usize,
    /// Rows that weights are trained on, and of which architecture steps may take a part.
    pub train: Rows,
    /// Rows that epochs are scored on.
    pub valid: Rows,
    /// What the training begins with.
    pub start: Start,
    /// Whether the weights of the best epoch are kept.
    pub keep_best: bool,
    /// The file where the training saves itself.
    pub checkpoint: PathBuf,
}

/// What a training begins with. A checkpoint is that of another training, which ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Weights drawn from its seed.
    Fresh,
    /// The weights, statistics and alphas of a checkpoint where names, matched as this says, and shapes are the same; the
    /// rest is drawn.
    Inherit(PathBuf, Naming),
    /// As [`Inherit`](Self::Inherit), with the moments and steps of the optimizers, and the place in the schedules.
    Continue(PathBuf, Naming),
}

/// Is notified of every step of a training or of a scoring.
pub trait StepObserver {
    /// A step on `samples` samples has ended; `done` is the finished part of the training, from 0 to 1.
    fn step(&mut self, done: f64, samples: u64);
}
