//! Locks on folders: one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use genomenas_data::error::{Error, Result};

/// Locks the file at `path`, made if need be, until the result is dropped; `None` while another process holds it.
pub(crate) fn try_lock(path: &Path) -> Result<Option<File>> {
    let file = File::options().create(true).append(true).open(path).map_err(|error| Error::io("write", path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = try_lock(&path).unwrap();
        assert!(held.is_some());
        assert!(try_lock(&path).unwrap().is_none());
        drop(held);
        assert!(try_lock(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_in_a_folder_that_does_not_exist_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(try_lock(&folder.path().join("none/lock")).unwrap_err().exit_code(), 2);
    }
}
