//! Files of the project itself, and data beside it that only some machines have.

use std::path::{Path, PathBuf};

/// A path below the root of the workspace.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(relative)
}

/// A file of the data that lies beside the checkout and does not ship; `None`, and a line that says so, where it is
/// absent.
pub fn shared_data(relative: &str) -> Option<PathBuf> {
    let path = path("../shared/data").join(relative);
    if path.is_file() {
        return Some(path);
    }
    skip(&format!("../shared/data/{relative} is not there"));
    None
}

/// Says that a test, or a part of it, does nothing on this machine and why.
#[expect(clippy::print_stderr, reason = "the tests' own word to the person who runs them")]
pub fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
