//! An array of an archive: its member, and what its header says of it.

use std::fs::File;
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::header::Header;
use crate::error::{Error, Result};
use crate::formats::source::{self, cannot_read};

/// An array of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    /// The member's name.
    pub(crate) name: String,
    pub(crate) header: Header,
    /// Length of the first axis.
    pub(crate) rows: usize,
    /// Numbers a row.
    pub(crate) items: usize,
}

impl Array {
    /// Refuses the array because of `what`.
    pub(crate) fn wrong(&self, path: &Path, what: impl Into<String>) -> Error {
        self.at(path, Error::input(what))
    }

    /// The same error with file and array in front.
    pub(crate) fn at(&self, path: &Path, error: Error) -> Error {
        in_array(path, &self.name, error)
    }
}

/// Opens an archive.
pub(crate) fn open(path: &Path) -> Result<ZipArchive<File>> {
    ZipArchive::new(source::open(path)?).map_err(|error| cannot_open(path, error))
}

/// The array in a member, with a size that agrees with the archive.
pub(crate) fn read_array(path: &Path, archive: &mut ZipArchive<File>, name: &str) -> Result<Array> {
    let wrong = |what: String| in_array(path, name, Error::input(what));
    let mut file = member(path, archive, name)?;
    let header = Header::read(path, &mut file).map_err(|error| in_array(path, name, error))?;
    let items = header.row_items();
    let rows = header.shape.first().copied().unwrap_or(0);
    let expected = items
        .and_then(|items| (items as u64).checked_mul(rows as u64))
        .and_then(|numbers| numbers.checked_mul(header.number.bytes() as u64))
        .and_then(|bytes| bytes.checked_add(header.bytes));
    let (Some(items), Some(expected)) = (items, expected) else {
        return Err(wrong(format!("its shape is {:?}, which no file can hold", header.shape)));
    };
    if file.size() != expected {
        let shape = &header.shape;
        let found = file.size();
        return Err(wrong(format!("its shape is {shape:?}, which takes {expected} bytes, and it has {found}")));
    }
    Ok(Array { name: name.to_owned(), header, rows, items })
}

/// A member to read from.
pub(super) fn member<'a>(path: &Path, archive: &'a mut ZipArchive<File>, name: &str) -> Result<ZipFile<'a, File>> {
    archive.by_name(name).map_err(|error| cannot_open(path, error))
}

fn in_array(path: &Path, name: &str, error: Error) -> Error {
    error.context(format!("{}, array {}", path.display(), name.strip_suffix(".npy").unwrap_or(name)))
}

fn cannot_open(path: &Path, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => cannot_read(path, error),
        other => Error::input(format!(
            "{}: it is not a whole archive of NumPy arrays ({other}): expected a file that numpy.savez or \
             numpy.savez_compressed wrote; copy or download it again",
            path.display()
        )),
    }
}
