//! Loading a plugin library. Everything that the library does from here on, it does to this process.

use std::path::Path;

use genomenas_abi::{LibHeader, LibraryError, PluginRootRef, lib_header_from_path};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

/// The root module of the library at `path`. A library is never unloaded.
///
/// # Errors
///
/// One line: the library cannot be loaded, is not a plugin, or has another binary interface.
pub fn open(path: &Path) -> Result<PluginRootRef, String> {
    // abi_stable opens lazily and globally visible symbols would clash; a library that is open already is not opened
    // again but returned as it is, so this decides how.
    // SAFETY: loading runs the library's constructors. That they are sound is the promise of a plugin; this process
    // exists so that a broken promise ends nothing else.
    #[expect(unsafe_code, reason = "loading a plugin is what this program is for")]
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
    let library = library.map_err(|error| format!("cannot load it: {}", one_line(&describe(&error))))?;
    // Kept open for as long as the process lives: the instance's code is in it.
    std::mem::forget(library);
    // Not `RootModule::load_from_file`, which returns the first plugin for every later path.
    let root = lib_header_from_path(path).and_then(LibHeader::init_root_module::<PluginRootRef>);
    root.map_err(|error| reason(&error))
}

/// One line, where `abi_stable` tells a difference of layouts in tens of thousands of characters.
fn reason(error: &LibraryError) -> String {
    match error {
        LibraryError::OpenError { err, .. } => format!("cannot load it: {}", one_line(&err.to_string())),
        LibraryError::GetSymbolError { .. } => "it is not a plugin: it does not export the plugin header".to_owned(),
        LibraryError::AbiInstability(_)
        | LibraryError::InvalidAbiHeader(_)
        | LibraryError::InvalidCAbi { .. }
        | LibraryError::IncompatibleVersionNumber { .. } => {
            "its binary interface differs from this genomenas: rebuild it with the genomenas-plugin of this version"
                .to_owned()
        }
        other => format!("cannot load it: {}", one_line(&other.to_string())),
    }
}

/// `libloading` hides what the system said behind `source`.
fn describe(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 300 { line } else { line.chars().take(297).chain("...".chars()).collect() }
}
