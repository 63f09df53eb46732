//! Files that are there whole or not at all.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::error::{Error, Result};

/// How the names of files end that are being written.
const UNFINISHED: &str = ".part";

/// Writes `bytes` to `path`: a temporary file beside it, synced, then renamed over it. A reader sees the old content
/// or the new, never half of it, whenever the process is killed; on any error the temporary file is removed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let store = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(UNFINISHED)
            // As any new file: the user's umask takes away what it should.
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    store().map_err(|error| Error::io("write", path, error))
}

/// Whether a file of this name is what a write that was killed left behind.
pub fn is_unfinished(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(UNFINISHED)
}

/// Removes what writes into `folder` that were killed left behind. Nobody else may be writing there.
pub fn remove_unfinished(folder: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", folder, error))?;
        if is_unfinished(&entry.file_name().to_string_lossy()) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    Ok(())
}

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

/// What the TOML in `text`, read from `path`, says; a mistake in it is told with its line.
pub fn parse_toml<T: serde::de::DeserializeOwned>(text: &str, path: &Path) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        // Shown as it is, the error would hold the whole line, however long.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or_else(String::new, |before| format!("line {}: ", before.matches('\n').count() + 1));
        Error::file("understand", path, format!("{line}{}", error.message()))
    })
}
