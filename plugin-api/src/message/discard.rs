//! What a strategy drops.

use serde::{Deserialize, Serialize};

use super::TrialId;

/// An option, an edge or a trial that a strategy drops.
///
/// A dropped option or edge is in no supernet that begins later. What would leave no architecture is refused: the last
/// option that an architecture may have, or an edge that a [`Rule`](crate::space::Rule) needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Discard {
    /// Drops a trial.
    pub const fn trial(trial: TrialId) -> Self {
        Self::Trial { trial }
    }
}
