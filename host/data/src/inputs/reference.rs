//! A genome whose bases are read by place, in any order.

use std::collections::BTreeMap;
use std::path::Path;

use crate::bases::Packed;
use crate::error::Result;
use crate::formats::genome::{ByName, ChromosomeSequence, Genome};
use crate::progress::OnProgress;

/// Bases of the chromosomes that are kept in memory, in a quarter of as many bytes: places in no order would otherwise read
/// chromosomes over and over.
const KEPT: u64 = 1 << 29;
/// Chromosomes that are kept: they are looked through at every place.
const MOST_KEPT: usize = 64;

/// A genome whose bases are read by place.
pub struct Reference {
    genome: Genome,
    index: BTreeMap<String, usize>,
    /// Chromosomes that were read, the last used at the end.
    kept: Vec<(usize, ChromosomeSequence)>,
}

impl Reference {
    /// Opens a `.2bit` or FASTA file (plain, gzip or bgzip).
    ///
    /// # Errors
    ///
    /// It is not a genome, or cannot be read.
    pub fn open(path: &Path, progress: OnProgress<'_>) -> Result<Self> {
        let genome = Genome::open(path, progress)?;
        let index = genome.chromosomes().iter().map(|chromosome| chromosome.name.clone()).zip(0..).collect();
        Ok(Self { genome, index, kept: Vec::new() })
    }

    /// The place of a chromosome in the genome, and its bases.
    pub fn find(&self, name: &str) -> Option<(usize, u64)> {
        let index = *self.index.get(name)?;
        Some((index, self.length(index)?))
    }

    /// The bases of a chromosome, by its place in the genome.
    pub fn length(&self, chromosome: usize) -> Option<u64> {
        self.genome.chromosomes().get(chromosome).map(|chromosome| chromosome.length)
    }

    /// What the genome has in place of a name that it does not have, for a message.
    pub fn instead(&self, name: &str) -> String {
        ByName::new(self.genome.chromosomes()).instead(name)
    }

    /// `length` bases of a chromosome from `start` on; those beyond its end are unknown.
    ///
    /// # Errors
    ///
    /// The genome cannot be read.
    pub fn bases(&mut self, chromosome: usize, start: u64, length: usize) -> Result<Packed> {
        let sequence = match self.kept.iter().position(|(index, _)| *index == chromosome) {
            Some(at) => self.kept.remove(at).1,
            None => self.genome.read(chromosome)?,
        };
        let bases = sequence.packed(start, length);
        self.kept.push((chromosome, sequence));
        while self.kept.len() > MOST_KEPT
            || self.kept.len() > 1 && self.kept.iter().map(|(_, kept)| kept.length()).sum::<u64>() > KEPT
        {
            self.kept.remove(0);
        }
        Ok(bases)
    }
}
