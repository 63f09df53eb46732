//! Folders for the copies of plugins where the user's cache cannot be written: removed when they are dropped, when a signal
//! ends the process, and, after a kill, by the next process. A live one holds a lock on its folder.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, SystemTime};

use genomenas_data::error::{Error, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use tempfile::TempDir;

const PREFIX: &str = "genomenas-plugin-";
const LOCK: &str = "lock";
/// How old a folder without a lock has to be to count as left behind: its process may be about to lock it.
const MAKING: Duration = Duration::from_secs(60);

/// The folders of this process.
static LIVE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
/// Whether a signal that ends the process removes them first.
static ON_SIGNALS: AtomicBool = AtomicBool::new(false);

/// A folder that nobody else may look into, and that does not stay.
#[derive(Debug)]
pub(super) struct TemporaryFolder {
    folder: TempDir,
    _lock: File,
}

/// From now on a signal that ends this process removes its temporary folders first: for verbs that do not catch signals
/// themselves.
pub fn remove_on_signals() {
    ON_SIGNALS.store(true, Ordering::SeqCst);
}

impl TemporaryFolder {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(super) fn new() -> Result<Self> {
        let place = std::env::temp_dir();
        let cannot = |error| Error::io("make a temporary folder in", &place, error);
        remove_abandoned(&place);
        watch_signals();
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&place).map_err(cannot)?;
        live(|live| live.insert(folder.path().to_owned()));
        let lock = File::create(folder.path().join(LOCK)).map_err(cannot)?;
        // Where locks do not work, the folder of a killed process merely stays.
        let _ = lock.try_lock();
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        live(|live| live.remove(self.folder.path()));
    }
}

fn live<T>(change: impl FnOnce(&mut BTreeSet<PathBuf>) -> T) -> T {
    change(&mut LIVE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Removes what processes left in `place` that were killed. What cannot be removed stays.
fn remove_abandoned(place: &Path) {
    let user = rustix::process::geteuid().as_raw();
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let is_ours = |metadata: std::fs::Metadata| metadata.is_dir() && metadata.uid() == user;
        if name.to_string_lossy().starts_with(PREFIX)
            && path.symlink_metadata().is_ok_and(is_ours)
            && is_abandoned(&path)
            && std::fs::remove_dir_all(&path).is_ok()
        {
            log::info!("removed {}, left by a process that was killed", path.display());
        }
    }
}

fn is_abandoned(folder: &Path) -> bool {
    if let Ok(lock) = File::open(folder.join(LOCK)) {
        return !matches!(lock.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_)));
    }
    let modified = folder.symlink_metadata().and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age > MAKING)
}

/// Starts the thread that waits for signals, once, where that is wanted.
fn watch_signals() {
    static STARTED: Once = Once::new();
    if !ON_SIGNALS.load(Ordering::SeqCst) {
        return;
    }
    STARTED.call_once(|| {
        // What the process was told to ignore (`nohup`) stays ignored.
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
        let mut signals = match Signals::new(wanted) {
            Ok(signals) => signals,
            Err(error) => return log::debug!("signals leave temporary folders: {error}"),
        };
        let wait = move || {
            if let Some(signal) = signals.forever().next() {
                live(|live| live.iter().for_each(|folder| _ = std::fs::remove_dir_all(folder)));
                // Then the signal does what it would have done.
                let _ = emulate_default_handler(signal);
            }
        };
        if let Err(error) = std::thread::Builder::new().name("signals".to_owned()).spawn(wait) {
            log::debug!("signals leave temporary folders: {error}");
        }
    });
}

fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_a_killed_process_is_removed_and_that_of_a_live_one_stays() {
        let place = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let folder = place.path().join(format!("{PREFIX}{name}"));
            std::fs::create_dir(&folder).unwrap();
            let lock = File::create(folder.join(LOCK)).unwrap();
            (folder, lock)
        };
        let (killed, _) = make("killed");
        let (living, lock) = make("living");
        lock.lock().unwrap();
        let young = place.path().join(format!("{PREFIX}young"));
        let other = place.path().join("genomenas-else");
        for folder in [&young, &other] {
            std::fs::create_dir(folder).unwrap();
        }
        remove_abandoned(place.path());
        assert_eq!([killed, living, young, other].map(|folder| folder.exists()), [false, true, true, true]);
    }

    #[test]
    fn a_folder_goes_with_its_value() {
        let folder = TemporaryFolder::new().unwrap();
        let path = folder.path().to_owned();
        assert!(path.is_dir() && live(|live| live.contains(&path)));
        drop(folder);
        assert!(!path.exists() && !live(|live| live.contains(&path)));
    }
}
