//! The turns of a trial: its beginning, its epochs or masks, its end, and what is reported of them.

use std::collections::btree_map::Entry;

use super::answer;
use super::backend::{Backend, Event, Fault, StepOutcome, TrialError, Turn};
use super::check;
use super::naming::Naming;
use super::network::{Networks, Remaining, Resolved, Size, scoring_mixing};
use super::record::{Phase, Record};
use super::search_loop::{SearchLoop, Terms};
use super::state::{RunningTrial, SearchState, Trained};
use crate::message::{Alphas, Cost, Discard, End, Outcome, Report, Stopped, TrialId, Work};
use crate::text::{LONGEST_MESSAGE, bounded, printable};

impl<B: Backend> SearchLoop<'_, B> {
    /// Gives a trial its turn: an epoch, a mask, or its end.
    pub(super) fn turn(&mut self, id: TrialId) -> Result<(), B::Error> {
        let stepped = self.step(id);
        let cost = match self.jobs.get_mut(&id) {
            Some(job) => self.backend.cost(job),
            None => self.reported_cost(id),
        };
        match stepped {
            Ok(StepOutcome::Epoch { epoch, alphas, last }) => {
                let report = Report { epoch: Some(epoch.clone()), alphas, ..self.report(id, cost) };
                let discards = self.tell(&report)?;
                let (phase, used) = (Phase::Search, self.state.spent_with(id, cost));
                self.record(&Record::Epoch {
                    phase,
                    trial: Some(id),
                    epoch,
                    used,
                    report: Some(report),
                    discards,
                    last,
                })?;
            }
            Ok(StepOutcome::Score(score)) => {
                let report = Report { score: Some(score), ..self.report(id, cost) };
                let discards = self.tell(&report)?;
                self.record(&Record::Score { report, discards, used: self.state.spent_with(id, cost) })?;
            }
            Ok(StepOutcome::End { stopped, alphas }) => {
                return self.end(id, Outcome::Completed { stopped }, cost, alphas);
            }
            Err(TrialError::Failed(reason)) => {
                // It may quote anything, and goes into the log, to the strategy and to whoever watches.
                let reason = printable(&bounded(&reason, LONGEST_MESSAGE));
                return self.end(id, Outcome::Failed { reason }, cost, Alphas::default());
            }
            Err(TrialError::Stop(error)) => return Err(error),
        }
        if let Some(job) = self.jobs.get_mut(&id) {
            self.backend.pause(job);
        }
        Ok(())
    }

    /// The step of a trial, which begins with its first one.
    fn step(&mut self, id: TrialId) -> Result<StepOutcome, TrialError<B::Error>> {
        let Self { terms, state, backend, jobs, sizes, remaining, .. } = self;
        let Some(trial) = state.running(id) else {
            return Err(TrialError::Stop(Fault(format!("trial {id} is not under way: please report it")).into()));
        };
        let job = match jobs.entry(id) {
            Entry::Occupied(job) => job.into_mut(),
            Entry::Vacant(place) => {
                if trial.reported == 0 && state.remaining(terms.budget) == 0 && !backend.is_saved(id) {
                    return Ok(StepOutcome::End { stopped: Stopped::Budget, alphas: Alphas::default() });
                }
                let network = resolve(terms, state, remaining, trial)?;
                let network = Resolved { naming: Naming::of(&trial.trial, state, terms.space), ..network };
                sizes.insert(id, Size::of(&network.layers));
                backend.event(&Event::Begins(id, &network));
                if let Work::Train { plan, .. } = &trial.trial.work {
                    check::training(plan, &network.layers, &network.mixing, terms.data)?;
                }
                place.insert(backend.begin(trial, network)?)
            }
        };
        let (bounds, others) = (state.bounds(trial, terms.budget), state.spent_with(id, Cost::default()));
        backend.step(job, &Turn { trial, bounds: &bounds, others, takes_turns: state.takes_turns() })
    }

    /// Ends a trial that the strategy dropped, with what was reported of it.
    pub(super) fn end_discarded(&mut self, id: TrialId) -> Result<(), B::Error> {
        self.end(id, Outcome::Discarded, self.reported_cost(id), Alphas::default())
    }

    fn reported_cost(&self, id: TrialId) -> Cost {
        self.state.running(id).map_or_else(Cost::default, |trial| trial.cost)
    }

    fn end(&mut self, id: TrialId, outcome: Outcome, cost: Cost, alphas: Alphas) -> Result<(), B::Error> {
        let gone = !matches!(outcome, Outcome::Completed { .. });
        let report = Report { alphas, end: self.end_of(id, outcome), ..self.report(id, cost) };
        self.jobs.remove(&id);
        let discards = self.tell(&report)?;
        self.record(&Record::End { trial: id, report, discards, used: self.state.spent_with(id, cost) })?;
        self.save_state()?;
        if gone {
            self.backend.free(id);
        }
        // Trials that were dropped after they ended have weights to free, too.
        self.free_dropped();
        Ok(())
    }

    fn end_of(&mut self, id: TrialId, outcome: Outcome) -> Option<End> {
        let Self { terms, state, backend, sizes, remaining, .. } = self;
        let trial = state.running(id)?;
        let size = sizes.remove(&id).or_else(|| {
            // It had its turns in another process.
            let network = (trial.reported > 0).then(|| resolve(terms, state, remaining, trial).ok())?;
            network.map(|network| Size::of(&network.layers))
        });
        let size = size.unwrap_or_default();
        let Size { parameters, multiply_adds, .. } = size;
        let (best, peak_memory) = (trial.best.clone(), backend.peak_memory(&trial.trial, &size));
        Some(End { outcome, best, parameters, multiply_adds, peak_memory })
    }

    /// A report of nothing but what was spent.
    fn report(&self, trial: TrialId, cost: Cost) -> Report {
        let remaining = self.terms.budget.remaining(&self.state.spent_with(trial, cost));
        let first = self.state.running(trial).is_some_and(|trial| trial.reported == 0);
        let drawn_anew = self.jobs.get(&trial).filter(|_| first).and_then(|job| self.backend.drawn_anew(job));
        Report { trial, cost, remaining, epoch: None, score: None, alphas: Alphas::default(), drawn_anew, end: None }
    }

    /// Reports to the strategy, and takes what it drops.
    fn tell(&mut self, report: &Report) -> Result<Vec<Discard>, B::Error> {
        self.backend.event(&Event::Reported(report));
        self.hooks.update(report)?;
        let discards = self.hooks.discard(report)?;
        let begun = self.state.running(report.trial).map_or(0, |trial| trial.cost.multiply_adds);
        self.unpaid.paid(report.cost.multiply_adds.saturating_sub(begun));
        let counted = answer::discards(&discards, self.terms.space).and_then(|bytes| self.unpaid.add(bytes));
        counted.map_err(|error| self.terms.fault(error))?;
        self.to_free.extend(discards.iter().filter_map(|discard| match discard {
            Discard::Trial { trial } => Some(*trial),
            _ => None,
        }));
        let dropped = self.state.new_discards(&discards);
        if !dropped.is_empty() {
            let all = [self.state.discards.as_slice(), &dropped].concat();
            let refused = |error| self.terms.fault(format!("drops what it may not: {error}"));
            self.remaining.after(&all).map_err(refused)?;
            self.backend.event(&Event::Dropped(&dropped));
        }
        Ok(discards)
    }
}

/// The network of a trial: of a score, the supernet whose weights it takes.
///
/// # Errors
///
/// What makes the trial fail: a network that is none, or weights that nobody has.
fn resolve(
    terms: &Terms<'_>,
    state: &SearchState,
    remaining: &mut Remaining<'_>,
    trial: &RunningTrial,
) -> crate::Result<Resolved> {
    let networks = Networks { space: terms.space, data: terms.data };
    check::parent(state, trial)?;
    match &trial.trial.work {
        Work::Train { network, .. } => {
            networks.of_trial(network, remaining.after(&state.discards[..trial.discards_at_start])?)
        }
        Work::Score { weights_of, masks, batch, validation_batches, .. } => {
            check::score(masks, *batch, *validation_batches)?;
            let Some(Trained::Supernet(supernet)) = state.trained.get(weights_of) else {
                return Err(check::only_supernets(*weights_of));
            };
            let remaining = remaining.after(&state.discards[..supernet.discards_at_start])?;
            let network = networks.of_supernet(supernet.mask.as_ref(), &supernet.mixing, remaining)?;
            let mixing = scoring_mixing(&network.mixing);
            for (at, mask) in masks.iter().enumerate() {
                let trained = network.part.as_ref().map_or(mask, |part| &part.mask);
                networks.of_mask(mask, trained, &mixing).map_err(|error| error.context(format!("mask {at}")))?;
            }
            Ok(network)
        }
    }
}
