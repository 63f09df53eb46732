//! Genomes: `.2bit` and FASTA files, read one chromosome at a time.
//!
//! Where chromosomes are wanted by number, a FASTA file is read once, into an unnamed temporary file with two bits a base, because rows are written by split
//! and so chromosomes are wanted in another order than they come, and a gzipped file cannot be read from the middle.

mod fasta;
pub(super) mod records;
mod spool;
mod twobit;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::source::{cannot_read, open_text};
use super::{OnProgress, Progress};
use crate::bases::{Packed, code_at, copy_bases, set_bit};
use crate::error::{Error, Result};

/// Chromosomes a genome may have, scaffolds included.
pub(super) const MOST_CHROMOSOMES: usize = 10_000_000;
/// Bases a chromosome may have.
const LONGEST_CHROMOSOME: u64 = u32::MAX as u64;

/// A chromosome's name and bases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chromosome {
    /// The first word of its heading.
    pub name: String,
    /// Bases.
    pub length: u64,
}

/// An open genome.
pub struct Genome {
    path: PathBuf,
    chromosomes: Vec<Chromosome>,
    content: Content,
}

enum Content {
    TwoBit(twobit::TwoBit),
    Fasta(spool::Spooled),
}

/// The bases of one chromosome, packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChromosomeSequence {
    length: u64,
    codes: Vec<u8>,
    /// Unknown stretches in order, not touching.
    unknown: Vec<Range<u64>>,
}

impl Genome {
    /// Opens a `.2bit` or FASTA file (plain, gzip or bgzip), told by its content.
    pub fn open(path: &Path, progress: OnProgress<'_>) -> Result<Self> {
        let (chromosomes, content) = if twobit::is_twobit(path)? {
            let file = twobit::TwoBit::open(path)?;
            (file.chromosomes(), Content::TwoBit(file))
        } else {
            let mut text = open_text(path)?;
            let start = text.fill_buf().map_err(|error| cannot_read(path, error))?;
            let letter = start.iter().find(|byte| !byte.is_ascii_whitespace());
            if !matches!(letter, Some(b'>' | b';')) {
                return Err(Error::input(format!(
                    "{} is not a genome: expected a .2bit file or FASTA text (plain, gzip or bgzip), whose first letter is '>', \
                     and it {}",
                    path.display(),
                    letter.map_or("is empty".into(), |byte| format!("starts with '{}'", byte.escape_ascii()))
                )));
            }
            let (chromosomes, spooled) = spool::spool(path, text, &mut |bases| {
                progress(Progress { stage: "reading the genome", done: bases, total: None, unit: "bases" });
            })?;
            (chromosomes, Content::Fasta(spooled))
        };
        let genome = Self { path: path.to_owned(), chromosomes, content };
        genome.check()?;
        Ok(genome)
    }

    /// The chromosomes in the order of the file.
    pub fn chromosomes(&self) -> &[Chromosome] {
        &self.chromosomes
    }

    /// The bases of a chromosome, by its place in [`chromosomes`](Self::chromosomes).
    pub fn read(&mut self, index: usize) -> Result<ChromosomeSequence> {
        match &mut self.content {
            Content::TwoBit(file) => file.read(index),
            Content::Fasta(spooled) => spooled.read(index, &self.path),
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::input(format!("{}: {what}", self.path.display())));
        if self.chromosomes.is_empty() {
            return wrong("there is no chromosome in it".into());
        }
        let mut seen = BTreeSet::new();
        for Chromosome { name, length } in &self.chromosomes {
            if !seen.insert(name) {
                return wrong(format!("chromosome {name:?} occurs twice: give each a name of its own"));
            }
            if *length > LONGEST_CHROMOSOME {
                return wrong(format!(
                    "chromosome {name:?} has {length} bases: at most {LONGEST_CHROMOSOME} can be read"
                ));
            }
        }
        Ok(())
    }
}

impl ChromosomeSequence {
    /// Bases.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The stretches without an unknown base, in order.
    pub fn known(&self) -> impl Iterator<Item = Range<u64>> {
        let starts = std::iter::once(0).chain(self.unknown.iter().map(|unknown| unknown.end));
        let ends = self.unknown.iter().map(|unknown| unknown.start).chain(std::iter::once(self.length));
        starts.zip(ends).map(|(start, end)| start..end).filter(|known| !known.is_empty())
    }

    /// The code of a known base.
    pub fn code(&self, place: u64) -> u8 {
        code_at(&self.codes, usize::try_from(place).unwrap_or(usize::MAX))
    }

    /// `length` bases from `start` on; those beyond the end are unknown.
    pub fn packed(&self, start: u64, length: usize) -> Packed {
        let (mut codes, mut mask) = (Vec::new(), Vec::new());
        self.window(start, length, &mut codes, &mut mask);
        Packed::from_parts(length, codes, mask)
    }

    /// Copies `length` bases from `start` on, with a mask where some are unknown (or lie beyond the end): how many do.
    pub fn window(&self, start: u64, length: usize, codes: &mut Vec<u8>, mask: &mut Vec<u8>) -> u64 {
        copy_bases(&self.codes, usize::try_from(start).unwrap_or(usize::MAX), length, codes);
        mask.clear();
        let end = start.saturating_add(length as u64);
        let beyond = self.length.max(start)..end;
        let first = self.unknown.partition_point(|range| range.end <= start);
        let within =
            self.unknown.get(first..).unwrap_or_default().iter().take_while(|range| range.start < end).cloned();
        let mut unknown = 0;
        for range in within.chain(std::iter::once(beyond)) {
            for base in range.start.max(start)..range.end.min(end) {
                if mask.is_empty() {
                    mask.resize(length.div_ceil(8), 0);
                }
                let index = usize::try_from(base - start).unwrap_or(usize::MAX);
                set_bit(mask, index);
                // An unknown base has code 0, whatever the file holds there.
                if let Some(byte) = codes.get_mut(index / 4) {
                    *byte &= !(3 << (2 * (index % 4)));
                }
                unknown += 1;
            }
        }
        unknown
    }
}

/// Adds the next unknown base to stretches in order.
fn add_unknown(unknown: &mut Vec<Range<u64>>, place: u64) {
    match unknown.last_mut() {
        Some(last) if last.end == place => last.end += 1,
        _ => unknown.push(place..place + 1),
    }
}

/// Sorts ranges and joins those that touch.
fn joined(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ if range.is_empty() => {}
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
pub(in crate::import) mod tests;
