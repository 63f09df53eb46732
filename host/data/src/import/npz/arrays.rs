//! Which arrays of the archive are the inputs and labels of each split.

use std::fs::File;
use std::path::Path;

use zip::ZipArchive;

use crate::error::{Error, Result};
use crate::formats::npz::{Array, read_array};
use crate::store::{PerSplit, Split};
use crate::text::shortened;

/// Arrays named in a message.
const ARRAYS_SHOWN: usize = 20;

/// The inputs and labels of one split.
#[derive(Clone, Debug)]
pub(super) struct Arrays {
    pub(super) x: Array,
    pub(super) y: Array,
}

/// The arrays of each split, with sizes that agree with the archive.
pub(super) fn arrays(path: &Path, archive: &mut ZipArchive<File>) -> Result<PerSplit<Arrays>> {
    let mut of = |split: Split| -> Result<Arrays> {
        Ok(Arrays { x: find(path, archive, "x", split)?, y: find(path, archive, "y", split)? })
    };
    Ok(PerSplit { train: of(Split::Train)?, valid: of(Split::Valid)?, test: of(Split::Test)? })
}

fn find(path: &Path, archive: &mut ZipArchive<File>, what: &str, split: Split) -> Result<Array> {
    let endings: &[&str] = match split {
        Split::Train => &["train"],
        Split::Valid => &["val", "valid"],
        Split::Test => &["test"],
    };
    let names: Vec<String> = endings.iter().map(|ending| format!("{what}_{ending}.npy")).collect();
    if let Some(name) = names.into_iter().find(|name| archive.index_for_name(name).is_some()) {
        return read_array(path, archive, &name);
    }
    let found: Vec<String> = archive
        .file_names()
        .filter_map(|name| name.ok().map(|name| shortened(name.strip_suffix(".npy").unwrap_or(&name))))
        .take(ARRAYS_SHOWN)
        .collect();
    Err(Error::input(format!(
        "{}: there is no array {what}_{}: expected x_train, y_train, x_val, y_val, x_test and y_test, found {}",
        path.display(),
        endings.join(&format!(" or {what}_")),
        if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
    )))
}
