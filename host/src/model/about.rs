//! What a person and a program must know of a trained network to use it.

use genomenas_data::Task;
use genomenas_plugin::message::Plan;
use genomenas_report::metrics::Metrics;
use serde::{Deserialize, Serialize};

/// What a person and a program must know of a trained network to use it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// What is predicted.
    pub task: Task,
    /// Bases of a window.
    pub length: usize,
    /// The name of each output.
    pub labels: Vec<String>,
    /// The group of each label, empty for a label of no group; nothing at all where no label has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether the mean of the predictions for the two strands of a window is the prediction.
    #[serde(default)]
    pub both_strands: bool,
    /// Whether windows are of one strand, so that the other strand of a window is no sample of its labels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single_strand: bool,
    /// The digest of the data that it was trained on.
    pub data_digest: String,
    /// The fold of that data that was the test, from 1; absent where the data has splits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
    /// The strategy whose search found the architecture; absent where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The seed of the run.
    pub seed: u64,
    /// The canonical hash of the architecture.
    pub architecture_hash: String,
    /// How it was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Plan>,
    /// Scores on the validation split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<Metrics>,
    /// Scores on the sealed test split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Metrics>,
}

impl About {
    /// Why the other strand of a window is no sample of its labels; `None` where it is one.
    pub fn no_other_strand(&self) -> Option<&'static str> {
        if self.single_strand {
            Some("its rows are of one strand (data import --single-strand)")
        } else if self.task == Task::NextNucleotide {
            Some("what comes after a window on its other strand is another question")
        } else {
            None
        }
    }
}
