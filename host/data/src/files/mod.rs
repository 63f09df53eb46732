//! Reading and writing files, with errors that name them.

mod atomic;
mod atomic_folder;

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use crate::error::{Error, Result};

pub use atomic::{AtomicFile, Existing, is_unfinished, remove_unfinished, remove_unfinished_of, write_atomically};
pub use atomic_folder::AtomicFolder;

/// Makes `folder` and the folders above it.
pub fn create_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("create the folder", folder, error))
}

/// The content of a file that this program writes itself, of at most `most` bytes.
///
/// A pipe or a device in its place, on which reading would wait or never end, is an error, and so is a file that no run
/// of this program can have written.
///
/// # Errors
///
/// As of [`File::open`] and reading; of the kind `InvalidData` where it is not a file, or larger.
pub fn read_own(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let refused = |what: String| Err(io::Error::new(ErrorKind::InvalidData, what));
    // Opening a pipe would wait for a writer.
    if !std::fs::metadata(path)?.is_file() {
        return refused("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return refused(format!("it has more than {most} bytes, the most that is read of it"));
    }
    Ok(bytes)
}

/// Bytes of the longest document; a longer file is something else.
const LONGEST_DOCUMENT: u64 = 64 << 20;

/// Opens a file to read. What is not a file is refused before it is opened: a pipe would be waited for, perhaps for ever,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_file_or_too_large_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        write_atomically(&file, b"12345").unwrap();
        assert_eq!(read_own(&file, 5).unwrap(), b"12345");
        assert!(read_own(&file, 4).unwrap_err().to_string().contains("more than 4 bytes"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for other in [folder.path(), &pipe] {
            assert_eq!(read_own(other, 5).unwrap_err().to_string(), "it is not a file");
        }
        assert_eq!(read_own(&folder.path().join("none"), 5).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
