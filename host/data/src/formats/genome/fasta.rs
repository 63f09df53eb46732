//! FASTA text, letter by letter.
//!
//! Read by ourselves rather than with `noodles-fasta`: errors name line and letter, and a chromosome on one line of
//! 250 MB never stands in memory as text.

use std::io::BufRead;
use std::path::Path;

use crate::bases::{Letter, letter};
use crate::error::Result;
use crate::formats::source::{at, cannot_read};
use crate::text::shortened;

/// Bytes of the longest heading; a longer one means that this is not FASTA text.
const LONGEST_HEADING: usize = 1 << 20;

/// Bytes of the longest name of a record, the first word of its heading.
const LONGEST_NAME: usize = 1024;

/// What a file says of a record beside its bases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// The first word of its heading.
    pub(crate) name: &'a str,
    /// All of its heading, without the sign that begins it.
    pub(crate) heading: &'a str,
}

/// Takes the records of a file, base by base.
pub(crate) trait Sink {
    /// A record begins.
    fn start(&mut self, record: Record<'_>) -> Result<()>;
    /// A base of the record: its code, or `None` where it is unknown, and whether its letter is a lower-case one.
    fn base(&mut self, code: Option<u8>, masked: bool) -> Result<()>;
    /// The record ends.
    fn end(&mut self) -> Result<()>;
}

/// What the last byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    LineStart,
    Heading,
    Comment,
    Bases,
}

/// Reads a whole file. Bases before the first heading are refused, or are a record of the name `headless`.
pub(crate) fn read(
    path: &Path,
    mut text: impl BufRead,
    headless: Option<&str>,
    sink: &mut impl Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let (mut within, mut line, mut heading) = (Within::LineStart, 1_u64, Vec::new());
    let (mut bases, mut open, mut after_return) = (0, false, false);
    loop {
        let part = text.fill_buf().map_err(|error| cannot_read(path, error))?;
        if part.is_empty() {
            break;
        }
        for &byte in part {
            // A line ends with a line feed, a carriage return, or both.
            let ends = match byte {
                b'\n' => !after_return,
                byte => byte == b'\r',
            };
            after_return = byte == b'\r';
            within = match (within, byte) {
                (Within::Heading, b'\n' | b'\r') => {
                    sink.start(record(path, line, &heading)?)?;
                    open = true;
                    Within::LineStart
                }
                (_, b'\n' | b'\r') => Within::LineStart,
                (Within::LineStart, b'>') => {
                    if open {
                        sink.end()?;
                    }
                    heading.clear();
                    Within::Heading
                }
                (Within::LineStart, b';') | (Within::Comment, _) => Within::Comment,
                (Within::Heading, byte) => {
                    if heading.len() == LONGEST_HEADING {
                        return Err(at(path, line, "a heading of more than 1 MiB: this is not FASTA text"));
                    }
                    heading.push(byte);
                    Within::Heading
                }
                (state, b' ' | b'\t') => state,
                (_, byte) => {
                    if !open {
                        let Some(name) = headless else {
                            return Err(at(
                                path,
                                line,
                                "bases before the first heading: expected '>' and a name first",
                            ));
                        };
                        sink.start(Record { name, heading: name })?;
                        open = true;
                    }
                    sink.base(code(path, line, byte)?, byte.is_ascii_lowercase())
                        .map_err(|error| error.context(path.display()))?;
                    bases += 1;
                    Within::Bases
                }
            };
            line += u64::from(ends);
        }
        let read = part.len();
        text.consume(read);
        progress(bases);
    }
    if within == Within::Heading {
        sink.start(record(path, line, &heading)?)?;
        open = true;
    }
    if open { sink.end() } else { Ok(()) }
}

fn record<'h>(path: &Path, line: u64, heading: &'h [u8]) -> Result<Record<'h>> {
    let text = std::str::from_utf8(heading).map_err(|_| at(path, line, "the heading is not text (UTF-8)"))?;
    // NCBI joins the headings of equal sequences with the first control character.
    let heading = text.split('\u{1}').next().unwrap_or_default().trim();
    let name = heading.split_whitespace().next();
    let Some(name) = name else {
        return Err(at(path, line, "a heading without a name: expected '>' and the chromosome's name"));
    };
    if name.len() > LONGEST_NAME {
        return Err(at(path, line, format!("a name of more than {LONGEST_NAME} bytes: expected '>' and a name")));
    }
    if name.chars().any(char::is_control) {
        let name = shortened(name);
        return Err(at(
            path,
            line,
            format!("the name {name:?} holds a control character: expected letters and digits"),
        ));
    }
    Ok(Record { name, heading })
}

fn code(path: &Path, line: u64, byte: u8) -> Result<Option<u8>> {
    match letter(byte) {
        Letter::Base(code) => Ok(Some(code)),
        Letter::Unknown => Ok(None),
        Letter::Invalid => Err(at(
            path,
            line,
            format!(
                "'{}' is not a letter of a DNA sequence (A, C, G, T, N and the IUPAC letters are)",
                byte.escape_ascii()
            ),
        )),
    }
}
