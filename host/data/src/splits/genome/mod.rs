//! Which split each stretch of a genome belongs to: chromosomes and regions by name, or blocks by share.
//!
//! A row belongs to a split where all its bases do. A row across an edge belongs to none, so no base is ever shown in
//! two splits.

mod map;
mod named;
mod options;
mod shares;

use crate::error::Result;
use crate::formats::genome::Chromosome;

pub(crate) use map::{Assignment, GenomeSplit};
pub use options::GenomeSplitOptions;

/// Splits a genome as the options say.
pub(crate) fn split(options: &GenomeSplitOptions, chromosomes: &[Chromosome]) -> Result<GenomeSplit> {
    match options.shares()? {
        Some(shares) => shares::split(options, shares, chromosomes),
        None => named::split(options, chromosomes),
    }
}

#[cfg(test)]
mod tests;
