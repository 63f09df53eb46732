//! Deals the rows of a store that is being written into folds.

use super::dealer::{Dealer, Dealt};
use super::parts::Parts;
use super::row::Row;
use super::split::Split;
use super::write::StoreWriter;
use crate::error::{Error, Result};

impl StoreWriter {
    /// From here on, rows are dealt into folds, whatever the split that they are pushed to.
    pub(crate) fn deal_by(&mut self, dealer: Option<Box<dyn Dealer>>) {
        self.dealer = dealer;
    }

    /// Whether rows are dealt into folds.
    pub(crate) fn deals(&self) -> bool {
        self.dealer.is_some()
    }

    /// Deals the rows so far, where they are to be dealt; what a person should know of it.
    pub(super) fn deal(&mut self) -> Result<Option<String>> {
        let Some(dealer) = self.dealer.take() else { return Ok(None) };
        let count = dealer.count();
        let Dealt { folds, warning } = dealer.deal()?;
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
