//! Opens a store file without trusting it.
//!
//! The arrow readers index into a file at the offsets it names, and panic where those lie. So everything that names a
//! place is checked first: footer, blocks, message headers, and every buffer of every batch, which must have the layout
//! that the writer uses. Only headers are read for that, never rows: a store of any size opens at once. Whether the
//! rows themselves are as written is what [`verify`](super::Store::verify) finds out, by reading them all.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, MessageHeader, MetadataVersion};
use arrow_schema::{Schema, SchemaRef};

use super::info::{BATCH_ROWS, StoreInfo};
use super::schema::{self, INFO_DIGEST_KEY, INFO_KEY, mask_bytes};
use crate::bases::packed_bytes;
use crate::error::{Error, Result};

pub(super) const MAGIC: &[u8] = b"ARROW1";
/// The magic, padded.
const HEADER: usize = 8;
/// The footer's length and the magic.
const TRAILER: usize = 10;

/// A checked file. Its errors do not name it: the caller, who knows the path, puts it in front.
pub(super) struct CheckedFile {
    pub(super) info: StoreInfo,
    buffer: Buffer,
    schema: SchemaRef,
    blocks: Vec<Block>,
}

impl CheckedFile {
    pub(super) fn new(buffer: &Buffer) -> Result<Self> {
        if !buffer.starts_with(MAGIC) {
            return Err(Error::input(
                "it is not a store of genomenas (no Arrow file); `genomenas data import` makes one",
            ));
        }
        let not_whole = || Error::input("it is not whole: it was cut off or damaged; import the data again");
        if buffer.len() < HEADER + TRAILER {
            return Err(not_whole());
        }
        let trailer_start = buffer.len() - TRAILER;
        let trailer: [u8; TRAILER] = buffer[trailer_start..].try_into().map_err(|_| not_whole())?;
        let footer_length = read_footer_length(trailer).map_err(|_| not_whole())?;
        let footer_start = trailer_start.checked_sub(footer_length).filter(|start| *start >= HEADER);
        let footer = &buffer[footer_start.ok_or_else(not_whole)?..trailer_start];
        let footer = arrow_ipc::root_as_footer(footer).map_err(|_| damaged("its footer cannot be read"))?;
        let found = footer.schema().ok_or_else(|| damaged("its footer has no columns"))?;
        let found = try_fb_to_schema(found).map_err(|_| damaged("its columns cannot be read"))?;
        let text = |key: &str| found.metadata().get(key).map(String::as_str);
        let (Some(text), Some(digest)) = (text(INFO_KEY), text(INFO_DIGEST_KEY)) else {
            return Err(Error::input(format!(
                "it is an Arrow file but not a store of genomenas (no {INFO_KEY:?} in its metadata); \
                 `genomenas data import` makes one"
            )));
        };
        let info = StoreInfo::from_text(text, digest)?;
        // With the description as it stands: an earlier version said less.
        let expected = schema::schema(&info.shape, text.to_owned(), digest.to_owned())?;
        if footer.version() != MetadataVersion::V5 || found != expected {
            return Err(damaged("its columns are not those of its description"));
        }
        check_leading_schema(buffer, &expected)?;
        let physical = schema::physical_columns(&info.shape)?;
        let blocks: Vec<Block> = footer.recordBatches().iter().flatten().copied().collect();
        let file = Self { info, schema: Arc::new(Schema::new(physical)), blocks, buffer: buffer.clone() };
        file.check_blocks()?;
        Ok(file)
    }

    /// Record batches in the file.
    pub(super) fn batches(&self) -> usize {
        self.blocks.len()
    }

    /// The columns `projection` of one batch, without copying.
    pub(super) fn batch(&self, index: usize, projection: Vec<usize>) -> Result<RecordBatch> {
        let block = self.blocks.get(index).ok_or_else(|| damaged("a batch is missing"))?;
        let bytes = self.block_bytes(block).ok_or_else(|| damaged("a batch lies outside the file"))?;
        FileDecoder::new(Arc::clone(&self.schema), MetadataVersion::V5)
            .with_projection(projection)
            .read_record_batch(block, &bytes)
            .map_err(|error| damaged(&format!("batch {index}: {error}")))?
            .ok_or_else(|| damaged(&format!("batch {index} has no rows")))
    }

    fn block_bytes(&self, block: &Block) -> Option<Buffer> {
        let offset = usize::try_from(block.offset()).ok()?;
        let header = usize::try_from(block.metaDataLength()).ok()?;
        let length = usize::try_from(block.bodyLength()).ok()?.checked_add(header)?;
        let inside = offset >= HEADER && offset.checked_add(length)? <= self.buffer.len();
        inside.then(|| self.buffer.slice_with_length(offset, length))
    }

    fn check_blocks(&self) -> Result<()> {
        let mut left = usize::try_from(self.info.total_rows()).map_err(|_| damaged("it has too many rows"))?;
        for (index, block) in self.blocks.iter().enumerate() {
            let rows = left.min(BATCH_ROWS);
            left -= rows;
            self.check_block(block, rows)
                .ok_or_else(|| damaged(&format!("batch {index} of its rows is not as written")))?;
        }
        if left > 0 || self.blocks.len() != usize::try_from(self.info.total_rows()).unwrap_or(0).div_ceil(BATCH_ROWS) {
            return Err(damaged("it does not hold the rows that its description counts"));
        }
        Ok(())
    }

    /// Whether a batch has the layout that the writer uses for `rows` rows.
    fn check_block(&self, block: &Block, rows: usize) -> Option<()> {
        let bytes = self.block_bytes(block)?;
        let header = usize::try_from(block.metaDataLength()).ok().filter(|header| *header >= 8)?;
        let body = bytes.len().checked_sub(header)?;
        let message = bytes.get(..header)?;
        let (continuation, message) = message.split_first_chunk::<4>()?;
        let (length, message) = message.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
        if *continuation != [0xFF; 4] || length != message.len() {
            return None;
        }
        let message = arrow_ipc::root_as_message(message).ok()?;
        if message.version() != MetadataVersion::V5
            || message.header_type() != MessageHeader::RecordBatch
            || usize::try_from(message.bodyLength()).ok()? != body
        {
            return None;
        }
        let batch = message.header_as_record_batch()?;
        if batch.compression().is_some() || usize::try_from(batch.length()).ok()? != rows {
            return None;
        }
        // Buffers follow each other and none leaves the body.
        let mut end = 0;
        let mut lengths = Vec::new();
        for buffer in batch.buffers()? {
            let offset = usize::try_from(buffer.offset()).ok()?;
            let length = usize::try_from(buffer.length()).ok()?;
            if offset < end || !offset.is_multiple_of(8) {
                return None;
            }
            end = offset.checked_add(length).filter(|end| *end <= body)?;
            lengths.push(length);
        }
        let nodes: Vec<(usize, usize)> = batch
            .nodes()?
            .iter()
            .map(|node| Some((usize::try_from(node.length()).ok()?, usize::try_from(node.null_count()).ok()?)))
            .collect::<Option<_>>()?;
        self.check_lengths(rows, &nodes, &lengths)
    }

    /// Whether fields and buffers have the lengths of `rows` rows. A validity bitmap may be left out.
    fn check_lengths(&self, rows: usize, nodes: &[(usize, usize)], lengths: &[usize]) -> Option<()> {
        let shape = &self.info.shape;
        let placed = !shape.chromosomes.is_empty();
        let [_, _, (runs, _), (values, empty), ..] = *nodes else {
            return None;
        };
        if runs != values || runs == 0 || runs > rows || empty > runs {
            return None;
        }
        let mut expected_nodes = vec![(rows, 0), (rows, nodes.get(1)?.1), (runs, 0), (runs, empty), (rows, 0)];
        let masks = (runs - empty).checked_mul(mask_bytes(shape))?;
        let label_bytes = rows.checked_mul(shape.label_bytes())?;
        // Pairs of rows of a validity bitmap and the buffers behind it.
        let mut expected: Vec<(usize, Vec<usize>)> = vec![
            (rows, vec![rows.checked_mul(packed_bytes(shape.length))?]),
            (runs, vec![4 * runs]),
            (runs, vec![4 * (runs + 1), masks]),
        ];
        if shape.task.is_regression() {
            // A list has a validity bitmap, and so have the values in it.
            let values = rows.checked_mul(shape.labels.len())?;
            expected_nodes.push((values, 0));
            expected.extend([(rows, vec![]), (values, vec![label_bytes])]);
        } else {
            expected.push((rows, vec![label_bytes]));
        }
        expected_nodes.push((rows, 0));
        expected.push((rows, vec![rows]));
        if placed {
            expected_nodes.extend([(rows, 0), (rows, 0)]);
            expected.extend([(rows, vec![4 * rows]), (rows, vec![8 * rows])]);
        }
        let mut lengths = lengths.iter().copied();
        for (count, buffers) in expected {
            let bitmap = lengths.next()?;
            if bitmap != 0 && bitmap < count.div_ceil(8) {
                return None;
            }
            for buffer in buffers {
                if lengths.next()? != buffer {
                    return None;
                }
            }
        }
        (lengths.next().is_none() && nodes == expected_nodes).then_some(())
    }
}

/// The schema stands at both ends of the file; a reader of the stream sees the first.
fn check_leading_schema(buffer: &Buffer, expected: &Schema) -> Result<()> {
    let read = || -> Option<Schema> {
        let (length, rest) = buffer.get(HEADER + 4..)?.split_first_chunk::<4>()?;
        let message = rest.get(..usize::try_from(i32::from_le_bytes(*length)).ok()?)?;
        let message = arrow_ipc::root_as_message(message).ok()?;
        try_fb_to_schema(message.header_as_schema()?).ok()
    };
    if read().is_none_or(|schema| schema != *expected) {
        return Err(damaged("the columns at its start are not those at its end"));
    }
    Ok(())
}

/// The error for a store that contradicts itself.
pub(super) fn damaged(what: &str) -> Error {
    Error::input(format!("it is damaged ({what}); import the data again"))
}
