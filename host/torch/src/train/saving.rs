//! How a training saves itself, and how it is resumed, inherited from or continued.

use std::path::Path;
use std::time::Instant;

use genomenas_data::Error as DataError;
use genomenas_plugin::engine::Naming;

use super::meter::Meter;
use super::optimizer::Optimizer;
use super::progress::TrainingProgress;
use super::training::Training;
use crate::error::{Error, Result};
use crate::tensor::checkpoint::{self, Tensors};

/// The groups of tensors in a checkpoint, by the beginning of their names.
const WEIGHTS: &str = "weights/";
const OPTIMIZER: &str = "optimizer/";
const BEST: &str = "best/";

/// What to do where a training's own checkpoint cannot be used, and where that of another one cannot.
const OWN: &str = "remove it, then this training begins again, to the same result";
const OTHERS: &str = "put it back from a copy, or begin the run in a new folder";

impl Training {
    /// Saves the training at the job's checkpoint.
    pub fn save(&mut self) -> Result<()> {
        self.progress.cost = self.meter.cost();
        self.progress.seed = Some(self.job.seed);
        let mut moments = Tensors::new();
        for optimizer in std::iter::once(&self.optimizer).chain(self.arch.iter().map(|arch| &arch.optimizer)) {
            moments.extend(optimizer.state(&self.net.weights)?);
        }
        let best = self.best_weights.iter().flatten().map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
        let groups = [(WEIGHTS, self.net.weights.snapshot()?), (OPTIMIZER, moments), (BEST, best.collect())];
        let named = groups.into_iter().flat_map(|(prefix, group)| {
            group.into_iter().map(move |(name, tensor)| (format!("{prefix}{name}"), tensor))
        });
        checkpoint::write(&self.job.checkpoint, &named.collect(), &self.progress)?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Restores the training from the job's checkpoint.
    pub(super) fn resume(&mut self) -> Result<()> {
        let path = self.job.checkpoint.clone();
        let (tensors, progress) = read(&path).map_err(|error| advise(error, OWN))?;
        if progress.seed.is_some_and(|seed| seed != self.job.seed) {
            return Err(advise(Error::file("go on from", &path, "it is the checkpoint of another training"), OWN));
        }
        self.net.weights.restore(&group(&tensors, WEIGHTS)).map_err(|error| error.in_file(&path))?;
        self.restore_moments(&group(&tensors, OPTIMIZER), None).map_err(|error| error.in_file(&path))?;
        let best = group(&tensors, BEST);
        self.best_weights = (!best.is_empty()).then_some(best);
        self.meter = Meter::new(progress.cost);
        self.progress = progress;
        Ok(())
    }

    /// Inherits weights, statistics and alphas of another training, where names and shapes match.
    pub(super) fn inherit(&mut self, path: &Path, naming: &Naming) -> Result<()> {
        self.progress.drawn_anew = self.net.weights.inherit(&ended_with(path)?, naming)?;
        Ok(())
    }

    /// Continues another training: besides its weights, with the state of its optimizers and its place in the schedules.
    pub(super) fn go_on_from(&mut self, path: &Path, naming: &Naming) -> Result<()> {
        let (tensors, progress) = read(path).map_err(|error| advise(error, OTHERS))?;
        let drawn_anew = self.net.weights.inherit(&group(&tensors, WEIGHTS), naming)?;
        self.restore_moments(&group(&tensors, OPTIMIZER), Some(naming))?;
        self.progress = TrainingProgress { drawn_anew, ..progress.continued() };
        Ok(())
    }

    /// Restores the moments of this training, all of them, or those of another one that it continues.
    fn restore_moments(&mut self, moments: &Tensors, naming: Option<&Naming>) -> Result<()> {
        let arch = self.arch.as_mut().map(|arch| &mut arch.optimizer);
        let mut all: Vec<&mut Optimizer> = std::iter::once(&mut self.optimizer).chain(arch).collect();
        all.iter_mut().try_for_each(|optimizer| optimizer.restore(&self.net.weights, moments, naming))
    }
}

/// The weights, statistics and alphas that a training ended with, by name.
pub(super) fn ended_with(checkpoint: &Path) -> Result<Tensors> {
    let (tensors, _) =
        checkpoint::read_group::<TrainingProgress>(checkpoint, WEIGHTS).map_err(|error| advise(error, OTHERS))?;
    if tensors.is_empty() {
        return Err(Error::file("use", checkpoint, "it holds no weights: expected the checkpoint of a training"));
    }
    Ok(tensors)
}

/// The error of a file, with what to do.
fn advise(error: Error, advice: &str) -> Error {
    match error {
        Error::Host(DataError::Input(what)) => DataError::input(format!("{what}; {advice}")).into(),
        Error::Host(error @ DataError::Io { .. }) if error.exit_code() == 2 => {
            DataError::input(format!("{error}; {advice}")).into()
        }
        error => error,
    }
}

/// The checkpoint of a training.
fn read(path: &Path) -> Result<(Tensors, TrainingProgress)> {
    let (tensors, progress) = checkpoint::read::<TrainingProgress>(path)?;
    let progress =
        progress.ok_or_else(|| Error::file("go on from", path, "it does not say where the training stood"))?;
    Ok((tensors, progress))
}

fn group(tensors: &Tensors, prefix: &str) -> Tensors {
    let named = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)));
    named.map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone())).collect()
}
