//! Leakage between splits, rows that are in more than one, and contradictions, equal rows with different labels.

use serde::{Deserialize, Serialize};

use super::parts::Roles;
use super::split::{PerSplit, Split};
use super::task::Task;
use crate::text::grouped;

/// Rows of a later split that are in an earlier one, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitLeakage {
    /// By their sequence, on either strand.
    pub equal_sequences: Pairs,
    /// By bases of the genome that the windows share; absent where rows have no places, so that nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlapping_windows: Option<Pairs>,
    /// By the similarity of their sequences; absent where nobody looked, because there are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similar_sequences: Option<SimilarPairs>,
    /// Whether rows are of one strand, so that the other strand of a row is another row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single_strand: bool,
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
    /// Whether nothing that is known is in two splits, by equal sequences and shared bases.
    pub fn is_none(&self) -> bool {
        self.equal_sequences == Pairs::default() && self.overlapping_windows.unwrap_or_default() == Pairs::default()
    }

    /// What is in two splits or similar in two, a sentence each without its full stop, the test first; nothing where nothing
    /// is. `rows` are those of each split.
    pub fn sentences(&self, rows: &PerSplit<u64>) -> Vec<String> {
        self.same(rows).into_iter().chain(self.similar(rows)).collect()
    }

    /// The sentences about what is in two splits: scores on such rows tell nothing of new data.
    pub fn same(&self, rows: &PerSplit<u64>) -> Vec<String> {
        let strands = if self.single_strand { "" } else { ", on the same or the other strand" };
        let equal = self.equal_sequences.sentences(rows, |other| format!("repeat rows of {}{strands}", other.name()));
        let overlapping = self.overlapping_windows.unwrap_or_default();
        let overlapping =
            overlapping.sentences(rows, |other| format!("share bases of the genome with rows of {}", other.name()));
        equal.into_iter().chain(overlapping).collect()
    }

    /// The sentences about what is similar in two splits: scores on such rows tell less of new data than others. Equal rows
    /// are similar, too, so that there is none where only these are.
    pub fn similar(&self, rows: &PerSplit<u64>) -> Vec<String> {
        self.similar_sequences.map_or_else(Vec::new, |similar| {
            let identity = similar.identity();
            similar.rows.above(&self.equal_sequences).sentences(rows, |other| {
                format!("are similar to rows of {} (identity {identity} or more)", other.name())
            })
        })
    }

    /// What is known to be in one split only, a sentence each without its full stop; nothing where something is in two.
    pub fn nothing(&self) -> Vec<String> {
        let same = match self.overlapping_windows {
            _ if !self.is_none() => None,
            Some(_) => Some("no sequence and no base of a genome is in two splits".to_owned()),
            None => Some(
                "no sequence is in two splits; whether rows share bases of a genome is not known without their places"
                    .to_owned(),
            ),
        };
        let unlike = self.similar_sequences.filter(|similar| similar.rows == Pairs::default());
        let unlike = unlike.map(|similar| {
            format!("no row is similar to one of another split (identity {} or more)", similar.identity())
        });
        same.into_iter().chain(unlike).collect()
    }

    /// The warnings that it deserves.
    pub(super) fn warnings(&self, rows: &PerSplit<u64>) -> Vec<String> {
        let same = self.same(rows).into_iter().map(|text| text + ": scores on them tell nothing of new data");
        let similar =
            self.similar(rows).into_iter().map(|text| text + ": scores on them tell less of new data than others");
        same.chain(similar).collect()
    }
}

impl SimilarPairs {
    /// The share of equal bases from which on rows are similar.
    fn identity(&self) -> f64 {
        f64::from(self.permille) / 1000.0
    }
}

impl Pairs {
    /// The numbers that are larger than those of `other`, and 0 in place of the rest.
    fn above(&self, other: &Self) -> Self {
        let above = |own: u64, other: u64| if own > other { own } else { 0 };
        Self {
            valid_in_train: above(self.valid_in_train, other.valid_in_train),
            test_in_train: above(self.test_in_train, other.test_in_train),
            test_in_valid: above(self.test_in_valid, other.test_in_valid),
        }
    }

    /// A sentence for each pair that has rows; `what` says what they do, given the split that they repeat.
    fn sentences(&self, rows: &PerSplit<u64>, what: impl Fn(Split) -> String) -> Vec<String> {
        let told = self.named().into_iter().filter(|(found, ..)| *found > 0);
        told.map(|(found, of, other)| {
            let all = *rows.get(of);
            let share = 100.0 * found as f64 / all.max(1) as f64;
            format!("{} of {} {} rows ({share:.1} %) {}", grouped(found), grouped(all), of.name(), what(other))
        })
        .collect()
    }

    /// The number of each pair, the split that is counted, and the one that it repeats.
    fn named(&self) -> [(u64, Split, Split); 3] {
        [
            (self.test_in_train, Split::Test, Split::Train),
            (self.test_in_valid, Split::Test, Split::Valid),
            (self.valid_in_train, Split::Valid, Split::Train),
        ]
    }

    /// Counts a row of a part for the parts, as bits, that it is in, too.
    pub(super) fn count(&mut self, roles: Roles, part: u8, others: u64) {
        let is_in = |parts: u64| u64::from(others & parts != 0);
        let is = |parts: u64| parts >> part & 1 == 1;
        if is(roles.valid) {
            self.valid_in_train += is_in(roles.train);
        } else if is(roles.test) {
            self.test_in_train += is_in(roles.train);
            self.test_in_valid += is_in(roles.valid);
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
