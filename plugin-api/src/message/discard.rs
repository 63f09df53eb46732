//! What a strategy drops.

use serde::{Deserialize, Serialize};

use super::TrialId;

/// An option, an edge or a trial that a strategy drops.
///
/// A dropped option or edge is in no supernet that begins later. What would leave no architecture is refused: the last
/// option that an architecture may have, or an edge that a [`Rule`](crate::space::Rule) needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Discard {
    /// One option of a decision.
    Option {
        /// The decision.
        decision: String,
        /// The option that goes.
        option: String,
    },
    /// A decision with all its options: the edge it stands for.
    Edge {
        /// The decision.
        decision: String,
    },
    /// A trial: it stops if it runs, and its weights are freed.
    Trial {
        /// The trial.
        trial: TrialId,
    },
}

/// Discards that [`update`](crate::Strategy::update) decided on and [`discard`](crate::Strategy::discard) has yet to hand
/// over: a field of a strategy's state, so that none is lost with a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Discards(Vec<Discard>);

impl Discards {
    /// Adds one.
    pub fn push(&mut self, discard: Discard) {
        self.0.push(discard);
    }

    /// Whether none waits.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all of them, in the order in which they were added, and keeps none.
    pub fn hand_over(&mut self) -> Vec<Discard> {
        std::mem::take(&mut self.0)
    }
}

impl Extend<Discard> for Discards {
    fn extend<T: IntoIterator<Item = Discard>>(&mut self, discards: T) {
        self.0.extend(discards);
    }
}

impl Discard {
    /// Drops a trial.
    pub const fn trial(trial: TrialId) -> Self {
        Self::Trial { trial }
    }
}
