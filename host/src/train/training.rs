//! The training of one network: epochs of weight steps, each followed by a score on the validation split.
//!
//! Every random draw is a function of the training's seed and the step, so a training that is resumed from a
//! checkpoint does what it would have done.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use genomenas_plugin::message::{Cost, Epoch, Plan, Stopped};
use genomenas_plugin::seed;
use genomenas_plugin::space::Layers;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::checkpoint::{self, Tensors};
use super::device;
use super::feed::Feed;
use super::loss::Loss;
use super::meter::{Bound, Meter};
use super::optimizer::{Optimizer, Progress};
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::eval;
use crate::net::{Mode, Net};

/// How often a training saves itself within an epoch.
const SAVE_EVERY: Duration = Duration::from_secs(60);
/// How many steps pass between two looks at the loss for NaN: a look waits for the device.
const LOOK_EVERY: u64 = 32;

/// What to train.
#[derive(Debug)]
pub struct Job<'a> {
    /// The network's layers.
    pub layers: &'a Layers,
    /// How it is trained.
    pub plan: &'a Plan,
    /// The seed of its weights, its batches and its dropout.
    pub seed: u64,
    /// Where.
    pub device: Device,
    /// Threads for scoring.
    pub threads: usize,
    /// Rows that weights are trained on.
    pub train: &'a Rows,
    /// Rows that epochs are scored on.
    pub valid: &'a Rows,
    /// The most it may cost.
    pub bound: Option<Bound>,
    /// Whether the weights of the best epoch are kept.
    pub keep_best: bool,
    /// Where it saves itself.
    pub checkpoint: PathBuf,
}

/// Hears of every step.
pub trait Watch {
    /// A step on `samples` samples ended; `done` is the finished part of the training.
    fn step(&mut self, done: f64, samples: u64);
}

/// Where a training stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Position {
    /// Finished epochs.
    epochs: u32,
    /// Finished steps, of all epochs.
    steps: u64,
    /// Finished steps of the epoch under way.
    epoch_steps: u32,
    /// Sum of the losses of the epoch's samples.
    loss_sum: f64,
    /// Samples of the epoch so far.
    epoch_samples: u64,
    /// Finished part of the training when the epoch began.
    at_epoch: f64,
    /// Cost so far.
    cost: Cost,
    /// The last epoch.
    last: Option<Epoch>,
    /// The epoch with the lowest validation loss.
    best: Option<Epoch>,
    /// Epochs since the validation loss improved by the plan's minimum.
    without_improvement: u32,
    /// Why it ended.
    stopped: Option<Stopped>,
}

/// A training under way.
#[derive(Debug)]
pub struct Training<'a> {
    job: Job<'a>,
    net: Net,
    optimizer: Optimizer,
    loss: Loss,
    meter: Meter,
    position: Position,
    best_weights: Option<Tensors>,
    saved: Instant,
}

impl<'a> Training<'a> {
    /// A training from its beginning, from fresh weights or, where names and shapes match, from `inherited` ones.
    pub fn start(job: Job<'a>, inherited: Option<&Tensors>) -> Result<Self> {
        job.plan.validate()?;
        let info = job.train.info();
        job.layers.expect_io(info.shape.length, info.shape.labels.len())?;
        check_batch(job.plan, job.train.len() as u64)?;
        device::check_memory(job.device, job.layers.parameters(), job.layers.activations(), job.plan.batch.into())?;
        let mut net = Net::build(job.layers, job.seed, job.device)?;
        if let Some(tensors) = inherited {
            net.weights.restore(tensors, false)?;
        }
        let optimizer = Optimizer::new(job.plan, &net.weights)?;
        let meter = Meter::new(job.bound, job.layers.multiply_adds(), Cost::default());
        let loss = Loss::of(info.shape.task);
        let position = Position::default();
        Ok(Self { job, net, optimizer, loss, meter, position, best_weights: None, saved: Instant::now() })
    }

    /// The training that saved itself at the job's checkpoint, or one from its beginning if there is none.
    pub fn resume_or_start(job: Job<'a>, inherited: Option<&Tensors>) -> Result<Self> {
        if !job.checkpoint.exists() {
            return Self::start(job, inherited);
        }
        let path = job.checkpoint.clone();
        let mut training = Self::start(job, None)?;
        let (tensors, position) = checkpoint::read::<Position>(&path)?;
        let group = |prefix: &str| -> Tensors {
            let named = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)));
            named.map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone())).collect()
        };
        training.position =
            position.ok_or_else(|| Error::file("resume from", &path, "it does not say where the training stood"))?;
        training.net.weights.restore(&group("weights/"), true).map_err(|error| error.context(path.display()))?;
        training.optimizer.restore(&group("optimizer/")).map_err(|error| error.context(path.display()))?;
        let best = group("best/");
        training.best_weights = (!best.is_empty()).then_some(best);
        let forward = training.job.layers.multiply_adds();
        training.meter = Meter::new(training.job.bound, forward, training.position.cost);
        Ok(training)
    }

    /// Trains and scores the next epoch. `None` when the training had ended before: then see [`Self::stopped`].
    pub fn next_epoch(&mut self, watch: &mut dyn Watch) -> Result<Option<Epoch>> {
        if self.position.stopped.is_some() {
            return Ok(None);
        }
        let cut = self.train_epoch(watch)?;
        if self.position.epoch_steps == 0 {
            self.position.stopped = cut;
            return Ok(None);
        }
        let metrics = eval::score(
            &self.net,
            self.job.valid,
            &eval::Scoring {
                batch: self.job.plan.batch,
                batches: self.job.plan.validation_batches,
                device: self.job.device,
                threads: self.job.threads,
            },
        )?;
        self.meter.scored(metrics.rows as u64);
        let number = self.position.epochs + 1;
        let epoch = Epoch {
            number,
            train_loss: self.position.loss_sum / self.position.epoch_samples as f64,
            valid_loss: metrics.loss.ok_or_else(|| {
                Error::failed(format!("the validation loss is not a finite number after epoch {number}"))
            })?,
            auroc: metrics.auroc.mean,
            auprc: metrics.auprc.mean,
            f1: metrics.f1.mean,
        };
        self.end_epoch(epoch.clone(), cut)?;
        Ok(Some(epoch))
    }

    /// The weight steps of an epoch. Gives the bound that cut it short, if one did.
    fn train_epoch(&mut self, watch: &mut dyn Watch) -> Result<Option<Stopped>> {
        let batch = u64::from(self.job.plan.batch);
        let available = u32::try_from(self.job.train.len() as u64 / batch).unwrap_or(u32::MAX);
        let steps = self.job.plan.steps_per_epoch.map_or(available, |steps| steps.min(available));
        if self.position.epoch_steps == 0 {
            self.position.at_epoch = self.progress(0.0);
        }
        let mut loss_sum = Tensor::from(self.position.loss_sum).f_to_device(self.job.device)?;
        let mut feed = Feed::train(&self.job, self.position.epochs, self.position.epoch_steps, steps)?;
        while self.position.epoch_steps < steps {
            if let Some(cut) = self.meter.reached() {
                self.look_at(&loss_sum)?;
                return Ok(Some(cut));
            }
            let Some((inputs, targets)) = feed.next_batch()? else {
                return Err(Error::failed("the data ended before the epoch: please report it"));
            };
            let at_step = self.progress(f64::from(self.position.epoch_steps) / f64::from(steps));
            let loss = self.step(&inputs, &targets, at_step)?;
            loss_sum = loss_sum.f_add(&loss.f_mul_scalar(batch as f64)?)?;
            self.meter.trained(batch);
            self.position.steps += 1;
            self.position.epoch_steps += 1;
            self.position.epoch_samples += batch;
            let done = self.progress(f64::from(self.position.epoch_steps) / f64::from(steps));
            watch.step(done, batch);
            if self.position.steps.is_multiple_of(LOOK_EVERY) {
                self.look_at(&loss_sum)?;
            }
            if self.saved.elapsed() > SAVE_EVERY {
                self.look_at(&loss_sum)?;
                self.save()?;
            }
        }
        self.look_at(&loss_sum)?;
        Ok(None)
    }

    /// One step. Gives the loss, without regularisers, on the device.
    fn step(&mut self, inputs: &Tensor, targets: &Tensor, at_step: f64) -> Result<Tensor> {
        // Dropout draws from libtorch's own generator: seeded a step, it is a function of the step.
        tch::manual_seed(i64::try_from(seed::derive(self.job.seed, "step", self.position.steps)).unwrap_or(i64::MAX));
        let output = self.net.forward(inputs, &Mode::training())?;
        let loss = self.loss.mean(&output.logits, targets)?;
        let mut total = loss.shallow_clone();
        if self.job.plan.slowness > 0.0 {
            for outputs in &output.recurrent_outputs {
                total = total.f_add(&slowness(outputs)?.f_mul_scalar(self.job.plan.slowness)?)?;
            }
        }
        total.f_backward()?;
        let progress = Progress { at_epoch: self.position.at_epoch, at_step };
        self.optimizer.step(&mut self.net.weights, self.position.steps + 1, self.position.epochs, progress)?;
        Ok(loss.f_detach()?.f_to_kind(Kind::Double)?)
    }

    /// Reads the sum of losses from the device, and refuses to go on from NaN.
    fn look_at(&mut self, loss_sum: &Tensor) -> Result<()> {
        let sum = loss_sum.f_double_value(&[])?;
        if !sum.is_finite() {
            return Err(Error::failed(format!(
                "the training loss is {sum} in epoch {} by step {}: lower the learning rate or clip gradients",
                self.position.epochs + 1,
                self.position.epoch_steps
            )));
        }
        self.position.loss_sum = sum;
        Ok(())
    }

    fn end_epoch(&mut self, epoch: Epoch, cut: Option<Stopped>) -> Result<()> {
        let plan = self.job.plan;
        let lowest = self.position.best.as_ref().map_or(f64::INFINITY, |best| best.valid_loss);
        let needed = plan.early_stopping.map_or(0.0, |stopping| stopping.minimum_improvement);
        self.position.without_improvement =
            if epoch.valid_loss < lowest - needed { 0 } else { self.position.without_improvement + 1 };
        if epoch.valid_loss < lowest {
            self.position.best = Some(epoch.clone());
            if self.job.keep_best {
                self.best_weights = Some(self.net.weights.snapshot()?);
            }
        }
        self.position.last = Some(epoch);
        self.position.epochs += 1;
        self.position.epoch_steps = 0;
        self.position.loss_sum = 0.0;
        self.position.epoch_samples = 0;
        let patience = plan.early_stopping.map_or(u32::MAX, |stopping| stopping.patience);
        self.position.stopped = cut.or_else(|| self.meter.reached()).or_else(|| {
            if self.position.epochs >= plan.epochs {
                Some(Stopped::Epochs)
            } else {
                (self.position.without_improvement >= patience).then_some(Stopped::EarlyStopping)
            }
        });
        Ok(())
    }

    /// The finished part of the training, by epochs or by the bound, whichever is nearer its end.
    fn progress(&mut self, of_epoch: f64) -> f64 {
        let by_epochs = (f64::from(self.position.epochs) + of_epoch) / f64::from(self.job.plan.epochs);
        by_epochs.max(self.meter.part()).min(1.0)
    }

    /// Saves the training at the job's checkpoint.
    pub fn save(&mut self) -> Result<()> {
        self.position.cost = self.meter.cost();
        let mut tensors = Tensors::new();
        let groups = [
            ("weights/", self.net.weights.snapshot()?),
            ("optimizer/", self.optimizer.state()),
            ("best/", self.best_weights.iter().flatten().map(|(n, t)| (n.clone(), t.shallow_clone())).collect()),
        ];
        for (prefix, group) in groups {
            tensors.extend(group.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)));
        }
        checkpoint::write(&self.job.checkpoint, &tensors, &self.position)?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Whether the last save is so recent that another is not worth its time.
    pub fn saved_within(&self, age: Duration) -> bool {
        self.saved.elapsed() < age
    }

    /// Puts the weights of the best epoch in place, if they were kept. Gives the network.
    pub fn into_best(mut self) -> Result<Net> {
        if let Some(best) = &self.best_weights {
            self.net.weights.restore(best, true)?;
        }
        Ok(self.net)
    }

    /// Why the training ended; `None` while it goes on.
    pub fn stopped(&self) -> Option<Stopped> {
        self.position.stopped
    }

    /// The last epoch.
    pub fn last(&self) -> Option<&Epoch> {
        self.position.last.as_ref()
    }

    /// The epoch with the lowest validation loss.
    pub fn best(&self) -> Option<&Epoch> {
        self.position.best.as_ref()
    }

    /// What the training has cost.
    pub fn cost(&mut self) -> Cost {
        self.meter.cost()
    }
}

/// Refuses a batch that `rows` training rows cannot fill.
pub fn check_batch(plan: &Plan, rows: u64) -> Result<()> {
    if u64::from(plan.batch) <= rows {
        return Ok(());
    }
    Err(Error::input(format!(
        "a batch of {} is larger than the training split of {rows} rows: take at most {rows}",
        plan.batch
    )))
}

/// The mean of (hₜ − hₜ₋₁)² over positions, samples and units of \[T, B, H\]; 0 for a single position.
fn slowness(outputs: &Tensor) -> Result<Tensor> {
    let positions = outputs.size()[0];
    if positions < 2 {
        return Ok(Tensor::f_zeros([], (Kind::Float, outputs.device()))?);
    }
    let steps = outputs.f_narrow(0, 1, positions - 1)?.f_sub(&outputs.f_narrow(0, 0, positions - 1)?)?;
    Ok(steps.f_square()?.f_mean(Kind::Float)?)
}

/// The weights in a checkpoint of a training that ended, for another to inherit.
pub fn inherited(path: &Path) -> Result<Tensors> {
    let (tensors, _) = checkpoint::read::<Position>(path)?;
    let weights =
        tensors.into_iter().filter_map(|(name, tensor)| Some((name.strip_prefix("weights/")?.to_owned(), tensor)));
    Ok(weights.collect())
}
