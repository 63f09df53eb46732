//! How a training saves itself, and how it or another one goes on from there.

use std::path::Path;
use std::time::Instant;

use super::checkpoint::{self, Tensors};
use super::meter::Meter;
use super::optimizer::Optimizer;
use super::position::Position;
use super::training::Training;
use crate::error::{Error, Result};

/// The groups of tensors in a checkpoint, by the beginning of their names.
const WEIGHTS: &str = "weights/";
const OPTIMIZER: &str = "optimizer/";
const BEST: &str = "best/";

impl Training {
    /// Saves the training at the job's checkpoint.
    pub fn save(&mut self) -> Result<()> {
        self.position.cost = self.meter.cost();
        let mut moments = Tensors::new();
        for optimizer in std::iter::once(&self.optimizer).chain(self.arch.iter().map(|arch| &arch.optimizer)) {
            moments.extend(optimizer.state(&self.net.weights)?);
        }
        let best = self.best_weights.iter().flatten().map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
        let groups = [(WEIGHTS, self.net.weights.snapshot()?), (OPTIMIZER, moments), (BEST, best.collect())];
        let named = groups.into_iter().flat_map(|(prefix, group)| {
            group.into_iter().map(move |(name, tensor)| (format!("{prefix}{name}"), tensor))
        });
        checkpoint::write(&self.job.checkpoint, &named.collect(), &self.position)?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Puts it where it saved itself.
    pub(super) fn resume(&mut self) -> Result<()> {
        let path = self.job.checkpoint.clone();
        let (tensors, position) = read(&path)?;
        self.net.weights.restore(&group(&tensors, WEIGHTS), true).map_err(|error| error.context(path.display()))?;
        self.restore_moments(&group(&tensors, OPTIMIZER), true).map_err(|error| error.context(path.display()))?;
        let best = group(&tensors, BEST);
        self.best_weights = (!best.is_empty()).then_some(best);
        self.meter = Meter::new(position.cost);
        self.position = position;
        Ok(())
    }

    /// Takes over what another training ended with, where names and shapes match: weights, statistics and alphas.
    pub(super) fn inherit(&mut self, path: &Path) -> Result<()> {
        self.net.weights.restore(&ended_with(path)?, false).map(|_| ())
    }

    /// Goes on where another training ended: besides weights, with the state of its optimizers, and at its place in the
    /// schedules.
    pub(super) fn go_on_from(&mut self, path: &Path) -> Result<()> {
        let (tensors, position) = read(path)?;
        self.net.weights.restore(&group(&tensors, WEIGHTS), false)?;
        self.restore_moments(&group(&tensors, OPTIMIZER), false)?;
        self.position = position.continued();
        Ok(())
    }

    fn restore_moments(&mut self, moments: &Tensors, exact: bool) -> Result<()> {
        let arch = self.arch.as_mut().map(|arch| &mut arch.optimizer);
        let mut all: Vec<&mut Optimizer> = std::iter::once(&mut self.optimizer).chain(arch).collect();
        all.iter_mut().try_for_each(|optimizer| optimizer.restore(&self.net.weights, moments, exact))
    }
}

/// The weights, statistics and alphas that a training ended with, by name.
pub(super) fn ended_with(checkpoint: &Path) -> Result<Tensors> {
    let (tensors, _) = checkpoint::read_group::<Position>(checkpoint, WEIGHTS)?;
    if tensors.is_empty() {
        return Err(Error::file("use", checkpoint, "it holds no weights: expected the checkpoint of a training"));
    }
    Ok(tensors)
}

/// The checkpoint of a training.
fn read(path: &Path) -> Result<(Tensors, Position)> {
    let (tensors, position) = checkpoint::read::<Position>(path)?;
    let position =
        position.ok_or_else(|| Error::file("go on from", path, "it does not say where the training stood"))?;
    Ok((tensors, position))
}

fn group(tensors: &Tensors, prefix: &str) -> Tensors {
    let named = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)));
    named.map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone())).collect()
}
