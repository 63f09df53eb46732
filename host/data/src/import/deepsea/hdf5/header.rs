//! Object headers of version 1: the messages that describe a dataset or a group.

use super::super::array::{Array, Storage};
use super::super::parts::{Fields, damaged};
use super::chunks::Chunks;
use super::message::{Layout, data_type, dimensions, filters, layout};
use super::{Hdf5, UNDEFINED, newer};
use crate::error::{Error, Result};

const DATA_SPACE: u16 = 0x01;
const DATA_TYPE: u16 = 0x03;
const EXTERNAL_FILES: u16 = 0x07;
const LAYOUT: u16 = 0x08;
const FILTERS: u16 = 0x0B;
const CONTINUATION: u16 = 0x10;
/// The message of a group of old.
pub(super) const SYMBOL_TABLE: u16 = 0x11;
/// The flag of a message that stands elsewhere.
const SHARED: u8 = 2;
/// Continuations of a header that are followed.
const MOST_PIECES: usize = 256;

/// A message of an object header.
pub(super) struct Message {
    pub(super) kind: u16,
    pub(super) bytes: Vec<u8>,
    /// The byte of the file at which `bytes` begin.
    place: u64,
}

impl Hdf5<'_> {
    /// All messages of the object header at an address.
    pub(super) fn messages(&self, address: u64) -> Result<Vec<Message>> {
        let place = self.place(address)?;
        let head = self.parts.read(place, 16)?;
        if head.starts_with(b"OHDR") {
            return Err(newer("object headers of version 2"));
        }
        let mut fields = Fields::little(&head);
        if fields.u8()? != 1 {
            return Err(damaged(format!("at byte {place} is not the description that is expected there")));
        }
        fields.u8()?;
        let count = usize::from(fields.u16()?);
        fields.u32()?;
        let mut pieces = vec![(place + 16, u64::from(fields.u32()?))];
        let mut messages = Vec::new();
        let mut next = 0;
        while let Some((place, length)) = pieces.get(next).copied() {
            next += 1;
            let bytes = self.parts.read(place, length)?;
            let mut fields = Fields::little(&bytes);
            while messages.len() < count && fields.rest().len() >= 8 {
                let (kind, size, flags) = (fields.u16()?, usize::from(fields.u16()?), fields.u8()?);
                fields.take(3)?;
                let place = place + (bytes.len() - fields.rest().len()) as u64;
                let bytes = fields.take(size)?.to_vec();
                if kind == CONTINUATION {
                    let mut fields = Fields::little(&bytes);
                    let address = fields.u64()?;
                    pieces.push((self.place(address)?, fields.u64()?));
                }
                if flags & SHARED != 0 && matches!(kind, DATA_SPACE | DATA_TYPE | LAYOUT | FILTERS) {
                    return Err(newer("a description that several arrays share"));
                }
                messages.push(Message { kind, bytes, place });
            }
            if pieces.len() > MOST_PIECES {
                return Err(damaged("a description goes on without end"));
            }
        }
        Ok(messages)
    }

    /// The array that an object header describes.
    pub(super) fn dataset(&self, name: &str, address: u64) -> Result<Array> {
        let messages = self.messages(address)?;
        let optional = |kind| messages.iter().find(|message| message.kind == kind);
        let message = |kind| {
            optional(kind).ok_or_else(|| Error::input("it is not an array; expected an array of numbers".to_owned()))
        };
        if optional(EXTERNAL_FILES).is_some() {
            return Err(newer("data in another file"));
        }
        let axes = dimensions(&message(DATA_SPACE)?.bytes)?;
        let element = data_type(&message(DATA_TYPE)?.bytes)?;
        let width = element.width() as u64;
        let numbers = axes.iter().try_fold(width, |product, axis| product.checked_mul(*axis));
        let bytes = numbers.ok_or_else(|| damaged("it is larger than any file"))?;
        let laid = message(LAYOUT)?;
        let steps = optional(FILTERS).map(|message| filters(&message.bytes)).transpose()?.unwrap_or_default();
        let in_one_piece = |offset: u64, size: u64| {
            if size != bytes || !steps.is_empty() {
                return Err(damaged(format!("{size} bytes of data do not fit {bytes} of numbers")));
            }
            self.parts.check(offset, size)?;
            Ok(Storage::Contiguous { offset })
        };
        let storage = match layout(&laid.bytes)? {
            Layout::InHeader { skip, size } => in_one_piece(laid.place + skip, size)?,
            Layout::Contiguous { address: UNDEFINED, .. } | Layout::Chunked { tree: UNDEFINED, .. } => {
                return Err(damaged("its data was never written"));
            }
            Layout::Contiguous { address, size } => in_one_piece(self.place(address)?, size.unwrap_or(bytes))?,
            Layout::Chunked { tree, sizes } => {
                Storage::Chunked(Chunks::read_index(self, tree, &axes, &sizes, element.width(), steps)?)
            }
        };
        Ok(Array { name: name.to_owned(), axes, element, storage })
    }
}
