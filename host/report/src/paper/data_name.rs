//! The data as a paper calls them: by their file, not by where it lay on a machine.

use std::path::Path;

/// The last part of a path; all of it where it has none.
pub(super) fn name_of(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}
