//! The work of a trial under way: a training or the scoring of masks, made from the journal's knowledge and checkpoints.

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::{Initialisation, Mixing, TrialId, Work};
use genomenas_plugin::seed;
use genomenas_plugin::space::Mask;
use genomenas_torch::train::{Job, ScoreJob, Scoring, Start, Training};

use super::Context;
use super::network::{Networks, Resolved};
use super::settings::files;
use super::state::{State, UnderWay, source};

/// What a trial under way does.
pub(super) enum Doing {
    Training(Box<Training>),
    Scoring(Box<Scores>),
}

/// The masks of a score.
pub(super) struct Scores {
    pub(super) scoring: Scoring,
    /// What the supernet was trained on.
    pub(super) trained: Mask,
    pub(super) mixing: Mixing,
    pub(super) masks: Vec<Mask>,
}

/// The size of a trial's network, as it is reported.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) parameters: u64,
    pub(super) multiply_adds: u64,
}

impl Size {
    pub(super) fn of(resolved: &Resolved) -> Self {
        let layers = &resolved.layers;
        Self { parameters: layers.parameters(), multiply_adds: layers.multiply_adds() }
    }
}

/// Makes the work of trials.
pub(super) struct Works<'a> {
    pub(super) context: &'a Context,
    pub(super) networks: Networks<'a>,
    pub(super) state: &'a State,
}

impl Works<'_> {
    /// The network of a trial: of a score, the supernet whose weights it takes.
    ///
    /// # Errors
    ///
    /// What makes the trial fail: a network that is none, or weights that nobody has.
    pub(super) fn resolve(&self, trial: &UnderWay) -> Result<Resolved> {
        self.check_source(trial)?;
        let (network, settled) = match &trial.trial.work {
            Work::Train { network, .. } => (network.clone(), trial.settled),
            Work::Score { weights_of, masks, batch, validation_batches, .. } => {
                if masks.is_empty() || *batch == 0 || *validation_batches == Some(0) {
                    return Err(Error::input(format!(
                        "a score of {} masks in batches of {batch}: expected at least 1 of each, and of validation_batches",
                        masks.len()
                    )));
                }
                let Some(Some(supernet)) = self.state.trained.get(weights_of) else {
                    return Err(Error::input(format!(
                        "trial {weights_of} trained an architecture: parts of a supernet alone can be scored"
                    )));
                };
                (supernet.network(), supernet.settled)
            }
            _ => return Err(Error::input("this genomenas does not know this kind of work: update it")),
        };
        let remaining = self.networks.remaining(&self.state.discards[..settled])?;
        let resolved = self.networks.of_trial(&network, &remaining)?;
        if let (Work::Score { masks, .. }, Some(trained)) = (&trial.trial.work, &resolved.mask) {
            let mixing = mixing_of_a_score(&resolved.mixing);
            for (at, mask) in masks.iter().enumerate() {
                self.networks.of_mask(mask, trained, &mixing).map_err(|error| error.context(format!("mask {at}")))?;
            }
        }
        Ok(resolved)
    }

    /// Refuses weights that nobody has.
    fn check_source(&self, trial: &UnderWay) -> Result<()> {
        let Some(of) = source(&trial.trial) else { return Ok(()) };
        let why = if trial.orphaned {
            "it was discarded"
        } else if of.0 >= self.state.next {
            "there is no such trial"
        } else if !self.state.trained.contains_key(&of) {
            "it is no training that completed"
        } else {
            return Ok(());
        };
        Err(Error::input(format!("the weights of trial {of} cannot be used: {why}")))
    }

    /// The work of a trial, from its checkpoint if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] and [`Error::Failed`] make the trial fail.
    pub(super) fn begin(&self, trial: &UnderWay, resolved: Resolved) -> Result<Doing> {
        let Context { settings, folder, device, train, valid, .. } = self.context;
        let (train, valid, threads) = (train.clone(), valid.clone(), settings.threads as usize);
        let Resolved { layers, mixing, mask } = resolved;
        match &trial.trial.work {
            Work::Train { plan, init, .. } => {
                let job = Job {
                    layers,
                    mixing,
                    plan: plan.clone(),
                    seed: seed::derive(settings.seed, "trial", trial.id.0),
                    data_seed: settings.seed,
                    device: *device,
                    threads,
                    train,
                    valid,
                    start: match init {
                        Initialisation::Inherit { trial } => Start::Inherit(checkpoint_of(folder, *trial)),
                        Initialisation::Continue { trial } => Start::Continue(checkpoint_of(folder, *trial)),
                        _ => Start::Fresh,
                    },
                    keep_best: false,
                    checkpoint: checkpoint_of(folder, trial.id),
                };
                Ok(Doing::Training(Box::new(Training::resume_or_start(job)?)))
            }
            Work::Score { weights_of, masks, recalibrate_batch_norm, batch, validation_batches } => {
                let scoring = Scoring::start(ScoreJob {
                    weights: checkpoint_of(folder, *weights_of),
                    data_seed: settings.seed,
                    device: *device,
                    threads,
                    train,
                    valid,
                    batch: *batch,
                    validation_batches: *validation_batches,
                    recalibrate_batch_norm: *recalibrate_batch_norm,
                    spent: trial.cost,
                })?;
                let trained = mask.ok_or_else(|| Error::bug("a score without a supernet"))?;
                let mixing = mixing_of_a_score(&mixing);
                Ok(Doing::Scoring(Box::new(Scores { scoring, trained, mixing, masks: masks.clone() })))
            }
            _ => Err(Error::input("this genomenas does not know this kind of work: update it")),
        }
    }
}

/// How the options of a mask count: as in the supernet's training, where that computed more than sub-networks.
fn mixing_of_a_score(trained: &Mixing) -> Mixing {
    match trained {
        Mixing::Sum => Mixing::Sum,
        mixing if mixing.learns() => Mixing::Softmax,
        _ => Mixing::Uniform { options: u32::MAX },
    }
}

/// Where a training saves itself.
pub(super) fn checkpoint_of(folder: &Path, id: TrialId) -> PathBuf {
    folder.join(files::CHECKPOINTS).join(format!("trial-{id}.safetensors"))
}

/// Frees the weights of a trial. A checkpoint that is not there is as good as one that was removed.
pub(super) fn remove_checkpoint(folder: &Path, id: TrialId) {
    let path = checkpoint_of(folder, id);
    if let Err(error) = std::fs::remove_file(&path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        log::warn!("cannot remove {}: {error}", path.display());
    }
}
