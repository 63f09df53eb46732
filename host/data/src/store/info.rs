//! What a store says about itself: kept as JSON in the schema's metadata, and printed by `data info`.
//!
//! There is no date, path or machine in it, so importing the same files twice gives the same bytes.

use std::collections::BTreeMap;

use genomenas_plugin::engine::Data;
use genomenas_plugin::message;
use serde::{Deserialize, Serialize};

use super::straddling::Straddling;
use crate::error::{Error, Result};
use crate::hash::sha256;

/// The name of the format, the first thing that is checked.
pub(super) const FORMAT: &str = "genomenas-store";
/// The version of the format that this host writes and reads.
pub(super) const VERSION: u32 = 1;
/// Rows a record batch; all but the last batch have exactly as many, so a row is found by division.
pub const BATCH_ROWS: usize = 8192;
/// Labels a store may have; more means that something else than labels was read.
pub(crate) const MOST_LABELS: usize = 20_000;
/// Bases a row may have.
pub(crate) const LONGEST: usize = 16_777_216;

/// What is predicted for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Any number of labels apply to a row.
    MultiLabel,
    /// Exactly one label, the class, applies to a row.
    MultiClass,
    /// Each label is a number: mean squared error.
    Regression,
    /// Each label is a count or a rate, 0 or more: Poisson's likelihood.
    PoissonRegression,
    /// The class is the base after the row: A, C, G or T.
    NextNucleotide,
}

impl Task {
    /// The task in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::MultiLabel => "multi-label",
            Self::MultiClass => "multi-class",
            Self::Regression => "regression",
            Self::PoissonRegression => "poisson-regression",
            Self::NextNucleotide => "next-nucleotide",
        }
    }

    /// Whether labels are numbers.
    pub fn is_regression(self) -> bool {
        matches!(self, Self::Regression | Self::PoissonRegression)
    }

    /// Whether exactly one class applies to a row.
    pub fn is_classes(self) -> bool {
        matches!(self, Self::MultiClass | Self::NextNucleotide)
    }

    /// The task as a plugin knows it: what the network's outputs mean.
    pub fn of_outputs(self) -> message::Task {
        match self {
            Self::MultiLabel => message::Task::MultiLabel,
            Self::MultiClass | Self::NextNucleotide => message::Task::MultiClass,
            Self::Regression => message::Task::Regression,
            Self::PoissonRegression => message::Task::PoissonRegression,
        }
    }
}

/// The part of a data set that a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// For training.
    Train,
    /// For choosing: early stopping, comparing architectures.
    Valid,
    /// For the one evaluation at the end.
    Test,
}

impl Split {
    /// All splits, in the order of their rows in a store.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// The split in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// One value for each split.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerSplit<T> {
    /// Of train.
    pub train: T,
    /// Of valid.
    pub valid: T,
    /// Of test.
    pub test: T,
}

impl<T: Default + PartialEq> PerSplit<T> {
    /// Whether every split has the value that says nothing.
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl<T> PerSplit<T> {
    /// What `of` gives for each split.
    pub fn of(of: impl Fn(Split) -> T) -> Self {
        Self { train: of(Split::Train), valid: of(Split::Valid), test: of(Split::Test) }
    }

    /// The value of one split.
    pub fn get(&self, split: Split) -> &T {
        match split {
            Split::Train => &self.train,
            Split::Valid => &self.valid,
            Split::Test => &self.test,
        }
    }

    /// The value of one split, to change.
    pub fn get_mut(&mut self, split: Split) -> &mut T {
        match split {
            Split::Train => &mut self.train,
            Split::Valid => &mut self.valid,
            Split::Test => &mut self.test,
        }
    }
}

/// What the rows of a store look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Bases a row.
    pub length: usize,
    /// Names of the labels or classes.
    pub labels: Vec<String>,
    /// What is predicted.
    pub task: Task,
    /// Names of the chromosomes that rows come from; empty where rows have no place in a genome.
    pub chromosomes: Vec<String>,
    /// The group of each label, such as "tf", in the order of the labels, empty for a label of no group; nothing at all
    /// where no label has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// A file that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, without the folder.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes as they lie on disk, in hexadecimal.
    pub sha256: String,
}

/// A number with what it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What is counted, and for dropped things why.
    pub what: String,
    /// How many.
    pub count: u64,
}

impl Count {
    /// `count` of `what`.
    pub fn new(what: impl Into<String>, count: u64) -> Self {
        Self { what: what.into(), count }
    }
}

/// One label of a regression over the rows of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// The smallest.
    pub least: f32,
    /// The largest.
    pub most: f32,
    /// Their mean.
    pub mean: f64,
}

/// How a store came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// The importer, such as `windows`.
    pub importer: String,
    /// Its settings by name, in alphabetical order.
    pub settings: BTreeMap<String, String>,
    /// The files read.
    pub sources: Vec<Source>,
    /// What was read.
    pub read: Vec<Count>,
    /// What was dropped and why.
    pub dropped: Vec<Count>,
    /// What a person should know before training on it.
    pub warnings: Vec<String>,
    /// Whether the second half of a split's rows are the opposite strands of the first half, in the same order and with
    /// the same labels.
    #[serde(default, skip_serializing_if = "PerSplit::is_default")]
    pub both_strands: PerSplit<bool>,
}

/// What a store holds and how it came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreInfo {
    /// Always `FORMAT`.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// What the rows look like.
    #[serde(flatten)]
    pub shape: Shape,
    /// Rows of each split.
    pub rows: PerSplit<u64>,
    /// Rows with at least one unknown base.
    pub rows_with_unknown: PerSplit<u64>,
    /// Positive rows of each label; of a regression, rows whose label is not 0.
    pub positives: PerSplit<Vec<u64>>,
    /// The labels of a regression, each in numbers.
    #[serde(default, skip_serializing_if = "PerSplit::is_default")]
    pub values: PerSplit<Vec<Values>>,
    /// What is in more than one split; absent where an earlier version made the store and did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub straddling: Option<Straddling>,
    /// How the store came to be.
    pub import: ImportRecord,
    /// SHA-256 over shape and rows: equal digests mean equal data, whatever it was imported from.
    pub digest: String,
}

impl StoreInfo {
    /// Rows of all splits.
    pub fn total_rows(&self) -> u64 {
        Split::ALL.iter().fold(0, |sum, &split| sum.saturating_add(*self.rows.get(split)))
    }

    /// What a strategy may know of the data: nothing of the test split.
    pub fn for_plugins(&self) -> message::DataInfo {
        message::DataInfo {
            length: self.shape.length,
            labels: self.shape.labels.len(),
            task: self.shape.task.of_outputs(),
            train_rows: self.rows.train,
            valid_rows: self.rows.valid,
            reversible: self.shape.task != Task::NextNucleotide,
        }
    }

    /// What the checks of plans know of the data.
    pub fn for_checks(&self) -> Data {
        Data { info: self.for_plugins(), both_strands: self.import.both_strands.train }
    }

    /// The JSON text and its SHA-256.
    pub(crate) fn to_text(&self) -> Result<(String, String)> {
        let text = serde_json::to_string(self)
            .map_err(|error| Error::failed(format!("the store's description cannot be written as JSON: {error}")))?;
        let digest = sha256(text.as_bytes());
        Ok((text, digest))
    }

    /// Reads the JSON text back, refusing one that changed since it was written or that no store can have.
    pub(crate) fn from_text(text: &str, digest: &str) -> Result<Self, String> {
        /// What is read first, so that a newer store is named as such instead of as damaged.
        #[derive(Deserialize)]
        struct Header {
            format: String,
            version: u32,
        }
        if sha256(text.as_bytes()) != digest {
            return Err("its description does not match its checksum".into());
        }
        let header: Header = serde_json::from_str(text).map_err(|error| format!("its description: {error}"))?;
        if header.format != FORMAT {
            return Err(format!("its format is {:?}, not {FORMAT:?}", header.format));
        }
        if header.version != VERSION {
            return Err(format!(
                "it has version {} and this genomenas reads version {VERSION}: import the data again with this one",
                header.version
            ));
        }
        let info: Self = serde_json::from_str(text).map_err(|error| format!("its description: {error}"))?;
        info.shape.check()?;
        if info.total_rows() > u64::from(u32::MAX) {
            return Err(format!("it says {} rows, more than {}", info.total_rows(), u32::MAX));
        }
        let labels = info.shape.labels.len();
        if Split::ALL.iter().any(|&split| info.positives.get(split).len() != labels) {
            return Err("it counts positives for another number of labels than it has".into());
        }
        let values = if info.shape.task.is_regression() { labels } else { 0 };
        if Split::ALL.iter().any(|&split| info.values.get(split).len() != values) {
            return Err("it describes values of another number of labels than it has".into());
        }
        if Split::ALL.iter().any(|&split| *info.import.both_strands.get(split) && info.rows.get(split) % 2 == 1) {
            return Err("it says that a split with an odd number of rows holds both strands".into());
        }
        Ok(info)
    }
}

impl Shape {
    /// Bytes of the labels of a row.
    pub(crate) fn label_bytes(&self) -> usize {
        match self.task {
            Task::MultiLabel => crate::bases::bit_bytes(self.labels.len()),
            Task::MultiClass | Task::NextNucleotide => 4,
            Task::Regression | Task::PoissonRegression => 4 * self.labels.len(),
        }
    }

    /// Whether rows can look like this at all.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.length == 0 || self.length > LONGEST {
            return Err(format!("rows of {} bases: expected 1 to {LONGEST}", self.length));
        }
        if self.labels.is_empty() || self.labels.len() > MOST_LABELS {
            return Err(format!("{} labels: expected 1 to {MOST_LABELS}", self.labels.len()));
        }
        if !self.groups.is_empty() && self.groups.len() != self.labels.len() {
            return Err(format!("groups of {} labels: expected {}", self.groups.len(), self.labels.len()));
        }
        if self.task == Task::NextNucleotide && self.labels != ["A", "C", "G", "T"] {
            return Err("the next nucleotide is A, C, G or T, and its classes are others".into());
        }
        Ok(())
    }
}
