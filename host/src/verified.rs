//! Whether a store is as it was imported: it is read in full once, and remembered as long as its file stays the same.
//!
//! The memory is a file for each store in the user's cache folder. Where that cannot be written, a store is read again by
//! every run that is started by hand; a comparison tells its runs.

use std::path::{Path, PathBuf};

use genomenas_data::error::Result;
use genomenas_data::hash::sha256;
use genomenas_data::{Store, files};

use crate::plugins::folders::user_folder;

/// In the environment of a run: the store that its comparison verified.
pub const VARIABLE: &str = "GENOMENAS_VERIFIED_STORE";

/// Reads the whole store, unless it is known to be as it was imported. `progress` is told the rows that were read.
///
/// # Errors
///
/// It is not as it was imported, or cannot be read.
pub fn verify(store: &Store, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let told = std::env::var(VARIABLE).is_ok_and(|told| told == name(store));
    if told { Ok(()) } else { verify_in(cache().as_deref(), store, progress) }
}

/// What tells this store, as it is now, from any other.
pub fn name(store: &Store) -> String {
    format!("{} {}", store.file_state(), store.info().digest)
}

fn verify_in(cache: Option<&Path>, store: &Store, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let memory = cache.and_then(|cache| memory_of(cache, store.path()));
    let name = name(store);
    if memory.as_deref().is_some_and(|memory| std::fs::read(memory).is_ok_and(|known| known == name.as_bytes())) {
        log::debug!("{} was verified before", store.path().display());
        return Ok(());
    }
    // Asked before: a change while it is read, or later, must have another time than the file has.
    let settled = store.file_state().is_settled();
    store.verify(progress)?;
    log::debug!("{} is as it was imported", store.path().display());
    if let Some(memory) = memory.filter(|_| settled)
        && let Err(error) = remember(&memory, &name)
    {
        log::debug!("the store will be verified again: {error}");
    }
    Ok(())
}

fn remember(memory: &Path, name: &str) -> Result<()> {
    if let Some(folder) = memory.parent() {
        files::create_folder(folder)?;
        files::remove_unfinished(folder)?;
    }
    files::write_atomically(memory, name.as_bytes())
}

fn memory_of(cache: &Path, store: &Path) -> Option<PathBuf> {
    let path = store.canonicalize().ok()?;
    Some(cache.join(sha256(path.as_os_str().as_encoded_bytes())))
}

fn cache() -> Option<PathBuf> {
    user_folder("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("genomenas/stores"))
}
