//! The pages of a Parquet file on their way to its decoders.
//!
//! The crate `parquet` takes memory by the word of a page: 16 GiB for a dictionary that says it has 2^31 numbers, in a
//! file of 3 KB, and it has no limit to set. So pages are handed to it one by one here, and refused where what they
//! claim is more than their bytes can hold.

use std::fs::File;
use std::sync::Arc;

use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::thrift::number;

/// Values that bytes need not account for: equal lengths of texts and lists compress to next to nothing.
const FREE_VALUES: u64 = 1 << 24;
/// Values that a byte accounts for beyond that.
const VALUES_A_BYTE: u64 = 64;

/// All row groups of a file.
pub(super) struct Groups {
    pub(super) file: Arc<File>,
    pub(super) metadata: Arc<ParquetMetaData>,
}

impl RowGroups for Groups {
    fn num_rows(&self) -> usize {
        let rows = self.metadata.row_groups().iter().map(|group| usize::try_from(group.num_rows()).unwrap_or(0));
        rows.fold(0, usize::saturating_add)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let (file, metadata) = (Arc::clone(&self.file), Arc::clone(&self.metadata));
        Ok(Box::new(Chunks { file, metadata, column, next: 0 }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.metadata.row_groups().iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// A column of one row group after the other.
struct Chunks {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
    column: usize,
    next: usize,
}

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.metadata.row_groups().get(self.next)?;
        let column = group.columns().get(self.column)?;
        self.next += 1;
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let pages = SerializedPageReader::new(Arc::clone(&self.file), column, rows, None);
        let column = Column::new(column);
        Some(pages.map(|pages| Box::new(Pages { pages, column }) as Box<dyn PageReader>))
    }
}

impl PageIterator for Chunks {}

/// The pages of a column of a row group.
struct Pages {
    pages: SerializedPageReader<File>,
    column: Column,
}

/// A column of a row group, of which pages were read.
struct Column {
    /// Whether its values have levels: of lists, and of what may be missing.
    lists: bool,
    optional: bool,
    /// Bytes of all its pages in the file.
    bytes: u64,
    /// Values so far.
    values: u64,
}

impl Column {
    fn new(column: &ColumnChunkMetaData) -> Self {
        let about = column.column_descr();
        let bytes = u64::try_from(column.compressed_size()).unwrap_or(0);
        Self { lists: about.max_rep_level() > 0, optional: about.max_def_level() > 0, bytes, values: 0 }
    }

    /// Refuses a page that claims more than it can hold.
    fn check(&mut self, page: &Page) -> Result<()> {
        let wrong = |what: &str| Err(ParquetError::General(what.to_owned()));
        let values = u64::from(page.num_values());
        let bytes: &[u8] = page.buffer();
        if matches!(page, Page::DictionaryPage { .. }) {
            // Every value takes at least a byte.
            return if values > bytes.len() as u64 { wrong("a dictionary of more values than bytes") } else { Ok(()) };
        }
        self.values = self.values.saturating_add(values);
        // A list can go on from page to page, and is held as a whole.
        if self.lists && self.values > most(self.bytes) {
            return wrong("lists of more values than bytes");
        }
        let lists = match page.encoding() {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            Encoding::DELTA_BYTE_ARRAY => 2,
            _ => return Ok(()),
        };
        let mut rest = self.behind_levels(page).unwrap_or_default();
        for _ in 0..lists {
            let Some((count, behind)) = deltas(rest) else { return wrong("no lengths of texts") };
            if count > values || count > most(bytes.len() as u64) {
                return wrong("more lengths than texts");
            }
            rest = behind;
        }
        Ok(())
    }

    /// The encoded values of a page.
    fn behind_levels<'p>(&self, page: &'p Page) -> Option<&'p [u8]> {
        let mut bytes: &[u8] = page.buffer();
        if let Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } = page {
            let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
            return bytes.get(usize::try_from(levels).ok()?..);
        }
        for _ in 0..u8::from(self.lists) + u8::from(self.optional) {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            bytes = rest.get(usize::try_from(u32::from_le_bytes(*length)).ok()?..)?;
        }
        Some(bytes)
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.iter().try_for_each(|page| self.column.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

/// The most values for which memory is taken where so many bytes stand for them.
const fn most(bytes: u64) -> u64 {
    FREE_VALUES.saturating_add(bytes.saturating_mul(VALUES_A_BYTE))
}

/// How many numbers a list of differences has (the encoding `DELTA_BINARY_PACKED`), and the bytes behind it.
fn deltas(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (block, rest) = number(bytes)?;
    let (parts, rest) = number(rest)?;
    let (count, rest) = number(rest)?;
    let (_, mut rest) = number(rest)?;
    let of_part = block.checked_div(parts)?;
    // The first number stands in the header.
    let mut left = count.saturating_sub(1);
    while left > 0 && of_part > 0 {
        let (_, widths) = number(rest)?;
        let (widths, mut values) = widths.split_at_checked(usize::try_from(parts).ok()?)?;
        for width in widths {
            if left == 0 {
                break;
            }
            let bytes = of_part.checked_mul(u64::from(*width))?.div_ceil(8);
            values = values.get(usize::try_from(bytes).ok()?..)?;
            left = left.saturating_sub(of_part);
        }
        rest = values;
    }
    Some((count, rest))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn column(lists: bool) -> Column {
        Column { lists, optional: false, bytes: 100, values: 0 }
    }

    fn data(bytes: &[u8], num_values: u32, encoding: Encoding) -> Page {
        let (def_level_encoding, rep_level_encoding) = (Encoding::RLE, Encoding::RLE);
        let buf = Bytes::copy_from_slice(bytes);
        Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics: None }
    }

    fn refusal(checked: Result<()>) -> String {
        checked.unwrap_err().to_string()
    }

    #[test]
    fn a_dictionary_of_more_values_than_bytes_is_refused() {
        let dictionary = |num_values| Page::DictionaryPage {
            buf: Bytes::from_static(&[0; 8]),
            num_values,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        column(false).check(&dictionary(8)).unwrap();
        assert!(refusal(column(false).check(&dictionary(1 << 31))).contains("a dictionary of more values than bytes"));
    }

    #[test]
    fn lists_of_more_values_than_bytes_can_hold_are_refused_over_all_pages_together() {
        let page = data(&[], 1 << 23, Encoding::PLAIN);
        let mut lists = column(true);
        lists.check(&page).unwrap();
        lists.check(&page).unwrap();
        assert!(refusal(lists.check(&page)).contains("lists of more values"));
        let mut flat = column(false);
        (0..1000).for_each(|_| flat.check(&page).unwrap());
    }

    #[test]
    fn more_lengths_of_texts_than_texts_are_refused() {
        // Blocks of 128 in 4 parts: 33 lengths, the first of them 1, the others one more each time.
        let header = |count: &[u8]| [&[128, 1, 4], count, &[2]].concat();
        let block = [2, 1, 0, 0, 0, 0, 0, 0, 0];
        let good = [header(&[33]), block.to_vec(), b"rest".to_vec()].concat();
        assert_eq!(deltas(&good), Some((33, b"rest".as_slice())));
        column(false).check(&data(&good, 33, Encoding::DELTA_LENGTH_BYTE_ARRAY)).unwrap();
        let refused = refusal(column(false).check(&data(&good, 32, Encoding::DELTA_LENGTH_BYTE_ARRAY)));
        assert!(refused.contains("more lengths than texts"), "{refused}");
        // Equal lengths take no bytes, so they are counted alone.
        let huge = [vec![128, 128, 128, 128, 128, 128, 1, 1], vec![255, 255, 255, 255, 7, 2, 2, 0]].concat();
        assert_eq!(deltas(&huge).map(|(count, _)| count), Some((1 << 31) - 1));
        let refused = refusal(column(false).check(&data(&huge, (1 << 31) - 1, Encoding::DELTA_LENGTH_BYTE_ARRAY)));
        assert!(refused.contains("more lengths than texts"), "{refused}");
    }
}
