//! A file that is read at any place, and the fields of what was read. No offset and no length that the file names is
//! believed before it is compared with the file's size.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use flate2::bufread::ZlibDecoder;

use super::source::open;
use crate::error::{Error, Result};

/// Bytes of the longest piece of structure; a longer one means a damaged file. Data is read in pieces of this size.
pub(crate) const LONGEST_PART: usize = 1 << 24;

/// Deflate makes nothing more than 1,032 times smaller; a file that claims more is damaged.
pub(crate) const MOST_DEFLATED: u64 = 1040;

/// Bytes that the structure of a file may still name.
///
/// Pieces of a file lie apart, so together they are no longer than the file. A damaged one can name the same bytes over
/// and over: without this, a megabyte would be read, and kept, thousands of times.
pub(crate) struct Allowance(u64);

impl Allowance {
    /// All bytes of a file.
    pub(crate) fn of(file: u64) -> Self {
        Self(file)
    }

    /// Takes the bytes of a piece; `false` where there are not so many left.
    pub(crate) fn take(&mut self, bytes: u64) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// Takes the numbers of a plane, all samples at one place of an array's other axes, from a sample of the range on.
pub(crate) type OnRun<'a> = &'a mut dyn FnMut(usize, usize, &[u8]) -> Result<()>;

/// A file that is read at any place.
pub(crate) struct Parts {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Parts {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = open(path)?;
        let about = file.metadata().map_err(|error| Error::io("read", path, error))?;
        Ok(Self { path: path.to_owned(), file, length: about.len() })
    }

    /// Bytes of the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Refuses a part that does not lie in the file.
    pub(crate) fn check(&self, offset: u64, length: u64) -> Result<()> {
        if offset.checked_add(length).is_some_and(|end| end <= self.length) {
            return Ok(());
        }
        Err(damaged(format!("{length} bytes are expected at byte {offset}, and the file has {}", self.length)))
    }

    /// Fills `out` from `offset` on.
    pub(crate) fn fill(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.check(offset, out.len() as u64)?;
        self.file.read_exact_at(out, offset).map_err(|error| self.cannot_read(error))
    }

    /// `length` bytes from `offset` on.
    pub(crate) fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        self.check(offset, length)?;
        let mut bytes = vec![0; bounded(length)?];
        self.fill(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// The error for bytes that could not be read or decompressed.
    pub(crate) fn cannot_read(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged("its data ends in the middle"),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                damaged(format!("its compressed data cannot be read ({error})"))
            }
            _ => Error::io("read", &self.path, error),
        }
    }

    /// Reads a part from its beginning on.
    pub(crate) fn stream(&self, offset: u64, length: u64) -> Stream<'_> {
        Stream { parts: self, offset, left: length }
    }
}

/// A part of a file that is read from its beginning on.
pub(crate) struct Stream<'p> {
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

/// What a compressed part of a file holds.
pub(crate) fn inflated(stream: Stream<'_>) -> ZlibDecoder<io::BufReader<Stream<'_>>> {
    ZlibDecoder::new(io::BufReader::with_capacity(1 << 17, stream))
}

fn bounded(length: u64) -> Result<usize> {
    match usize::try_from(length) {
        Ok(length) if length <= LONGEST_PART => Ok(length),
        _ => Err(damaged(format!("a part of its structure has {length} bytes"))),
    }
}

/// Fields in the order of their bytes, of either byte order.
pub(crate) struct Fields<'b> {
    bytes: &'b [u8],
    little: bool,
}

impl<'b> Fields<'b> {
    pub(crate) fn little(bytes: &'b [u8]) -> Self {
        Self { bytes, little: true }
    }

    pub(crate) fn new(bytes: &'b [u8], little: bool) -> Self {
        Self { bytes, little }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'b [u8]> {
        let (part, rest) = self.bytes.split_at_checked(length).ok_or_else(cut_off)?;
        self.bytes = rest;
        Ok(part)
    }

    pub(crate) fn rest(&self) -> &'b [u8] {
        self.bytes
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        let bytes = self.array()?;
        Ok(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        let bytes = self.array()?;
        Ok(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
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
pub(crate) fn damaged(what: impl std::fmt::Display) -> Error {
    Error::input(format!("the file is damaged: {what}; copy or download it again"))
}

fn cut_off() -> Error {
    damaged("a part of its structure ends in the middle")
}
