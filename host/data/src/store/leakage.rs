//! Leakage between splits, rows that are in more than one, and contradictions, equal rows with different labels.

use serde::{Deserialize, Serialize};

use super::split::Split;
use super::task::Task;
use crate::text::grouped;

/// Rows of a later split that are in an earlier one, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitLeakage {
    /// By their sequence, on either strand.
    pub equal_sequences: Pairs,
    /// By bases of the genome that the windows share.
    pub overlapping_windows: Pairs,
    /// By the similarity of their sequences; absent where nobody looked, because there are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similar_sequences: Option<SimilarPairs>,
}

/// Rows of a later split that are similar to rows of an earlier one, equal ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimilarPairs {
    /// From how many equal bases in a thousand on rows are similar.
    pub permille: u32,
    /// The rows.
    pub rows: Pairs,
}

/// A number of rows for each pair of splits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairs {
    /// Rows of valid that are in train.
    pub valid_in_train: u64,
    /// Rows of test that are in train.
    pub test_in_train: u64,
    /// Rows of test that are in valid.
    pub test_in_valid: u64,
}

impl SplitLeakage {
    /// Whether nothing is in two splits, by equal sequences and shared bases.
    pub fn is_none(&self) -> bool {
        self.equal_sequences == Pairs::default() && self.overlapping_windows == Pairs::default()
    }

    /// The warnings that it deserves.
    pub(super) fn warnings(&self, single_strand: bool) -> Vec<String> {
        let strands = if single_strand { "" } else { ", on the same or the other strand" };
        let equal = self
            .equal_sequences
            .named()
            .map(|(rows, of, other)| (rows, format!("{of} repeats sequences of {other}{strands} (rows: {rows})")));
        let overlapping = self.overlapping_windows.named().map(|(rows, of, other)| {
            (rows, format!("windows of {of} share bases of the genome with windows of {other} (rows: {rows})"))
        });
        let similar = self.similar_sequences.into_iter().flat_map(|similar| {
            let identity = f64::from(similar.permille) / 1000.0;
            similar.rows.named().map(move |(rows, of, other)| {
                let text =
                    format!("{of} has rows similar to rows of {other} (identity {identity} or more, rows: {rows})");
                (rows, text)
            })
        });
        let same = equal.into_iter().chain(overlapping);
        let same = same.map(|(rows, text)| (rows, text + ": scores on them tell nothing of new data"));
        let similar = similar.map(|(rows, text)| (rows, text + ": scores on them tell less of new data than others"));
        same.chain(similar).filter(|(rows, _)| *rows > 0).map(|(_, text)| text).collect()
    }
}

impl Pairs {
    fn named(&self) -> [(u64, &'static str, &'static str); 3] {
        [
            (self.valid_in_train, "valid", "train"),
            (self.test_in_train, "test", "train"),
            (self.test_in_valid, "test", "valid"),
        ]
    }

    /// Counts a row of `split` for the other splits, as bits, that it is in.
    pub(super) fn count(&mut self, split: Split, others: u8) {
        let is_in = |other: Split| u64::from(others >> other as u8 & 1);
        match split {
            Split::Train => {}
            Split::Valid => self.valid_in_train += is_in(Split::Train),
            Split::Test => {
                self.test_in_train += is_in(Split::Train);
                self.test_in_valid += is_in(Split::Valid);
            }
        }
    }
}

/// Equal sequences with different labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contradictions {
    /// Sequences that have several labels on one strand.
    pub(super) sequences: u64,
    /// Rows of these sequences.
    pub(super) rows: u64,
    /// Sequences whose other strand has another label.
    pub(super) other_strand: u64,
}

impl Contradictions {
    /// The warnings that they deserve.
    pub(super) fn warnings(self, task: Task) -> Vec<String> {
        let (noun, nouns) = match task {
            _ if task.is_regression() => ("value", "values"),
            _ if task.is_classes() => ("class", "classes"),
            _ => ("label", "labels"),
        };
        let (sequences, rows, other) = (grouped(self.sequences), grouped(self.rows), grouped(self.other_strand));
        let on_one = (self.sequences > 0).then(|| {
            format!(
                "equal sequences have different {nouns} (sequences: {sequences}, rows: {rows}): no network can be right \
                 on all of them"
            )
        });
        let on_both = (self.other_strand > 0).then(|| {
            format!(
                "the other strand of a sequence has another {noun} (sequences: {other}): right where strands differ, as \
                 in RNA; then import with --single-strand"
            )
        });
        on_one.into_iter().chain(on_both).collect()
    }
}
