//! A private copy of a plugin's file, named by its content.
//!
//! A library that is overwritten while it is mapped ends the process that maps it, and a run that goes on tomorrow must
//! load what it began with. So the host never loads the user's file but a copy that nobody writes to: it may only be read,
//! it is compared with its hash whenever it is used, and it is made anew where it is not what it should be.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{self, AtomicFile, Existing};
use genomenas_plugin_host::scratch::Scratch;

use super::folders::user_folder;
use super::library;
use super::registry::DiscoveredPlugin;
use super::trust::Trust;

/// The name of a copy in its folder.
const NAME: &str = "lib.so";

/// A copy; one in a temporary folder is removed with this value.
#[derive(Clone, Debug)]
pub struct PluginCopy {
    path: PathBuf,
    /// What it is a copy of, and the hash of that.
    source: PathBuf,
    sha256: String,
    cache: Option<PathBuf>,
    _folder: Option<Arc<Scratch>>,
}

impl PluginCopy {
    /// The path of the copy.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the copy anew if it is not what it was.
    ///
    /// # Errors
    ///
    /// It is not, and the file that it was made from is gone or was replaced, or nothing can be written.
    pub fn renew(&mut self) -> Result<()> {
        if content_is(&self.path, &self.sha256) {
            return Ok(());
        }
        log::warn!("the copy of the plugin at {} was changed or removed: it is made anew", self.path.display());
        *self = make(&self.source, &self.sha256, self.cache.as_deref()).map_err(|error| {
            error.context(format!("the copy of the plugin at {} was changed or removed", self.path.display()))
        })?;
        Ok(())
    }
}

/// Copies a plugin into the user's cache folder, or into a temporary one where that cannot be written.
///
/// # Errors
///
/// The file was removed or replaced since it was found and there is no copy of it, or the copy cannot be written.
pub fn copy(plugin: &DiscoveredPlugin) -> Result<PluginCopy> {
    make(&plugin.path, &plugin.sha256, cache().as_deref())
}

/// Where the cache keeps the copy of a plugin with this content.
pub(super) fn cached(sha256: &str) -> Option<PathBuf> {
    cache().map(|cache| copy_in(&cache, sha256))
}

fn cache() -> Option<PathBuf> {
    user_folder("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("genomenas/plugins"))
}

fn copy_in(cache: &Path, sha256: &str) -> PathBuf {
    cache.join(sha256).join(NAME)
}

fn make(source: &Path, sha256: &str, cache: Option<&Path>) -> Result<PluginCopy> {
    let copy = |path: PathBuf, folder: Option<Scratch>| PluginCopy {
        path,
        source: source.to_owned(),
        sha256: sha256.to_owned(),
        cache: cache.map(Path::to_owned),
        _folder: folder.map(Arc::new),
    };
    if let Some(path) = cache.map(|cache| copy_in(cache, sha256)) {
        match in_cache(source, sha256, &path) {
            Ok(()) => return Ok(copy(path, None)),
            Err(Failed::Source(error)) => return Err(error),
            Err(Failed::Cache(why)) => log::debug!("no copy of the plugin in the cache: {why}"),
        }
    }
    // If this process is killed, the supervisor of its plugin removes the folder.
    let folder =
        Scratch::make().map_err(|error| Error::io("make a temporary folder in", &std::env::temp_dir(), error))?;
    let path = folder.path().join(NAME);
    match store(source, sha256, &path) {
        Ok(()) => Ok(copy(path, Some(folder))),
        Err(Failed::Source(error)) => Err(error),
        Err(Failed::Cache(why)) => {
            Err(Error::failed(format!("the plugin {} cannot be copied: {why}", source.display())))
        }
    }
}

/// Why there is no copy: because of the file, or because of the place for the copy.
enum Failed {
    Source(Error),
    Cache(String),
}

/// Makes the copy in the cache unless it is there, in folders that nobody else may write.
fn in_cache(source: &Path, sha256: &str, path: &Path) -> Result<(), Failed> {
    let unusable = |error: std::io::Error| Failed::Cache(error.to_string());
    let folder = path.parent().unwrap_or(path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
    // Those that this program makes: one that a loose umask of earlier left open is closed.
    for ours in folder.ancestors().take(3) {
        let metadata = ours.metadata().map_err(unusable)?;
        if metadata.mode() & 0o022 != 0 && metadata.uid() == rustix::process::geteuid().as_raw() {
            let closed = Permissions::from_mode(metadata.mode() & 0o7777 & !0o022);
            std::fs::set_permissions(ours, closed).map_err(unusable)?;
        }
    }
    Trust::of_this_process().check(folder).map_err(|refusal| Failed::Cache(refusal.to_string()))?;
    if !content_is(path, sha256) {
        store(source, sha256, path)?;
    }
    // One of an earlier version could be written by its owner, and so by mistake.
    std::fs::set_permissions(path, Permissions::from_mode(0o444)).map_err(unusable)
}

/// Copies `source`, whose content must have this hash, to `path`.
fn store(source: &Path, sha256: &str, path: &Path) -> Result<(), Failed> {
    let unusable = |error: Error| Failed::Cache(error.to_string());
    let file = library::open(source).map_err(|error| Failed::Source(Error::io("read the plugin", source, error)))?;
    if let Some(folder) = path.parent() {
        files::remove_unfinished(folder).map_err(unusable)?;
    }
    let mut copy = AtomicFile::create(path, Existing::Replaced).map_err(unusable)?;
    let copied = library::hash_into(&file, copy.file())
        .map_err(|error| Failed::Cache(format!("{} cannot be copied: {error}", source.display())))?;
    if copied != sha256 {
        return Err(Failed::Source(Error::input(format!(
            "the plugin {} was replaced while it was being loaded: run the command again",
            source.display()
        ))));
    }
    let closed = copy.file().set_permissions(Permissions::from_mode(0o444));
    closed.map_err(|error| Failed::Cache(error.to_string()))?;
    copy.persist().map_err(unusable)
}

fn content_is(path: &Path, wanted: &str) -> bool {
    library::open(path)
        .and_then(|file| library::hash_into(&file, &mut std::io::sink()))
        .is_ok_and(|hash| hash == wanted)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use genomenas_data::hash::sha256;

    use super::*;
    use crate::plugins::inspect::Refusal;

    fn put(path: &Path, bytes: &[u8]) {
        std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }

    fn plugin(folder: &Path) -> DiscoveredPlugin {
        let path = folder.join("x.so");
        put(&path, b"first");
        DiscoveredPlugin {
            path,
            sha256: sha256(b"first"),
            rustc: None,
            manifest: Err(Refusal::new("no library")),
            record: None,
        }
    }

    fn copy_into(plugin: &DiscoveredPlugin, cache: Option<&Path>) -> Result<PluginCopy> {
        make(&plugin.path, &plugin.sha256, cache)
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
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
        // Not even root writes into it by mistake, but by force.
        std::fs::remove_file(&path).unwrap();
        put(&path, b"fir");
        copy_into(&plugin, Some(folder.path())).unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o444));
    }

    #[test]
    fn a_copy_that_is_damaged_while_it_is_held_is_made_anew_as_long_as_there_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = plugin(folder.path());
        for cache in [Some(folder.path().join("cache")), None] {
            let mut copy = copy_into(&plugin, cache.as_deref()).unwrap();
            let damage = |copy: &PluginCopy| {
                std::fs::remove_file(copy.path()).unwrap();
                put(copy.path(), b"fir");
            };
            damage(&copy);
            copy.renew().unwrap();
            assert_eq!(std::fs::read(copy.path()).unwrap(), b"first");
            damage(&copy);
            put(&plugin.path, b"second");
            let error = copy.renew().unwrap_err().to_string();
            assert!(error.contains("was changed or removed") && error.contains("was replaced"), "{error}");
            put(&plugin.path, b"first");
        }
    }

    #[test]
    fn nobody_may_write_a_copy_and_nobody_else_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = plugin(folder.path());
        let cache = folder.path().join("genomenas/plugins");
        std::fs::create_dir_all(&cache).unwrap();
        std::fs::set_permissions(&cache, Permissions::from_mode(0o777)).unwrap();
        let copy = copy_into(&plugin, Some(&cache)).unwrap();
        assert!(copy.path().starts_with(&cache));
        assert_eq!([mode(copy.path()), mode(copy.path().parent().unwrap()), mode(&cache)], [0o444, 0o700, 0o755]);
    }

    #[test]
    fn several_that_copy_at_once_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = plugin(folder.path());
        let cache = folder.path().join("cache");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let copy = copy_into(&plugin, Some(&cache)).unwrap();
                    assert_eq!(std::fs::read(copy.path()).unwrap(), b"first");
                });
            }
        });
        let copy = copy_into(&plugin, Some(&cache)).unwrap();
        assert_eq!(copy.path().parent().unwrap().read_dir().unwrap().count(), 1, "nothing is left beside it");
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
