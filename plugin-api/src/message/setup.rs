//! What a strategy gets once, when it is built.

use serde::{Deserialize, Serialize};

use super::{Budget, PROTOCOL};
use crate::space::Space;

/// Everything a strategy knows about its run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Setup {
    /// The [`PROTOCOL`] that the host speaks.
    #[serde(default = "protocol")]
    pub protocol: String,
    /// The seed of every random stream of the strategy; see [`crate::seed::stream`].
    pub seed: u64,
    /// The strategy's parameters as the user set them; defaults are the plugin's own.
    #[serde(default)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// The space to search. A baseline may ignore it.
    pub space: Space,
    /// The data set.
    pub data: DataInfo,
    /// The budget of the run.
    pub budget: Budget,
    /// The threads that the plugin may use, itself included.
    #[serde(default = "one")]
    pub threads: u32,
}

fn protocol() -> String {
    PROTOCOL.to_owned()
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

/// What a strategy may know about the data. Nothing here depends on the test split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DataInfo {
    /// Bases a window; networks read tensors of 4 × length.
    pub length: usize,
    /// Outputs of the network: labels of a multi-label task, classes of a multi-class one, values of a regression.
    pub labels: usize,
    /// What the outputs mean.
    pub task: Task,
    /// Rows of the training split.
    pub train_rows: u64,
    /// Rows of the validation split.
    pub valid_rows: u64,
    /// Whether a window on its other strand has the same labels; not so where the next nucleotide is predicted, or where
    /// rows are of one strand (RNA, guides). A plan that shows or scores other strands is then refused.
    #[serde(default = "yes")]
    pub reversible: bool,
}

/// What the outputs of a network mean. Architectures end in raw values (logits); the host applies the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Task {
    /// Each label is there or not: mean binary cross-entropy.
    #[default]
    MultiLabel,
    /// Exactly one class holds: cross-entropy. The next nucleotide is a class, too.
    MultiClass,
    /// Each output is the predicted value itself: mean squared error.
    Regression,
    /// Each output is the logarithm of the rate of a count: negative log-likelihood of Poisson's distribution.
    PoissonRegression,
}
