//! The plugin that a run was made with, found by the hash of its content, wherever it lies now and whatever lies in its
//! place.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};

use super::copy;
use super::folders::{self, Folder};
use super::registry::DiscoveredPlugin;

/// The plugin whose file had this hash: the file at `path` if it still has, else one that was moved into one of `folders`,
/// else the copy that the cache kept.
///
/// # Errors
///
/// There is none any more.
pub fn pinned(path: &Path, sha256: &str, folders: &[Folder]) -> Result<DiscoveredPlugin> {
    if let Some(own) = with_hash(path.to_owned(), sha256) {
        return Ok(own);
    }
    if let Some(moved) = moved(sha256, folders) {
        log::info!("the plugin {} lies at {} now", path.display(), moved.path.display());
        return Ok(moved);
    }
    if let Some(kept) = copy::cached(sha256).and_then(|copy| with_hash(copy, sha256)) {
        log::info!("the plugin {} {}: its copy in the cache is used", path.display(), what_became_of(path));
        return Ok(kept);
    }
    Err(Error::input(format!(
        "the plugin {} {} since the run was made (expected SHA-256 {sha256}): put it back, or name the folder that it was \
         moved to with --plugins, or begin a new run",
        path.display(),
        what_became_of(path)
    )))
}

/// The file with this hash in one of `folders`.
pub fn moved(sha256: &str, folders: &[Folder]) -> Option<DiscoveredPlugin> {
    let mut files = folders.iter().flat_map(|folder| folders::contents(folder).libraries);
    files.find_map(|file| with_hash(file, sha256))
}

/// The copy in the cache that still has this hash.
pub fn kept(sha256: &str) -> Option<PathBuf> {
    copy::cached(sha256).filter(|copy| with_hash(copy.clone(), sha256).is_some())
}

fn with_hash(path: PathBuf, sha256: &str) -> Option<DiscoveredPlugin> {
    let found = DiscoveredPlugin::at(path);
    (found.sha256 == sha256).then(|| found.with_record())
}

/// What is the matter with the file, whose content is not what it was.
fn what_became_of(path: &Path) -> String {
    match (path.symlink_metadata(), DiscoveredPlugin::at(path.to_owned()).manifest) {
        (Err(error), _) if error.kind() == ErrorKind::NotFound => "is gone".to_owned(),
        (_, Err(refusal)) if refusal.hides() => format!("cannot be used ({refusal}); it may have changed"),
        _ => "was replaced".to_owned(),
    }
}
