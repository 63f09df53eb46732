//! An array in a file: where its numbers lie, and how they are read a range of samples at a time.
//!
//! The last axis, the fastest, is that of the samples; a *plane* is all samples at one place of the other axes.

use std::io::Read;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::formats::element::Element;
use crate::formats::hdf5::{self, Chunks};
use crate::formats::mat5;
use crate::formats::parts::{LONGEST_PART, OnRun, Parts, damaged, inflated};

/// Bytes that are read at a time where they lie in one piece.
const PIECE: usize = 1 << 20;

/// An array of a file.
pub(super) struct Array {
    /// Its name in the file.
    pub(super) name: String,
    /// Its axes, the samples' last.
    pub(super) axes: Vec<u64>,
    /// Its numbers.
    pub(super) element: Element,
    /// Where they lie.
    pub(super) storage: Storage,
}

/// Where the numbers of an array lie.
pub(super) enum Storage {
    /// One after another, from a byte of the file on.
    Contiguous { offset: u64 },
    /// In chunks.
    Chunked(Chunks),
    /// One after another in a compressed part of the file, behind some bytes of it.
    Deflated { offset: u64, length: u64, skip: u64 },
}

impl From<hdf5::Dataset> for Array {
    fn from(hdf5::Dataset { name, axes, element, storage }: hdf5::Dataset) -> Self {
        let storage = match storage {
            hdf5::Storage::Contiguous { offset } => Storage::Contiguous { offset },
            hdf5::Storage::Chunked(chunks) => Storage::Chunked(chunks),
        };
        Self { name, axes, element, storage }
    }
}

impl From<mat5::Matrix> for Array {
    fn from(mat5::Matrix { name, axes, element, storage }: mat5::Matrix) -> Self {
        let storage = match storage {
            mat5::Storage::Contiguous { offset } => Storage::Contiguous { offset },
            mat5::Storage::Deflated { offset, length, skip } => Storage::Deflated { offset, length, skip },
        };
        Self { name, axes, element, storage }
    }
}

impl Array {
    /// Samples: the last axis.
    pub(super) fn samples(&self) -> u64 {
        self.axes.last().copied().unwrap_or(0)
    }

    /// Numbers a sample.
    pub(super) fn planes(&self) -> u64 {
        self.axes.iter().rev().skip(1).fold(1, |product, axis| product.saturating_mul(*axis))
    }

    /// Its axes as MATLAB shows them.
    pub(super) fn shape(&self) -> String {
        self.axes.iter().rev().map(u64::to_string).collect::<Vec<_>>().join(" x ")
    }

    /// Whether it can only be read as a whole.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.storage, Storage::Deflated { .. })
    }

    /// Samples in a chunk, which is read as a whole; 1 where every sample can be read alone.
    pub(super) fn granularity(&self) -> u64 {
        match &self.storage {
            Storage::Chunked(chunks) => chunks.samples(),
            _ => 1,
        }
    }

    /// Reads a range of samples, calling `run` with pieces of planes in the order in which they lie in the file.
    pub(super) fn read(&self, parts: &Parts, range: &Range<u64>, run: OnRun<'_>) -> Result<()> {
        match &self.storage {
            Storage::Contiguous { offset } => self.read_contiguous(parts, *offset, range, run),
            Storage::Chunked(chunks) => chunks.read(parts, &self.axes, self.element.width(), range, run),
            Storage::Deflated { offset, length, skip } => {
                if *range != (0..self.samples()) {
                    return Err(Error::bug("a compressed array was asked for in pieces"));
                }
                self.read_deflated(parts, (*offset, *length), *skip, run)
            }
        }
    }

    fn read_contiguous(&self, parts: &Parts, offset: u64, range: &Range<u64>, run: OnRun<'_>) -> Result<()> {
        let width = self.element.width() as u64;
        let too_large = || damaged(format!("{} is larger than any file", self.name));
        let mut piece = vec![0; piece_of(width * (range.end - range.start))];
        for plane in 0..self.planes() {
            let place = plane.checked_mul(self.samples()).and_then(|first| first.checked_add(range.start));
            let mut at = place.and_then(|place| place.checked_mul(width)?.checked_add(offset)).ok_or_else(too_large)?;
            let mut first = 0;
            let mut left = width * (range.end - range.start);
            while left > 0 {
                let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let part = piece.get_mut(..length).unwrap_or_default();
                parts.fill(at, part)?;
                run(to_usize(plane)?, first, part)?;
                at += length as u64;
                left -= length as u64;
                first += length / self.element.width();
            }
        }
        Ok(())
    }

    /// From a compressed part of the file: where it begins, and its length.
    fn read_deflated(&self, parts: &Parts, (offset, length): (u64, u64), skip: u64, run: OnRun<'_>) -> Result<()> {
        let mut inflated = inflated(parts.stream(offset, length));
        let skipped = std::io::copy(&mut (&mut inflated).take(skip), &mut std::io::sink());
        if skipped.map_err(|error| parts.cannot_read(error))? != skip {
            return Err(damaged(format!("{} ends before it begins", self.name)));
        }
        let width = self.element.width() as u64;
        let mut piece = vec![0; piece_of(width * self.samples())];
        for plane in 0..self.planes() {
            let mut first = 0;
            let mut left = width * self.samples();
            while left > 0 {
                let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let part = piece.get_mut(..length).unwrap_or_default();
                inflated.read_exact(part).map_err(|error| parts.cannot_read(error))?;
                run(to_usize(plane)?, first, part)?;
                left -= length as u64;
                first += length / self.element.width();
            }
        }
        // The checksum stands at the end, behind a few bytes of padding.
        let rest = std::io::copy(&mut (&mut inflated).take(LONGEST_PART as u64), &mut std::io::sink());
        rest.map(|_| ()).map_err(|error| parts.cannot_read(error))
    }
}

/// Bytes of a piece of a plane that has `bytes` bytes: a multiple of every width of numbers.
fn piece_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(PIECE).min(PIECE)
}

fn to_usize(plane: u64) -> Result<usize> {
    usize::try_from(plane).map_err(|_| damaged("an array has more planes than memory has bytes"))
}
