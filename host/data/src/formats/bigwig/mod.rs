//! The UCSC bigWig format: values along chromosomes, in compressed blocks with an index.
//!
//! Read by ourselves: the crate `bigtools` (0.5.8) allocates what a block's entry says it has, asserts what a damaged
//! file does not keep, and follows an index in circles, so a damaged file ends the process. Every size is compared with
//! the file's here, no place of the index is read twice, and values must come in order, as the format says.

mod trees;

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use flate2::read::ZlibDecoder;

use crate::error::{Error, Result};
use crate::formats::binary::{Binary, begins_with};
use crate::formats::genome::Chromosome;
use trees::{Block, Index, Wanted};

const SIGNATURE: u32 = 0x888F_FC26;
const INDEX_SIGNATURE: u32 = 0x2468_ACE0;
/// Bytes of a block of as many values as its 16 bits can count.
const LARGEST_BLOCK: u64 = HEADER as u64 + 12 * u16::MAX as u64;
const HEADER: usize = 24;

/// An open bigWig file.
pub(crate) struct BigWig {
    file: Binary,
    chromosomes: Vec<(Chromosome, u32)>,
    index: Index,
    compressed: bool,
    /// By the place of a block, so that one that is read again counts once.
    oddities: BTreeMap<u64, Oddities>,
}

/// Items of a track that are not whole, as common writers make them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// Items that go beyond the chromosome's end and are clipped there: the last window, written whole.
    pub(crate) clipped: u64,
    /// Items without a base, which are passed over.
    pub(crate) empty: u64,
}

/// Whether a file begins as bigWig files do, in either byte order.
pub(crate) fn is_bigwig(path: &Path) -> Result<bool> {
    begins_with(path, SIGNATURE)
}

impl BigWig {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut file = Binary::open(path, SIGNATURE)?;
        let what = "the header";
        file.short_number(what)?;
        file.short_number(what)?;
        let names = file.long_number(what)?;
        file.long_number(what)?;
        let index = file.long_number(what)?;
        file.number(what)?;
        file.long_number(what)?;
        file.long_number(what)?;
        let compressed = file.number(what)? > 0;
        let chromosomes = trees::chromosomes(&mut file, names)?;
        file.seek(index, "the index")?;
        if file.number("the index")? != INDEX_SIGNATURE {
            return Err(file.wrong("it is damaged: there is no index where it says it has one"));
        }
        Ok(Self { file, chromosomes, index: Index::new(index + 48), compressed, oddities: BTreeMap::new() })
    }

    /// The chromosomes it knows; its numbers for them are their places here.
    pub(crate) fn chromosomes(&self) -> impl Iterator<Item = &Chromosome> {
        self.chromosomes.iter().map(|(chromosome, _)| chromosome)
    }

    /// The oddities of what was read so far.
    pub(crate) fn oddities(&self) -> Oddities {
        self.oddities.values().fold(Oddities::default(), |sum, of_block| Oddities {
            clipped: sum.clipped + of_block.clipped,
            empty: sum.empty + of_block.empty,
        })
    }

    /// Calls `each` with the stretches of a chromosome that have a value, in order, as far as they may overlap `places`.
    pub(crate) fn values(
        &mut self,
        chromosome: usize,
        places: Range<u64>,
        each: &mut dyn FnMut(Range<u64>, f32),
    ) -> Result<()> {
        let Some((Chromosome { name, length }, number)) = self.chromosomes.get(chromosome) else {
            return Err(Error::bug(format!("chromosome {chromosome} of a track was asked for")));
        };
        let wanted = Wanted { name, number: *number, length: *length, places };
        let mut end = 0;
        for block in self.index.blocks(&mut self.file, &wanted)? {
            let bytes = content(&mut self.file, &block, self.compressed, name)?;
            let mut oddities = Oddities::default();
            end = stretches(&self.file, &bytes, &wanted, end, &mut oddities, each)?;
            if oddities != Oddities::default() {
                self.oddities.insert(block.offset, oddities);
            }
        }
        Ok(())
    }
}

/// The bytes of a block, uncompressed.
fn content(file: &mut Binary, block: &Block, compressed: bool, name: &str) -> Result<Vec<u8>> {
    let what = format!("the values of {name}");
    // Compressed data that grew is a little larger.
    if block.size > LARGEST_BLOCK + LARGEST_BLOCK / 8 {
        return Err(file.wrong(format!("it is damaged: a block of {} bytes in {what}", block.size)));
    }
    file.seek(block.offset, &what)?;
    let bytes = file.take(block.size, &what)?;
    if !compressed {
        return Ok(bytes);
    }
    let mut content = Vec::new();
    match ZlibDecoder::new(bytes.as_slice()).take(LARGEST_BLOCK + 1).read_to_end(&mut content) {
        Ok(read) if read as u64 <= LARGEST_BLOCK => Ok(content),
        Ok(_) => Err(file.wrong(format!("it is damaged: a block of more than {LARGEST_BLOCK} bytes in {what}"))),
        Err(error) => Err(file.wrong(format!("it is damaged: compressed data in {what}: {error}"))),
    }
}

/// Calls `each` with the stretches of a block, which must not begin before `end`; where the last one ends.
fn stretches(
    file: &Binary,
    bytes: &[u8],
    wanted: &Wanted<'_>,
    mut end: u64,
    oddities: &mut Oddities,
    each: &mut dyn FnMut(Range<u64>, f32),
) -> Result<u64> {
    let name = wanted.name;
    let damaged = |what: &str| file.wrong(format!("it is damaged: a block of {name} {what}"));
    let (header, items) = bytes.split_at_checked(HEADER).ok_or_else(|| damaged("is too short"))?;
    let numbers: Vec<u32> = header.as_chunks::<4>().0.iter().map(|bytes| file.number_of(*bytes)).collect();
    let &[chromosome, first, _, step, span, _] = numbers.as_slice() else {
        return Err(damaged("is too short"));
    };
    let &[.., kind, _, low, high] = header else {
        return Err(damaged("is too short"));
    };
    // The last four bytes are two of one byte and one of two, so the byte order shows in the latter alone.
    let count = usize::from((file.number_of([low, high, low, high]) & 0xFFFF) as u16);
    if chromosome != wanted.number {
        return Err(damaged("says it belongs to another chromosome"));
    }
    let width = match kind {
        1 => 12,
        2 => 8,
        3 => 4,
        _ => return Err(damaged("has values of an unknown kind")),
    };
    if items.len() / width < count {
        return Err(damaged("has fewer values than it says"));
    }
    for (index, item) in (0_u64..).zip(items.chunks_exact(width).take(count)) {
        let number = |place: usize| {
            let bytes = item.get(4 * place..).and_then(|bytes| bytes.first_chunk::<4>());
            bytes.map_or(0, |bytes| file.number_of(*bytes))
        };
        let (start, stop, value) = match kind {
            1 => (number(0).into(), number(1).into(), number(2)),
            2 => (number(0).into(), u64::from(number(0)) + u64::from(span), number(1)),
            _ => {
                let start = u64::from(first) + index * u64::from(step);
                (start, start + u64::from(span), number(0))
            }
        };
        if start < end || stop < start {
            return Err(damaged("has values that overlap or are out of order"));
        }
        end = stop;
        if start == stop {
            oddities.empty += 1;
            continue;
        }
        oddities.clipped += u64::from(stop > wanted.length);
        let value = f32::from_bits(value);
        if value.is_infinite() {
            return Err(Error::input(format!(
                "{}: the value at {name}:{} is infinite: expected finite values",
                file.path().display(),
                start + 1
            )));
        }
        // What is not a number stands for no value.
        let clipped = start..stop.min(wanted.length);
        if !value.is_nan() && !clipped.is_empty() {
            each(clipped, value);
        }
    }
    Ok(end)
}

#[cfg(test)]
pub(crate) mod tests;
