//! Folders for what ends with a process, in the folder for temporary files.
//!
//! Each is locked by the process that made it. One that is not locked belongs to a process that was killed, so whoever
//! comes next removes it.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::process::getuid;
use tempfile::TempDir;

/// What the names of all such folders begin with.
const PREFIX: &str = "genomenas-scratch-";

/// A folder that nobody else may enter. It is removed with this value.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// The folder for temporary files cannot be written.
    pub fn make() -> io::Result<Self> {
        Self::make_in(&std::env::temp_dir())
    }

    fn make_in(parent: &Path) -> io::Result<Self> {
        for _ in 0..16 {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)?;
            let lock = File::open(folder.path())?;
            // Another process may take the folder for a left one before the lock is held. Where a file system has no
            // locks, nothing is ever taken for left.
            let taken = matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock));
            let same = |there: fs::Metadata| lock.metadata().is_ok_and(|here| here.ino() == there.ino());
            if !taken && fs::symlink_metadata(folder.path()).is_ok_and(same) {
                return Ok(Self { folder, _lock: lock });
            }
        }
        Err(io::Error::other("another process removes what is made there"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders that processes which were killed have left.
pub fn sweep() {
    sweep_in(&std::env::temp_dir());
}

fn sweep_in(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    let named = entries.filter_map(Result::ok).filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for path in named.map(|entry| entry.path()).filter(is_ours) {
        remove_if_left(&path);
    }
}

fn is_ours(path: &PathBuf) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_dir() && there.uid() == getuid().as_raw())
}

fn remove_if_left(path: &Path) {
    // Held while the folder is removed, so that nobody else takes it for theirs.
    let Ok(lock) = File::open(path) else {
        return;
    };
    if lock.try_lock().is_ok() {
        // What cannot be removed stays, as any temporary file would.
        let _ = fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_stays_and_a_left_one_goes() {
        let parent = tempfile::tempdir().unwrap();
        let used = Scratch::make_in(parent.path()).unwrap();
        let left = parent.path().join(format!("{PREFIX}left"));
        let other = parent.path().join("of somebody else");
        for folder in [&left, &other] {
            fs::create_dir(folder).unwrap();
        }
        fs::create_dir(left.join("inner")).unwrap();
        sweep_in(parent.path());
        assert!(used.path().is_dir() && other.is_dir() && !left.exists());
        assert_eq!(used.path().metadata().unwrap().mode() & 0o777, 0o700);
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
    }
}
