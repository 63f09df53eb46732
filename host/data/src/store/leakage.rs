//! Leakage between splits, rows that are in more than one, and contradictions, equal rows with different labels.

use serde::{Deserialize, Serialize};

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
    /// Whether nothing that is known is in two splits.
    pub fn is_none(&self) -> bool {
        self.equal_sequences == Pairs::default() && self.overlapping_windows.unwrap_or_default() == Pairs::default()
    }

    /// What is in two splits, a sentence each without its full stop, the test first; nothing where nothing is. `rows` are those
    /// of each split.
    pub fn sentences(&self, rows: &PerSplit<u64>) -> Vec<String> {
        let equal = self.equal_sequences.named().map(|(found, of, other)| {
            (found, of, format!("repeat rows of {}, on the same or the other strand", other.name()))
        });
        let overlapping =
            self.overlapping_windows.unwrap_or_default().named().map(|(found, of, other)| {
                (found, of, format!("share bases of the genome with rows of {}", other.name()))
            });
        let told = equal.into_iter().chain(overlapping).filter(|(found, ..)| *found > 0);
        told.map(|(found, of, what)| {
            let all = *rows.get(of);
            let share = 100.0 * found as f64 / all.max(1) as f64;
            format!("{} of {} {} rows ({share:.1} %) {what}", grouped(found), grouped(all), of.name())
        })
        .collect()
    }

    /// What is known to be in one split only; `None` where something is in two.
    pub fn nothing(&self) -> Option<&'static str> {
        match self.overlapping_windows {
            _ if !self.is_none() => None,
            Some(_) => Some("no sequence and no base of a genome is in two splits"),
            None => Some(
                "no sequence is in two splits; whether rows share bases of a genome is not known without their places",
            ),
        }
    }

    /// The warnings that it deserves.
    pub(super) fn warnings(&self, rows: &PerSplit<u64>) -> Vec<String> {
        self.sentences(rows).into_iter().map(|text| text + ": scores on them tell nothing of new data").collect()
    }
}

impl Pairs {
    /// The number of each pair, the split that is counted, and the one that it repeats.
    fn named(&self) -> [(u64, Split, Split); 3] {
        [
            (self.test_in_train, Split::Test, Split::Train),
            (self.test_in_valid, Split::Test, Split::Valid),
            (self.valid_in_train, Split::Valid, Split::Train),
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
                 in RNA; then do without reverse complements"
            )
        });
        on_one.into_iter().chain(on_both).collect()
    }
}
