//! Reading VCF and BCF.

use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

use noodles::bcf;
use noodles::vcf;
use noodles::vcf::variant::io::Write as _;

use super::row::VariantRow;
use crate::error::{Error, Result};
use crate::formats::source::{Lines, at, cannot_read, open_text};
use crate::text::shortened;

/// What a BCF file begins with, once it is decompressed.
const BCF: &[u8] = b"BCF\x02";
/// Bytes of the longest heading of a VCF file: one with a million contigs has 100 MB.
const LONGEST_HEADER: usize = 1 << 28;

/// A file of variants that is being read.
pub struct VariantFile {
    path: PathBuf,
    header: Vec<String>,
    content: Content,
}

enum Content {
    Vcf(Lines),
    Bcf { reader: bcf::io::Reader<Box<dyn BufRead + Send>>, header: Box<vcf::Header>, record: bcf::Record, number: u64 },
}

impl VariantFile {
    /// Opens VCF (plain, gzip or bgzip) or BCF; the content decides which.
    ///
    /// # Errors
    ///
    /// It is neither, or has no header.
    pub fn open(path: &Path) -> Result<Self> {
        let mut text = open_text(path)?;
        let start = text.fill_buf().map_err(|error| cannot_read(path, error))?;
        if start.starts_with(BCF) {
            return Self::of_bcf(path, text);
        }
        let mut lines = Lines::open(path)?;
        let (mut header, mut bytes) = (Vec::new(), 0);
        while let Some((number, line)) = lines.next()? {
            if number == 1 && !line.starts_with("##fileformat=VCF") {
                return Err(at(path, number, no_header(line)));
            }
            if !line.starts_with('#') {
                return Err(at(path, number, no_header(line)));
            }
            bytes += line.len();
            if bytes > LONGEST_HEADER {
                return Err(at(path, number, "the header is longer than 256 MiB: this is no VCF file"));
            }
            header.push(line.to_owned());
            if line.starts_with("#CHROM") {
                return Ok(Self { path: path.to_owned(), header, content: Content::Vcf(lines) });
            }
        }
        let what = if header.is_empty() { "is empty" } else { "ends before the line that begins with #CHROM" };
        Err(Error::input(format!("{} {what}: expected a VCF file with its header, or BCF", path.display())))
    }

    fn of_bcf(path: &Path, text: Box<dyn BufRead + Send>) -> Result<Self> {
        let mut reader = bcf::io::Reader::from(text);
        let header = reader.read_header().map_err(|error| damaged(path, &chain(&error)))?;
        let mut lines = Vec::new();
        vcf::io::Writer::new(&mut lines).write_header(&header).map_err(|error| damaged(path, &error))?;
        let lines = String::from_utf8(lines).map_err(|error| damaged(path, &error))?;
        let header = Box::new(header);
        let content = Content::Bcf { reader, header, record: bcf::Record::default(), number: 0 };
        Ok(Self { path: path.to_owned(), header: lines.lines().map(str::to_owned).collect(), content })
    }

    /// The lines of the header, the last of which names the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The next line of the file; `None` after the last.
    ///
    /// # Errors
    ///
    /// It is not a line of VCF, or the file cannot be read.
    pub fn next_row(&mut self) -> Result<Option<VariantRow>> {
        match &mut self.content {
            Content::Vcf(lines) => {
                while let Some((number, line)) = lines.next()? {
                    if !line.trim().is_empty() {
                        return VariantRow::new(&self.path, number, line).map(Some);
                    }
                }
                Ok(None)
            }
            Content::Bcf { reader, header, record, number } => {
                let damaged = |error: &dyn std::fmt::Display| damaged(&self.path, error);
                if reader.read_record(record).map_err(|error| damaged(&chain(&error)))? == 0 {
                    // What is behind the last block tells whether the file is whole.
                    let mut rest = Vec::new();
                    reader.get_mut().read_to_end(&mut rest).map_err(|error| cannot_read(&self.path, error))?;
                    return Ok(None);
                }
                *number += 1;
                let mut line = Vec::new();
                let written = vcf::io::Writer::new(&mut line).write_variant_record(header, record);
                written.map_err(|error| damaged(&format!("record {number}: {}", chain(&error))))?;
                let line = String::from_utf8(line).map_err(|error| damaged(&error))?;
                VariantRow::new(&self.path, *number, line.trim_end_matches('\n')).map(Some)
            }
        }
    }
}

fn no_header(line: &str) -> String {
    format!(
        "a VCF file begins with ##fileformat=VCF and has a line that begins with #CHROM before its variants, found {:?}: put the \
         header back, as with bcftools reheader",
        shortened(line)
    )
}

/// An error with what caused it: each layer of `noodles` says a word of its own.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::input(format!("{}: this BCF file cannot be read: {error}", path.display()))
}
