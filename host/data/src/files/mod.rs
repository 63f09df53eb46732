//! Reading and writing files, with errors that name them.

mod atomic;

use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Error, Result};

pub use atomic::{AtomicFile, Existing, is_unfinished, remove_unfinished, remove_unfinished_of, write_atomically};

/// Makes `folder` and the folders above it.
pub fn create_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("create the folder", folder, error))
}

/// The whole text of a file.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => Error::file("read", path, "it is not text (UTF-8)"),
        _ => Error::io("read", path, error),
    })
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
