//! The sizes in the headers of a Parquet file's pages, checked before the pages are decompressed.
//!
//! The crate `parquet` takes as much memory for a page as its header says it needs, and reads the header only together
//! with the page. A header is a struct in Thrift's compact protocol; what else stands in it is passed over.

use parquet::file::metadata::ColumnChunkMetaData;

use crate::error::{Error, Result};
use crate::formats::parts::Parts;

/// Bytes of the largest page. Writers make pages of about 1 MiB; some one page of a whole row group.
const LARGEST_PAGE: i64 = 1 << 30;
/// Bytes of a header that are read at first; statistics in it can be longer.
const HEADER: u64 = 512;
/// Bytes of the longest header.
const LONGEST_HEADER: u64 = 1 << 22;
/// Structs and lists in each other that are passed over.
const DEEPEST: u32 = 8;

/// Refuses a column of which a page is too large. What cannot be read as a header is left to the crate, which refuses it.
pub(super) fn check(parts: &Parts, column: &ColumnChunkMetaData) -> Result<()> {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let mut at = u64::try_from(start).unwrap_or(u64::MAX);
    let end = at.saturating_add(u64::try_from(column.compressed_size()).unwrap_or(0));
    while at < end {
        let Some(header) = header(parts, at, end)? else { return Ok(()) };
        if header.uncompressed > LARGEST_PAGE {
            return Err(Error::input(format!(
                "a page of {} MiB: write the file with pages of at most {} MiB",
                header.uncompressed >> 20,
                LARGEST_PAGE >> 20
            )));
        }
        let Ok(compressed) = u64::try_from(header.compressed) else { return Ok(()) };
        at = at.saturating_add(header.length).saturating_add(compressed);
    }
    Ok(())
}

/// What is looked at in a header.
#[derive(Default)]
struct Header {
    /// Bytes of the header.
    length: u64,
    /// Bytes of its page, decompressed and as they lie in the file.
    uncompressed: i64,
    compressed: i64,
}

/// The header that begins at a place; `None` where there is none before `end`.
fn header(parts: &Parts, at: u64, end: u64) -> Result<Option<Header>> {
    let mut length = HEADER;
    loop {
        let available = length.min(end - at);
        let bytes = parts.read(at, available)?;
        let mut rest = Compact(&bytes);
        if let Some(header) = rest.header() {
            return Ok(Some(Header { length: (bytes.len() - rest.0.len()) as u64, ..header }));
        }
        if available < length || length >= LONGEST_HEADER {
            return Ok(None);
        }
        length *= 8;
    }
}

/// Bytes in Thrift's compact protocol. `None` where they end too early or mean nothing.
struct Compact<'b>(&'b [u8]);

impl Compact<'_> {
    fn header(&mut self) -> Option<Header> {
        let mut header = Header::default();
        self.fields(&mut |field, kind, rest| {
            match (field, kind) {
                (2, 4..=6) => header.uncompressed = rest.integer()?,
                (3, 4..=6) => header.compressed = rest.integer()?,
                _ => rest.skip(kind, DEEPEST)?,
            }
            Some(())
        })?;
        Some(header)
    }

    /// Calls `each` with the number and the type of each field of a struct; it takes the value.
    fn fields(&mut self, each: &mut dyn FnMut(i64, u8, &mut Self) -> Option<()>) -> Option<()> {
        let mut field = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            field = match head >> 4 {
                0 => self.integer()?,
                step => field.checked_add(i64::from(step))?,
            };
            each(field, head & 0x0F, self)?;
        }
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            // True and false stand in the type.
            1 | 2 => Some(()),
            3 => self.byte().map(drop),
            4..=6 => self.integer().map(drop),
            7 => self.take(8),
            8 => {
                let length = self.number()?;
                self.take(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.number()? } else { u64::from(head >> 4) };
                (0..count).try_for_each(|_| match head & 0x0F {
                    1 | 2 => self.byte().map(drop),
                    kind => self.skip(kind, depth),
                })
            }
            12 => self.fields(&mut |_, kind, rest| rest.skip(kind, depth)),
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn take(&mut self, length: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(length).ok()?..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let (number, rest) = super::pages::number(self.0)?;
        self.0 = rest;
        Some(number)
    }

    /// A number whose lowest bit is its sign.
    fn integer(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support;

    #[test]
    fn the_sizes_stand_behind_whatever_else_is_in_a_header() {
        // Type, sizes 2^31 - 1 and 3, a struct with a text, a truth and a list, and a number that is far away.
        let header = [
            vec![0x15, 0, 0x15, 254, 255, 255, 255, 15, 0x15, 6, 0x2C, 0x18, 2, b'a', b'b', 0x11, 0x19, 0x25, 2, 4, 0],
            vec![0x05, 80, 2, 0],
        ]
        .concat();
        let folder = tempfile::tempdir().unwrap();
        let parts = Parts::open(&test_support::file(folder.path(), "page", [&header, &[9; 3][..]].concat())).unwrap();
        let end = parts.length();
        let found = super::header(&parts, 0, end).unwrap().unwrap();
        let expected = (header.len() as u64, i64::from(i32::MAX), 3);
        assert_eq!((found.length, found.uncompressed, found.compressed), expected);
        assert!((0..expected.0).all(|end| super::header(&parts, 0, end).unwrap().is_none()));
    }
}
