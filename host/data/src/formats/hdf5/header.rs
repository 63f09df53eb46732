//! Object headers of version 1: the messages that describe a dataset or a group.

use super::file::{Hdf5, newer};
use crate::error::Result;
use crate::formats::parts::{Allowance, Fields, damaged};

pub(super) const DATA_SPACE: u16 = 0x01;
pub(super) const DATA_TYPE: u16 = 0x03;
pub(super) const EXTERNAL_FILES: u16 = 0x07;
pub(super) const LAYOUT: u16 = 0x08;
pub(super) const FILTERS: u16 = 0x0B;
const CONTINUATION: u16 = 0x10;
/// The message of a group whose members stand in symbol tables.
pub(crate) const SYMBOL_TABLE: u16 = 0x11;
/// The flag of a message that stands elsewhere.
const SHARED: u8 = 2;
/// Continuations of a header that are followed.
const MOST_PIECES: usize = 256;

/// A message of an object header.
pub(crate) struct Message {
    pub(crate) kind: u16,
    pub(crate) bytes: Vec<u8>,
    /// The byte of the file at which `bytes` begin.
    pub(crate) place: u64,
}

impl Hdf5<'_> {
    /// All messages of the object header at an address.
    pub(crate) fn messages(&self, address: u64) -> Result<Vec<Message>> {
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
        let mut allowance = Allowance::of(self.parts.length() - self.base);
        while let Some((place, length)) = pieces.get(next).copied() {
            next += 1;
            if !allowance.take(length) {
                return Err(damaged("the pieces of a description overlap"));
            }
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
}
