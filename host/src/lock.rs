//! Locks on folders: one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use genomenas_data::error::{Error, Result};

/// How often a lock is asked for, and how long between: one who only asks whether it is held has it for a moment, and a
/// process that is ending may have it for another.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(40);

/// Locks the file at `path`, made if need be, until the result is dropped; `None` while another process holds it.
pub(crate) fn try_lock(path: &Path) -> Result<Option<File>> {
    // Opening a pipe would wait for a reader.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(Error::file("lock", path, "it is not a file; remove it"));
    }
    let file = File::options().create(true).append(true).open(path).map_err(|error| Error::io("write", path, error))?;
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN),
            _ => break,
        }
    }
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path, error)),
    }
}

/// Whether another process holds the lock of the file at `path`, which is not made for the question.
pub(crate) fn is_held(path: &Path) -> bool {
    let is_file = std::fs::metadata(path).is_ok_and(|there| there.is_file());
    let held = |file: File| matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    is_file && File::options().append(true).open(path).is_ok_and(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_held(&path) && !path.exists());
        let held = try_lock(&path).unwrap();
        assert!(held.is_some() && is_held(&path));
        assert!(try_lock(&path).unwrap().is_none());
        drop(held);
        assert!(!is_held(&path));
        assert!(try_lock(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_in_a_folder_that_does_not_exist_or_on_what_is_not_a_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(try_lock(&folder.path().join("none/lock")).unwrap_err().exit_code(), 2);
        assert_eq!(try_lock(folder.path()).unwrap_err().exit_code(), 2);
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(try_lock(&pipe).unwrap_err().to_string().contains("it is not a file"));
        assert!(!is_held(&pipe));
    }
}
