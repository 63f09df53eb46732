//! What a search needs of those who do its work: a strategy's hooks, a log, and a backend that trains and scores.

use std::fmt;

use super::bound::Bound;
use super::network::{Resolved, Size};
use super::record::Record;
use super::state::RunningTrial;
use crate::message::{
    Alphas, Ask, Cost, Discard, DrawnAnew, Epoch, MaskScore, Proposal, Report, Stopped, Trial, TrialId,
};

/// The hooks of a strategy, wherever it lives.
pub trait Hooks {
    /// Why a hook failed.
    type Error;

    /// What to do next.
    fn propose(&mut self, ask: &Ask) -> Result<Proposal, Self::Error>;

    /// What happened.
    fn update(&mut self, report: &Report) -> Result<(), Self::Error>;

    /// What to drop.
    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>, Self::Error>;

    /// The state of the strategy.
    fn save(&mut self) -> Result<Vec<u8>, Self::Error>;
}

/// Where the records of a search are kept.
pub trait Log {
    /// Why it cannot be written.
    type Error;

    /// Appends a record. It is kept once this returns: what is done next relies on it.
    fn append(&mut self, record: &Record) -> Result<(), Self::Error>;

    /// Keeps the state of the strategy as it is after the records so far, so that fewer calls have to be made again.
    fn save(&mut self, state: &[u8]) -> Result<(), Self::Error>;
}

/// What trains networks and scores masks: libtorch, or a simulation.
///
/// A job is lost with its process, and may be begun again any number of times. The backend keeps what a training saves;
/// it goes on from there, and may train epochs again that were reported, if it comes to the same result.
pub trait Backend {
    /// The work of one trial.
    type Job;
    /// Why the search has to stop: nothing that a trial could be blamed for.
    type Error: From<Fault>;

    /// Whether a training that this trial once began was saved.
    fn is_saved(&self, trial: TrialId) -> bool;

    /// Makes the job of a trial, from its beginning or from what it saved. Its parent completed, and its network and
    /// plan have passed the checks.
    fn begin(&mut self, trial: &RunningTrial, network: Resolved) -> Result<Self::Job, TrialError<Self::Error>>;

    /// Trains the epoch, or scores the mask, after those that were reported; saves the training where it has to be.
    fn step(&mut self, job: &mut Self::Job, turn: &Turn<'_>) -> Result<StepOutcome, TrialError<Self::Error>>;

    /// What the trial has cost since its beginning.
    fn cost(&mut self, job: &mut Self::Job) -> Cost;

    /// What a job that began with the weights of another trial did not find there.
    fn drawn_anew(&self, _job: &Self::Job) -> Option<DrawnAnew> {
        None
    }

    /// Stops the clock of a job until its next step.
    fn pause(&mut self, _job: &mut Self::Job) {}

    /// Removes what a trial has saved.
    fn free(&mut self, trial: TrialId);

    /// The most memory that was held so far, in bytes. A trial that never began has a network of no size.
    fn peak_memory(&self, trial: &Trial, size: &Size) -> u64;

    /// A clock, in seconds.
    fn seconds(&self) -> f64;

    /// News of the search, for whoever watches.
    fn event(&mut self, _event: &Event<'_>) {}
}

/// The turn of a trial.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The trial, with the epochs or masks that were reported.
    pub trial: &'a RunningTrial,
    /// What it may spend from its beginning on.
    pub bounds: &'a [Bound],
    /// What the search has cost without it.
    pub others: Cost,
    /// Whether other trials may have turns between two of its own. What an epoch that is trained again could spend, they
    /// may have spent: a training has to be saved after every epoch.
    pub takes_turns: bool,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum StepOutcome {
    /// An epoch.
    Epoch {
        /// What was measured.
        epoch: Epoch,
        /// The alphas after it.
        alphas: Alphas,
        /// Whether the training has come to its end with it.
        last: bool,
    },
    /// The score of a mask.
    Score(MaskScore),
    /// Nothing more: the trial has come to its end, and what it trained is saved.
    End {
        /// Which end.
        stopped: Stopped,
        /// The alphas at the end.
        alphas: Alphas,
    },
}

/// Why a job could not be begun or did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialError<E> {
    /// The trial failed: a plan that does not fit, a network that needs more memory than there is, a loss that is not a
    /// number. The strategy is given the reason, and the search goes on.
    Failed(String),
    /// The search has to stop: a disk that is full, a checkpoint that cannot be read. No trial is to blame, and the same
    /// search can go on later.
    Stop(E),
}

impl<E> From<crate::Error> for TrialError<E> {
    /// What a check refuses is the trial's fault.
    fn from(error: crate::Error) -> Self {
        Self::Failed(error.message)
    }
}

/// What a strategy did against the protocol, which ends the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Fault> for crate::Error {
    fn from(Fault(message): Fault) -> Self {
        Self::invalid(message)
    }
}

/// News of a search.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The strategy answered.
    Answered(&'a Ask, &'a Proposal),
    /// A trial begins, or goes on in another process.
    Begins(TrialId, &'a Resolved),
    /// A report is about to reach the strategy.
    Reported(&'a Report),
    /// The strategy dropped options or edges.
    Dropped(&'a [Discard]),
}
