//! What is remembered of libraries that crashed: a run that was given up because its plugin crashed again and again is
//! noted in the user's state folder, under the hash of the library. After three, the library is loaded no more before its
//! file changes or the user says so.
//!
//! Asked is where a person begins something, and not in the runs of a comparison that is under way: what becomes of a run
//! must not depend on other runs.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_data::text::printable;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::folders::user_folder;

/// Runs that were given up, after which a library is not loaded again.
const MOST: usize = 3;
/// How many crashes are kept of a library, the last ones.
const KEPT: usize = 10;
/// The most characters that are kept of what happened.
const LONGEST: usize = 500;

/// The crashes of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    path: PathBuf,
    crashes: Vec<Crash>,
}

/// A run that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// When, as RFC 3339 writes it.
    pub at: String,
    /// The library's file at that time.
    pub file: PathBuf,
    /// What happened.
    pub how: String,
}

/// Where this user's records are kept, if there is such a place.
pub fn folder() -> Option<PathBuf> {
    user_folder("XDG_STATE_HOME", ".local/state").map(|state| state.join("genomenas/crashes"))
}

/// Forgets all crashes in `folder`. Returns of how many libraries.
///
/// # Errors
///
/// A record cannot be removed.
pub fn clear(folder: &Path) -> Result<usize> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    let mut cleared = 0;
    for entry in entries {
        let path = entry.map_err(|error| Error::io("read", folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
            cleared += 1;
        }
    }
    Ok(cleared)
}

impl Record {
    /// That of the library with this hash. One that cannot be read counts as empty.
    pub fn read(folder: &Path, sha256: &str) -> Self {
        let path = folder.join(format!("{sha256}.json"));
        let crashes = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                log::warn!("left out: {} cannot be understood: {error}", path.display());
                Vec::new()
            }),
            Err(_) => Vec::new(),
        };
        Self { path, crashes }
    }

    /// Notes that a run was given up. Where that is not possible, it goes without.
    pub fn add(&self, file: &Path, how: &str) {
        if let Err(error) = self.try_add(file, how) {
            log::debug!("the crash is not remembered: {error}");
        }
    }

    /// What `plugin list` says of the library; `None` where it never crashed.
    pub fn in_words(&self) -> Option<String> {
        let last = self.crashes.last()?;
        let (count, runs) = (self.crashes.len(), if self.crashes.len() == 1 { "run" } else { "runs" });
        let loaded = if self.is_out() {
            "not loaded before it changes (`genomenas plugin list --clear` forgets its crashes)"
        } else {
            "still loaded"
        };
        Some(format!("crashed in {count} {runs}, last on {}: {}; {loaded}", last.at, last.how))
    }

    /// Refuses a library that crashed too often.
    ///
    /// # Errors
    ///
    /// It did, and the message says when, how, and what to do.
    pub fn check(&self, plugin: &str) -> Result<()> {
        let Some(last) = self.crashes.last().filter(|_| self.is_out()) else { return Ok(()) };
        Err(Error::input(format!(
            "plugin {plugin} is not loaded: {} runs were given up because it crashed, the last on {} ({}). It is loaded \
             again once its file changes, or after `genomenas plugin list --clear`",
            self.crashes.len(),
            last.at,
            last.how
        )))
    }

    fn is_out(&self) -> bool {
        self.crashes.len() >= MOST
    }

    fn try_add(&self, file: &Path, how: &str) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        files::create_folder(folder)?;
        let lock = folder.join("lock");
        let held =
            File::options().create(true).append(true).open(&lock).map_err(|error| Error::io("write", &lock, error))?;
        held.lock().map_err(|error| Error::io("lock", &lock, error))?;
        // Another run may have noted one meanwhile.
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let mut crashes = Self::read(folder, &name).crashes;
        let now = Timestamp::now();
        crashes.push(Crash {
            at: now.round(Unit::Second).unwrap_or(now).to_string(),
            file: file.to_owned(),
            how: printable(how).chars().take(LONGEST).collect(),
        });
        crashes.drain(..crashes.len().saturating_sub(KEPT));
        let mut text = serde_json::to_vec_pretty(&crashes)
            .map_err(|error| Error::bug(format!("crashes cannot be written: {error}")))?;
        text.push(b'\n');
        files::write_atomically(&self.path, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_out_after_three_runs_and_in_again_once_that_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let records = folder.path().join("state/crashes");
        let record = || Record::read(&records, "ab12");
        assert_eq!(record().in_words(), None);
        for (run, loaded) in [(1, "still loaded"), (2, "still loaded"), (3, "not loaded before it changes")] {
            record().check("mine").unwrap();
            record().add(Path::new("/plugins/mine.so"), "died with signal 11 (segmentation fault) in\npropose");
            let told = record().in_words().unwrap();
            assert!(told.contains(&format!("crashed in {run} run")) && told.contains(loaded), "{told}");
            assert!(told.contains("signal 11 (segmentation fault) in propose"), "{told}");
        }
        let refused = record().check("mine").unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(refused.to_string().contains("`genomenas plugin list --clear`"), "{refused}");
        assert_eq!(Record::read(&records, "cd34").check("mine").map_err(|error| error.to_string()), Ok(()));
        assert_eq!(clear(&records).unwrap(), 1);
        assert_eq!((record().in_words(), clear(&records).unwrap()), (None, 0));
    }

    #[test]
    fn a_record_has_bounds_and_a_damaged_one_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let record = || Record::read(folder.path(), "ab");
        for run in 0..2 * KEPT {
            record().add(Path::new("mine.so"), &format!("{run} {}", "x".repeat(10_000)));
        }
        assert_eq!((record().crashes.len(), record().crashes[KEPT - 1].how.len()), (KEPT, LONGEST));
        files::write_atomically(&folder.path().join("ab.json"), b"[{").unwrap();
        assert_eq!(record().in_words(), None);
        record().add(Path::new("mine.so"), "again");
        assert_eq!(record().crashes.len(), 1);
    }

    #[test]
    fn where_nothing_can_be_written_it_goes_without() {
        let record = Record::read(Path::new("/dev/null/crashes"), "ab");
        record.add(Path::new("mine.so"), "died");
        assert_eq!(record.in_words(), None);
    }
}
