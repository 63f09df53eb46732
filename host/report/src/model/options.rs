//! What became of the options of a search: how probable each was, and which was dropped when.

use serde::{Deserialize, Serialize};

/// The options of a search over its epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionHistory {
    /// The epochs at which probabilities were reported, counted from 1 over all trials of the search.
    pub epochs: Vec<u32>,
    /// The last epoch of the search.
    pub last: u32,
    /// The decisions whose options have probabilities, or were dropped one by one.
    pub decisions: Vec<DecisionHistory>,
}

/// A decision over the epochs of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionHistory {
    /// The decision.
    pub decision: String,
    /// After which epoch all of its options were dropped together: the edge it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u32>,
    /// Its options.
    pub options: Vec<SingleOption>,
}

/// An option over the epochs of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SingleOption {
    /// The option.
    pub option: String,
    /// Its probability at each of [`OptionHistory::epochs`]; nothing where it had none, or for a search without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probabilities: Vec<Option<f64>>,
    /// After which epoch it was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u32>,
}
