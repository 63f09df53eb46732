//! Deals the rows of a store that is being written into folds.

use super::parts::Parts;
use super::row::Row;
use super::split::Split;
use super::write::StoreWriter;
use crate::error::{Error, Result};
use crate::splits::folds::{Dealing, Dealt, Folds};
use crate::splits::refuse_empty_splits;

impl StoreWriter {
    /// From here on, rows are dealt into these folds, whatever the split that they are pushed to.
    pub(crate) fn deal_into(&mut self, folds: Option<Folds>) {
        self.dealing = folds.map(Dealing::new);
    }

    /// Refuses a data set in which a split has no row; `how` says what decides the splits and what to do. Folds have rows by
    /// construction.
    pub(crate) fn refuse_empty_splits(&self, how: &str) -> Result<()> {
        if self.dealing.is_some() { Ok(()) } else { refuse_empty_splits(&self.rows(), how) }
    }

    /// Deals the rows so far, where they are to be dealt; what a person should know of it.
    pub(super) fn deal(&mut self) -> Result<Option<String>> {
        let Some(dealing) = self.dealing.take() else { return Ok(None) };
        let count = dealing.count();
        let Dealt { folds, warning } = dealing.deal()?;
        let output = self.output.clone();
        let cannot_read = |error| Error::io("read beside", &output, error);
        let mut spools = self.take(Parts::Folds(count))?;
        let Some(spool) = spools.get_mut(Split::Train as usize) else { return Ok(warning) };
        let (mut row_bytes, mut values) = (self.row_bytes.clone(), Vec::new());
        let mut reader = spool.reader().map_err(cannot_read)?;
        for fold in folds {
            row_bytes.read(&mut reader).map_err(cannot_read)?;
            let target = row_bytes.target(self.shape.task, &mut values);
            let (codes, unknown, place) = (row_bytes.codes(), row_bytes.unknown(), row_bytes.place());
            self.push_to(fold, &Row { codes, unknown, target, place })?;
        }
        Ok(warning)
    }
}
