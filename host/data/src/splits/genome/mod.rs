//! Which split each stretch of a genome belongs to: chromosomes and regions by name, or blocks by share; or the
//! blocks alone, which are dealt into folds later.
//!
//! A row belongs to a split where all its bases do. A row across an edge belongs to none, so no base is ever shown in
//! two splits.

mod blocks;
mod map;
mod named;
mod of_train;
mod options;
mod shares;

use crate::error::Result;
use crate::formats::genome::{ByName, Chromosome};

pub(crate) use map::{Assignment, GenomeSplit};
pub(crate) use of_train::split as valid_of_train;
pub use options::GenomeSplitOptions;

/// Splits a genome as the options say.
pub(crate) fn split(options: &GenomeSplitOptions, chromosomes: &[Chromosome]) -> Result<GenomeSplit> {
    if options.dealt()?.is_some() {
        return blocks::split(options.block, chromosomes);
    }
    if let Some(shares) = options.shares()? {
        return shares::split(options, shares, chromosomes);
    }
    let genome = ByName::new(chromosomes);
    let share = options.valid_of_train(&genome);
    let named = named::split(options, &genome, share.is_some())?;
    match share {
        Some(share) => of_train::split(&named, share, options),
        None => Ok(named),
    }
}

#[cfg(test)]
mod tests;
