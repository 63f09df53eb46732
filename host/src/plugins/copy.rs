//! A private copy of a plugin's file, named by its content.
//!
//! A library that is overwritten while it is mapped ends the process that maps it, and a run that goes on tomorrow must
//! load what it began with. So the host never loads the user's file but a copy that nobody writes to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_data::hash::sha256;
use genomenas_plugin_host::scratch::Scratch;

use super::folders::user_folder;
use super::registry::DiscoveredPlugin;

/// A copy; one in a temporary folder is removed with this value.
#[derive(Clone, Debug)]
pub struct PluginCopy {
    path: PathBuf,
    _folder: Option<Arc<Scratch>>,
}

impl PluginCopy {
    /// The path of the copy.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Copies a plugin into the user's cache folder, or into a temporary one where that cannot be written.
///
/// # Errors
///
/// The file was removed or replaced since it was found and there is no copy of it, or the copy cannot be written.
pub fn copy(plugin: &DiscoveredPlugin) -> Result<PluginCopy> {
    copy_into(plugin, cache().as_deref())
}

/// Where the cache keeps the copy of a plugin with this content.
pub(super) fn cached(sha256: &str) -> Option<PathBuf> {
    cache().map(|cache| copy_in(&cache, sha256))
}

fn cache() -> Option<PathBuf> {
    user_folder("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("genomenas/plugins"))
}

fn copy_in(cache: &Path, sha256: &str) -> PathBuf {
    cache.join(sha256).join("lib.so")
}

fn copy_into(plugin: &DiscoveredPlugin, cache: Option<&Path>) -> Result<PluginCopy> {
    let cached = cache.map(|cache| copy_in(cache, &plugin.sha256));
    if let Some(path) = &cached
        && content_is(path, &plugin.sha256)
    {
        return Ok(PluginCopy { path: path.clone(), _folder: None });
    }
    let bytes = std::fs::read(&plugin.path).map_err(|error| Error::io("read the plugin", &plugin.path, error))?;
    if sha256(&bytes) != plugin.sha256 {
        return Err(Error::input(format!(
            "the plugin {} was replaced while it was being loaded: run the command again",
            plugin.path.display()
        )));
    }
    if let Some(path) = cached {
        match store(&path, &bytes) {
            Ok(()) => {
                return Ok(PluginCopy { path, _folder: None });
            }
            Err(error) => log::debug!("no copy of the plugin in the cache: {error}"),
        }
    }
    // If this process is killed, the supervisor of its plugin removes the folder.
    let folder =
        Scratch::make().map_err(|error| Error::io("make a temporary folder in", &std::env::temp_dir(), error))?;
    let path = folder.path().join("lib.so");
    store(&path, &bytes)?;
    Ok(PluginCopy { path, _folder: Some(Arc::new(folder)) })
}

fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        files::create_folder(folder)?;
    }
    files::write_atomically(path, bytes)
}

fn content_is(path: &Path, wanted: &str) -> bool {
    std::fs::read(path).is_ok_and(|bytes| sha256(&bytes) == wanted)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::plugins::inspect::Refusal;

    fn put(path: &Path, bytes: &[u8]) {
        std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }

    fn plugin(folder: &Path) -> DiscoveredPlugin {
        let path = folder.join("x.so");
        put(&path, b"first");
        DiscoveredPlugin { path, sha256: sha256(b"first"), rustc: None, manifest: Err(Refusal::new("no library")) }
    }

    #[test]
    fn a_file_replaced_after_it_was_copied_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = plugin(folder.path());
        let cache = folder.path().join("cache");
        copy_into(&plugin, Some(&cache)).unwrap();
        put(&plugin.path, b"second");
        let again = copy_into(&plugin, Some(&cache)).unwrap();
        assert_eq!(std::fs::read(again.path()).unwrap(), b"first");
    }

    #[test]
    fn a_file_replaced_before_it_was_copied_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = plugin(folder.path());
        put(&plugin.path, b"second");
        let error = copy_into(&plugin, Some(&folder.path().join("cache"))).unwrap_err();
        assert!(error.to_string().contains("was replaced while it was being loaded"), "{error}");
    }

    #[test]
    fn a_damaged_copy_in_the_cache_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = plugin(folder.path());
        let path = copy_into(&plugin, Some(folder.path())).unwrap().path().to_owned();
        put(&path, b"fir");
        copy_into(&plugin, Some(folder.path())).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), b"first");
    }

    #[test]
    fn without_a_cache_the_copy_lives_in_a_temporary_folder_as_long_as_it_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = plugin(folder.path());
        // A file where the folder should be cannot be written into, not even by root.
        put(&folder.path().join("cache"), b"");
        let copy = copy_into(&plugin, Some(&folder.path().join("cache"))).unwrap();
        let path = copy.path().to_owned();
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        drop(copy);
        assert!(!path.exists());
    }
}
