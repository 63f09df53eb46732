//! The UCSC `.2bit` format.
//!
//! Read by ourselves: the crate `twobit` (0.2.2) adds block starts and sizes without checking and seeks wherever the
//! index points, so a damaged file ends in a panic or a huge allocation, and it hands out text where we want bits.
//! Every number of the file is compared with the file's size here before anything is allocated for it.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::super::source::open;
use super::{Chromosome, ChromosomeSequence, MOST_CHROMOSOMES, joined};
use crate::error::{Error, Result};

const SIGNATURE: u32 = 0x1A41_2743;

/// An open `.2bit` file.
pub(super) struct TwoBit {
    reader: Checked,
    records: Vec<(Chromosome, u64)>,
}

/// Reads numbers in the file's byte order and knows how many bytes there are.
struct Checked {
    path: PathBuf,
    file: BufReader<File>,
    size: u64,
    big_endian: bool,
}

/// Whether a file begins as `.2bit` files do, in either byte order.
pub(super) fn is_twobit(path: &Path) -> Result<bool> {
    let mut start = [0; 4];
    let read = open(path)?.read_exact(&mut start);
    Ok(read.is_ok() && (u32::from_le_bytes(start) == SIGNATURE || u32::from_be_bytes(start) == SIGNATURE))
}

impl TwoBit {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = open(path)?;
        let size = file.metadata().map_err(|error| Error::file("read", path, error))?.len();
        let mut reader = Checked { path: path.to_owned(), file: BufReader::new(file), size, big_endian: false };
        reader.big_endian = reader.number("the signature")? != SIGNATURE;
        let version = reader.number("the version")?;
        if version > 1 {
            return Err(reader.wrong(format!("version {version} of the .2bit format is not known: expected 0 or 1")));
        }
        let count = reader.number("the number of chromosomes")? as usize;
        reader.number("the header")?;
        // A record of the index takes at least 6 bytes.
        if count > MOST_CHROMOSOMES || count as u64 > size / 6 {
            return Err(reader.wrong(format!("it says it has {count} chromosomes and is too short for them")));
        }
        let mut offsets = Vec::with_capacity(count);
        for _ in 0..count {
            let mut length = [0];
            reader.fill(&mut length, "the list of chromosomes")?;
            let mut name = vec![0; usize::from(length[0])];
            reader.fill(&mut name, "the list of chromosomes")?;
            let name = String::from_utf8(name)
                .ok()
                .filter(|name| !name.is_empty() && name.chars().all(|letter| !letter.is_control()));
            let Some(name) = name else {
                return Err(reader.wrong("the name of a chromosome is not text"));
            };
            let low = u64::from(reader.number("the list of chromosomes")?);
            let offset = if version == 1 {
                let other = u64::from(reader.number("the list of chromosomes")?);
                if reader.big_endian { low << 32 | other } else { other << 32 | low }
            } else {
                low
            };
            offsets.push((name, offset));
        }
        let mut records = Vec::with_capacity(count);
        for (name, offset) in offsets {
            reader.seek(offset)?;
            let length = u64::from(reader.number(&name)?);
            if length.div_ceil(4) > size {
                return Err(reader
                    .wrong(format!("chromosome {name:?} says it has {length} bases, more than the file can hold")));
            }
            records.push((Chromosome { name, length }, offset));
        }
        Ok(Self { reader, records })
    }

    pub(super) fn chromosomes(&self) -> Vec<Chromosome> {
        self.records.iter().map(|(chromosome, _)| chromosome.clone()).collect()
    }

    pub(super) fn read(&mut self, index: usize) -> Result<ChromosomeSequence> {
        let reader = &mut self.reader;
        let Some((Chromosome { name, length }, offset)) = self.records.get(index) else {
            return Err(Error::failed(format!("chromosome {index} was asked for: please report it")));
        };
        reader.seek(*offset)?;
        reader.number(name)?;
        let unknown = reader.blocks(name, *length)?;
        // Lower case (repeats) carries no meaning here.
        reader.blocks(name, *length)?;
        reader.number(name)?;
        let bytes = length.div_ceil(4);
        if reader.position()?.saturating_add(bytes) > reader.size {
            return Err(reader.short(name));
        }
        let mut codes = vec![0; usize::try_from(bytes).unwrap_or(0)];
        reader.fill(&mut codes, name)?;
        for byte in &mut codes {
            *byte = OURS[usize::from(*byte)];
        }
        Ok(ChromosomeSequence { length: *length, codes, unknown })
    }
}

impl Checked {
    fn number(&mut self, what: &str) -> Result<u32> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes, what)?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn numbers(&mut self, count: u32, what: &str) -> Result<Vec<u32>> {
        (0..count).map(|_| self.number(what)).collect()
    }

    /// Stretches of a chromosome: a count, the starts, the sizes.
    fn blocks(&mut self, chromosome: &str, length: u64) -> Result<Vec<std::ops::Range<u64>>> {
        let count = self.number(chromosome)?;
        if self.position()?.saturating_add(8 * u64::from(count)) > self.size {
            return Err(self.short(chromosome));
        }
        let starts = self.numbers(count, chromosome)?;
        let sizes = self.numbers(count, chromosome)?;
        let ranges: Vec<_> = starts
            .iter()
            .zip(&sizes)
            .map(|(start, size)| u64::from(*start)..u64::from(*start) + u64::from(*size))
            .collect();
        if let Some(range) = ranges.iter().find(|range| range.end > length) {
            return Err(self.wrong(format!(
                "it is damaged: chromosome {chromosome:?} has {length} bases and a stretch from {} to {}",
                range.start, range.end
            )));
        }
        Ok(joined(ranges))
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<()> {
        self.file.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.short(what),
            _ => Error::file("read", &self.path, error),
        })
    }

    fn seek(&mut self, offset: u64) -> Result<()> {
        if offset >= self.size {
            return Err(self.wrong("it is cut off or damaged: a chromosome lies beyond its end"));
        }
        self.file.seek(SeekFrom::Start(offset)).map(drop).map_err(|error| Error::file("read", &self.path, error))
    }

    fn position(&mut self) -> Result<u64> {
        self.file.stream_position().map_err(|error| Error::file("read", &self.path, error))
    }

    fn short(&self, what: &str) -> Error {
        self.wrong(format!("it is cut off or damaged: it ends within {what}"))
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Error {
        Error::input(format!("{}: {what}", self.path.display()))
    }
}

/// From four bases of the format (T, C, A, G; the first in the highest bits) to four of ours.
static OURS: [u8; 256] = ours();

const fn ours() -> [u8; 256] {
    let codes = [3, 1, 0, 2];
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut base = 0;
        while base < 4 {
            table[byte] |= codes[byte >> (6 - 2 * base) & 3] << (2 * base);
            base += 1;
        }
        byte += 1;
    }
    table
}
