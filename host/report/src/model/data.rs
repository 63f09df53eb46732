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
    /// Rows of each split, in the order train, validation, test; of a comparison over folds, rows of each fold.
    pub splits: Vec<SplitRows>,
    /// Bases per window.
    pub length: u64,
    /// The labels' names.
    pub labels: Vec<String>,
    /// Rows that are in more than one split; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub straddling: Option<SplitLeakage>,
    /// The splits of each run, where folds take turns as the test; in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<FoldSummary>,
}

/// The splits of the run that a fold is the test of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldSummary {
    /// Rows of each split.
    pub rows: PerSplit<u64>,
    /// Rows that are in more than one split.
    pub straddling: SplitLeakage,
}

/// How many rows a split has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitRows {
    /// "train", "validation" or "test"; or "fold 1" and so on.
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
        self.of_each_run(SplitLeakage::sentences)
    }

    /// What `of` says of the splits of every run: those of a fold in one sentence, which names it.
    pub(crate) fn of_each_run(&self, of: impl Fn(&SplitLeakage, &PerSplit<u64>) -> Vec<String>) -> Vec<String> {
        if self.folds.is_empty() {
            return self.straddling.map_or_else(Vec::new, |found| of(&found, &self.rows()));
        }
        let told = self.folds.iter().zip(1..).map(|(fold, number)| (number, of(&fold.straddling, &fold.rows)));
        let told = told.filter(|(_, sentences)| !sentences.is_empty());
        told.map(|(number, sentences)| format!("with fold {number} as the test, {}", sentences.join("; "))).collect()
    }

    /// What is known to be in one split only in every run; `None` where nothing is known of it.
    pub(crate) fn in_one_split(&self) -> Option<Vec<String>> {
        if self.folds.is_empty() {
            return Some(self.straddling?.nothing());
        }
        let of = self.folds.iter().map(|fold| fold.straddling.nothing());
        of.reduce(|all, of| all.into_iter().filter(|sentence| of.contains(sentence)).collect())
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

    /// The rows of each fold.
    pub fn fold_rows(folds: &[FoldSummary]) -> Vec<SplitRows> {
        let rows =
            |(fold, number): (&FoldSummary, u32)| SplitRows { name: format!("fold {number}"), rows: fold.rows.test };
        folds.iter().zip(1..).map(rows).collect()
    }
}

impl Setting {
    /// A setting of this name and value.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}
