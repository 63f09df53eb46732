//! The loop of a search: ask the strategy, let its trials take turns, report what came of them.
//!
//! Every answer is in the log before anything is done with it, and what is done next depends on the log alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::answer;
use super::backend::{Backend, Event, Fault, Hooks, Log};
use super::network::{Networks, Remaining, Size};
use super::record::Record;
use super::rows::Data;
use super::rules::Next;
use super::state::SearchState;
use crate::message::{Ask, Budget, Proposal, TrialId};
use crate::space::{Architecture, Space};

/// What a search is about.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What errors call the strategy, for instance "strategy darts".
    pub strategy: &'a str,
    /// The space.
    pub space: &'a Space,
    /// The data.
    pub data: &'a Data,
    /// The budget.
    pub budget: Budget,
    /// The most trials that run at once.
    pub slots: u32,
}

impl Terms<'_> {
    pub(super) fn fault(&self, what: impl fmt::Display) -> Fault {
        Fault(format!("{} {what}", self.strategy))
    }
}

/// A search under way.
pub struct SearchLoop<'a, B: Backend> {
    pub(super) terms: Terms<'a>,
    pub(super) hooks: &'a mut dyn Hooks<Error = B::Error>,
    pub(super) log: &'a mut dyn Log<Error = B::Error>,
    pub(super) backend: &'a mut B,
    pub(super) state: SearchState,
    pub(super) remaining: Remaining<'a>,
    /// The jobs of trials that run. A trial that has none here begins, or goes on from what it saved.
    pub(super) jobs: BTreeMap<TrialId, B::Job>,
    /// The sizes of the networks of trials that had a turn.
    pub(super) sizes: BTreeMap<TrialId, Size>,
    /// Trials that the strategy dropped, whose weights this process has not freed yet.
    pub(super) to_free: BTreeSet<TrialId>,
    /// The bytes of answers since a trial did anything.
    pub(super) unpaid: answer::Unpaid,
    /// When this process saved the state of the strategy last.
    pub(super) saved: Option<Saved>,
}

/// A save of the strategy's state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    /// The size of the state.
    bytes: usize,
    /// When it was saved, and how long that took, in seconds.
    at: f64,
    took: f64,
}

/// A state of up to so many bytes is saved after every trial.
const SMALL_STATE: usize = 1 << 20;

/// A larger one is saved when so many times as long has passed as the last save took. What comes after a save is asked of
/// the strategy again, so a rare save loses nothing but time.
const BETWEEN_SAVES: f64 = 20.0;

impl<B: Backend + fmt::Debug> fmt::Debug for SearchLoop<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchLoop").field("backend", &self.backend).field("state", &self.state).finish_non_exhaustive()
    }
}

impl<'a, B: Backend> SearchLoop<'a, B> {
    /// A search that goes on from `state`, with a strategy that stands where the records of that state leave it.
    pub fn new(
        terms: Terms<'a>,
        state: SearchState,
        hooks: &'a mut dyn Hooks<Error = B::Error>,
        log: &'a mut dyn Log<Error = B::Error>,
        backend: &'a mut B,
    ) -> Self {
        let remaining = Remaining::new(terms.space);
        let to_free = state.discarded.clone();
        let (jobs, sizes) = (BTreeMap::new(), BTreeMap::new());
        Self {
            terms,
            hooks,
            log,
            backend,
            state,
            remaining,
            jobs,
            sizes,
            to_free,
            unpaid: answer::Unpaid::default(),
            saved: None,
        }
    }

    /// Where the search stands.
    pub const fn state(&self) -> &SearchState {
        &self.state
    }

    /// Searches to the end. Returns the architecture that the strategy found.
    ///
    /// # Errors
    ///
    /// The strategy broke the protocol, or what stops a search: a hook that failed, a log that cannot be written, a
    /// backend that cannot go on.
    pub fn run(&mut self) -> Result<Architecture, B::Error> {
        loop {
            if let Some(finding) = &self.state.finding {
                let networks = Networks { space: self.terms.space, data: self.terms.data };
                return networks.of_finding(&finding.best.network).map_err(|error| {
                    self.terms.fault(format!("finished with an architecture that cannot be used: {error}")).into()
                });
            }
            // Also before a turn: one answer may hold thousands of trials that do nothing.
            if let Some((count, what)) = self.state.given_up(self.terms.budget) {
                let strategy = self.terms.strategy;
                let text = format!("the last {count} trials of {strategy} {what}: see the journal for the reasons");
                return Err(Fault(text).into());
            }
            match self.state.next_step(self.terms.budget) {
                Next::EndDiscarded(id) => self.end_discarded(id)?,
                Next::Turn(id) => self.turn(id)?,
                Next::Ask => self.ask()?,
            }
        }
    }

    pub(super) fn record(&mut self, record: &Record) -> Result<(), B::Error> {
        self.log.append(record)?;
        self.state.apply(record);
        Ok(())
    }

    /// Saves the state of the strategy, unless it is large and was saved a moment ago: a state that grows with the
    /// search would otherwise cost a time that grows with its square.
    pub(super) fn save_state(&mut self) -> Result<(), B::Error> {
        let begun = self.backend.seconds();
        if let Some(Saved { bytes, at, took }) = self.saved
            && bytes > SMALL_STATE
            && begun - at < BETWEEN_SAVES * took
        {
            return Ok(());
        }
        let state = self.hooks.save()?;
        self.log.save(&state)?;
        let at = self.backend.seconds();
        self.saved = Some(Saved { bytes: state.len(), at, took: at - begun });
        Ok(())
    }

    /// Frees the weights of trials that were dropped, once nothing needs them any more.
    pub(super) fn free_dropped(&mut self) {
        if self.to_free.is_empty() {
            return;
        }
        let needed = self.state.needed();
        let Self { to_free, state, backend, .. } = self;
        // One that is yet to be proposed has nothing to free.
        to_free.retain(|id| {
            let keep = id.0 >= state.next || needed.contains(id);
            if !keep {
                backend.free(*id);
            }
            keep
        });
    }

    /// Asks for trials or for the finding.
    fn ask(&mut self) -> Result<(), B::Error> {
        let Terms { budget, slots, .. } = self.terms;
        let ask = Ask {
            budget,
            remaining: self.state.remaining(budget),
            used: self.state.spent(),
            next_trial: TrialId(self.state.next),
            in_flight: self.state.running.iter().map(|trial| trial.id).collect(),
            slots,
        };
        let asked = self.backend.seconds();
        let proposal = self.hooks.propose(&ask)?;
        let seconds = self.backend.seconds() - asked;
        let counted = answer::proposal(&proposal).and_then(|bytes| self.unpaid.add(bytes));
        counted.map_err(|error| self.terms.fault(error))?;
        match &proposal {
            Proposal::Trials { .. } if ask.remaining == 0 => {
                let must = "it must finish when asked with nothing remaining";
                return Err(self.terms.fault(format!("proposed trials after its budget was spent: {must}")).into());
            }
            Proposal::Trials { trials } if trials.is_empty() => {
                return Err(self.terms.fault("proposed an empty list of trials").into());
            }
            Proposal::Wait if ask.in_flight.is_empty() => {
                return Err(self.terms.fault("waits, and nothing is under way").into());
            }
            Proposal::Trials { .. } | Proposal::Wait | Proposal::Finish { .. } => {}
        }
        self.backend.event(&Event::Answered(&ask, &proposal));
        self.record(&Record::Propose { ask, proposal, seconds })
    }
}
