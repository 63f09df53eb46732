//! Loading a plugin library. Everything that the library does from here on, it does to this process.

use std::error::Error as _;
use std::fmt;
use std::path::Path;

use genomenas_abi::{LibHeader, LibraryError, PluginRootRef, lib_header_from_path};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

/// Why a library cannot be used, on one line.
#[derive(Debug)]
pub enum LoadError {
    /// The system refuses to load it.
    System(libloading::Error),
    /// It is loaded, and is not a plugin that this program can use.
    Plugin(LibraryError),
}

/// The root module of the library at `path`. A library is never unloaded.
///
/// # Errors
///
/// The library cannot be loaded, is not a plugin, or has another binary interface.
pub fn open(path: &Path) -> Result<PluginRootRef, LoadError> {
    // abi_stable opens lazily and globally visible symbols would clash; a library that is open already is not opened
    // again but returned as it is, so this decides how.
    // SAFETY: loading runs the library's constructors. That they are sound is the promise of a plugin; this process
    // exists so that a broken promise ends nothing else.
    #[expect(unsafe_code, reason = "loading a plugin is what this program is for")]
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
    // Kept open for as long as the process lives: the instance's code is in it.
    std::mem::forget(library.map_err(LoadError::System)?);
    // Not `RootModule::load_from_file`, which returns the first plugin for every later path.
    lib_header_from_path(path).and_then(LibHeader::init_root_module::<PluginRootRef>).map_err(LoadError::Plugin)
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cannot_load = |f: &mut fmt::Formatter<'_>, why: &dyn fmt::Display| {
            write!(f, "cannot load it: {}", one_line(&why.to_string()))
        };
        match self {
            // What the system said is its source.
            Self::System(error) => match error.source() {
                Some(source) => cannot_load(f, &source),
                None => cannot_load(f, error),
            },
            Self::Plugin(LibraryError::OpenError { err, .. }) => cannot_load(f, err),
            Self::Plugin(LibraryError::GetSymbolError { .. }) => {
                f.write_str("it is not a plugin: it does not export the plugin header")
            }
            // `abi_stable` describes a difference of layouts in tens of thousands of characters.
            Self::Plugin(
                LibraryError::AbiInstability(_)
                | LibraryError::InvalidAbiHeader(_)
                | LibraryError::InvalidCAbi { .. }
                | LibraryError::IncompatibleVersionNumber { .. },
            ) => f.write_str(
                "its binary interface differs from this genomenas: rebuild it with the genomenas-plugin of this version",
            ),
            Self::Plugin(other) => cannot_load(f, other),
        }
    }
}

impl std::error::Error for LoadError {}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 300 { line } else { line.chars().take(297).chain("...".chars()).collect() }
}
