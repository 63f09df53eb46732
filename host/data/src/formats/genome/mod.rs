//! Genomes: `.2bit` and FASTA files, read one chromosome at a time.
//!
//! [`Genome`] reads chromosomes by number, in any order, as rows are written by split. A gzipped file cannot be read from
//! the middle, so FASTA text is packed once into an unnamed temporary file. [`records`] reads a file from its beginning
//! to its end instead, and needs no such file.

mod fasta;
mod names;
pub(crate) mod records;
mod sequence;
mod spool;
mod twobit;

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::foreign;
use super::source::{cannot_read, open_text};
use crate::error::{Error, Result};
use crate::progress::{OnProgress, Progress};
pub(crate) use names::ByName;
use sequence::LONGEST_CHROMOSOME;
pub(crate) use sequence::{Chromosome, ChromosomeSequence, MOST_CHROMOSOMES, lengths};

/// An open genome.
pub(crate) struct Genome {
    path: PathBuf,
    chromosomes: Vec<Chromosome>,
    content: Content,
}

enum Content {
    TwoBit(twobit::TwoBit),
    Fasta(spool::Spooled),
}

impl Genome {
    /// Opens a `.2bit` or FASTA file (plain, gzip or bgzip); its content decides which of them it is.
    pub(crate) fn open(path: &Path, progress: OnProgress<'_>) -> Result<Self> {
        let (chromosomes, content) = if twobit::is_twobit(path)? {
            let file = twobit::TwoBit::open(path)?;
            (file.chromosomes(), Content::TwoBit(file))
        } else {
            let mut text = open_text(path)?;
            let start = text.fill_buf().map_err(|error| cannot_read(path, error))?;
            let letter = start.iter().find(|byte| !byte.is_ascii_whitespace());
            if !matches!(letter, Some(b'>' | b';')) {
                foreign::refuse(path, start, "a genome as FASTA text or .2bit")?;
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
    pub(crate) fn chromosomes(&self) -> &[Chromosome] {
        &self.chromosomes
    }

    /// The bases of a chromosome, by its place in [`chromosomes`](Self::chromosomes).
    pub(crate) fn read(&mut self, index: usize) -> Result<ChromosomeSequence> {
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

#[cfg(test)]
pub(crate) mod tests;
