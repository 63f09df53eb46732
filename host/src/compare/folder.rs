//! A comparison's folder: what lies in it, who may begin there, and one comparer at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files;

use super::plan::{FILE, SPACE_FILE};
use crate::foreign::{foreign, holds, listed};
use crate::lock::try_lock;
use crate::run::settings::files::SETTINGS;

/// The names of what a comparison writes beside its plan.
pub mod names {
    /// The leaderboard as CSV.
    pub const LEADERBOARD: &str = "leaderboard.csv";
    /// Everything that was measured, as JSON.
    pub const COMPARISON: &str = "comparison.json";
    /// The page.
    pub const PAGE: &str = "report.html";
    /// Held while a comparer works on the folder.
    pub const LOCK: &str = "compare.lock";
}

/// Why nothing can be shown of a folder that is neither a comparison's nor a run's.
pub(crate) fn neither_comparison_nor_run(folder: &Path) -> Error {
    Error::input(format!(
        "{} is not the folder of a comparison or of a run: it holds neither {FILE} nor {SETTINGS}; give a folder that `genomenas compare`, `search` or `train` made",
        folder.display()
    ))
}

/// The folder of a comparison in the hands of one process.
#[derive(Debug)]
pub struct LockedFolder {
    path: PathBuf,
    _lock: File,
}

impl LockedFolder {
    /// Makes the folder if need be, and keeps other comparers out of it until this value is gone.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or written to, or another comparer is at work in it.
    pub fn open(folder: &Path) -> Result<Self> {
        files::create_folder(folder)?;
        let path = folder.canonicalize().map_err(|error| Error::io("open", folder, error))?;
        let lock = try_lock(&path.join(names::LOCK))?.ok_or_else(|| {
            Error::input(format!(
                "another comparison is at work in {}: wait for its end, or give another folder with --out",
                path.display()
            ))
        })?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Refuses a folder without a plan in which anything lies that the making of a comparison with this text of a space,
/// killed before its end, would not have left: it would be overwritten, or taken for a part of the comparison.
///
/// # Errors
///
/// Such a thing lies there, or the folder cannot be read.
pub fn expect_free(folder: &Path, space: &str) -> Result<()> {
    let refuse = |what: &str| {
        Err(Error::file("begin a comparison in", folder, format!("{what}; give another folder with --out")))
    };
    if !folder.exists() {
        return if folder.is_symlink() { refuse("it is a link to a folder that does not exist") } else { Ok(()) };
    }
    if !folder.is_dir() {
        return refuse("it is not a folder");
    }
    if folder.join(SETTINGS).exists() {
        return refuse(&format!("it holds {SETTINGS}, so it is the folder of a run"));
    }
    let ours = |name: &str| name == names::LOCK || name == SPACE_FILE && holds(&folder.join(name), space.as_bytes());
    let names = foreign(folder, ours)?;
    if names.is_empty() {
        return Ok(());
    }
    refuse(&format!("it holds {} and no {FILE}, so no comparison made it", listed(&names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_comparer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = LockedFolder::open(folder.path()).unwrap();
        let error = LockedFolder::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("another comparison"), "{error}");
        drop(first);
        assert!(LockedFolder::open(folder.path()).is_ok());
    }

    #[test]
    fn a_folder_with_anything_else_in_it_is_refused_by_its_name() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("out");
        expect_free(&folder, "space").unwrap();
        for ours in ["compare.lock", ".comparison.toml.x1.part", "slurm-7.out"] {
            files::create_folder(&folder).unwrap();
            files::write_atomically(&folder.join(ours), b"").unwrap();
            expect_free(&folder, "space").unwrap();
        }
        files::write_atomically(&folder.join(SPACE_FILE), b"space").unwrap();
        expect_free(&folder, "space").unwrap();
        let refused = |space: &str| expect_free(&folder, space).unwrap_err().to_string();
        assert!(refused("another space").contains("it holds space.toml and no comparison.toml"));
        for other in ["report.html", "leaderboard.csv", "comparison.json", "thesis.tex"] {
            files::write_atomically(&folder.join(other), b"mine").unwrap();
            assert!(refused("space").contains(&format!("it holds {other} and")), "{}", refused("space"));
            std::fs::remove_file(folder.join(other)).unwrap();
        }
        files::create_folder(&folder.join("runs/danq/seed-1")).unwrap();
        assert!(refused("space").contains("it holds runs and"));
        files::write_atomically(&folder.join(SETTINGS), b"").unwrap();
        assert!(refused("space").contains("it is the folder of a run"));
        let file = folder.join(SPACE_FILE);
        assert!(expect_free(&file, "space").unwrap_err().to_string().contains("it is not a folder"));
    }
}
