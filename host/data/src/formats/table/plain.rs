//! The bytes of a table as text, made plain for the parser: no byte-order mark, a line feed at every end of a line, be it
//! that of Windows or of an old Mac, and a look at whether a quoted cell is still open.
//!
//! The crate `csv` ends a quoted cell at the end of the file without a word. One quotation mark that was never closed
//! would then swallow all rows behind it.

use std::io::{BufRead, Read};

const MARK: &[u8] = b"\xEF\xBB\xBF";
/// Bytes of the longest row; a longer one means that this is not a table.
pub(super) const LONGEST_ROW: u64 = 64 << 20;

/// A text that is being read.
pub(super) struct Plain {
    text: Box<dyn BufRead + Send>,
    begun: bool,
    ended: bool,
    after_return: bool,
    line: u64,
    /// Bytes of the row so far.
    row: u64,
    quotes: Option<Quotes>,
}

/// Where the reading stands in the quoting of RFC 4180.
struct Quotes {
    delimiter: u8,
    within: Within,
    /// The line of the last quotation mark that opened a cell.
    opened: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Before the first byte of a cell.
    Start,
    Cell,
    Quoted,
    /// Behind a quotation mark in a quoted cell: it ends the cell, or is the first of two.
    Mark,
}

impl Plain {
    /// `quoting`: the delimiter, where cells may be quoted.
    pub(super) fn new(text: Box<dyn BufRead + Send>, quoting: Option<u8>) -> Self {
        let quotes = quoting.map(|delimiter| Quotes { delimiter, within: Within::Start, opened: 0 });
        Self { text, begun: false, ended: false, after_return: false, line: 1, row: 0, quotes }
    }

    /// The line of the quotation mark whose cell is still open at the end of the text, once that was met.
    pub(super) fn open_at_end(&self) -> Option<u64> {
        let quotes = self.quotes.as_ref().filter(|_| self.ended)?;
        (quotes.within == Within::Quoted).then_some(quotes.opened)
    }

    /// Whether a row was longer than any may be.
    pub(super) fn is_endless(&self) -> bool {
        self.row > LONGEST_ROW
    }
}

impl Read for Plain {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        // A part may hold nothing but the mark, or the second half of a line's end.
        loop {
            let mut part = self.text.fill_buf()?;
            self.ended = part.is_empty();
            if part.is_empty() || out.is_empty() {
                return Ok(0);
            }
            let mark = if !self.begun && part.starts_with(MARK) { MARK.len() } else { 0 };
            self.begun = true;
            part = part.get(mark..).unwrap_or_default();
            let (mut read, mut written) = (mark, 0);
            for &byte in part.iter().take(out.len()) {
                read += 1;
                let ends_twice = byte == b'\n' && self.after_return;
                self.after_return = byte == b'\r';
                if ends_twice {
                    continue;
                }
                let byte = if byte == b'\r' { b'\n' } else { byte };
                if let Some(quotes) = &mut self.quotes {
                    quotes.see(byte, self.line);
                }
                self.line += u64::from(byte == b'\n');
                let quoted = self.quotes.as_ref().is_some_and(|quotes| quotes.within == Within::Quoted);
                self.row = if byte == b'\n' && !quoted { 0 } else { self.row + 1 };
                if let Some(place) = out.get_mut(written) {
                    *place = byte;
                }
                written += 1;
            }
            self.text.consume(read);
            if self.is_endless() {
                return Err(std::io::Error::other("a row without an end"));
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

impl Quotes {
    fn see(&mut self, byte: u8, line: u64) {
        let ends = byte == self.delimiter || byte == b'\n';
        self.within = match (self.within, byte) {
            (Within::Quoted, b'"') => Within::Mark,
            (Within::Quoted, _) | (Within::Mark, b'"') => Within::Quoted,
            (Within::Start, b'"') => {
                self.opened = line;
                Within::Quoted
            }
            _ if ends => Within::Start,
            _ => Within::Cell,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8], size: usize) -> (String, Option<u64>) {
        let text: Box<dyn BufRead + Send> =
            Box::new(std::io::BufReader::with_capacity(size, std::io::Cursor::new(text.to_vec())));
        let mut plain = Plain::new(text, Some(b','));
        let mut out = String::new();
        plain.read_to_string(&mut out).unwrap();
        (out, plain.open_at_end())
    }

    proptest! {
        #[test]
        fn line_ends_of_every_kind_become_line_feeds_wherever_the_parts_end(text in "(\u{feff})?[a,\r\n]{0,40}", size in 3_usize..9) {
            let expected = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(read(text.as_bytes(), size).0, expected);
        }
    }

    #[test]
    fn a_cell_that_was_never_closed_is_known_by_its_line() {
        for (text, open) in [
            ("a,b\nc,\"d\n", Some(2)),
            ("a,b\r\"c\r\rd", Some(2)),
            ("a,\"b\"\"\n", Some(1)),
            ("a,\"b\"\n", None),
            ("a,5\" UTR\n", None),
            ("a,\"b\nc\",d\n", None),
            ("a,\"b\"x\"\n", None),
        ] {
            assert_eq!(read(text.as_bytes(), 4).1, open, "{text:?}");
        }
    }
}
