//! Libraries of CUDA, opened at run time: neither a build nor a machine without a GPU needs them.

#![expect(unsafe_code, reason = "opens libraries of CUDA")]

use std::error::Error as _;
use std::ffi::{CStr, CString, c_char};

use libloading::Library;

/// Why kernels cannot run on a device.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unavailable {
    #[error("{what} was not found: {reason}")]
    Library { what: &'static str, reason: String },
    #[error("{what} is not one that this program knows: {reason}")]
    Symbol { what: &'static str, reason: String },
    #[error("{what} failed to {action}: {said}")]
    Call { what: &'static str, action: &'static str, said: String },
}

/// Opens the first library of these names that is there. It stays open: CUDA's own threads may run in it.
pub(super) fn open(what: &'static str, names: &[&str]) -> Result<&'static Library, Unavailable> {
    let mut reasons = Vec::new();
    for name in names {
        // SAFETY: the initialisers of CUDA's libraries, which libtorch runs as well.
        match unsafe { Library::new(*name) } {
            Ok(library) => return Ok(Box::leak(Box::new(library))),
            Err(error) => reasons.push(told(&error)),
        }
    }
    Err(Unavailable::Library { what, reason: reasons.join("; ") })
}

/// What the loader said of an error. The error itself says only which call failed.
fn told(error: &libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// A function of a library.
///
/// # Safety
///
/// `F` is the type of that function.
pub(super) unsafe fn function<F: Copy>(
    what: &'static str,
    library: &'static Library,
    name: &CStr,
) -> Result<F, Unavailable> {
    // SAFETY: the caller's promise.
    let symbol = unsafe { library.get::<F>(name) };
    symbol.map(|symbol| *symbol).map_err(|error| Unavailable::Symbol { what, reason: told(&error) })
}

/// A table of functions of a library, each with the type that its field has: that of CUDA's header.
macro_rules! functions {
    ($table:ident, $what:expr, $library:expr, { $($field:ident: $name:literal),+ $(,)? }) => {
        $table {
            $(
                // SAFETY: the field has the type that the header declares.
                $field: unsafe { $crate::kernels::cuda::library::function($what, $library, $name) }?,
            )+
        }
    };
}
pub(super) use functions;

/// A text of C that a library owns, or null.
///
/// # Safety
///
/// It is one.
pub(super) unsafe fn words(text: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// A text for C. Ours have no zero byte.
pub(super) fn text(what: &'static str, text: &str) -> Result<CString, Unavailable> {
    CString::new(text).map_err(|error| Unavailable::Call { what, action: "read a text", said: error.to_string() })
}
