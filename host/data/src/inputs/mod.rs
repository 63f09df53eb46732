//! Sequences that a trained network is asked about: windows of FASTA records, of places in a genome and of the rows of a
//! table, one after the other, and a genome whose bases are read by place.
//!
//! Nothing here has labels or becomes a store: that is what importers are for. Whatever the source, a window has the bases
//! that the network reads, by the rule that a person chose ([`Fit`]).

mod bed;
mod fasta;
mod fit;
mod reference;
mod table;
#[cfg(test)]
mod tests;
mod window;

pub use bed::{Skipped, bed};
pub use fasta::fasta;
pub use fit::{Fit, FitRule};
pub use reference::Reference;
pub use table::{TableInput, table};
pub use window::{OnWindow, Window};
