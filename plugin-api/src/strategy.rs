//! The one trait that a strategy implements.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Result;
use crate::message::{Ask, Discard, Proposal, Report};

/// A neural-architecture-search strategy, or a baseline: something that proposes trials and learns from their reports.
///
/// The strategy itself holds what follows from the setup and never changes. All that changes during a run is its
/// [`State`](Self::State): the hooks get it, and it is saved and loaded for the strategy. So a run that is killed
/// continues as if it had not been, and nothing can be forgotten.
///
/// The same seed and the same reports must lead to the same proposals, byte for byte: draw from
/// [`crate::seed::stream`], never from the clock or the operating system. The host relies on it when it continues
/// a run that was killed, and refuses a strategy that answers differently the second time. A cache of what can be
/// computed again may lie in a [`RefCell`](std::cell::RefCell).
///
/// The host calls the hooks of one instance from one thread at a time, may move it between threads, and may run several
/// instances of the same library at once. Each instance lives in a process of its own.
///
/// A strategy that needs its own form of saved bytes implements [`Instance`](crate::Instance) instead.
pub trait Strategy: Send {
    /// All that changes during a run. It is saved as JSON.
    type State: Default + Serialize + DeserializeOwned + Send;

    /// The state at the beginning of a run: the default, unless it depends on the setup.
    fn start(&self) -> Self::State {
        Self::State::default()
    }

    /// Returns what to do next: trials to run, or what was found.
    ///
    /// The host asks whenever it has room for another trial and none waits to begin. Once the budget is spent it asks
    /// one last time with `ask.remaining == 0`; the answer must then be [`Proposal::Finish`].
    fn propose(&self, state: &mut Self::State, ask: &Ask) -> Result<Proposal>;

    /// Learns from a report. Called after every epoch of a trial, after every score of a mask, and at the end of a trial.
    fn update(&self, state: &mut Self::State, report: &Report) -> Result<()>;

    /// Returns what to drop now. Called once after every [`update`](Self::update), with the same report; nothing is
    /// dropped unless this is written.
    ///
    /// What `update` decides to drop waits in [`Discards`](crate::message::Discards), a field of the state, which this
    /// hook hands over: `Ok(state.discards.hand_over())`.
    fn discard(&self, state: &mut Self::State, report: &Report) -> Result<Vec<Discard>> {
        let _ = (state, report);
        Ok(Vec::new())
    }
}
