//! The training of one network: epochs of steps, each followed by a score on the validation split.
//!
//! Every random draw is a function of the training's seed and the step, so a training that is resumed from a checkpoint
//! ends with the same bytes as one that was never interrupted.

use std::time::{Duration, Instant};

use genomenas_plugin::engine::{Bound, check};
use genomenas_plugin::message::{Alphas, Cost, DrawnAnew, Epoch, Order, Stopped};

use super::arch::ArchSteps;
use super::forward_cost::ForwardCost;
use super::job::{Job, Start, StepObserver};
use super::meter::Meter;
use super::objective::Objective;
use super::optimizer::Optimizer;
use super::optimum::rows::TrainingRows;
use super::partition::Partition;
use super::progress::TrainingProgress;
use crate::error::{Error, Result};
use crate::eval;
use crate::net::{Mixer, Net};
use crate::tensor::checkpoint::Tensors;
use crate::tensor::memory::{self, MemoryEstimate};

/// How often a training saves itself within an epoch.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// A training under way.
#[derive(Debug)]
pub struct Training {
    pub(super) job: Job,
    pub(super) partition: Partition,
    pub(super) net: Net,
    pub(super) mixer: Mixer,
    /// The cost of a pass that leaves nothing out.
    pub(super) whole: ForwardCost,
    /// The optimizer of the weights.
    pub(super) optimizer: Optimizer,
    pub(super) arch: Option<ArchSteps>,
    pub(super) objective: Objective,
    /// The rows of a training to the optimum, once they are collected.
    pub(super) linear_rows: Option<TrainingRows>,
    pub(super) meter: Meter,
    pub(super) progress: TrainingProgress,
    pub(super) best_weights: Option<Tensors>,
    pub(super) saved: Instant,
    /// How often it saves itself within an epoch.
    pub(super) save_every: Duration,
}

impl Training {
    /// A training from its beginning.
    pub fn start(job: Job) -> Result<Self> {
        let mut training = Self::with_net(job, |job| Net::build(&job.layers, job.seed, job.device))?;
        match training.job.start.clone() {
            Start::Fresh if training.job.plan.optimum.is_some() => training.begin_at_zero()?,
            Start::Fresh => {}
            Start::Inherit(path, naming) => training.inherit(&path, &naming)?,
            Start::Continue(path, naming) => training.go_on_from(&path, &naming)?,
        }
        Ok(training)
    }

    /// The training from the job's checkpoint, or from its beginning if there is none.
    pub fn resume_or_start(job: Job) -> Result<Self> {
        if !job.checkpoint.exists() {
            return Self::start(job);
        }
        let mut training = Self::with_net(job, |job| Net::build_blank(&job.layers, job.device))?;
        training.resume()?;
        Ok(training)
    }

    /// A training that has done nothing yet.
    fn with_net(job: Job, net: impl FnOnce(&Job) -> Result<Net>) -> Result<Self> {
        let info = job.train.info();
        let data = info.for_checks();
        let rows = check::training(&job.plan, &job.layers, &job.mixing, &data)?;
        let partition = Partition::new(&job.plan, &rows, job.data_seed, &data)?;
        let mixer = Mixer::new(&job.mixing, &job.layers)?;
        let unrolls = job.plan.arch.as_ref().is_some_and(|arch| arch.order != Order::First);
        memory::check(
            job.device,
            &MemoryEstimate {
                parameters: job.layers.parameters(),
                copies: if unrolls { MemoryEstimate::UNROLLED } else { MemoryEstimate::TRAINED },
                activations: ForwardCost::most(&job.layers, &job.mixing)?.activations,
                peak: ForwardCost::peak(&job.layers, &job.mixing)?,
                rows: MemoryEstimate::row(data.info.length, data.info.labels),
                batch: job.plan.batch,
            },
        )?;
        let net = net(&job)?;
        let optimizer = Optimizer::new(&job.plan, &net.weights)?;
        let arch = ArchSteps::new(&job.plan, &net)?;
        let objective = Objective::new(&job.plan, info, job.device)?;
        let whole = ForwardCost::whole(&job.layers);
        Ok(Self {
            job,
            partition,
            net,
            mixer,
            whole,
            optimizer,
            arch,
            objective,
            linear_rows: None,
            meter: Meter::new(Cost::default()),
            progress: TrainingProgress::default(),
            best_weights: None,
            saved: Instant::now(),
            save_every: SAVE_EVERY,
        })
    }

    /// Replaces the bounds of its cost, counted from its beginning, and starts its clock if it was stopped.
    pub fn bound_by(&mut self, bounds: Vec<Bound>) {
        self.meter.bound_by(bounds);
    }

    /// Stops its clock until there are new bounds.
    pub fn pause(&mut self) {
        self.meter.pause();
    }

    /// Trains and scores the next epoch. `None` if the training has ended: then see [`Self::stopped`].
    pub fn next_epoch(&mut self, observer: &mut dyn StepObserver) -> Result<Option<Epoch>> {
        if self.progress.stopped.is_some() {
            return Ok(None);
        }
        let cut = match self.job.plan.optimum.clone() {
            Some(optimum) => self.train_to_optimum(&optimum, observer)?,
            None => self.train_epoch(observer)?,
        };
        if self.progress.epoch_steps == 0 {
            self.progress.stopped = cut;
            return Ok(None);
        }
        let metrics = eval::score(
            &self.net,
            &self.job.valid,
            &eval::Scoring {
                batches: self.job.plan.validation_batches,
                mixer: Some(&self.mixer),
                average_strands: self.job.plan.average_strands,
                ..eval::Scoring::of(self.job.plan.batch, self.job.device, self.job.threads)
            },
        )?;
        let strands = if self.job.plan.average_strands { 2 } else { 1 };
        self.count_score(strands * metrics.rows as u64);
        let number = self.progress.epochs + 1;
        let epoch = Epoch {
            number,
            train_loss: self.progress.loss_sum / self.progress.epoch_samples as f64,
            valid_loss: metrics.loss.ok_or_else(|| {
                Error::failed(format!("the validation loss is not a finite number after epoch {number}"))
            })?,
            auroc: metrics.averages.auroc.mean,
            auprc: metrics.averages.auprc.mean,
            f1: metrics.averages.f1.mean,
        };
        let best = self.progress.end_epoch(epoch.clone(), &self.job.plan);
        if best && self.job.keep_best {
            self.best_weights = Some(self.net.weights.snapshot()?);
        }
        self.progress.stopped = cut.or_else(|| self.meter.reached()).or_else(|| self.progress.ended(&self.job.plan));
        Ok(Some(epoch))
    }

    /// Whether the last save is so recent that another is not worth its time.
    pub fn saved_within(&self, age: Duration) -> bool {
        self.saved.elapsed() < age
    }

    /// The network with the weights of the best epoch, if they were kept, otherwise with the last ones.
    pub fn into_best(mut self) -> Result<Net> {
        if let Some(best) = &self.best_weights {
            self.net.weights.restore(best)?;
        }
        Ok(self.net)
    }

    /// What it did not find in the weights of the training that it began with.
    pub fn drawn_anew(&self) -> Option<&DrawnAnew> {
        self.progress.drawn_anew.as_ref()
    }

    /// Why the training ended; `None` while it goes on.
    pub fn stopped(&self) -> Option<Stopped> {
        self.progress.stopped
    }

    /// Finished epochs.
    pub fn epochs(&self) -> u32 {
        self.progress.epochs
    }

    /// The last epoch.
    pub fn last(&self) -> Option<&Epoch> {
        self.progress.last.as_ref()
    }

    /// The epoch with the lowest validation loss.
    pub fn best(&self) -> Option<&Epoch> {
        self.progress.best.as_ref()
    }

    /// The current alphas of a supernet; empty where it mixes without alphas, and for architectures.
    pub fn alphas(&self) -> Result<Alphas> {
        if self.job.mixing.learns() { self.net.alphas() } else { Ok(Alphas::default()) }
    }

    /// What the training has cost.
    pub fn cost(&mut self) -> Cost {
        self.meter.cost()
    }
}
