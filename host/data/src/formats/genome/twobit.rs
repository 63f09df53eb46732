//! The UCSC `.2bit` format.
//!
//! Read by ourselves: the crate `twobit` (0.2.2) adds block starts and sizes without checking and seeks wherever the
//! index points, so a damaged file ends in a panic or a huge allocation, and it hands out text where we want bits.
//! Every number of the file is compared with the file's size here before anything is allocated for it.

use std::ops::Range;
use std::path::Path;

use super::sequence::{Chromosome, ChromosomeSequence, MOST_CHROMOSOMES, joined};
use crate::error::{Error, Result};
use crate::formats::binary::{Binary, begins_with};
use crate::formats::parts::Allowance;

const SIGNATURE: u32 = 0x1A41_2743;

/// An open `.2bit` file.
pub(crate) struct TwoBit {
    reader: Binary,
    records: Vec<(Chromosome, u64)>,
}

/// Whether a file begins as `.2bit` files do, in either byte order.
pub(crate) fn is_twobit(path: &Path) -> Result<bool> {
    begins_with(path, SIGNATURE)
}

impl TwoBit {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut reader = Binary::open(path, SIGNATURE)?;
        let version = reader.number("the version")?;
        if version > 1 {
            return Err(reader.wrong(format!("version {version} of the .2bit format is not known: expected 0 or 1")));
        }
        let count = reader.number("the number of chromosomes")? as usize;
        reader.number("the header")?;
        // A record of the index takes at least 6 bytes.
        if count > MOST_CHROMOSOMES || count as u64 > reader.size() / 6 {
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
            let what = "the list of chromosomes";
            let offset = if version == 1 { reader.long_number(what)? } else { reader.number(what)?.into() };
            offsets.push((name, offset));
        }
        let mut records = Vec::with_capacity(count);
        let mut allowance = Allowance::of(reader.size());
        for (name, offset) in offsets {
            reader.seek(offset, "a chromosome")?;
            let length = u64::from(reader.number(&name)?);
            if !allowance.take(length.div_ceil(4)) {
                return Err(reader
                    .wrong(format!("chromosome {name:?} says it has {length} bases, more than the file can hold")));
            }
            records.push((Chromosome { name, length }, offset));
        }
        Ok(Self { reader, records })
    }

    pub(crate) fn chromosomes(&self) -> Vec<Chromosome> {
        self.records.iter().map(|(chromosome, _)| chromosome.clone()).collect()
    }

    pub(crate) fn read(&mut self, index: usize) -> Result<ChromosomeSequence> {
        let reader = &mut self.reader;
        let Some((Chromosome { name, length }, offset)) = self.records.get(index) else {
            return Err(Error::bug(format!("chromosome {index} was asked for")));
        };
        reader.seek(*offset, "a chromosome")?;
        reader.number(name)?;
        let unknown = blocks(reader, name, *length)?;
        // Lower case marks repeats. Chromosomes of more than 2^32 bases are refused when a genome is opened.
        let place = |place: u64| u32::try_from(place).unwrap_or(u32::MAX);
        let masked =
            blocks(reader, name, *length)?.into_iter().map(|range| place(range.start)..place(range.end)).collect();
        reader.number(name)?;
        let mut codes = reader.take(length.div_ceil(4), name)?;
        for byte in &mut codes {
            *byte = OURS[usize::from(*byte)];
        }
        Ok(ChromosomeSequence { length: *length, codes, unknown, masked })
    }
}

/// Stretches of a chromosome: a count, the starts, the sizes.
fn blocks(reader: &mut Binary, chromosome: &str, length: u64) -> Result<Vec<Range<u64>>> {
    let count = reader.number(chromosome)?;
    // None is empty. Without this, any number of chromosomes without a base could name the same long list.
    if u64::from(count) > length {
        return Err(reader.wrong(format!(
            "it is damaged: chromosome {chromosome:?} has {length} bases and says it has {count} stretches of them"
        )));
    }
    if reader.position()?.saturating_add(8 * u64::from(count)) > reader.size() {
        return Err(reader.short(chromosome));
    }
    let mut numbers = || (0..count).map(|_| reader.number(chromosome)).collect::<Result<Vec<u32>>>();
    let (starts, sizes) = (numbers()?, numbers()?);
    let ranges: Vec<_> = starts
        .iter()
        .zip(&sizes)
        .map(|(start, size)| u64::from(*start)..u64::from(*start) + u64::from(*size))
        .collect();
    if let Some(range) = ranges.iter().find(|range| range.end > length) {
        return Err(reader.wrong(format!(
            "it is damaged: chromosome {chromosome:?} has {length} bases and a stretch from {} to {}",
            range.start, range.end
        )));
    }
    Ok(joined(ranges))
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
