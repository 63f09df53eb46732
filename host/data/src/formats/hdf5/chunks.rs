//! Arrays in chunks: the index, a version 1 B-tree, and the chunks of a range of samples.
//!
//! The index is read once and kept, 16 bytes a chunk. For a range of samples the chunks that hold some of it are read
//! in the order in which they lie in the file; a chunk is decoded whole, and its planes are handed on one by one.

use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};

use super::file::Hdf5;
use super::group::Walk;
use super::message::Filter;
use crate::error::{Error, Result};
use crate::formats::parts::{Fields, MOST_DEFLATED, OnRun, Parts, damaged};

/// Bytes of a chunk that fit the memory we allow ourselves.
const LARGEST_CHUNK: u64 = 256 << 20;
/// Chunks of an array that fit the memory we allow ourselves.
const MOST_CHUNKS: u64 = 20_000_000;

/// The chunks of an array.
pub(crate) struct Chunks {
    /// Numbers along each axis of a chunk.
    sizes: Vec<u64>,
    /// Bytes of a decoded chunk.
    bytes: usize,
    filters: Vec<Filter>,
    /// Chunks along each axis of the array.
    counts: Vec<u64>,
    /// Of every chunk, the samples' axis fastest.
    places: Vec<ChunkPlace>,
}

/// Where a chunk lies.
#[derive(Clone, Copy, Default)]
struct ChunkPlace {
    offset: u64,
    /// 0 for a chunk that was not found; none is empty.
    length: u32,
    /// Bit `i`: step `i` of the compression was left out.
    skipped: u32,
}

impl Chunks {
    /// Reads the index of an array with these axes.
    pub(crate) fn read_index(
        file: &Hdf5<'_>,
        tree: u64,
        axes: &[u64],
        sizes: &[u64],
        width: usize,
        filters: Vec<Filter>,
    ) -> Result<Self> {
        let Some((last, sizes)) = sizes.split_last().filter(|(_, sizes)| sizes.len() == axes.len()) else {
            return Err(damaged("its chunks have other axes than it has"));
        };
        if *last != width as u64 || sizes.contains(&0) || axes.contains(&0) {
            return Err(damaged("its chunks are empty or hold other numbers"));
        }
        let bytes = sizes.iter().try_fold(*last, |product, size| product.checked_mul(*size));
        let Some(bytes) = bytes.filter(|bytes| *bytes <= LARGEST_CHUNK) else {
            return Err(Error::input(format!(
                "its chunks are larger than {} MiB: write it with smaller ones",
                LARGEST_CHUNK >> 20
            )));
        };
        let counts: Vec<u64> = axes.iter().zip(sizes).map(|(axis, size)| axis.div_ceil(*size)).collect();
        let all = counts.iter().try_fold(1_u64, |product, count| product.checked_mul(*count));
        // A key of the index has a size, flags and an offset an axis; the address stands beside it.
        let key = 8 + 8 * (axes.len() as u64 + 1);
        let fits = |all: &u64| all.checked_mul(key + 8).is_some_and(|bytes| bytes <= file.parts.length());
        let all = all.filter(fits).ok_or_else(|| damaged("it has more chunks than the file has room for"))?;
        if all > MOST_CHUNKS {
            return Err(Error::input(format!(
                "it has {all} chunks, more than {MOST_CHUNKS}: write it with larger ones"
            )));
        }
        let all = usize::try_from(all).map_err(|_| damaged("it has too many chunks"))?;
        let mut chunks = Self {
            sizes: sizes.to_vec(),
            bytes: usize::try_from(bytes).map_err(|_| damaged("its chunks are too large"))?,
            filters,
            counts,
            places: vec![ChunkPlace::default(); all],
        };
        chunks.walk(file, tree, key)?;
        let missing = chunks.places.iter().filter(|place| place.length == 0).count();
        if missing > 0 {
            return Err(damaged(format!("{missing} of its {all} chunks were never written")));
        }
        Ok(chunks)
    }

    fn walk(&mut self, file: &Hdf5<'_>, tree: u64, key: u64) -> Result<()> {
        let mut walk = Walk::over(file);
        let mut open = vec![(tree, None)];
        while let Some((address, level)) = open.pop() {
            let node = file.node(address, 1, key, level, &mut walk)?;
            let mut fields = Fields::little(&node.bytes);
            for _ in 0..node.entries {
                let (length, skipped) = (fields.u32()?, fields.u32()?);
                let mut index = Some(0_usize);
                for (size, count) in self.sizes.iter().zip(&self.counts) {
                    let offset = fields.u64()?;
                    let along = Some(offset / size).filter(|along| along < count && offset % size == 0);
                    index = index.zip(along).and_then(|(index, along)| {
                        index.checked_mul(usize::try_from(*count).ok()?)?.checked_add(usize::try_from(along).ok()?)
                    });
                }
                fields.u64()?;
                let child = fields.u64()?;
                if let Some(level) = node.level.checked_sub(1) {
                    open.push((child, Some(level)));
                    continue;
                }
                let offset = file.place(child)?;
                file.parts.check(offset, u64::from(length))?;
                walk.take(u64::from(length))?;
                let place = index.and_then(|index| self.places.get_mut(index)).filter(|place| place.length == 0);
                match place {
                    Some(place) if length > 0 => *place = ChunkPlace { offset, length, skipped },
                    _ => return Err(damaged("its index names a chunk that it cannot have")),
                }
            }
        }
        Ok(())
    }

    /// Samples of a chunk.
    pub(crate) fn samples(&self) -> u64 {
        self.sizes.last().copied().unwrap_or(1)
    }

    /// Reads a range of samples, as [`Array::read`](super::super::array::Array::read) says.
    pub(crate) fn read(
        &self,
        parts: &Parts,
        axes: &[u64],
        width: usize,
        range: &Range<u64>,
        run: OnRun<'_>,
    ) -> Result<()> {
        let (Some(along), Some(samples)) = (self.counts.last().copied(), axes.last()) else {
            return Ok(());
        };
        let touched = range.start / self.samples()..range.end.div_ceil(self.samples());
        let rows = (self.places.len() as u64).checked_div(along).unwrap_or(0);
        let mut order: Vec<u64> =
            (0..rows).flat_map(|row| touched.clone().map(move |column| row * along + column)).collect();
        let place = |chunk: u64| usize::try_from(chunk).ok().and_then(|chunk| self.places.get(chunk));
        order.sort_by_key(|chunk| place(*chunk).map(|place| place.offset));
        let mut decoder = Decoder::new(self.bytes, width);
        for chunk in order {
            let Some(place) = place(chunk) else { continue };
            let raw = decoder.decode(parts, *place, &self.filters)?;
            let first = chunk % along * self.samples();
            let wanted = range.start.max(first)..range.end.min(first + self.samples()).min(*samples);
            let skip = to_usize(wanted.start - first) * width;
            let length = to_usize(wanted.end - wanted.start) * width;
            for (line, numbers) in raw.chunks_exact(to_usize(self.samples()) * width).enumerate() {
                let numbers = numbers.get(skip..skip + length);
                if let (Some(plane), Some(numbers)) = (self.plane(axes, chunk / along, line as u64), numbers) {
                    run(plane, to_usize(wanted.start - range.start), numbers)?;
                }
            }
        }
        Ok(())
    }

    /// The plane of the array that line `line` of the chunks in row `row` is; `None` beyond the array's end.
    fn plane(&self, axes: &[u64], row: u64, line: u64) -> Option<usize> {
        let (mut row, mut line) = (row, line);
        let (mut plane, mut step) = (0_u64, 1_u64);
        for ((axis, size), count) in axes.iter().zip(&self.sizes).zip(&self.counts).rev().skip(1) {
            let place = row % count * size + line % size;
            if place >= *axis {
                return None;
            }
            plane += place * step;
            step *= axis;
            row /= count;
            line /= size;
        }
        usize::try_from(plane).ok()
    }
}

/// Undoes the compression of one chunk after the other.
struct Decoder {
    bytes: usize,
    width: usize,
    inflate: Decompress,
    raw: Vec<u8>,
    out: Vec<u8>,
}

impl Decoder {
    fn new(bytes: usize, width: usize) -> Self {
        Self { bytes, width, inflate: Decompress::new(true), raw: Vec::new(), out: Vec::new() }
    }

    fn decode(&mut self, parts: &Parts, place: ChunkPlace, filters: &[Filter]) -> Result<&[u8]> {
        let other = |length: usize| damaged(format!("the chunk at byte {} has {length} bytes", place.offset));
        let used = |step: usize| step >= 32 || place.skipped >> step & 1 == 0;
        let inflates =
            filters.iter().enumerate().filter(|(step, filter)| used(*step) && **filter == Filter::Deflate).count();
        let most = if inflates == 0 { self.bytes as u64 } else { u64::from(place.length) * MOST_DEFLATED };
        // A chunk is never much longer than its numbers: deflate adds a few bytes to what it cannot shrink.
        if (self.bytes as u64) > most || place.length as usize > self.bytes + self.bytes / 8 + 1024 {
            return Err(other(place.length as usize));
        }
        self.raw.resize(place.length as usize, 0);
        parts.fill(place.offset, &mut self.raw)?;
        for (step, filter) in filters.iter().enumerate().rev() {
            if !used(step) {
                continue;
            }
            match filter {
                Filter::Deflate => self
                    .inflate()
                    .ok_or_else(|| damaged(format!("the chunk at byte {} cannot be decompressed", place.offset)))?,
                Filter::Shuffle if self.width > 1 => self.unshuffle(),
                Filter::Shuffle => continue,
            }
            std::mem::swap(&mut self.raw, &mut self.out);
        }
        if self.raw.len() == self.bytes { Ok(&self.raw) } else { Err(other(self.raw.len())) }
    }

    /// Exactly one chunk, with a checksum that is right.
    fn inflate(&mut self) -> Option<()> {
        self.inflate.reset(true);
        self.out.resize(self.bytes, 0);
        let status = self.inflate.decompress(&self.raw, &mut self.out, FlushDecompress::Finish).ok()?;
        (status == Status::StreamEnd && self.inflate.total_out() == self.bytes as u64).then_some(())
    }

    /// Byte `b` of number `n` stands at place `b * numbers + n`.
    fn unshuffle(&mut self) {
        let numbers = self.raw.len() / self.width;
        self.out.clear();
        self.out.resize(self.raw.len(), 0);
        for (byte, plane) in self.raw.chunks_exact(numbers.max(1)).enumerate() {
            for (place, value) in self.out.iter_mut().skip(byte).step_by(self.width).zip(plane) {
                *place = *value;
            }
        }
    }
}

/// Of what was checked to be part of a chunk.
fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
