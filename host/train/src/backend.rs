//! The backend of a search on libtorch: trials train networks and score masks, and keep what they need in the run's
//! folder.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use genomenas::run::digests::cut_off;
use genomenas::run::settings::{Search, files};
use genomenas::run::{Context, Observer, relay};
use genomenas_data::error::Error;
use genomenas_data::memory;
use genomenas_plugin::engine::{
    self, Networks, Resolved, RunningTrial, Size, StepOutcome, TrialError, Turn, scoring_mixing,
};
use genomenas_plugin::message::{Alphas, Cost, DrawnAnew, Initialisation, Mixing, Stopped, Trial, TrialId, Work};
use genomenas_plugin::seed;
use genomenas_plugin::space::Mask;
use genomenas_torch::train::{self, ScoreJob, Scoring, Start, StepObserver, Training};

use crate::steps::Steps;

/// A checkpoint younger than this is not written again after an epoch: what it lacks is trained again, to the same
/// result.
const CHECKPOINT_AGE: Duration = Duration::from_secs(5);

/// What trains and scores on libtorch.
pub(super) struct TorchBackend<'a> {
    pub(super) context: &'a Context,
    pub(super) search: &'a Search,
    pub(super) networks: Networks<'a>,
    pub(super) observer: &'a mut dyn Observer,
    /// The part of the run that was finished when the search began, and the part that the search is.
    pub(super) span: (f64, f64),
    /// When this process began to search.
    pub(super) started: Instant,
}

/// The work of one trial.
pub(super) enum Job {
    Training(Box<Training>),
    Scoring(Box<MaskScoring>),
}

/// The scoring of masks of a supernet.
pub(super) struct MaskScoring {
    scoring: Scoring,
    /// The mask that the supernet was trained with.
    trained: Mask,
    /// How the options of a mask count.
    mixing: Mixing,
}

impl TorchBackend<'_> {
    /// Where a training saves itself.
    fn checkpoint_of(&self, id: TrialId) -> PathBuf {
        self.context.folder.join(files::CHECKPOINTS).join(format!("trial-{id}.safetensors"))
    }

    fn training(&self, trial: &RunningTrial, network: Resolved) -> Result<Job, TrialError<Error>> {
        let Context { settings, device, train, valid, .. } = self.context;
        let Work::Train { plan, init, .. } = &trial.trial.work else { return Err(no_work(trial)) };
        let Resolved { layers, mixing, naming, .. } = network;
        let job = train::Job {
            layers,
            mixing,
            plan: plan.clone(),
            seed: seed::derive(settings.seed, "trial", trial.id.0),
            data_seed: settings.seed,
            device: *device,
            threads: settings.threads as usize,
            train: train.clone(),
            valid: valid.clone(),
            start: match init {
                Initialisation::Inherit { trial } => Start::Inherit(self.checkpoint_of(*trial), naming),
                Initialisation::Continue { trial } => Start::Continue(self.checkpoint_of(*trial), naming),
                _ => Start::Fresh,
            },
            keep_best: false,
            checkpoint: self.checkpoint_of(trial.id),
        };
        let training = Training::resume_or_start(job).map_err(blame)?;
        // A kill may have come after an epoch was saved and before it was reported, but not two epochs later.
        if training.epochs() > trial.reported + 1 {
            let journal = self.context.folder.join(files::JOURNAL);
            let (id, saved) = (trial.id, self.checkpoint_of(trial.id));
            let holds = format!("{} epochs of trial {id}", trial.reported);
            let again = format!("trial {id} begins again");
            return Err(TrialError::Stop(cut_off(&journal, holds, &saved, training.epochs(), again)));
        }
        Ok(Job::Training(Box::new(training)))
    }

    fn scoring(&self, trial: &RunningTrial, network: Resolved) -> Result<Job, TrialError<Error>> {
        let Context { settings, device, train, valid, .. } = self.context;
        let (Work::Score { weights_of, recalibrate_batch_norm, batch, validation_batches, .. }, Some(part)) =
            (&trial.trial.work, network.part)
        else {
            return Err(no_work(trial));
        };
        let scoring = Scoring::start(ScoreJob {
            weights: self.checkpoint_of(*weights_of),
            data_seed: settings.seed,
            device: *device,
            threads: settings.threads as usize,
            train: train.clone(),
            valid: valid.clone(),
            batch: *batch,
            validation_batches: *validation_batches,
            recalibrate_batch_norm: *recalibrate_batch_norm,
            spent: trial.cost,
        })
        .map_err(blame)?;
        let mixing = scoring_mixing(&network.mixing);
        Ok(Job::Scoring(Box::new(MaskScoring { scoring, trained: part.mask, mixing })))
    }

    /// The part of the run that was finished before this turn, and the part that the whole trial is.
    fn span_of(&self, turn: &Turn<'_>) -> (f64, f64) {
        let ((begin, part), budget) = (self.span, self.search.budget);
        let share = |amount: f64| (amount / budget.amount as f64).min(1.0);
        let before = turn.others.in_unit(budget.unit) as f64;
        let own = turn.bounds.iter().filter(|bound| bound.unit == budget.unit).map(|bound| bound.amount);
        (begin + part * share(before), part * share(own.fold(f64::INFINITY, f64::min)))
    }
}

impl engine::Backend for TorchBackend<'_> {
    type Job = Job;
    type Error = Error;

    fn is_saved(&self, trial: TrialId) -> bool {
        self.checkpoint_of(trial).exists()
    }

    fn begin(&mut self, trial: &RunningTrial, network: Resolved) -> Result<Job, TrialError<Error>> {
        let began_before = self.is_saved(trial.id);
        let job = match &trial.trial.work {
            Work::Score { .. } => self.scoring(trial, network),
            _ => self.training(trial, network),
        };
        job.map_err(|error| match error {
            // It began once, so this says nothing of the trial: the machine has less memory now, for instance.
            TrialError::Failed(reason) if began_before => {
                TrialError::Stop(Error::input(format!("trial {} cannot go on now: {reason}", trial.id)))
            }
            blamed => blamed,
        })
    }

    fn step(&mut self, job: &mut Job, turn: &Turn<'_>) -> Result<StepOutcome, TrialError<Error>> {
        let span = self.span_of(turn);
        let mut watch = Steps::new(self.observer, span);
        match job {
            Job::Training(training) => {
                training.bound_by(turn.bounds.to_vec());
                train(training, turn, &mut watch)
            }
            Job::Scoring(scoring) => {
                scoring.scoring.bound_by(turn.bounds.to_vec());
                score(scoring, turn, &self.networks, &mut watch)
            }
        }
    }

    fn cost(&mut self, job: &mut Job) -> Cost {
        match job {
            Job::Training(training) => training.cost(),
            Job::Scoring(scoring) => scoring.scoring.cost(),
        }
    }

    fn drawn_anew(&self, job: &Job) -> Option<DrawnAnew> {
        match job {
            Job::Training(training) => training.drawn_anew().cloned(),
            Job::Scoring(_) => None,
        }
    }

    fn pause(&mut self, job: &mut Job) {
        match job {
            Job::Training(training) => training.pause(),
            Job::Scoring(scoring) => scoring.scoring.pause(),
        }
    }

    fn free(&mut self, trial: TrialId) {
        let path = self.checkpoint_of(trial);
        // One that is not there is as good as one that was removed.
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            log::warn!("cannot remove {}: {error}", path.display());
        }
    }

    fn peak_memory(&self, _trial: &Trial, _size: &Size) -> u64 {
        memory::peak_memory()
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn event(&mut self, event: &engine::Event<'_>) {
        relay(self.observer, &self.search.strategy, event);
    }
}

fn train(
    training: &mut Training,
    turn: &Turn<'_>,
    watch: &mut dyn StepObserver,
) -> Result<StepOutcome, TrialError<Error>> {
    let reported = turn.trial.reported;
    // A kill may have come after an epoch was saved and before it was reported.
    let mut next = training.last().filter(|last| last.number > reported).cloned();
    loop {
        if next.is_none() {
            next = training.next_epoch(watch).map_err(blame)?;
        }
        match next.take() {
            Some(epoch) if epoch.number <= reported => {}
            Some(epoch) => {
                if turn.takes_turns || !training.saved_within(CHECKPOINT_AGE) {
                    training.save().map_err(blame)?;
                }
                let (alphas, last) = (training.alphas().map_err(blame)?, training.stopped().is_some());
                return Ok(StepOutcome::Epoch { epoch, alphas, last });
            }
            None => {
                let ended = training.stopped().ok_or_else(|| Error::bug("a training ended without a reason"));
                let stopped = ended.map_err(TrialError::Stop)?;
                // Another trial may go on from these weights.
                training.save().map_err(blame)?;
                return Ok(StepOutcome::End { stopped, alphas: training.alphas().map_err(blame)? });
            }
        }
    }
}

fn score(
    scoring: &mut MaskScoring,
    turn: &Turn<'_>,
    networks: &Networks<'_>,
    watch: &mut dyn StepObserver,
) -> Result<StepOutcome, TrialError<Error>> {
    let MaskScoring { scoring, trained, mixing } = scoring;
    let (at, next) = match &turn.trial.trial.work {
        Work::Score { masks, .. } => (turn.trial.reported, masks.get(turn.trial.reported as usize)),
        _ => (0, None),
    };
    let scored = match next {
        Some(mask) => {
            let layers = networks.of_mask(mask, trained, mixing)?.layers;
            scoring.score(at, &layers, mixing, watch).map_err(blame)?
        }
        None => None,
    };
    Ok(scored.map_or_else(
        || StepOutcome::End { stopped: scoring.stopped().unwrap_or(Stopped::Masks), alphas: Alphas::default() },
        StepOutcome::Score,
    ))
}

/// An error of libtorch's side: the trial failed, or the run has to stop.
fn blame(error: genomenas_torch::Error) -> TrialError<Error> {
    if error.is_of_the_trial() { TrialError::Failed(error.to_string()) } else { TrialError::Stop(error.into()) }
}

fn no_work(trial: &RunningTrial) -> TrialError<Error> {
    TrialError::Stop(Error::bug(format!("trial {} has no work that this program knows", trial.id)))
}
