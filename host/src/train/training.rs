//! The training of one network: epochs of steps, each followed by a score on the validation split.
//!
//! Every random draw is a function of the training's seed and the step, so a training that is resumed from a
//! checkpoint does what it would have done.

use std::path::Path;
use std::time::{Duration, Instant};

use genomenas_plugin::message::{Alphas, Cost, Epoch, Order, Stopped};

use super::arch::ArchSteps;
use super::checkpoint::{self, Tensors};
use super::computed::Computed;
use super::job::{Job, Watch, check_batch, check_states};
use super::loss::Loss;
use super::memory::{self, Need};
use super::meter::Meter;
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
pub struct Training<'a> {
    pub(super) job: Job<'a>,
    pub(super) partition: Partition,
    pub(super) net: Net,
    pub(super) mixer: Mixer,
    /// What a pass computes that leaves nothing out.
    pub(super) whole: Computed,
    /// Of the weights.
    pub(super) optimizer: Optimizer,
    pub(super) arch: Option<ArchSteps>,
    pub(super) loss: Loss,
    pub(super) meter: Meter,
    pub(super) position: Position,
    best_weights: Option<Tensors>,
    pub(super) saved: Instant,
    /// How often it saves itself within an epoch.
    pub(super) save_every: Duration,
}

impl<'a> Training<'a> {
    /// A training from its beginning, from fresh weights or, where names and shapes match, from `inherited` ones.
    pub fn start(job: Job<'a>, inherited: Option<&Tensors>) -> Result<Self> {
        job.plan.validate()?;
        let info = job.train.info();
        job.layers.expect_io(info.shape.length, info.shape.labels.len())?;
        check_batch(job.plan, job.train.len() as u64)?;
        check_states(job.layers, job.plan.batch)?;
        ArchSteps::check(&job)?;
        let partition = Partition::new(job.plan, job.data_seed, job.train.len(), job.valid.len())?;
        let mixer = Mixer::new(job.mixing, job.layers)?;
        let unrolls = job.plan.arch.as_ref().is_some_and(|arch| arch.order != Order::First);
        memory::check(
            job.device,
            &Need {
                parameters: job.layers.parameters(),
                copies: if unrolls { Need::UNROLLED } else { Need::TRAINED },
                activations: Computed::most(job.layers, job.mixing)?.activations,
                batch: job.plan.batch,
            },
        )?;
        let mut net = Net::build(job.layers, job.seed, job.device)?;
        if let Some(tensors) = inherited {
            net.weights.restore(tensors, false)?;
        }
        let optimizer = Optimizer::new(job.plan, &net.weights)?;
        let arch = ArchSteps::new(job.plan, &net)?;
        let meter = Meter::new(job.bound, Cost::default());
        let loss = Loss::of(info.shape.task);
        let (position, whole) = (Position::default(), Computed::whole(job.layers));
        let saved = Instant::now();
        Ok(Self {
            job,
            partition,
            net,
            mixer,
            whole,
            optimizer,
            arch,
            loss,
            meter,
            position,
            best_weights: None,
            saved,
            save_every: SAVE_EVERY,
        })
    }

    /// The training that saved itself at the job's checkpoint, from there; from its beginning if there is none.
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
        let moments = group("optimizer/");
        let arch = training.arch.as_mut().map(|arch| &mut arch.optimizer);
        for optimizer in std::iter::once(&mut training.optimizer).chain(arch) {
            optimizer.restore(&moments).map_err(|error| error.context(path.display()))?;
        }
        let best = group("best/");
        training.best_weights = (!best.is_empty()).then_some(best);
        training.meter = Meter::new(training.job.bound, training.position.cost);
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
                mixer: Some(&self.mixer),
            },
        )?;
        self.count_score(metrics.rows as u64);
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
        let best = self.position.end_epoch(epoch.clone(), self.job.plan);
        if best && self.job.keep_best {
            self.best_weights = Some(self.net.weights.snapshot()?);
        }
        self.position.stopped = cut.or_else(|| self.meter.reached()).or_else(|| self.position.ended(self.job.plan));
        Ok(Some(epoch))
    }

    /// Saves the training at the job's checkpoint.
    pub fn save(&mut self) -> Result<()> {
        self.position.cost = self.meter.cost();
        let mut moments = self.optimizer.state();
        moments.extend(self.arch.iter().flat_map(|arch| arch.optimizer.state()));
        let mut tensors = Tensors::new();
        let groups = [
            ("weights/", self.net.weights.snapshot()?),
            ("optimizer/", moments),
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

/// The weights in a checkpoint of a training that ended, for another to inherit.
pub fn inherited(path: &Path) -> Result<Tensors> {
    let (tensors, _) = checkpoint::read::<Position>(path)?;
    let weights =
        tensors.into_iter().filter_map(|(name, tensor)| Some((name.strip_prefix("weights/")?.to_owned(), tensor)));
    Ok(weights.collect())
}
