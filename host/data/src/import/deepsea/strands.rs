//! Whether the second half of a split's rows are the reverse complements of the first half, as in the bundle.
//!
//! A digest of 64 bits is kept of every row of the first half, not the row: 18 MB for the whole bundle.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::row::RowBits;

/// What was found in the rows of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StrandReport {
    /// Rows of the second half.
    pub(super) pairs: u64,
    /// Those of them that are not the reverse complement of their row in the first half, or have other labels.
    pub(super) differing: u64,
    /// The first of these.
    pub(super) first: Option<u64>,
    /// Whether the number of rows is odd, so that there are no halves.
    pub(super) odd: bool,
}

/// Looks at the rows of a split, one after the other.
pub(super) struct Strands {
    rows: u64,
    seen: u64,
    digests: VecDeque<u64>,
    opposite: Option<RowBits>,
    found: StrandReport,
}

impl StrandReport {
    /// Whether both strands are there, in the order of the bundle.
    pub(super) fn both(&self) -> bool {
        !self.odd && self.pairs > 0 && self.differing == 0
    }
}

impl Strands {
    /// For a split of `rows` rows.
    pub(super) fn new(rows: u64) -> Self {
        let odd = !rows.is_multiple_of(2);
        let found = StrandReport { pairs: if odd { 0 } else { rows / 2 }, odd, ..StrandReport::default() };
        Self { rows, seen: 0, digests: VecDeque::new(), opposite: None, found }
    }

    /// Takes the next row.
    pub(super) fn see(&mut self, row: &RowBits) {
        let number = self.seen;
        self.seen += 1;
        if self.found.odd {
            return;
        }
        if number < self.rows / 2 {
            self.digests.push_back(digest(row));
            return;
        }
        let opposite = self.opposite.get_or_insert_with(|| row.clone());
        row.reverse_complement(opposite);
        if self.digests.pop_front() != Some(digest(opposite)) {
            self.found.differing += 1;
            self.found.first.get_or_insert(number);
        }
    }

    /// What was found.
    pub(super) fn found(&self) -> StrandReport {
        self.found
    }
}

fn digest(row: &RowBits) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}
