//! The sizes in the headers of a Parquet file's pages, checked before the pages are decompressed.
//!
//! The crate `parquet` takes as much memory for a page as its header says it needs, and reads the header only together
//! with the page.

use parquet::file::metadata::ColumnChunkMetaData;

use super::thrift::Compact;
use crate::error::{Error, Result};
use crate::formats::parts::Parts;

/// Bytes of the largest page. Writers make pages of about 1 MiB; some one page of a whole row group.
const LARGEST_PAGE: i64 = 1 << 30;
/// Bytes of a header that are read at first; statistics in it can be longer.
const HEADER: u64 = 512;
/// Bytes of the longest header.
const LONGEST_HEADER: u64 = 1 << 22;

/// Refuses a column of which a page is too large, or has no header.
pub(super) fn check(parts: &Parts, column: &ColumnChunkMetaData) -> Result<()> {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let mut at = u64::try_from(start).unwrap_or(u64::MAX);
    let end = at.saturating_add(u64::try_from(column.compressed_size()).unwrap_or(0));
    while at < end {
        let Some(header) = header(parts, at)? else {
            return Err(Error::input("the header of a page is damaged; copy or download the file again"));
        };
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

/// The header that begins at a place; `None` where there is none.
fn header(parts: &Parts, at: u64) -> Result<Option<Header>> {
    let mut length = HEADER;
    loop {
        let available = length.min(parts.length().saturating_sub(at));
        let bytes = parts.read(at, available)?;
        let mut rest = Compact::new(&bytes);
        if let Some(header) = sizes(&mut rest) {
            return Ok(Some(Header { length: (bytes.len() - rest.left()) as u64, ..header }));
        }
        if available < length || length >= LONGEST_HEADER {
            return Ok(None);
        }
        length *= 8;
    }
}

fn sizes(bytes: &mut Compact<'_>) -> Option<Header> {
    let mut header = Header::default();
    bytes.fields(&mut |field, kind, rest| {
        match (field, kind) {
            (2, 4..=6) => header.uncompressed = rest.integer()?,
            (3, 4..=6) => header.compressed = rest.integer()?,
            _ => rest.skip(kind)?,
        }
        Some(())
    })?;
    Some(header)
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
        let found = super::header(&parts, 0).unwrap().unwrap();
        let expected = (header.len() as u64, i64::from(i32::MAX), 3);
        assert_eq!((found.length, found.uncompressed, found.compressed), expected);
        for length in 0..header.len() {
            let parts = Parts::open(&test_support::file(folder.path(), "cut", &header[..length])).unwrap();
            assert!(super::header(&parts, 0).unwrap().is_none(), "{length}");
        }
    }
}
