//! Input files: opening them, gzip or not, reading their lines with numbers, and what the store keeps of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::{OnProgress, Progress};
use crate::error::{Error, Result};
use crate::hash::hexadecimal;
use crate::store::Source;

/// A longer line belongs to something else than a text file with labels or a table.
const LONGEST_LINE: u64 = 64 << 20;

/// Opens a file for reading, refusing a folder in words.
pub(super) fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(Error::input(format!("cannot read {}: it is a folder, expected a file", path.display())));
    }
    Ok(file)
}

/// Opens text that may be gzipped (in one piece or in blocks, as bgzip does), told by its first bytes.
pub(super) fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    let mut file = BufReader::with_capacity(1 << 17, open(path)?);
    let start = file.fill_buf().map_err(|error| Error::io("read", path, error))?;
    if start.starts_with(&[0x1F, 0x8B]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 17, MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

/// A read error in words; a compressed file that ends early says so.
pub(super) fn cannot_read(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::input(format!(
            "cannot read {}: the file ends in the middle; copy or download it again",
            path.display()
        )),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Error::input(format!(
            "cannot read {}: its compressed data is damaged ({error}); copy or download it again",
            path.display()
        )),
        _ => Error::io("read", path, error),
    }
}

/// Reads a whole file once for its size and SHA-256.
pub(super) fn describe(path: &Path, progress: OnProgress<'_>) -> Result<Source> {
    let mut file = open(path)?;
    let total = file.metadata().ok().map(|about| about.len());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stage = format!("reading {name}");
    let mut digest = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).map_err(|error| Error::io("read", path, error))?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        digest.update(part);
        bytes += read as u64;
        progress(Progress { stage: &stage, done: bytes, total, unit: "bytes" });
    }
    Ok(Source { name, bytes, sha256: hexadecimal(&digest.finalize()) })
}

/// The lines of a text file with their numbers from 1, without line ends; of bounded length.
pub(super) struct Lines {
    path: PathBuf,
    text: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), text: open_text(path)?, line: Vec::new(), number: 0 })
    }

    /// The next line.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &str)>> {
        self.line.clear();
        let limited = &mut (&mut self.text).take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut self.line).map_err(|error| cannot_read(&self.path, error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 == LONGEST_LINE {
            return Err(self.wrong("the line is longer than 64 MiB: this is no text file of the expected kind"));
        }
        while self.line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.pop();
        }
        match std::str::from_utf8(&self.line) {
            Ok(line) if !line.contains('\0') => Ok(Some((self.number, line))),
            _ => Err(self.wrong("the line is not text (UTF-8): expected a text file, plain or gzipped")),
        }
    }

    fn wrong(&self, what: &str) -> Error {
        at(&self.path, self.number, what)
    }
}

/// An error with file and line.
pub(super) fn at(path: &Path, line: u64, what: impl std::fmt::Display) -> Error {
    Error::input(format!("{}, line {line}: {what}", path.display()))
}
