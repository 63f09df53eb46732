//! What decides which fold each row of a store is in.

use super::row::Row;
use crate::error::Result;

/// Takes every row, then says which fold each is in.
pub(crate) trait Dealer {
    /// Folds.
    fn count(&self) -> u32;

    /// Adds the next row, of `length` bases, which stays together with the other rows of its `groups`.
    fn add(&mut self, row: &Row<'_>, length: usize, groups: &[u64]);

    /// Keeps the row that was added last in the fold of the one before.
    fn join_last_two(&mut self);

    /// The folds of all rows.
    fn deal(self: Box<Self>) -> Result<Dealt>;
}

/// The folds of all rows, counted from 0, in the order in which they were added.
pub(crate) struct Dealt {
    pub(crate) folds: Vec<u8>,
    /// What a person should know of them.
    pub(crate) warning: Option<String>,
}
