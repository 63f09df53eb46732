//! Folders that appear at their place whole or not at all, as files do.
//!
//! A folder is filled under a recognisable name beside its place and renamed. One that is there already is exchanged for
//! it in one step, and removed. What a killed process leaves is found and removed as an unfinished file is.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::TempDir;

use super::atomic::UNFINISHED;
use crate::error::{Error, Result};

/// A folder that is being filled.
#[derive(Debug)]
pub struct AtomicFolder {
    folder: TempDir,
    target: PathBuf,
    /// Says that its writer is alive; the folder's own descriptor, closed when it is persisted or dropped.
    _lock: Option<File>,
}

impl AtomicFolder {
    /// Starts the folder that will be `target`.
    ///
    /// # Errors
    ///
    /// There is no folder to make it in, or something else than a folder is in its place.
    pub fn create(target: &Path) -> Result<Self> {
        let refuse = |what: String| Err(Error::input(format!("cannot write {}: {what}", target.display())));
        let Some(name) = target.file_name() else {
            return refuse("expected the name of a folder to make".to_owned());
        };
        if std::fs::symlink_metadata(target).is_ok_and(|there| !there.is_dir()) {
            return refuse("it is not a folder; name another output".to_owned());
        }
        let parent = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !parent.is_dir() {
            return refuse(format!("there is no folder {}; make it first", parent.display()));
        }
        let folder = tempfile::Builder::new()
            .prefix(&format!(".{}.", name.to_string_lossy()))
            .suffix(UNFINISHED)
            // The process's umask applies, as for any folder a person makes.
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent)
            .map_err(|error| Error::io("write into", parent, error))?;
        // Where locks do not work (some network disks), folders of killed processes merely stay.
        let lock = File::open(folder.path()).ok().filter(|file| file.try_lock().is_ok());
        Ok(Self { folder, target: target.to_owned(), _lock: lock })
    }

    /// Where to write what will be in it.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts the finished folder at its place; what was there is removed.
    pub fn persist(self) -> Result<()> {
        let cannot = |error: std::io::Error| Error::io("write", &self.target, error);
        let (made, target) = (self.folder.path(), &self.target);
        match renameat_with(CWD, made, CWD, target, RenameFlags::EXCHANGE) {
            // What was there is now at the path of the unfinished folder, which goes when it is dropped.
            Ok(()) => {}
            Err(Errno::NOENT) => {
                std::fs::rename(made, target).map_err(cannot)?;
                // Nothing is at its path any more, and nothing is to be removed there.
                let _ = self.folder.keep();
                return Ok(());
            }
            // A file system that cannot exchange.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                let parent = target.parent().filter(|folder| !folder.as_os_str().is_empty());
                let aside = tempfile::Builder::new()
                    .prefix(&format!(".{}.", target.file_name().unwrap_or_default().to_string_lossy()))
                    .suffix(UNFINISHED)
                    .tempdir_in(parent.unwrap_or(Path::new(".")))
                    .map_err(cannot)?;
                std::fs::rename(target, aside.path().join("before")).map_err(cannot)?;
                std::fs::rename(made, target).map_err(cannot)?;
                let _ = self.folder.keep();
                return Ok(());
            }
            Err(error) => return Err(cannot(error.into())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{remove_unfinished, write_atomically};
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_takes_the_place_of_an_earlier_one_whole_and_leaves_nothing_beside_it() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("events");
        for name in ["first", "second"] {
            let made = AtomicFolder::create(&target).unwrap();
            write_atomically(&made.path().join(name), b"").unwrap();
            made.persist().unwrap();
            assert_eq!((names(home.path()), names(&target)), (vec!["events".to_owned()], vec![name.to_owned()]));
        }
        drop(AtomicFolder::create(&target).unwrap());
        assert_eq!(names(home.path()), ["events"]);
    }

    #[test]
    fn the_folder_of_a_killed_writer_is_removed_and_that_of_a_live_one_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let killed = home.path().join(".events.abc.part");
        super::super::create_folder(&killed.join("run")).unwrap();
        let live = AtomicFolder::create(&home.path().join("events")).unwrap();
        remove_unfinished(home.path()).unwrap();
        assert!(!killed.exists() && live.path().exists());
    }

    #[test]
    fn a_file_in_its_place_and_a_missing_parent_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        write_atomically(&file, b"mine").unwrap();
        for target in [file, home.path().join("none/events")] {
            assert_eq!(AtomicFolder::create(&target).unwrap_err().exit_code(), 2);
        }
        assert_eq!(names(home.path()), ["file"]);
    }
}
