//! Binary files whose numbers cannot be trusted: every read is checked against the file's size.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::source::open;
use crate::error::{Error, Result};

/// A file of numbers in one of the two byte orders.
pub(crate) struct Binary {
    path: PathBuf,
    file: BufReader<File>,
    size: u64,
    big_endian: bool,
}

/// Whether a file begins with this signature, in either byte order.
pub(crate) fn begins_with(path: &Path, signature: u32) -> Result<bool> {
    let mut start = [0; 4];
    let read = open(path)?.read_exact(&mut start);
    Ok(read.is_ok() && (u32::from_le_bytes(start) == signature || u32::from_be_bytes(start) == signature))
}

impl Binary {
    /// Opens a file that begins with `signature`, in the byte order that the signature shows.
    pub(crate) fn open(path: &Path, signature: u32) -> Result<Self> {
        let file = open(path)?;
        let size = file.metadata().map_err(|error| Error::io("read", path, error))?.len();
        let mut binary = Self { path: path.to_owned(), file: BufReader::new(file), size, big_endian: false };
        binary.big_endian = binary.number("the signature")? != signature;
        Ok(binary)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// A number of 32 bits in the file's byte order, from bytes that were read as they are.
    pub(crate) fn number_of(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// A number of 64 bits, likewise.
    pub(crate) fn long_number_of(&self, bytes: [u8; 8]) -> u64 {
        if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) }
    }

    /// The next `N` bytes, the least significant first.
    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        if self.big_endian {
            bytes.reverse();
        }
        Ok(bytes)
    }

    /// The next number of 16 bits; `what` is what it belongs to.
    pub(crate) fn short_number(&mut self, what: &str) -> Result<u16> {
        self.bytes(what).map(u16::from_le_bytes)
    }

    /// The next number of 32 bits.
    pub(crate) fn number(&mut self, what: &str) -> Result<u32> {
        self.bytes(what).map(u32::from_le_bytes)
    }

    /// The next number of 64 bits.
    pub(crate) fn long_number(&mut self, what: &str) -> Result<u64> {
        self.bytes(what).map(u64::from_le_bytes)
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<()> {
        self.file.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.short(what),
            _ => Error::io("read", &self.path, error),
        })
    }

    /// The next `length` bytes, refused before anything is allocated where the file has fewer.
    pub(crate) fn take(&mut self, length: u64, what: &str) -> Result<Vec<u8>> {
        if self.position()?.saturating_add(length) > self.size {
            return Err(self.short(what));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| self.short(what))?];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    /// Goes on at a place that the file names; `what` is what should be there.
    pub(crate) fn seek(&mut self, offset: u64, what: &str) -> Result<()> {
        if offset >= self.size {
            return Err(self.wrong(format!("it is cut off or damaged: {what} lies beyond its end")));
        }
        self.file.seek(SeekFrom::Start(offset)).map(drop).map_err(|error| Error::io("read", &self.path, error))
    }

    pub(crate) fn position(&mut self) -> Result<u64> {
        self.file.stream_position().map_err(|error| Error::io("read", &self.path, error))
    }

    pub(crate) fn short(&self, what: &str) -> Error {
        self.wrong(format!("it is cut off or damaged: it ends within {what}"))
    }

    pub(crate) fn wrong(&self, what: impl std::fmt::Display) -> Error {
        Error::input(format!("{}: {what}", self.path.display()))
    }
}
