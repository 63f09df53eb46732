//! Files that appear at their place whole or not at all.
//!
//! A file is written under a recognisable name beside its place, synced and renamed. A reader sees the old content or
//! the new, never half of it. An error removes what was written; a process that is killed leaves it, and a later one
//! removes it: a live writer holds a lock on its file, and the lock ends with its process, however that ends.
//!
//! The crate `atomic-write-file` (0.3.1) has neither the lock nor a name by which what was left behind is found, cannot
//! refuse an existing file, and brings another crate for system calls.

use std::fs::{File, Permissions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// The end of the names of unfinished files.
pub(super) const UNFINISHED: &str = ".part";
/// The same in stores that an earlier version was importing when it was killed.
const UNFINISHED_BEFORE: &str = ".unfinished";

/// What happens to a file that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The new file takes its place.
    Replaced,
    /// It stays, and writing is refused.
    Refused,
}

/// A file that is being written.
pub struct AtomicFile {
    file: NamedTempFile,
    target: PathBuf,
    folder: PathBuf,
    existing: Existing,
}

impl AtomicFile {
    /// Starts the file that will be `target`.
    pub fn create(target: &Path, existing: Existing) -> Result<Self> {
        let Some(name) = target.file_name().filter(|_| !target.is_dir()) else {
            return Err(Error::input(format!(
                "cannot write {}: it is a folder; give the name of the file to write in it",
                target.display()
            )));
        };
        if existing == Existing::Refused && target.exists() {
            return Err(exists(target));
        }
        // Renaming would put a file in the place of /dev/null.
        if std::fs::metadata(target).is_ok_and(|there| !there.is_file()) {
            return Err(Error::input(format!(
                "cannot write {}: it is not a file; name another output",
                target.display()
            )));
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
        let file = tempfile::Builder::new()
            .prefix(&format!(".{}.", name.to_string_lossy()))
            .suffix(UNFINISHED)
            // The process's umask applies, as for any file a person makes.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&folder)
            .map_err(|error| Error::io("write into", &folder, error))?;
        // Where locks do not work (some network disks), files of killed processes merely stay.
        let _ = file.as_file().try_lock();
        Ok(Self { file, target: target.to_owned(), folder, existing })
    }

    /// The folder that the file is written in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of the unfinished file, for what opens files itself.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// To write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts the finished file at its place.
    pub fn persist(self) -> Result<()> {
        let cannot = |error: std::io::Error| Error::io("write", &self.target, error);
        self.file.as_file().sync_all().map_err(cannot)?;
        let persisted = match self.existing {
            Existing::Replaced => self.file.persist(&self.target),
            Existing::Refused => self.file.persist_noclobber(&self.target),
        };
        persisted.map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => exists(&self.target),
            _ => cannot(error.error),
        })?;
        // The name itself survives a power cut only once its folder is synced; some file systems cannot, and then
        // there is nothing more to do.
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// Writes `bytes` to `path`, in place of what is there.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path, Existing::Replaced)?;
    file.file().write_all(bytes).map_err(|error| Error::io("write", path, error))?;
    file.persist()
}

/// Whether a file of this name is what a write that was killed left behind: `.TARGET.RANDOM.part`. A hidden file of a
/// person's own that merely ends in `.part` is not.
pub fn is_unfinished(name: &str) -> bool {
    let stem = name.strip_suffix(UNFINISHED).or_else(|| name.strip_suffix(UNFINISHED_BEFORE));
    let parts = stem.and_then(|stem| stem.strip_prefix('.')).and_then(|stem| stem.rsplit_once('.'));
    parts.is_some_and(|(target, random)| {
        !target.is_empty() && !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Removes what writes into `folder` that were killed left behind.
pub fn remove_unfinished(folder: &Path) -> Result<()> {
    remove_abandoned(folder, ".")
}

/// Removes what writes to `target` that were killed left behind.
pub fn remove_unfinished_of(target: &Path) -> Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    remove_abandoned(folder.unwrap_or(Path::new(".")), &format!(".{name}."))
}

fn remove_abandoned(folder: &Path, prefix: &str) -> Result<()> {
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", folder, error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = entry.path();
        if !name.starts_with(prefix) || !is_unfinished(&name) || is_being_written(&path) {
            continue;
        }
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Ok(()) => log::info!("removed {}, left by a process that was killed", path.display()),
            // Its writer was alive after all, and finished.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("remove", &path, error)),
        }
    }
    Ok(())
}

/// Whether a live process holds the lock of an unfinished file, or may, because locks do not work here.
fn is_being_written(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))))
}

fn exists(target: &Path) -> Error {
    Error::input(format!("{} exists: name another output, or replace it with --overwrite", target.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut pending = AtomicFile::create(&folder.path().join("store"), Existing::Refused).unwrap();
        pending.file().write_all(b"half").unwrap();
        drop(pending);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn the_file_of_a_killed_writer_is_removed_and_that_of_a_live_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("store");
        for abandoned in [".store.abc.part", ".store.abc.unfinished", ".other.abc.part"] {
            File::create(folder.path().join(abandoned)).unwrap();
        }
        let live = AtomicFile::create(&target, Existing::Refused).unwrap();
        let second = AtomicFile::create(&target, Existing::Refused).unwrap();
        remove_unfinished_of(&target).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 3);
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 2);
        live.persist().unwrap();
        let error = second.persist().unwrap_err().to_string();
        assert!(error.contains("exists"), "{error}");
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("result.json");
        write_atomically(&target, b"first").unwrap();
        write_atomically(&target, b"second").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"second");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn a_hidden_file_of_a_persons_own_is_not_taken_for_an_unfinished_one() {
        let ours = [".run.toml.Ab3xYz.part", ".store.abc.unfinished"];
        assert!(ours.iter().all(|name| is_unfinished(name)));
        let own = [".thesis.part", "thesis.tex.part", ".part", "..a.part", ".a..part", ".a.b c.part", ".bashrc"];
        assert!(own.iter().all(|name| !is_unfinished(name)));
    }

    #[test]
    fn an_output_that_is_a_folder_or_a_device_or_lies_in_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| AtomicFile::create(path, Existing::Replaced).err().unwrap().to_string();
        assert!(error(Path::new("/dev/null")).contains("it is not a file"));
        assert!(error(folder.path()).contains("it is a folder"));
        assert!(error(&folder.path().join("no/store")).contains("there is no folder"));
    }
}
