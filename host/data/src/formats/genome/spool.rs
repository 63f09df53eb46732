//! A genome of FASTA text, packed into a temporary file as it is read.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use super::fasta::{self, Record, Sink};
use super::sequence::{Chromosome, ChromosomeSequence, MOST_CHROMOSOMES, add_masked, add_unknown};
use crate::error::{Error, Result};

/// A genome of FASTA text, packed.
pub(crate) struct Spooled {
    file: File,
    records: Vec<SpooledRecord>,
}

struct SpooledRecord {
    offset: u64,
    length: u64,
    unknown: Vec<Range<u64>>,
    masked: Vec<Range<u32>>,
}

struct Packer {
    file: BufWriter<File>,
    offset: u64,
    byte: u8,
    chromosomes: Vec<Chromosome>,
    records: Vec<SpooledRecord>,
}

/// Packs a whole file.
pub(crate) fn spool(
    path: &Path,
    text: impl BufRead,
    progress: &mut dyn FnMut(u64),
) -> Result<(Vec<Chromosome>, Spooled)> {
    let file = tempfile::tempfile().map_err(cannot_spool)?;
    let mut packer = Packer {
        file: BufWriter::with_capacity(1 << 18, file),
        offset: 0,
        byte: 0,
        chromosomes: Vec::new(),
        records: Vec::new(),
    };
    fasta::read(path, text, None, &mut packer, progress)?;
    let file = packer.file.into_inner().map_err(|error| cannot_spool(error.into_error()))?;
    Ok((packer.chromosomes, Spooled { file, records: packer.records }))
}

fn cannot_spool(error: io::Error) -> Error {
    Error::io("write a temporary file in", &std::env::temp_dir(), error)
}

impl Packer {
    fn write(&mut self) -> Result<()> {
        let byte = std::mem::take(&mut self.byte);
        self.offset += 1;
        self.file.write_all(&[byte]).map_err(cannot_spool)
    }
}

impl Sink for Packer {
    fn start(&mut self, record: Record<'_>) -> Result<()> {
        if self.chromosomes.len() == MOST_CHROMOSOMES {
            return Err(Error::input(format!("more than {MOST_CHROMOSOMES} chromosomes")));
        }
        self.chromosomes.push(Chromosome { name: record.name.to_owned(), length: 0 });
        self.records.push(SpooledRecord { offset: self.offset, length: 0, unknown: Vec::new(), masked: Vec::new() });
        Ok(())
    }

    fn base(&mut self, code: Option<u8>, masked: bool) -> Result<()> {
        let Some(record) = self.records.last_mut() else {
            return Ok(());
        };
        let place = record.length;
        record.length += 1;
        if masked {
            add_masked(&mut record.masked, place);
        }
        match code {
            Some(code) => self.byte |= code << (2 * (place % 4)),
            None => add_unknown(&mut record.unknown, place),
        }
        if place % 4 == 3 { self.write() } else { Ok(()) }
    }

    /// What is left of the last byte is written.
    fn end(&mut self) -> Result<()> {
        let length = self.records.last().map_or(0, |record| record.length);
        if let Some(chromosome) = self.chromosomes.last_mut() {
            chromosome.length = length;
        }
        if length.is_multiple_of(4) { Ok(()) } else { self.write() }
    }
}

impl Spooled {
    pub(crate) fn read(&mut self, index: usize, path: &Path) -> Result<ChromosomeSequence> {
        let Some(record) = self.records.get(index) else {
            return Err(Error::bug(format!("chromosome {index} was asked for")));
        };
        let mut codes = vec![0; usize::try_from(record.length.div_ceil(4)).unwrap_or(0)];
        let read = self.file.seek(SeekFrom::Start(record.offset)).and_then(|_| self.file.read_exact(&mut codes));
        read.map_err(|error| Error::io("read back the packed form of", path, error))?;
        Ok(ChromosomeSequence {
            length: record.length,
            codes,
            unknown: record.unknown.clone(),
            masked: record.masked.clone(),
        })
    }
}
