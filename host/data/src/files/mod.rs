//! Reading and writing files, with errors that name them.

mod atomic;

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::error::{Error, Result};

pub use atomic::{AtomicFile, Existing, is_unfinished, remove_unfinished, remove_unfinished_of, write_atomically};

/// Makes `folder` and the folders above it.
pub fn create_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("create the folder", folder, error))
}

/// Bytes of the longest document; a longer file is something else.
const LONGEST_DOCUMENT: u64 = 64 << 20;

/// Opens a file to read. What is no file is refused before it is opened: a pipe would be waited for, perhaps for ever,
/// and a device may have no end.
pub fn open(path: &Path) -> Result<(File, Metadata)> {
    let cannot_read = |error| Error::io("read", path, error);
    let about = std::fs::metadata(path).map_err(cannot_read)?;
    if about.is_dir() {
        return Err(Error::file("read", path, "it is a folder, expected a file"));
    }
    if !about.is_file() {
        let what = "it is a pipe, a socket or a device; expected a file: write what it holds to one first";
        return Err(Error::file("read", path, what));
    }
    let file = File::open(path).map_err(cannot_read)?;
    let about = file.metadata().map_err(cannot_read)?;
    Ok((file, about))
}

/// The whole text of a document.
pub fn read_text(path: &Path) -> Result<String> {
    let (file, _) = open(path)?;
    let mut text = String::new();
    let read = file.take(LONGEST_DOCUMENT + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => Error::file("read", path, "it is not text (UTF-8)"),
        _ => Error::io("read", path, error),
    })?;
    if read as u64 > LONGEST_DOCUMENT {
        let most = LONGEST_DOCUMENT >> 20;
        return Err(Error::file(
            "read",
            path,
            format!("it has more than {most} MiB: this is not a document of genomenas"),
        ));
    }
    Ok(text)
}

/// Parses the TOML in `text`, which was read from `path`; an error names the line of the mistake.
pub fn parse_toml<T: serde::de::DeserializeOwned>(text: &str, path: &Path) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        // Shown as it is, the error would hold the whole line, however long.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or_else(String::new, |before| format!("line {}: ", before.matches('\n').count() + 1));
        Error::file("understand", path, format!("{line}{}", error.message()))
    })
}
