//! FASTA text, packed into a temporary file as it is read.
//!
//! Read by ourselves rather than with `noodles-fasta`: errors name line and letter, and a chromosome on one line of
//! 250 MB never stands in memory as text.

use std::fs::File;
use std::io::{BufRead, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use super::super::source::{at, cannot_read};
use super::{Chromosome, ChromosomeSequence, MOST_CHROMOSOMES};
use crate::data::bases::{Letter, letter};
use crate::error::{Error, Result};

/// A longer heading belongs to another kind of file.
const LONGEST_HEADING: usize = 1 << 20;

/// A genome of FASTA text, packed.
pub(super) struct Spooled {
    file: File,
    records: Vec<Record>,
}

struct Record {
    offset: u64,
    length: u64,
    unknown: Vec<Range<u64>>,
}

/// What the reader is within.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    LineStart,
    Heading,
    Comment,
    Bases,
}

struct Packer {
    file: BufWriter<File>,
    offset: u64,
    byte: u8,
    chromosomes: Vec<Chromosome>,
    records: Vec<Record>,
}

/// Packs a whole file.
pub(super) fn spool(
    path: &Path,
    mut text: impl BufRead,
    progress: &mut dyn FnMut(u64),
) -> Result<(Vec<Chromosome>, Spooled)> {
    let cannot_spool =
        |error| Error::failed(format!("cannot write a temporary file in {}: {error}", std::env::temp_dir().display()));
    let file = tempfile::tempfile().map_err(cannot_spool)?;
    let mut packer = Packer {
        file: BufWriter::with_capacity(1 << 18, file),
        offset: 0,
        byte: 0,
        chromosomes: Vec::new(),
        records: Vec::new(),
    };
    let (mut within, mut line, mut heading) = (Within::LineStart, 1_u64, Vec::new());
    let mut bases = 0;
    loop {
        let part = text.fill_buf().map_err(|error| cannot_read(path, &error))?;
        if part.is_empty() {
            break;
        }
        for &byte in part {
            within = match (within, byte) {
                (Within::Heading, b'\n') => {
                    packer.start(path, line, &heading)?;
                    Within::LineStart
                }
                (_, b'\n') => Within::LineStart,
                (Within::LineStart, b'>') => {
                    packer.end().map_err(cannot_spool)?;
                    heading.clear();
                    Within::Heading
                }
                (Within::LineStart, b';') | (Within::Comment, _) => Within::Comment,
                (Within::Heading, byte) => {
                    if heading.len() == LONGEST_HEADING {
                        return Err(at(path, line, "a heading of more than 1 MiB: this is not FASTA text"));
                    }
                    heading.push(byte);
                    Within::Heading
                }
                (state, b'\r' | b' ' | b'\t') => state,
                (_, byte) => {
                    packer.base(path, line, byte)?.map_err(cannot_spool)?;
                    bases += 1;
                    Within::Bases
                }
            };
            line += u64::from(byte == b'\n');
        }
        let read = part.len();
        text.consume(read);
        progress(bases);
    }
    if within == Within::Heading {
        packer.start(path, line, &heading)?;
    }
    packer.end().map_err(cannot_spool)?;
    let file = packer.file.into_inner().map_err(|error| cannot_spool(error.into_error()))?;
    Ok((packer.chromosomes, Spooled { file, records: packer.records }))
}

impl Packer {
    fn start(&mut self, path: &Path, line: u64, heading: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(heading).map_err(|_| at(path, line, "the heading is not text (UTF-8)"))?;
        let Some(name) = text.split_whitespace().next() else {
            return Err(at(path, line, "a heading without a name: expected '>' and the chromosome's name"));
        };
        if self.chromosomes.len() == MOST_CHROMOSOMES {
            return Err(at(path, line, format!("more than {MOST_CHROMOSOMES} chromosomes")));
        }
        self.chromosomes.push(Chromosome { name: name.to_owned(), length: 0 });
        self.records.push(Record { offset: self.offset, length: 0, unknown: Vec::new() });
        Ok(())
    }

    fn base(&mut self, path: &Path, line: u64, byte: u8) -> Result<std::io::Result<()>> {
        let Some(record) = self.records.last_mut() else {
            return Err(at(path, line, "bases before the first heading: expected '>' and a name first"));
        };
        let place = record.length;
        let code = match letter(byte) {
            Letter::Base(code) => code,
            Letter::Unknown => {
                match record.unknown.last_mut() {
                    Some(last) if last.end == place => last.end += 1,
                    _ => record.unknown.push(place..place + 1),
                }
                0
            }
            Letter::Invalid => {
                let shown = byte.escape_ascii();
                return Err(at(
                    path,
                    line,
                    format!("'{shown}' is no letter of a DNA sequence (A, C, G, T, N and the IUPAC letters are)"),
                ));
            }
        };
        record.length += 1;
        self.byte |= code << (2 * (place % 4));
        if place % 4 == 3 {
            let byte = std::mem::take(&mut self.byte);
            self.offset += 1;
            return Ok(self.file.write_all(&[byte]));
        }
        Ok(Ok(()))
    }

    /// Ends the current chromosome: what is left of its last byte is written.
    fn end(&mut self) -> std::io::Result<()> {
        if let (Some(record), Some(chromosome)) = (self.records.last(), self.chromosomes.last_mut()) {
            chromosome.length = record.length;
            if !record.length.is_multiple_of(4) {
                let byte = std::mem::take(&mut self.byte);
                self.offset += 1;
                self.file.write_all(&[byte])?;
            }
        }
        Ok(())
    }
}

impl Spooled {
    pub(super) fn read(&mut self, index: usize, path: &Path) -> Result<ChromosomeSequence> {
        let Some(record) = self.records.get(index) else {
            return Err(Error::failed(format!("chromosome {index} was asked for: please report it")));
        };
        let mut codes = vec![0; usize::try_from(record.length.div_ceil(4)).unwrap_or(0)];
        self.file.seek(SeekFrom::Start(record.offset)).and_then(|_| self.file.read_exact(&mut codes)).map_err(
            |error| Error::failed(format!("cannot read back the packed form of {}: {error}", path.display())),
        )?;
        Ok(ChromosomeSequence { length: record.length, codes, unknown: record.unknown.clone() })
    }
}
