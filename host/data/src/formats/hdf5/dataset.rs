//! A dataset: an array by its name, from the messages of its object header.

use super::chunks::Chunks;
use super::file::{Hdf5, UNDEFINED, newer};
use super::header::{DATA_SPACE, DATA_TYPE, EXTERNAL_FILES, FILTERS, LAYOUT};
use super::message::{Layout, data_type, dimensions, filters, layout};
use crate::error::{Error, Result};
use crate::formats::element::Element;
use crate::formats::parts::damaged;

/// An array of an HDF5 file.
pub(crate) struct Dataset {
    pub(crate) name: String,
    /// Its axes, the slowest first.
    pub(crate) axes: Vec<u64>,
    pub(crate) element: Element,
    pub(crate) storage: Storage,
}

/// Where the numbers of a dataset lie.
pub(crate) enum Storage {
    /// One after another, from a byte of the file on.
    Contiguous { offset: u64 },
    /// In chunks.
    Chunked(Chunks),
}

impl Hdf5<'_> {
    /// Names of what the file holds at its root.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        Ok(self.entries()?.into_iter().map(|(name, _)| name).collect())
    }

    /// The dataset of a name.
    pub(crate) fn dataset(&self, name: &str) -> Result<Option<Dataset>> {
        let entry = self.entries()?.into_iter().find(|(found, _)| found == name);
        let read = |(_, header)| self.dataset_at(name, header).map_err(|error| error.context(name));
        entry.map(read).transpose()
    }

    /// The dataset that an object header describes.
    fn dataset_at(&self, name: &str, address: u64) -> Result<Dataset> {
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
        Ok(Dataset { name: name.to_owned(), axes, element, storage })
    }
}
