//! The description of a store: kept as JSON in the schema's metadata, and printed by `data info`.
//!
//! There is no date, path or machine in it, so importing the same files twice writes the same bytes.

use std::collections::BTreeMap;

use genomenas_plugin::engine::Data;
use genomenas_plugin::message;
use serde::{Deserialize, Serialize};

use super::fold_rows::{Fold, FoldRows, Values};
use super::leakage::SplitLeakage;
use super::parts::Parts;
use super::shape::Shape;
use super::split::{PerSplit, Split};
use super::task::Task;
use crate::error::{Error, Result};
use crate::hash::sha256;

/// The name of the format, the first thing that is checked.
pub(super) const FORMAT: &str = "genomenas-store";
/// The version of the format that this host writes and reads.
pub(super) const VERSION: u32 = 1;
/// The version of a store with folds, which earlier versions of this host would take for one with a single split.
pub(super) const VERSION_WITH_FOLDS: u32 = 2;
/// Rows a record batch; all but the last batch have exactly as many, so a row is found by division.
pub const BATCH_ROWS: usize = 8192;
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

/// How a store was made.
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

/// What a store holds and how it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreInfo {
    /// Always `FORMAT`.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// What the rows look like.
    #[serde(flatten)]
    pub shape: Shape,
    /// Rows of each split; of a store with folds all of them in train, until a fold is chosen.
    pub rows: PerSplit<u64>,
    /// Rows with at least one unknown base.
    pub rows_with_unknown: PerSplit<u64>,
    /// Positive rows of each label; of a regression, rows whose label is not 0.
    pub positives: PerSplit<Vec<u64>>,
    /// The labels of a regression, each in numbers.
    #[serde(default, skip_serializing_if = "PerSplit::is_default")]
    pub values: PerSplit<Vec<Values>>,
    /// Rows that are in more than one split; absent where an earlier version made the store and did not look.
    #[serde(rename = "straddling", default, skip_serializing_if = "Option::is_none")]
    pub leakage: Option<SplitLeakage>,
    /// The folds that take turns as the test, in their order; none in a store with splits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<FoldRows>,
    /// The fold that is the test, where the store has folds and one was chosen; never in the store itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// How the store was made.
    pub import: ImportRecord,
    /// SHA-256 over shape and rows: equal digests mean equal data, whatever it was imported from.
    pub digest: String,
}

impl StoreInfo {
    /// Rows of all splits.
    pub fn total_rows(&self) -> u64 {
        Split::ALL.iter().fold(0, |sum, &split| sum.saturating_add(*self.rows.get(split)))
    }

    /// What its rows are sorted by, as they lie in the file.
    pub(super) fn parts(&self) -> Parts {
        u32::try_from(self.folds.len()).ok().filter(|count| *count > 0).map_or(Parts::Splits, Parts::Folds)
    }

    /// Rows of each of its parts.
    pub(super) fn part_rows(&self) -> Vec<u64> {
        match self.parts() {
            Parts::Splits => Split::ALL.map(|split| *self.rows.get(split)).into(),
            Parts::Folds(_) => self.folds.iter().map(|fold| fold.rows).collect(),
        }
    }

    /// What a strategy may know of the data: nothing of the test split.
    pub fn for_plugins(&self) -> message::DataInfo {
        message::DataInfo {
            length: self.shape.length,
            labels: self.shape.labels.len(),
            task: self.shape.task.of_outputs(),
            train_rows: self.rows.train,
            valid_rows: self.rows.valid,
            reversible: !self.shape.single_strand && self.shape.task != Task::NextNucleotide,
        }
    }

    /// What the checks of plans know of the data.
    pub fn for_checks(&self) -> Data {
        Data {
            info: self.for_plugins(),
            both_strands: self.import.both_strands.train,
            next_nucleotide: self.shape.task == Task::NextNucleotide,
        }
    }

    /// The JSON text and its SHA-256.
    pub(crate) fn to_text(&self) -> Result<(String, String)> {
        let text = serde_json::to_string(self)
            .map_err(|error| Error::failed(format!("the store's description cannot be written as JSON: {error}")))?;
        let digest = sha256(text.as_bytes());
        Ok((text, digest))
    }

    /// Reads the JSON text back, refusing one that changed since it was written or that no store can have.
    pub(crate) fn from_text(text: &str, digest: &str) -> Result<Self> {
        /// Read first, so that a store of a newer version is reported as such and not as damaged.
        #[derive(Deserialize)]
        struct Header {
            format: String,
            version: u32,
        }
        if sha256(text.as_bytes()) != digest {
            return Err(Error::input("its description does not match its checksum"));
        }
        let not_understood = |error: serde_json::Error| Error::input(format!("its description: {error}"));
        let header: Header = serde_json::from_str(text).map_err(not_understood)?;
        if header.format != FORMAT {
            return Err(Error::input(format!("its format is {:?}, not {FORMAT:?}", header.format)));
        }
        if ![VERSION, VERSION_WITH_FOLDS].contains(&header.version) {
            return Err(Error::input(format!(
                "it has version {} and this genomenas reads versions {VERSION} and {VERSION_WITH_FOLDS}: import the data again \
                 with this one",
                header.version
            )));
        }
        let mut info: Self = serde_json::from_str(text).map_err(not_understood)?;
        // Earlier versions counted none where rows have no places, which nobody can know.
        if let Some(leakage) = info.leakage.as_mut().filter(|_| info.shape.chromosomes.is_empty()) {
            leakage.overlapping_windows = None;
        }
        info.shape.check()?;
        if info.total_rows() > u64::from(u32::MAX) {
            return Err(Error::input(format!("it says {} rows, more than {}", info.total_rows(), u32::MAX)));
        }
        let labels = info.shape.labels.len();
        if Split::ALL.iter().any(|&split| info.positives.get(split).len() != labels) {
            return Err(Error::input("it counts positives for another number of labels than it has"));
        }
        let values = if info.shape.task.is_regression() { labels } else { 0 };
        if Split::ALL.iter().any(|&split| info.values.get(split).len() != values) {
            return Err(Error::input("it describes values of another number of labels than it has"));
        }
        if Split::ALL.iter().any(|&split| *info.import.both_strands.get(split) && info.rows.get(split) % 2 == 1) {
            return Err(Error::input("it says that a split with an odd number of rows holds both strands"));
        }
        if info.folds.is_empty() == (info.version == VERSION_WITH_FOLDS) {
            return Err(Error::input("its version is not the one of its folds or splits"));
        }
        info.check_folds()?;
        Ok(info)
    }
}
