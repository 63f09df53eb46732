//! The plugin that a run was made with, found by the hash of its content, whatever lies in the plugin folders now.

use std::path::Path;

use genomenas_data::error::{Error, Result};

use super::copy;
use super::registry::DiscoveredPlugin;

/// The plugin whose file had this hash: the file at `path` if it still has, else the copy that the cache kept.
///
/// # Errors
///
/// Neither exists any more.
pub fn pinned(path: &Path, sha256: &str) -> Result<DiscoveredPlugin> {
    let own = DiscoveredPlugin::at(path.to_owned());
    if own.sha256 == sha256 {
        return Ok(own);
    }
    let kept = copy::cached(sha256).map(DiscoveredPlugin::at).filter(|found| found.sha256 == sha256);
    kept.ok_or_else(|| {
        let now = if own.sha256.is_empty() { "is gone" } else { "was replaced" };
        Error::input(format!(
            "the plugin {} {now} since the run was made (expected SHA-256 {sha256}): put it back, or begin a new run",
            path.display()
        ))
    })
}
