//! Input files: opening them, gzipped or not, and reading their lines with numbers.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::foreign;
use super::gzip::{self, Gzip};
use crate::error::{Error, Result};
use crate::files;

/// Bytes of the longest line; a longer one means that this is not a text file.
const LONGEST_LINE: usize = 64 << 20;

/// Opens a file for reading; a folder or a pipe is refused with a message of its own.
pub(crate) fn open(path: &Path) -> Result<File> {
    Ok(files::open(path)?.0)
}

/// Opens text that may be gzipped, in one piece or in blocks as by bgzip; its first bytes decide. A byte-order mark of
/// UTF-8 is passed over.
pub(crate) fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    let mut file = BufReader::with_capacity(1 << 17, open(path)?);
    let start = file.fill_buf().map_err(|error| Error::io("read", path, error))?;
    let zipped = start.starts_with(&gzip::SIGNATURE);
    let mut text: Box<dyn BufRead + Send> =
        if zipped { Box::new(BufReader::with_capacity(1 << 17, Gzip::new(path, file))) } else { Box::new(file) };
    let start = text.fill_buf().map_err(|error| cannot_read(path, error))?;
    if start.starts_with("\u{feff}".as_bytes()) {
        text.consume("\u{feff}".len());
    }
    Ok(text)
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

/// The lines of a text file with their numbers from 1, without line ends; of bounded length. A line ends with a line
/// feed, a carriage return (as on old Macs, and in what Excel saves there) or both.
pub(crate) struct Lines {
    path: PathBuf,
    text: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
    /// Whether the last line ended with a carriage return, which a line feed may still follow.
    after_return: bool,
}

impl Lines {
    /// What is not text is refused by the name of what it is.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut text = open_text(path)?;
        let start = text.fill_buf().map_err(|error| cannot_read(path, error))?;
        foreign::refuse(path, start, "text, plain or gzipped")?;
        Ok(Self { path: path.to_owned(), text, line: Vec::new(), number: 0, after_return: false })
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &str)>> {
        self.line.clear();
        if !self.fill()? {
            return Ok(None);
        }
        match std::str::from_utf8(&self.line) {
            Ok(line) if !line.contains('\0') => Ok(Some((self.number, line))),
            _ => Err(self.wrong("the line is not text (UTF-8): expected a text file, plain or gzipped")),
        }
    }

    /// Reads a line; whether there was one.
    fn fill(&mut self) -> Result<bool> {
        let mut begun = false;
        loop {
            let part = match self.text.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(cannot_read(&self.path, error)),
            };
            let Some(first) = part.first() else {
                return Ok(begun);
            };
            if self.after_return {
                self.after_return = false;
                if *first == b'\n' {
                    self.text.consume(1);
                    continue;
                }
            }
            if !begun {
                begun = true;
                self.number += 1;
            }
            let end = part.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.unwrap_or(part.len());
            self.line.extend_from_slice(part.get(..taken).unwrap_or_default());
            self.after_return = part.get(taken) == Some(&b'\r');
            self.text.consume(taken + usize::from(end.is_some()));
            if self.line.len() > LONGEST_LINE {
                return Err(self.wrong("the line is longer than 64 MiB: this is not a text file of the expected kind"));
            }
            if end.is_some() {
                return Ok(true);
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support;

    fn lines(text: &[u8]) -> Vec<(u64, String)> {
        let folder = tempfile::tempdir().unwrap();
        let mut lines = Lines::open(&test_support::file(folder.path(), "a", text)).unwrap();
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            all.push((number, line.to_owned()));
        }
        all
    }

    #[test]
    fn lines_end_with_line_feeds_carriage_returns_or_both() {
        let expected = [(1, "a".to_owned()), (2, String::new()), (3, "b".to_owned())];
        for text in ["a\n\nb\n", "a\n\nb", "a\r\rb\r", "a\r\n\r\nb\r\n", "\u{feff}a\n\rb", "a\r\n\nb"] {
            assert_eq!(lines(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(lines(b""), []);
        let long = "x".repeat(200_000);
        assert_eq!(lines(format!("{long}\r{long}\r\n").as_bytes()), [(1, long.clone()), (2, long)]);
    }

    #[test]
    fn a_pipe_is_refused_before_it_is_opened() {
        let error = open(Path::new("/dev/null")).unwrap_err().to_string();
        assert!(error.contains("a pipe, a socket or a device"), "{error}");
    }
}
