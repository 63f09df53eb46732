//! The steps of an epoch: each trains the weights, and before it, once the warm-up is over, the alphas.

use genomenas_plugin::message::Stopped;
use genomenas_plugin::seed;
use tch::{Kind, Tensor};

use super::arch::StepContext;
use super::batches;
use super::forward_cost::ForwardCost;
use super::job::StepObserver;
use super::optimizer::SchedulePoint;
use super::passes::Passes;
use super::progress::ScheduleProgress;
use super::training::Training;
use crate::error::{Error, Result};
use crate::net::{Blend, Mode};
use crate::precision;
use crate::tensor::device::torch;
use crate::tensor::loader::{Batch, DataLoader};

/// Steps between two checks of the loss for NaN: a check waits for the device.
const LOOK_EVERY: u64 = 32;

impl Training {
    /// The steps of an epoch. Returns the bound that cut it short, if one did.
    pub(super) fn train_epoch(&mut self, observer: &mut dyn StepObserver) -> Result<Option<Stopped>> {
        let batch = u64::from(self.job.plan.batch);
        let rows = self.partition.weights.as_ref().map_or(self.job.train.len(), |rows| rows.len()) as u64;
        let available = u32::try_from(rows / batch).unwrap_or(u32::MAX);
        let steps = self.job.plan.steps_per_epoch.map_or(available, |steps| steps.min(available));
        if self.progress.epoch_steps == 0 {
            self.progress.at_epoch = self.schedule_progress().part(0.0);
        }
        let mut loss_sum = Tensor::from(self.progress.loss_sum).f_to_device(torch(self.job.device))?;
        let subset = self.partition.weights.as_ref();
        let (epoch, first) = (self.progress.epochs, self.progress.epoch_steps);
        let mut loader = batches::of_weights(&self.job, subset, epoch, first, steps)?;
        let mut arch_loader = None;
        while self.progress.epoch_steps < steps {
            if let Some(cut) = self.meter.reached() {
                self.look_at(&loss_sum)?;
                return Ok(Some(cut));
            }
            let train = loader.next_batch()?.ok_or_else(out_of_data)?;
            let context = self.step_context(f64::from(self.progress.epoch_steps) / f64::from(steps));
            let arch_batches = self.arch_step(&train, &context, &mut arch_loader)?;
            let loss = self.weight_step(&train, &context)?;
            loss_sum = loss_sum.f_add(&loss.f_mul_scalar(batch as f64)?)?;
            let samples = (arch_batches + 1).saturating_mul(batch);
            self.meter.trained(samples, self.forward(&context.mode.blend));
            self.progress.steps += 1;
            self.progress.epoch_steps += 1;
            self.progress.epoch_samples += batch;
            let done = self.schedule_progress().part(f64::from(self.progress.epoch_steps) / f64::from(steps));
            observer.step(done, samples);
            if self.progress.steps.is_multiple_of(LOOK_EVERY) {
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

    /// The context of the next step, after the part `of_epoch` of the epoch.
    pub(super) fn step_context(&mut self, of_epoch: f64) -> StepContext {
        let schedule = self.schedule_progress();
        let at_step = schedule.part(of_epoch);
        let plan = &self.job.plan;
        let mode = Mode {
            blend: self.mixer.training(self.job.seed, self.progress.steps, at_step),
            skip_dropout: schedule.value_in(&plan.skip_dropout).unwrap_or(0.0),
            input_dropout: plan.input_dropout,
            hidden_dropout: plan.hidden_dropout,
            keep_hidden: plan.hidden_l1 > 0.0,
            ..Mode::training()
        };
        let steps = self.progress.before.steps.saturating_add(self.progress.steps);
        let schedule = SchedulePoint { epoch: schedule.epochs, at_epoch: self.progress.at_epoch, at_step, steps };
        StepContext { mode, schedule }
    }

    /// The architecture step before the weight step on `train`, if there is one. Returns how many batches it took
    /// gradients of.
    pub(super) fn arch_step(
        &mut self,
        train: &Batch,
        context: &StepContext,
        loader: &mut Option<DataLoader>,
    ) -> Result<u64> {
        let schedule = self.schedule_progress();
        let Some(arch) = self.arch.as_mut().filter(|arch| arch.begun(&schedule)) else {
            return Ok(0);
        };
        let number = self.progress.arch_steps;
        let loader = match loader {
            Some(loader) => loader,
            None => loader.insert(batches::of_alphas(&self.job, self.partition.arch.as_ref(), number)?),
        };
        let batch = loader.next_batch()?.ok_or_else(out_of_data)?;
        let mut passes = Passes::new(&mut self.net, &self.objective, &context.mode, self.job.seed, number);
        let taken = self.progress.before.arch_steps.saturating_add(number);
        let batches_taken = arch.step(&mut passes, taken, context, &batch, (&self.optimizer, train))?;
        self.progress.arch_steps += 1;
        Ok(batches_taken)
    }

    /// One weight step. Returns the loss, without weights of classes and without regularisers, on the device.
    pub(super) fn weight_step(&mut self, (inputs, targets): &Batch, context: &StepContext) -> Result<Tensor> {
        // Dropout draws from libtorch's own generator; seeded anew for every step, it is a function of the step.
        tch::manual_seed(i64::try_from(seed::derive(self.job.seed, "step", self.progress.steps)).unwrap_or(i64::MAX));
        let output = precision::forward(&self.net, inputs, &context.mode)?;
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
        let number = self.progress.before.steps.saturating_add(self.progress.steps) + 1;
        self.optimizer.step(&mut self.net, number, context.schedule)?;
        if let Some(norm) = plan.max_norm {
            self.net.weights.shorten(norm)?;
        }
        Ok(loss.f_to_kind(Kind::Double)?)
    }

    /// The multiply-adds of one sample's forward pass under `blend`.
    fn forward(&self, blend: &Blend) -> u64 {
        match blend {
            Blend::Chosen(_) => ForwardCost::under(&self.job.layers, blend).multiply_adds,
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

    /// Reads the sum of losses from the device, and fails if it is not finite.
    fn look_at(&mut self, loss_sum: &Tensor) -> Result<()> {
        let sum = loss_sum.f_double_value(&[])?;
        if !sum.is_finite() {
            return Err(Error::failed(format!(
                "the training loss is {sum} in epoch {} by step {}: lower the learning rate or clip gradients",
                self.progress.epochs + 1,
                self.progress.epoch_steps
            )));
        }
        self.progress.loss_sum = sum;
        Ok(())
    }

    /// How far the schedules are.
    fn schedule_progress(&mut self) -> ScheduleProgress {
        let (cost, spent) = (self.meter.cost(), self.meter.part());
        self.progress.of_schedules(&self.job.plan, cost, spent)
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
