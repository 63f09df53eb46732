//! The engine of a search, for those who run strategies: the host, and `simulate`.
//!
//! A search is a list of [records](Record). Where it stands is a fold over them ([`SearchState`]), and what comes next
//! depends on that state alone ([`SearchLoop`]), so a search that was killed after any record goes on from there and ends
//! as if it had never been killed. What the engine does not do itself stands behind three traits: the [`Hooks`] of a
//! strategy, a [`Log`] of records, and a [`Backend`] that trains and scores.
//!
//! Everything that a trial may not be is checked here, once, when the trial has its first turn ([`check`]); a trial that
//! is refused fails with the reason in its report.

mod answer;
mod backend;
mod bound;
pub mod check;
#[cfg(test)]
mod made_up;
mod naming;
mod network;
mod record;
mod replay;
mod rows;
mod rules;
mod search_loop;
mod state;
mod turn;

pub use answer::{MOST_BYTES, MOST_TRIALS};
pub use backend::{Backend, Event, Fault, Hooks, Log, StepOutcome, TrialError, Turn};
pub use bound::{Bound, in_unit, part, part_of, reached};
pub use naming::Naming;
pub use network::{Networks, Part, Resolved, Size, scoring_mixing};
pub use record::{Phase, Record, Tuned};
pub use replay::{Call, ReplayError, calls, replay};
pub use rows::{Data, PlanRows};
pub use search_loop::{SearchLoop, Terms};
pub use state::{RunningTrial, SearchState};
