//! A file of which any part can be read, and the fields of what was read: no offset and no length of a damaged file is
//! believed before it is compared with what is there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::super::source::open;
use crate::error::{Error, Result};

/// A longer piece of structure belongs to no file that we read; data is read in pieces of at most this, too.
pub(super) const LONGEST_PART: usize = 1 << 24;

/// A file of which any part can be read.
pub(super) struct Parts {
    file: File,
    length: u64,
}

impl Parts {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = open(path)?;
        let about = file.metadata().map_err(|error| Error::io("read", path, error))?;
        Ok(Self { file, length: about.len() })
    }

    /// Bytes of the file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Refuses a part that does not lie in the file.
    pub(super) fn check(&self, offset: u64, length: u64) -> Result<()> {
        if offset.checked_add(length).is_some_and(|end| end <= self.length) {
            return Ok(());
        }
        Err(damaged(format!("{length} bytes are expected at byte {offset}, and the file has {}", self.length)))
    }

    /// Fills `out` from `offset` on.
    pub(super) fn fill(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.check(offset, out.len() as u64)?;
        self.file.read_exact_at(out, offset).map_err(|error| cannot_read(&error))
    }

    /// `length` bytes from `offset` on.
    pub(super) fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        self.check(offset, length)?;
        let mut bytes = vec![0; bounded(length)?];
        self.fill(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a part from its beginning on.
    pub(super) fn stream(&self, offset: u64, length: u64) -> Stream<'_> {
        Stream { parts: self, offset, left: length }
    }
}

/// A part of a file that is read from its beginning on.
pub(super) struct Stream<'p> {
    parts: &'p Parts,
    offset: u64,
    left: u64,
}

impl io::Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let read = self.parts.file.read_at(out.get_mut(..most).unwrap_or_default(), self.offset)?;
        self.offset += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

fn bounded(length: u64) -> Result<usize> {
    match usize::try_from(length) {
        Ok(length) if length <= LONGEST_PART => Ok(length),
        _ => Err(damaged(format!("a part of its structure has {length} bytes"))),
    }
}

/// Fields in the order of their bytes, of either byte order.
pub(super) struct Fields<'b> {
    bytes: &'b [u8],
    little: bool,
}

impl<'b> Fields<'b> {
    pub(super) fn little(bytes: &'b [u8]) -> Self {
        Self { bytes, little: true }
    }

    pub(super) fn new(bytes: &'b [u8], little: bool) -> Self {
        Self { bytes, little }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'b [u8]> {
        let (part, rest) = self.bytes.split_at_checked(length).ok_or_else(cut_off)?;
        self.bytes = rest;
        Ok(part)
    }

    pub(super) fn rest(&self) -> &'b [u8] {
        self.bytes
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        let bytes = self.array()?;
        Ok(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        let bytes = self.array()?;
        Ok(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        let bytes = self.array()?;
        Ok(if self.little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (part, rest) = self.bytes.split_first_chunk::<N>().ok_or_else(cut_off)?;
        self.bytes = rest;
        Ok(*part)
    }
}

/// The error for a file whose structure contradicts itself.
pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    Error::input(format!("the file is damaged: {what}; copy or download it again"))
}

/// The error for bytes that could not be read or decompressed.
pub(super) fn cannot_read(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("its data ends in the middle"),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            damaged(format!("its compressed data cannot be read ({error})"))
        }
        _ => Error::input(format!("the file cannot be read: {error}")),
    }
}

fn cut_off() -> Error {
    damaged("a part of its structure ends in the middle")
}
