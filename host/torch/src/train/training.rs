//! The training of one network: epochs of steps, each followed by a score on the validation split.
//!
//! Every random draw is a function of the training's seed and the step, so a training that is resumed from a
//! checkpoint does what it would have done.

use std::time::{Duration, Instant};

use genomenas_plugin::engine::{Bound, check};
use genomenas_plugin::message::{Alphas, Cost, Epoch, Order, Stopped};

use super::arch::ArchSteps;
use super::checkpoint::Tensors;
use super::computed::Computed;
use super::job::{Job, Start, Watch};
use super::memory::{self, Need};
use super::meter::Meter;
use super::objective::Objective;
use super::optimizer::Optimizer;
use super::partition::Partition;
use super::position::Position;
use crate::error::{Error, Result};
use crate::eval;
use crate::net::{Mixer, Net};

/// How often a training saves itself within an epoch.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// A training under way.
#[derive(Debug)]
pub struct Training {
    pub(super) job: Job,
    pub(super) partition: Partition,
    pub(super) net: Net,
    pub(super) mixer: Mixer,
    /// What a pass computes that leaves nothing out.
    pub(super) whole: Computed,
    /// Of the weights.
    pub(super) optimizer: Optimizer,
    pub(super) arch: Option<ArchSteps>,
    pub(super) objective: Objective,
    pub(super) meter: Meter,
    pub(super) position: Position,
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
            Start::Fresh => {}
            Start::Inherit(path) => training.inherit(&path)?,
            Start::Continue(path) => training.go_on_from(&path)?,
        }
        Ok(training)
    }

    /// The training that saved itself at the job's checkpoint, from there; from its beginning if there is none.
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
            &Need {
                parameters: job.layers.parameters(),
                copies: if unrolls { Need::UNROLLED } else { Need::TRAINED },
                activations: Computed::most(&job.layers, &job.mixing)?.activations,
                batch: job.plan.batch,
            },
        )?;
        let net = net(&job)?;
        let optimizer = Optimizer::new(&job.plan, &net.weights)?;
        let arch = ArchSteps::new(&job.plan, &net)?;
        let objective = Objective::new(&job.plan, info, job.device)?;
        let whole = Computed::whole(&job.layers);
        Ok(Self {
            job,
            partition,
            net,
            mixer,
            whole,
            optimizer,
            arch,
            objective,
            meter: Meter::new(Cost::default()),
            position: Position::default(),
            best_weights: None,
            saved: Instant::now(),
            save_every: SAVE_EVERY,
        })
    }

    /// Replaces what it may spend, from its beginning on, and lets its clock run if it was stopped.
    pub fn bound_by(&mut self, bounds: Vec<Bound>) {
        self.meter.bound_by(bounds);
    }

    /// Stops its clock until there are new bounds.
    pub fn pause(&mut self) {
        self.meter.pause();
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
        let number = self.position.epochs + 1;
        let epoch = Epoch {
            number,
            train_loss: self.position.loss_sum / self.position.epoch_samples as f64,
            valid_loss: metrics.loss.ok_or_else(|| {
                Error::failed(format!("the validation loss is not a finite number after epoch {number}"))
            })?,
            auroc: metrics.averages.auroc.mean,
            auprc: metrics.averages.auprc.mean,
            f1: metrics.averages.f1.mean,
        };
        let best = self.position.end_epoch(epoch.clone(), &self.job.plan);
        if best && self.job.keep_best {
            self.best_weights = Some(self.net.weights.snapshot()?);
        }
        self.position.stopped = cut.or_else(|| self.meter.reached()).or_else(|| self.position.ended(&self.job.plan));
        Ok(Some(epoch))
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

    /// What a supernet has learned of its options, as it is now; empty where it mixes without alphas, and for
    /// architectures.
    pub fn alphas(&self) -> Result<Alphas> {
        if self.job.mixing.learns() { self.net.alphas() } else { Ok(Alphas::default()) }
    }

    /// What the training has cost.
    pub fn cost(&mut self) -> Cost {
        self.meter.cost()
    }
}
