//! Importers: from the files a laboratory has to a packed store.
//!
//! Each streams its input, reports progress, and writes its store whole or not at all. An importer is an options
//! struct whose fields are its flags, and a function that takes it: [`windows`], [`next`], [`fasta`], [`table`], [`npz`]
//! and [`deepsea`].

mod bigwig;
mod binary;
mod bins;
pub mod deepsea;
pub mod fasta;
pub mod genome;
mod grouping;
mod groups;
#[cfg(test)]
mod in_tests;
mod labels;
mod names;
pub mod next;
pub mod npz;
mod paths;
mod source;
pub mod table;
mod territory;
mod tracks;
pub mod windows;

pub use bins::Overlap;
pub use grouping::Fractions;
pub use labels::{LabelFrom, Outside};
pub use territory::GenomeSplits;
pub use tracks::Signal;

use crate::error::{Error, Result};
use crate::store::{PerSplit, Split};

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is being done, such as "reading labels".
    pub stage: &'a str,
    /// Units done of this stage.
    pub done: u64,
    /// Units of this stage altogether, where that is known.
    pub total: Option<u64>,
    /// The unit, such as "bytes" or "rows".
    pub unit: &'static str,
}

/// Called often; does its own thinning out.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress<'_>);

/// Refuses a data set in which a split has no row; `how` says what decides the splits and what to do.
fn refuse_empty_splits(rows: &PerSplit<u64>, how: &str) -> Result<()> {
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
