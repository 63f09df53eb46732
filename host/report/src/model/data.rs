//! Data, settings and other facts that comparisons and runs show alike.

use genomenas_data::store::{PerSplit, SplitLeakage};
use serde::{Deserialize, Serialize};

/// The data of a comparison or a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Where it was read from.
    pub path: String,
    /// The digest of its content.
    pub digest: String,
    /// Rows of each split, in the order train, validation, test.
    pub splits: Vec<SplitRows>,
    /// Bases per window.
    pub length: u64,
    /// The labels' names.
    pub labels: Vec<String>,
    /// Rows that are in more than one split; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub straddling: Option<SplitLeakage>,
}

/// How many rows a split has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitRows {
    /// "train", "validation" or "test".
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// A name and a value to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The name of what is set.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl DataSummary {
    /// What is in two splits or similar in two, a sentence each; nothing where nothing is.
    pub fn straddles(&self) -> Vec<String> {
        self.straddling.map_or_else(Vec::new, |found| found.sentences(&self.rows()))
    }

    /// The rows of each split.
    pub fn rows(&self) -> PerSplit<u64> {
        let rows = |name: &str| self.splits.iter().find(|split| split.name == name).map_or(0, |split| split.rows);
        PerSplit { train: rows("train"), valid: rows("validation"), test: rows("test") }
    }

    /// The rows of each split, under the names that reports use.
    pub fn split_rows(train: u64, valid: u64, test: u64) -> Vec<SplitRows> {
        let split = |(name, rows): (&str, u64)| SplitRows { name: name.to_owned(), rows };
        [("train", train), ("validation", valid), ("test", test)].map(split).into()
    }
}

impl Setting {
    /// A setting of this name and value.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}
