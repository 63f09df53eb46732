//! The folders that are searched for plugins.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};

use super::inspect::Refusal;
use super::trust::Trust;

/// The variable that names plugin folders, separated as in `PATH`.
pub const VARIABLE: &str = "GENOMENAS_PLUGINS";

/// How deep below a plugin folder a plugin may lie; ends a folder that links to itself.
const DEPTH: usize = 8;

/// A place to search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// A folder, or a single file.
    pub path: PathBuf,
    /// How it is searched.
    pub reach: Reach,
}

/// What lies in a place to search, in an order that does not depend on the file system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The library files.
    pub libraries: Vec<PathBuf>,
    /// Folders that are not searched, and why.
    pub refused: Vec<(PathBuf, Refusal)>,
}

/// How a folder is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is for plugins: search all of it, and report libraries that are not plugins.
    Tree,
    /// It is for other things too: search the files in it, and pass over those that are not plugins.
    Beside,
}

/// The folders to search, first to last: the first plugin of an id wins.
///
/// These are `explicit`, those in [`VARIABLE`], `plugins` beside the binary and the binary's own folder, and the user's
/// data folder.
///
/// # Errors
///
/// An explicit folder does not exist.
pub fn search_path(explicit: &[PathBuf]) -> Result<Vec<Folder>> {
    let executable = std::env::current_exe().ok();
    search_path_in(
        explicit,
        std::env::var_os(VARIABLE),
        executable.as_deref().and_then(Path::parent),
        user_folder("XDG_DATA_HOME", ".local/share").as_deref(),
    )
}

/// The library files of a folder to the bottom, and the folders in it that are refused.
pub fn contents(folder: &Folder) -> Contents {
    let mut found = Contents::default();
    match folder.path.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let depth = if folder.reach == Reach::Tree { DEPTH } else { 0 };
            collect(&folder.path, depth, &Trust::of_this_process(), &mut BTreeSet::new(), &mut found);
        }
        Ok(_) => found.libraries.push(folder.path.clone()),
        // A folder that does not exist has no plugins.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
        Err(error) => found.refused.push((folder.path.clone(), unreadable(&error))),
    }
    found
}

/// A folder of the user's: the one that `variable` names, or `otherwise` below the home folder.
pub(crate) fn user_folder(variable: &str, otherwise: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(otherwise)))
}

/// The folders that [`VARIABLE`] names.
pub(super) fn of_variable() -> Vec<PathBuf> {
    split(std::env::var_os(VARIABLE))
}

fn split(variable: Option<OsString>) -> Vec<PathBuf> {
    std::env::split_paths(&variable.unwrap_or_default()).filter(|path| !path.as_os_str().is_empty()).collect()
}

fn search_path_in(
    explicit: &[PathBuf],
    variable: Option<OsString>,
    beside: Option<&Path>,
    data: Option<&Path>,
) -> Result<Vec<Folder>> {
    for path in explicit {
        if !path.try_exists().map_err(|error| Error::io("search", path, error))? {
            return Err(Error::input(format!(
                "there is no plugin folder {}: name a folder with plugins, or one plugin's file",
                path.display()
            )));
        }
    }
    let variable = split(variable);
    for path in variable.iter().filter(|path| !path.exists()) {
        log::warn!("{VARIABLE} names {}, which does not exist", path.display());
    }
    let tree = |path: PathBuf| Folder { path, reach: Reach::Tree };
    let mut folders: Vec<_> = explicit.iter().cloned().chain(variable).map(tree).collect();
    if let Some(beside) = beside {
        folders.push(tree(beside.join("plugins")));
        folders.push(Folder { path: beside.to_owned(), reach: Reach::Beside });
    }
    folders.extend(data.map(|data| tree(data.join("genomenas/plugins"))));
    Ok(folders)
}

fn collect(folder: &Path, depth: usize, trust: &Trust, seen: &mut BTreeSet<PathBuf>, found: &mut Contents) {
    let read = || -> std::io::Result<(PathBuf, Vec<PathBuf>)> {
        let paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        Ok((folder.canonicalize()?, paths))
    };
    let (canonical, mut paths) = match read() {
        Ok(read) => read,
        Err(error) => {
            found.refused.push((folder.to_owned(), unreadable(&error)));
            return;
        }
    };
    // One that links back up was searched already.
    if !seen.insert(canonical) {
        return;
    }
    paths.sort();
    // A folder that holds nothing that would be loaded may be written by anybody.
    let holds_libraries = paths.iter().any(|path| is_library(path) && !path.is_dir());
    let refusal = if holds_libraries { trust.check(folder).err() } else { None };
    for path in paths {
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, trust, seen, found);
            }
        } else if refusal.is_none() && is_library(&path) {
            found.libraries.push(path);
        }
    }
    found.refused.extend(refusal.map(|refusal| (folder.to_owned(), refusal)));
}

fn unreadable(error: &std::io::Error) -> Refusal {
    Refusal::hidden(format!("it cannot be searched for plugins: {error}"))
}

/// Whether a file is named like a library; those of other systems too, so that they can be reported.
fn is_library(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let extension = |wanted: &str| Path::new(&name).extension().is_some_and(|extension| extension == wanted);
    extension("so") || extension("dylib") || extension("dll") || name.contains(".so.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path).unwrap();
    }

    #[test]
    fn the_search_goes_from_the_most_explicit_folder_to_the_least() {
        let home = tempfile::tempdir().unwrap();
        let folders = search_path_in(
            &[home.path().to_owned()],
            Some("/a:/b".into()),
            Some(Path::new("/opt/bin")),
            Some(Path::new("/home/me/.local/share")),
        )
        .unwrap();
        let shown: Vec<_> = folders.iter().skip(1).map(|f| (f.path.to_str().unwrap(), f.reach)).collect();
        assert_eq!(
            shown,
            [
                ("/a", Reach::Tree),
                ("/b", Reach::Tree),
                ("/opt/bin/plugins", Reach::Tree),
                ("/opt/bin", Reach::Beside),
                ("/home/me/.local/share/genomenas/plugins", Reach::Tree),
            ]
        );
        assert_eq!(folders[0].path, home.path());
    }

    #[test]
    fn an_explicit_folder_that_is_not_there_is_an_error() {
        let error = search_path_in(&["/no/such/folder".into()], None, None, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no plugin folder /no/such/folder: name a folder with plugins, or one plugin's file"
        );
    }

    #[test]
    fn a_plugin_folder_is_searched_to_the_bottom_in_sorted_order_and_the_binarys_folder_is_not() {
        let home = tempfile::tempdir().unwrap();
        for name in ["b/deep/z.so", "a.so", "c.so.1", "notes.txt", "b/x.dylib"] {
            touch(&home.path().join(name));
        }
        let names = |reach| {
            let found = contents(&Folder { path: home.path().to_owned(), reach }).libraries;
            found.iter().map(|p| p.strip_prefix(home.path()).unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(Reach::Tree), ["a.so", "b/deep/z.so", "b/x.dylib", "c.so.1"]);
        assert_eq!(names(Reach::Beside), ["a.so", "c.so.1"]);
    }

    #[test]
    fn a_folder_that_links_to_itself_is_searched_once() {
        let home = tempfile::tempdir().unwrap();
        touch(&home.path().join("a.so"));
        std::os::unix::fs::symlink(home.path(), home.path().join("again")).unwrap();
        assert_eq!(contents(&Folder { path: home.path().to_owned(), reach: Reach::Tree }).libraries.len(), 1);
    }

    #[test]
    fn a_folder_that_others_may_write_is_refused_and_those_below_it_with_it_but_not_those_beside_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        for name in ["open/a.so", "open/below/b.so", "safe/c.so"] {
            touch(&home.path().join(name));
        }
        let open = home.path().join("open");
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        let found = contents(&Folder { path: home.path().to_owned(), reach: Reach::Tree });
        assert_eq!(found.libraries, [home.path().join("safe/c.so")]);
        assert_eq!(
            found.refused.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(),
            [open.join("below"), open.clone()]
        );
        assert!(found.refused[1].1.to_string().ends_with(&format!("`chmod go-w {}`", open.display())));
    }
}
