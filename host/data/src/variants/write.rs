//! Writing VCF: the lines that were read, with more fields.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use noodles::bgzf;

use super::row::VariantRow;
use crate::error::{Error, Result};
use crate::files::{AtomicFile, Existing, remove_unfinished_of};

/// A VCF file that is being written; it appears at its place whole or not at all.
pub struct VariantWriter {
    path: PathBuf,
    output: Output,
}

enum Output {
    Plain(BufWriter<Part>),
    Blocks(bgzf::io::Writer<Part>),
}

/// The unfinished file.
struct Part(AtomicFile);

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.file().flush()
    }
}

impl VariantWriter {
    /// Starts a file with the lines of a header, before the last of which `added` ones stand. A name that ends in `.gz` is
    /// compressed in blocks, as by bgzip.
    ///
    /// # Errors
    ///
    /// The file exists and is not to be replaced, or cannot be written.
    pub fn create(path: &Path, header: &[String], added: &[String], existing: Existing) -> Result<Self> {
        if let Err(error) = remove_unfinished_of(path) {
            // One that stays does no harm.
            log::debug!("{error}");
        }
        let part = Part(AtomicFile::create(path, existing)?);
        let blocks = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
        let output =
            if blocks { Output::Blocks(bgzf::io::Writer::new(part)) } else { Output::Plain(BufWriter::new(part)) };
        let mut writer = Self { path: path.to_owned(), output };
        let (columns, before) = header.split_last().ok_or_else(|| Error::bug("a VCF file without a header"))?;
        for line in before.iter().chain(added).chain([columns]) {
            writer.line(line)?;
        }
        Ok(writer)
    }

    /// Writes a line with these fields at the end of its column INFO.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&mut self, row: &VariantRow, fields: &[(String, String)]) -> Result<()> {
        self.line(&row.with_info(fields))
    }

    /// Puts the whole file at its place.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn finish(self) -> Result<()> {
        let part = match self.output {
            Output::Plain(out) => out.into_inner().map_err(io::IntoInnerError::into_error),
            Output::Blocks(out) => out.finish(),
        };
        part.map_err(|error| Error::io("write", &self.path, error))?.0.persist()
    }

    fn line(&mut self, line: &str) -> Result<()> {
        let written = match &mut self.output {
            Output::Plain(out) => writeln!(out, "{line}"),
            Output::Blocks(out) => writeln!(out, "{line}"),
        };
        written.map_err(|error| Error::io("write", &self.path, error))
    }
}
