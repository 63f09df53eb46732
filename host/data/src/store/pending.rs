//! A file that appears at its place whole or not at all.
//!
//! It is written under a recognisable name beside its place, synced and renamed. An error removes it; a killed
//! process leaves it, and the next import to the same place removes it: a lock, which ends with its process however
//! that ends, tells a dead writer's file from a live one's.

use std::fs::{File, Permissions, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// The end of the names of unfinished files.
const SUFFIX: &str = ".unfinished";

/// A file that is being written.
pub(super) struct PendingFile {
    file: NamedTempFile,
    target: PathBuf,
    folder: PathBuf,
    overwrite: bool,
}

impl PendingFile {
    /// Starts the file that will be `target`.
    pub(super) fn create(target: &Path, overwrite: bool) -> Result<Self> {
        let Some(name) = target.file_name().filter(|_| !target.is_dir()) else {
            return Err(Error::input(format!(
                "cannot write {}: it is a folder; give the name of the file to write in it",
                target.display()
            )));
        };
        if !overwrite && target.exists() {
            return Err(exists(target));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if !folder.is_dir() {
            return Err(Error::input(format!(
                "cannot write {}: there is no folder {}; make it first",
                target.display(),
                folder.display()
            )));
        }
        let prefix = format!(".{}.", name.to_string_lossy());
        remove_abandoned(&folder, &prefix);
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(SUFFIX)
            // The process's umask applies, as for any file a person makes.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&folder)
            .map_err(|error| Error::io("write into", &folder, error))?;
        // Where locks do not work (some network disks), files of killed processes merely stay.
        let _ = file.as_file().try_lock();
        Ok(Self { file, target: target.to_owned(), folder, overwrite })
    }

    /// The folder that the file is written in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// To write to.
    pub(super) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts the finished file at its place.
    pub(super) fn persist(self) -> Result<()> {
        let cannot = |error: std::io::Error| Error::io("write", &self.target, error);
        self.file.as_file().sync_all().map_err(cannot)?;
        if self.overwrite {
            self.file.persist(&self.target).map_err(|error| cannot(error.error))?;
        } else {
            self.file.persist_noclobber(&self.target).map_err(|error| match error.error.kind() {
                std::io::ErrorKind::AlreadyExists => exists(&self.target),
                _ => cannot(error.error),
            })?;
        }
        // The name itself survives a power cut only once its folder is synced; some file systems cannot, and then
        // there is nothing more to do.
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

fn exists(target: &Path) -> Error {
    Error::input(format!("{} exists: name another output, or replace it with --overwrite", target.display()))
}

fn remove_abandoned(folder: &Path, prefix: &str) {
    let Ok(entries) = folder.read_dir() else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with(prefix) || !name.ends_with(SUFFIX) {
            continue;
        }
        let in_use = File::open(entry.path())
            .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))));
        if !in_use && std::fs::remove_file(entry.path()).is_ok() {
            log::info!("removed {}, left by an import that was killed", entry.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_dropped_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut pending = PendingFile::create(&folder.path().join("store"), false).unwrap();
        pending.file().write_all(b"half").unwrap();
        drop(pending);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn the_file_of_a_killed_writer_is_removed_and_that_of_a_live_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("store");
        File::create(folder.path().join(".store.abc.unfinished")).unwrap();
        let live = PendingFile::create(&target, false).unwrap();
        let second = PendingFile::create(&target, false).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 2);
        live.persist().unwrap();
        let error = second.persist().unwrap_err().to_string();
        assert!(error.contains("exists"), "{error}");
    }

    #[test]
    fn an_output_that_is_a_folder_or_lies_in_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| PendingFile::create(path, true).err().unwrap().to_string();
        assert!(error(folder.path()).contains("it is a folder"));
        assert!(error(&folder.path().join("no/store")).contains("there is no folder"));
    }
}
