//! The archive: which arrays are in it, and which of them are the inputs and labels of each split.

use std::fs::File;
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::super::source::{self, cannot_read};
use super::header::Header;
use super::shortened;
use crate::error::{Error, Result};
use crate::store::{PerSplit, Split};

/// Arrays named in a message.
const ARRAYS_SHOWN: usize = 20;

/// An array of the archive.
#[derive(Clone, Debug)]
pub(super) struct Array {
    /// The member's name.
    pub(super) name: String,
    pub(super) header: Header,
    /// Length of the first axis.
    pub(super) rows: usize,
    /// Numbers a row.
    pub(super) items: usize,
}

/// What belongs to one split.
#[derive(Clone, Debug)]
pub(super) struct Arrays {
    pub(super) x: Array,
    pub(super) y: Array,
}

impl Array {
    /// An error that names the array without its ending.
    pub(super) fn wrong(&self, path: &Path, what: &str) -> Error {
        wrong(path, &self.name, what)
    }
}

/// Opens the archive.
pub(super) fn open(path: &Path) -> Result<ZipArchive<File>> {
    ZipArchive::new(source::open(path)?).map_err(|error| cannot_open(path, error))
}

/// The arrays of each split, with sizes that agree with the archive.
pub(super) fn arrays(path: &Path, archive: &mut ZipArchive<File>) -> Result<PerSplit<Arrays>> {
    let mut of = |split: Split| -> Result<Arrays> {
        Ok(Arrays { x: find(path, archive, "x", split)?, y: find(path, archive, "y", split)? })
    };
    Ok(PerSplit { train: of(Split::Train)?, valid: of(Split::Valid)?, test: of(Split::Test)? })
}

/// A member to read from.
pub(super) fn member<'a>(path: &Path, archive: &'a mut ZipArchive<File>, name: &str) -> Result<ZipFile<'a, File>> {
    archive.by_name(name).map_err(|error| cannot_open(path, error))
}

fn find(path: &Path, archive: &mut ZipArchive<File>, what: &str, split: Split) -> Result<Array> {
    let endings: &[&str] = match split {
        Split::Train => &["train"],
        Split::Valid => &["val", "valid"],
        Split::Test => &["test"],
    };
    let names: Vec<String> = endings.iter().map(|ending| format!("{what}_{ending}.npy")).collect();
    let Some(name) = names.into_iter().find(|name| archive.index_for_name(name).is_some()) else {
        let found: Vec<String> = archive
            .file_names()
            .filter_map(|name| name.ok().map(|name| shortened(name.strip_suffix(".npy").unwrap_or(&name))))
            .take(ARRAYS_SHOWN)
            .collect();
        return Err(Error::input(format!(
            "{}: there is no array {what}_{}: expected x_train, y_train, x_val, y_val, x_test and y_test, found {}",
            path.display(),
            endings.join(&format!(" or {what}_")),
            if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
        )));
    };
    let mut file = member(path, archive, &name)?;
    let header = Header::read(&mut file).map_err(|what| wrong(path, &name, &what))?;
    let items = header.row_items();
    let rows = header.shape.first().copied().unwrap_or(0);
    let expected = items
        .and_then(|items| (items as u64).checked_mul(rows as u64))
        .and_then(|numbers| numbers.checked_mul(header.number.bytes() as u64))
        .and_then(|bytes| bytes.checked_add(header.bytes));
    let (Some(items), Some(expected)) = (items, expected) else {
        return Err(wrong(path, &name, &format!("its shape is {:?}, which no file can hold", header.shape)));
    };
    if file.size() != expected {
        let shape = &header.shape;
        let what = format!("its shape is {shape:?}, which takes {expected} bytes, and it has {}", file.size());
        return Err(wrong(path, &name, &what));
    }
    Ok(Array { name, header, rows, items })
}

fn wrong(path: &Path, name: &str, what: &str) -> Error {
    Error::input(format!("{}, array {}: {what}", path.display(), name.strip_suffix(".npy").unwrap_or(name)))
}

fn cannot_open(path: &Path, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => cannot_read(path, error),
        other => Error::input(format!(
            "{}: it is no whole archive of NumPy arrays ({other}): expected a file that numpy.savez or \
             numpy.savez_compressed wrote; copy or download it again",
            path.display()
        )),
    }
}
