//! What strategies share that train architectures one after the other, each from fresh weights for an equal share of the
//! budget, and learn from the scores of all: proposing, remembering, and finishing with the best of all.
//!
//! A [`TrialScheduler`] is what all trials have in common, a [`History`] (a part of the strategy's state) what happened.
//! The strategy says which architecture comes next, and nothing else.
//!
//! ```
//! use genomenas_plugin::history::{History, TrialScheduler};
//! use genomenas_plugin::prelude::*;
//!
//! /// Neighbours of the best, and of nothing else.
//! struct Greedy(TrialScheduler);
//!
//! impl Strategy for Greedy {
//!     type State = History;
//!
//!     fn propose(&self, history: &mut History, ask: &Ask) -> Result<Proposal> {
//!         self.0.propose(history, ask, |history| {
//!             let Some(best) = history.best().cloned() else { return self.0.draw(history) };
//!             let neighbours = self.0.space().neighbours(&best.selection);
//!             neighbours.into_iter().find(|neighbour| self.0.claim(history, neighbour))
//!         })
//!     }
//!
//!     fn update(&self, history: &mut History, report: &Report) -> Result<()> {
//!         self.0.update(history, report);
//!         Ok(())
//!     }
//!
//!     fn discard(&self, history: &mut History, _: &Report) -> Result<Vec<Discard>> {
//!         Ok(history.discards())
//!     }
//! }
//! ```

mod events;
mod scheduler;
mod settings;

pub use events::{Evaluated, History};
pub use scheduler::TrialScheduler;
pub use settings::TrialSettings;
