//! The one trait that a plugin implements.

use crate::Result;
use crate::message::{Ask, Discard, Proposal, Report};

/// A neural-architecture-search strategy, or a baseline: something that proposes trials and learns from their reports.
///
/// The host calls one instance from one thread at a time, may move it between threads, and may run several
/// instances of the same library at once. An instance lives in a process of its own.
///
/// The same seed and the same reports must lead to the same proposals, byte for byte: draw from
/// [`crate::seed::stream`], never from the clock or the operating system. The host relies on it when it continues
/// a run that was killed, and refuses a strategy that answers differently the second time.
pub trait Strategy: Send {
    /// What to do next: trials to run, or what was found.
    ///
    /// The host asks whenever it has nothing left to run. Once the budget is spent it asks one last time with
    /// `ask.remaining == 0`; the answer must then be [`Proposal::Finish`].
    fn propose(&mut self, ask: &Ask) -> Result<Proposal>;

    /// What happened: called after every epoch of a trial and at its end.
    fn update(&mut self, report: &Report) -> Result<()>;

    /// What to drop now; asked after every [`update`](Self::update) with the same report.
    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let _ = report;
        Ok(Vec::new())
    }

    /// The state from which [`load`](Self::load) makes an equal instance.
    fn save(&self) -> Result<Vec<u8>>;

    /// Takes over a state that [`save`](Self::save) gave, in an instance built from the same setup.
    fn load(&mut self, state: &[u8]) -> Result<()>;
}
