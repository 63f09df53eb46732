//! The steps of an epoch: each trains the weights, and before it, once the warm-up is over, the alphas.

use genomenas_plugin::message::Stopped;
use genomenas_plugin::seed;
use tch::{Kind, Tensor};

use super::arch::{ArchSteps, At, Passes};
use super::computed::Computed;
use super::feed::{Batch, Feed};
use super::job::Watch;
use super::optimizer::Progress;
use super::position::Course;
use super::training::Training;
use crate::error::{Error, Result};
use crate::net::{Blend, Mode};

/// How many steps pass between two looks at the loss for NaN: a look waits for the device.
const LOOK_EVERY: u64 = 32;

impl Training {
    /// The steps of an epoch. Gives the bound that cut it short, if one did.
    pub(super) fn train_epoch(&mut self, watch: &mut dyn Watch) -> Result<Option<Stopped>> {
        let batch = u64::from(self.job.plan.batch);
        let rows = self.partition.weights.as_ref().map_or(self.job.train.len(), |rows| rows.len()) as u64;
        let available = u32::try_from(rows / batch).unwrap_or(u32::MAX);
        let steps = self.job.plan.steps_per_epoch.map_or(available, |steps| steps.min(available));
        if self.position.epoch_steps == 0 {
            self.position.at_epoch = self.course().progress(0.0);
        }
        let mut loss_sum = Tensor::from(self.position.loss_sum).f_to_device(self.job.device)?;
        let subset = self.partition.weights.as_ref();
        let mut feed = Feed::train(&self.job, subset, self.position.epochs, self.position.epoch_steps, steps)?;
        let mut arch_feed = None;
        while self.position.epoch_steps < steps {
            if let Some(cut) = self.meter.reached() {
                self.look_at(&loss_sum)?;
                return Ok(Some(cut));
            }
            let train = feed.next_batch()?.ok_or_else(out_of_data)?;
            let at = self.at(f64::from(self.position.epoch_steps) / f64::from(steps));
            let arch_batches = self.arch_step(&train, &at, &mut arch_feed)?;
            let loss = self.weight_step(&train, &at)?;
            loss_sum = loss_sum.f_add(&loss.f_mul_scalar(batch as f64)?)?;
            let samples = (arch_batches + 1).saturating_mul(batch);
            self.meter.trained(samples, self.forward(&at.mode.blend));
            self.position.steps += 1;
            self.position.epoch_steps += 1;
            self.position.epoch_samples += batch;
            let done = self.course().progress(f64::from(self.position.epoch_steps) / f64::from(steps));
            watch.step(done, samples);
            if self.position.steps.is_multiple_of(LOOK_EVERY) {
                self.look_at(&loss_sum)?;
            }
            if self.saved.elapsed() > self.save_every {
                self.look_at(&loss_sum)?;
                self.save()?;
            }
        }
        self.look_at(&loss_sum)?;
        Ok(None)
    }

    /// Where the training stands before a step, after the part `of_epoch` of the epoch.
    pub(super) fn at(&mut self, of_epoch: f64) -> At {
        let course = self.course();
        let at_step = course.progress(of_epoch);
        let plan = &self.job.plan;
        let mode = Mode {
            blend: self.mixer.training(self.job.seed, self.position.steps, at_step),
            skip_dropout: course.value_in(&plan.skip_dropout).unwrap_or(0.0),
            input_dropout: plan.input_dropout,
            hidden_dropout: plan.hidden_dropout,
            keep_hidden: plan.hidden_l1 > 0.0,
            ..Mode::training()
        };
        let steps = self.position.before.steps.saturating_add(self.position.steps);
        let progress = Progress { at_epoch: self.position.at_epoch, at_step, steps };
        At { mode, epoch: course.epochs, progress }
    }

    /// The architecture step before the weight step on `train`, if there is one. Gives the batches it took gradients
    /// of.
    fn arch_step(&mut self, train: &Batch, at: &At, feed: &mut Option<Feed>) -> Result<u64> {
        let course = self.course();
        let Some(arch) = self.arch.as_mut().filter(|arch| arch.begun(&course)) else {
            return Ok(0);
        };
        let number = self.position.arch_steps;
        let feed = match feed {
            Some(feed) => feed,
            None => feed.insert(ArchSteps::feed(&self.job, &self.partition, number)?),
        };
        let batch = feed.next_batch()?.ok_or_else(out_of_data)?;
        let mut passes = Passes::new(&mut self.net, &self.objective, &at.mode, self.job.seed, number);
        let taken = self.position.before.arch_steps.saturating_add(number);
        let batches = arch.step(&mut passes, taken, at, &batch, (&self.optimizer, train))?;
        self.position.arch_steps += 1;
        Ok(batches)
    }

    /// One weight step. Gives the loss, without weights of classes and without regularisers, on the device.
    fn weight_step(&mut self, (inputs, targets): &Batch, at: &At) -> Result<Tensor> {
        // Dropout draws from libtorch's own generator: seeded a step, it is a function of the step.
        tch::manual_seed(i64::try_from(seed::derive(self.job.seed, "step", self.position.steps)).unwrap_or(i64::MAX));
        let output = self.net.forward(inputs, &at.mode)?;
        let minimised = self.objective.mean(&output.logits, targets)?;
        let loss = self.objective.reported(&output.logits, targets, &minimised)?;
        let plan = &self.job.plan;
        let mut total = minimised;
        if plan.slowness > 0.0 {
            for outputs in &output.recurrent_outputs {
                total = total.f_add(&slowness(outputs)?.f_mul_scalar(plan.slowness)?)?;
            }
        }
        if let Some(hidden) = &output.hidden {
            total = total.f_add(&hidden.f_abs()?.f_sum(Kind::Float)?.f_mul_scalar(plan.hidden_l1)?)?;
        }
        total.f_backward()?;
        let number = self.position.before.steps.saturating_add(self.position.steps) + 1;
        self.optimizer.step(&mut self.net.weights, number, at.epoch, at.progress)?;
        if let Some(norm) = plan.max_norm {
            self.net.weights.shorten(norm)?;
        }
        Ok(loss.f_to_kind(Kind::Double)?)
    }

    /// The multiply-adds of one sample's forward pass under `blend`.
    fn forward(&self, blend: &Blend) -> u64 {
        match blend {
            Blend::Chosen(_) => Computed::under(&self.job.layers, blend).multiply_adds,
            _ => self.whole.multiply_adds,
        }
    }

    /// Counts the cost of a score of `rows` rows.
    pub(super) fn count_score(&mut self, rows: u64) {
        let batch = u64::from(self.job.plan.batch);
        let mut left = rows;
        for at in 0..rows.div_ceil(batch) {
            self.meter.scored(left.min(batch), self.forward(&self.mixer.scoring(at)));
            left = left.saturating_sub(batch);
        }
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

    /// Where the schedules stand.
    fn course(&mut self) -> Course {
        let (cost, spent) = (self.meter.cost(), self.meter.part());
        self.position.course(&self.job.plan, cost, spent)
    }
}

pub(super) fn out_of_data() -> Error {
    Error::bug("the data ended before the epoch")
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
