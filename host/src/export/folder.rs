//! A folder that appears at its place whole or not at all: it is filled under another name beside it, and renamed.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{create_folder, write_atomically};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

/// The end of the names of unfinished folders: not that of unfinished files, which are removed as files.
const UNFINISHED: &str = ".export";

/// A folder that is being filled.
pub(super) struct NewFolder {
    folder: TempDir,
    target: PathBuf,
    /// Its lock, which ends with this process: what has none was left behind.
    _lock: File,
}

impl NewFolder {
    /// Starts the folder that will be `target`, and removes what was left of earlier ones.
    pub(super) fn create(target: &Path) -> Result<Self> {
        if std::fs::symlink_metadata(target).is_ok() {
            return Err(exists(target));
        }
        let Some(name) = target.file_name() else {
            let shown = target.display();
            return Err(Error::input(format!("cannot write {shown}: it has no name; name a new folder")));
        };
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        create_folder(parent)?;
        let prefix = format!(".{}.", name.to_string_lossy());
        remove_abandoned(parent, &prefix)?;
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(UNFINISHED)
            // The process's umask applies, as for any folder a person makes.
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent)
            .map_err(|error| Error::io("write into", parent, error))?;
        let lock = File::open(folder.path()).map_err(|error| Error::io("open", folder.path(), error))?;
        // Where locks do not work (some network disks), folders of killed processes merely stay.
        let _ = lock.try_lock();
        Ok(Self { folder, target: target.to_owned(), _lock: lock })
    }

    /// Writes a file into it.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        write_atomically(&self.folder.path().join(name), bytes)
    }

    /// Puts the finished folder at its place, unless something has come to lie there.
    pub(super) fn persist(self) -> Result<()> {
        let from = self.folder.path();
        let renamed = match renameat_with(CWD, from, CWD, self.target.as_path(), RenameFlags::NOREPLACE) {
            // Some file systems know no such renaming; a folder that is not empty is still not replaced.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => std::fs::rename(from, &self.target),
            other => other.map_err(Into::into),
        };
        renamed.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty => exists(&self.target),
            _ => Error::io("write", &self.target, error),
        })?;
        let _ = self.folder.keep();
        if let Some(parent) = self.target.parent()
            && let Ok(parent) = File::open(parent)
        {
            let _ = parent.sync_all();
        }
        Ok(())
    }
}

fn exists(target: &Path) -> Error {
    Error::input(format!("{} exists, and nothing in it is overwritten: name a new folder", target.display()))
}

/// Removes the folders of processes that were killed.
fn remove_abandoned(parent: &Path, prefix: &str) -> Result<()> {
    let entries = parent.read_dir().map_err(|error| Error::io("read", parent, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", parent, error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let random = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(UNFINISHED));
        let ours = random.is_some_and(|random| !random.is_empty() && random.bytes().all(|b| b.is_ascii_alphanumeric()));
        let path = entry.path();
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        // A live process holds the lock.
        if File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok()) {
            std::fs::remove_dir_all(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("new/model");
        let folder = NewFolder::create(&target).unwrap();
        folder.write("a", b"a").unwrap();
        assert!(!target.exists());
        drop(folder);
        assert!(names(&parent.path().join("new")).is_empty());
        let folder = NewFolder::create(&target).unwrap();
        folder.write("a", b"a").unwrap();
        folder.persist().unwrap();
        assert_eq!(names(&parent.path().join("new")), ["model"]);
        assert_eq!(names(&target), ["a"]);
    }

    #[test]
    fn what_exists_is_refused_also_where_it_came_in_the_meantime() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("model");
        let late = NewFolder::create(&target).unwrap();
        create_folder(&target).unwrap();
        for error in [NewFolder::create(&target).err().unwrap(), late.persist().err().unwrap()] {
            assert!(error.to_string().contains("exists, and nothing in it is overwritten"), "{error}");
        }
        assert_eq!(names(parent.path()), ["model"]);
    }

    #[test]
    fn the_folder_of_a_killed_process_is_removed_and_that_of_a_live_one_is_kept() {
        let parent = tempfile::tempdir().unwrap();
        create_folder(&parent.path().join(".model.abc123.export")).unwrap();
        create_folder(&parent.path().join(".other.abc123.export")).unwrap();
        let live = NewFolder::create(&parent.path().join("model")).unwrap();
        let second = NewFolder::create(&parent.path().join("model")).unwrap();
        assert_eq!(names(parent.path()).len(), 3);
        live.persist().unwrap();
        drop(second);
        assert_eq!(names(parent.path()), [".other.abc123.export", "model"]);
    }
}
