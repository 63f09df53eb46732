//! A window that a network is asked about.

use crate::bases::Packed;
use crate::error::Result;

/// A window that a network is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// What its source calls the sequence or the place, where it does.
    pub name: Option<String>,
    /// The chromosome, of a place in a genome.
    pub chromosome: Option<String>,
    /// The first base that is in the window, from 0: of the sequence, or of the chromosome.
    pub start: u64,
    /// The base after the last one that is in it.
    pub end: u64,
    /// Its bases, as many as the network reads.
    pub sequence: Packed,
}

/// Takes the windows of a source.
pub type OnWindow<'a> = &'a mut dyn FnMut(Window) -> Result<()>;
