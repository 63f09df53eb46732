//! The trials of a run: those that wait to begin, those that take turns, and how they end.

use super::bound::Bounds;
use super::check::source;
use super::drive::Host;
use super::network::Resolved;
use super::scoring::{Scoring, Trained};
use super::training::{Training, Weights};
use crate::message::{Alphas, Cost, End, Epoch, MaskScore, Network, Outcome, Report, Stopped, Trial, TrialId, Work};
use crate::space::{Layers, Mask};
use crate::{Instance, Result};

/// A trial that was proposed.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) id: TrialId,
    pub(super) trial: Trial,
    /// The network of a training as it was checked, and what remained then.
    pub(super) network: Option<(Resolved, Mask)>,
}

/// A trial that began and has not ended.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) ready: Ready,
    /// What remained when it began.
    pub(super) remaining: Mask,
    /// Whether the trial whose weights it needs was dropped before it began.
    pub(super) orphaned: bool,
    /// What it does, once it has had a turn.
    doing: Option<Doing>,
    /// Epochs or masks that the strategy was told of.
    told: u32,
    /// Whether the last of them was the last of all.
    pub(super) over: bool,
    pub(super) cost: Cost,
    best: Option<Epoch>,
    pub(super) size: Size,
}

/// What a trial does.
#[derive(Debug)]
pub(super) enum Doing {
    Training(Box<Training>),
    Scoring(Box<Scoring>),
}

/// What came of a turn.
enum Turn {
    Epoch { epoch: Epoch, alphas: Alphas },
    Score(MaskScore),
    End { outcome: Outcome, alphas: Alphas },
}

/// What a completed trial leaves to others.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) weights: Weights,
    /// What it trained, if that was a supernet.
    pub(super) supernet: Option<Trained>,
}

/// The size of a trial's network, as it is reported.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    parameters: u64,
    multiply_adds: u64,
    peak_memory: u64,
}

impl Size {
    pub(super) fn of(layers: &Layers, batch: u32) -> Self {
        let parameters = layers.parameters();
        let held = layers.activations().saturating_mul(batch.into()).saturating_add(3 * parameters);
        Self { parameters, multiply_adds: layers.multiply_adds(), peak_memory: held.saturating_mul(4) }
    }
}

impl Host<'_> {
    /// Lets a trial begin.
    pub(super) fn begin(&self, ready: Ready) -> UnderWay {
        let orphaned = source(&ready.trial).is_some_and(|source| self.dropped.contains(&source));
        UnderWay {
            ready,
            remaining: self.remaining.clone(),
            orphaned,
            doing: None,
            told: 0,
            over: false,
            cost: Cost::default(),
            best: None,
            size: Size::default(),
        }
    }

    /// Gives the trial at this position its turn: an epoch, a mask, or its end.
    pub(super) fn turn(&mut self, at: usize, strategy: &mut dyn Instance) -> Result<()> {
        let mut trial = self.under_way.remove(at);
        let bounds = self.bounds(&trial);
        match self.advance(&mut trial, &bounds) {
            Turn::End { outcome, alphas } => self.end(trial, outcome, alphas, strategy),
            came => {
                trial.told += 1;
                let (id, cost) = (trial.ready.id, trial.cost);
                self.under_way.insert(at, trial);
                let report = self.report(id, cost);
                let report = match came {
                    Turn::Epoch { epoch, alphas } => Report { epoch: Some(epoch), alphas, ..report },
                    Turn::Score(score) => Report { score: Some(score), ..report },
                    Turn::End { .. } => report,
                };
                self.tell(&report, strategy)
            }
        }
    }

    /// Ends a trial that the strategy dropped.
    pub(super) fn end_dropped(&mut self, at: usize, strategy: &mut dyn Instance) -> Result<()> {
        let trial = self.under_way.remove(at);
        self.end(trial, Outcome::Discarded, Alphas::default(), strategy)
    }

    fn end(&mut self, trial: UnderWay, outcome: Outcome, alphas: Alphas, strategy: &mut dyn Instance) -> Result<()> {
        let UnderWay { ready: Ready { id, trial: proposed, .. }, remaining, doing, cost, best, size, .. } = trial;
        self.count_end(&cost);
        if let (Outcome::Completed { .. }, Some(Doing::Training(training))) = (&outcome, &doing) {
            let supernet = match proposed.work {
                Work::Train { network: Network::Supernet { mask, mixing }, .. } => {
                    Some(Trained { mask: mask.unwrap_or(remaining), mixing })
                }
                _ => None,
            };
            self.left_by.insert(id, Left { weights: training.weights(), supernet });
        }
        let Size { parameters, multiply_adds, peak_memory } = size;
        let end = End { outcome, best, parameters, multiply_adds, peak_memory };
        let report = Report { alphas, end: Some(end), ..self.report(id, cost) };
        self.tell(&report, strategy)
    }

    fn report(&self, trial: TrialId, cost: Cost) -> Report {
        let remaining = self.left();
        Report { trial, cost, remaining, epoch: None, score: None, alphas: Alphas::default(), end: None }
    }

    /// Does what a turn does, in a trial that is taken out of those under way.
    fn advance(&mut self, trial: &mut UnderWay, bounds: &Bounds) -> Turn {
        let end = |outcome| Turn::End { outcome, alphas: Alphas::default() };
        if trial.doing.is_none() && self.left() == 0 {
            return end(Outcome::Completed { stopped: Stopped::Budget });
        }
        if trial.doing.is_none() {
            match self.start(trial) {
                Ok(doing) => trial.doing = Some(doing),
                Err(error) => return end(Outcome::Failed { reason: error.message }),
            }
        }
        let truth = &self.networks.truth;
        match &mut trial.doing {
            Some(Doing::Training(training)) => {
                if let Some(stopped) = training.stopped(bounds) {
                    return Turn::End { outcome: Outcome::Completed { stopped }, alphas: training.alphas() };
                }
                let epoch = training.next_epoch(bounds, truth);
                trial.over = training.stopped(bounds).is_some();
                trial.cost = training.spent;
                trial.best.clone_from(&training.best);
                Turn::Epoch { epoch, alphas: training.alphas() }
            }
            Some(Doing::Scoring(scoring)) => {
                let scored = scoring.score(trial.told, bounds, truth);
                trial.cost = scoring.spent;
                let Some(score) = scored else {
                    let stopped = bounds.reached(&trial.cost).unwrap_or(Stopped::Masks);
                    return end(Outcome::Completed { stopped });
                };
                trial.over = matches!(&trial.ready.trial.work, Work::Score { masks, .. } if trial.told as usize + 1 == masks.len());
                Turn::Score(score)
            }
            None => end(Outcome::Discarded),
        }
    }
}
