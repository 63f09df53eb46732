//! Training to the optimum of a convex loss: an epoch for each strength of the L2 penalty, each of as many passes over all
//! rows as the optimum needs.
//!
//! In double precision and on the processor, whatever the device: what enters the dense layer is mostly zeros, which is
//! kept without them. So the result depends neither on the device's number of threads nor on the seed.

mod lbfgs;
pub(super) mod rows;
mod sparse;

use std::collections::VecDeque;

use genomenas_plugin::message::{Optimum, Stopped};
use tch::{Kind, Tensor};

use super::job::StepObserver;
use super::training::Training;
use crate::error::{Error, Result};
use crate::net::Net;
use crate::net::weights::Part;
use lbfgs::Lbfgs;
use rows::{Minimised, TrainingRows};

/// Iterations over which the decrease is looked at: a single one may be small by chance.
const LOOKED_AT: usize = 5;

impl Training {
    /// An epoch: the optimum for the next strength of the penalty. Returns the bound that cut it short, if one did.
    pub(super) fn train_to_optimum(
        &mut self,
        optimum: &Optimum,
        observer: &mut dyn StepObserver,
    ) -> Result<Option<Stopped>> {
        let l2 = optimum.l2.get(self.progress.epochs as usize).copied();
        let l2 = l2.ok_or_else(|| Error::bug("an epoch without a strength of the penalty"))?;
        let rows = match self.linear_rows.take() {
            Some(rows) => rows,
            None => TrainingRows::collect(&self.job, &self.net, self.partition.weights.as_ref())?,
        };
        let minimised = Minimised { objective: &self.objective, l2, threads: self.job.threads };
        let (samples, forward) = (rows.count(), self.whole.multiply_adds);
        let mut passes = 1;
        let mut search = Lbfgs::from(rows.point_at(rows.place_of(&weights_of(&self.net)?), minimised)?);
        let mut values = VecDeque::from([search.point.value]);
        let mut cut = None;
        for iteration in 1..=optimum.iterations {
            cut = self.meter.reached();
            if cut.is_some() {
                break;
            }
            let fell = search.step(&mut |place| {
                passes += 1;
                rows.point_at(place, minimised)
            })?;
            if !search.point.value.is_finite() {
                return Err(Error::failed(format!("the loss is {} in the search for its optimum", search.point.value)));
            }
            self.meter.trained(samples.saturating_mul(passes), forward);
            let counted = samples.saturating_mul(std::mem::take(&mut passes));
            self.progress.steps += 1;
            self.progress.epoch_steps += 1;
            let schedule = self.progress.of_schedules(&self.job.plan, self.meter.cost(), self.meter.part());
            observer.step(schedule.part(f64::from(iteration) / f64::from(optimum.iterations)), counted);
            values.push_back(search.point.value);
            if !fell || settled(&mut values, optimum.tolerance) {
                break;
            }
        }
        self.progress.loss_sum = rows.loss_at(&search.point.at, minimised)? * samples as f64;
        self.progress.epoch_samples = samples;
        let weights = Tensor::f_from_slice(&rows.weights_at(&search.point.at))?.f_to_kind(Kind::Float)?;
        self.net.weights.set_flat(Part::Cnn, &weights)?;
        self.linear_rows = Some(rows);
        Ok(cut)
    }

    /// Sets all weights to 0, from which every optimum is sought.
    pub(super) fn begin_at_zero(&mut self) -> Result<()> {
        let zeros = self.net.weights.flat(Part::Cnn).f_zeros_like()?;
        self.net.weights.set_flat(Part::Cnn, &zeros)
    }
}

/// The weights of a network that has one part of them, in their order.
fn weights_of(net: &Net) -> Result<Vec<f64>> {
    let flat = net.weights.flat(Part::Cnn).f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Double)?;
    Ok(Vec::try_from(flat)?)
}

/// Whether the last iterations lowered the value by less than `tolerance` of it each.
fn settled(values: &mut VecDeque<f64>, tolerance: f64) -> bool {
    if values.len() <= LOOKED_AT {
        return false;
    }
    let (before, now) = (values.pop_front().unwrap_or(f64::NAN), values.back().copied().unwrap_or(f64::NAN));
    before - now <= LOOKED_AT as f64 * tolerance * now.abs()
}
