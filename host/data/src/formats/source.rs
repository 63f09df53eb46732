//! Input files: opening them, gzipped or not, and reading their lines with numbers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result};
use crate::files;

/// Bytes of the longest line; a longer one means that this is not a text file.
const LONGEST_LINE: u64 = 64 << 20;

/// Opens a file for reading; a folder or a pipe is refused with a message of its own.
pub(crate) fn open(path: &Path) -> Result<File> {
    Ok(files::open(path)?.0)
}

/// Opens text that may be gzipped, in one piece or in blocks as by bgzip; its first bytes decide.
pub(crate) fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    let mut file = BufReader::with_capacity(1 << 17, open(path)?);
    let start = file.fill_buf().map_err(|error| Error::io("read", path, error))?;
    if start.starts_with(&[0x1F, 0x8B]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 17, MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

/// The error of a failed read: a compressed file that is cut off or damaged is input to replace, anything else is I/O.
pub(crate) fn cannot_read(path: &Path, error: io::Error) -> Error {
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

/// The lines of a text file with their numbers from 1, without line ends; of bounded length.
pub(crate) struct Lines {
    path: PathBuf,
    text: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), text: open_text(path)?, line: Vec::new(), number: 0 })
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &str)>> {
        self.line.clear();
        let limited = &mut (&mut self.text).take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut self.line).map_err(|error| cannot_read(&self.path, error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 == LONGEST_LINE {
            return Err(self.wrong("the line is longer than 64 MiB: this is not a text file of the expected kind"));
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
pub(crate) fn at(path: &Path, line: u64, what: impl std::fmt::Display) -> Error {
    Error::input(format!("{}, line {line}: {what}", path.display()))
}
