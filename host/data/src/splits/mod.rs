//! Which rows are for training, for validation and for the test.
//!
//! `grouping` splits rows by share such that rows that belong together stay together, and `shares` says which rows: all,
//! or a part of train where the data lacks a split; `folds` deals rows into folds in place of splits. `genome` splits a genome into stretches, by name or by share, such
//! that no base is shown in two splits.

mod cluster;
pub(crate) mod folds;
pub(crate) mod fractions;
pub(crate) mod genome;
pub(crate) mod grouping;
pub(crate) mod likeness;
pub(crate) mod shares;

use crate::error::{Error, Result};
use crate::store::{PerSplit, Split, StoreWriter};

pub use cluster::ClusterOptions;
pub use fractions::Fractions;
pub use genome::GenomeSplitOptions;
pub use shares::Shares;

/// Refuses a store in which a split has no row so far; folds have rows by construction.
pub(crate) fn refuse_empty_parts(writer: &StoreWriter, how: &str) -> Result<()> {
    if writer.deals() { Ok(()) } else { refuse_empty_splits(&writer.rows(), how) }
}

/// Refuses a data set in which a split has no row; `how` says what decides the splits and what to do.
pub(crate) fn refuse_empty_splits(rows: &PerSplit<u64>, how: &str) -> Result<()> {
    let empty: Vec<&str> =
        Split::ALL.iter().filter(|&&split| *rows.get(split) == 0).map(|split| split.name()).collect();
    if empty.is_empty() {
        return Ok(());
    }
    let [train, valid, test] = Split::ALL.map(|split| *rows.get(split));
    Err(Error::input(format!(
        "no rows in {}: train has {train}, valid {valid} and test {test}, and each needs some; {how}",
        empty.join(" and ")
    )))
}
