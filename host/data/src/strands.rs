//! Where the other strand of a window is, for predictions that are the mean of both.

use crate::prefetch::BatchPlan;
use crate::store::{Decoding, Rows};

/// Where the other strand of a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherStrand {
    /// In the row that lies this many rows after the window's.
    Stored(u32),
    /// In no row: it is the reverse complement of the window's row.
    Computed,
}

impl OtherStrand {
    /// Of the windows of a split.
    pub fn of(rows: &Rows) -> Self {
        match u32::try_from(rows.len() / 2) {
            Ok(half) if rows.both_strands() => Self::Stored(half),
            _ => Self::Computed,
        }
    }

    /// The number of windows in `rows` rows, which are the first rows; without averaging, each row is a window.
    pub fn windows(other: Option<Self>, rows: usize) -> usize {
        match other {
            Some(Self::Stored(_)) => rows / 2,
            Some(Self::Computed) | None => rows,
        }
    }

    /// The batch of the other strands of the rows of a batch.
    pub fn batch(self, rows: &[u32]) -> BatchPlan {
        match self {
            Self::Stored(after) => BatchPlan {
                rows: rows.iter().map(|row| row.saturating_add(after)).collect(),
                decoding: Decoding::default(),
            },
            Self::Computed => BatchPlan {
                rows: rows.to_vec(),
                decoding: Decoding { reverse_complement: vec![true; rows.len()], ..Decoding::default() },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_strand_is_in_another_row_or_computed() {
        assert_eq!(OtherStrand::Stored(10).batch(&[0, 3]).rows, [10, 13]);
        let computed = OtherStrand::Computed.batch(&[0, 3]);
        assert_eq!((computed.rows, computed.decoding.reverse_complement), (vec![0, 3], vec![true, true]));
    }
}
