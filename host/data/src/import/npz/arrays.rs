//! Which arrays of the archive are the inputs and labels of each split.

use std::fs::File;
use std::path::Path;

use zip::ZipArchive;

use crate::error::{Error, Result};
use crate::formats::npz::{Array, read_array};
use crate::store::Split;
use crate::text::shortened;

/// Arrays named in a message.
const ARRAYS_SHOWN: usize = 20;

/// The inputs and labels of one split.
#[derive(Clone, Debug)]
pub(super) struct Arrays {
    pub(super) x: Array,
    pub(super) y: Array,
}

/// The arrays of the splits that the archive has, train first, with sizes that agree with the archive. One split but
/// train may be lacking.
pub(super) struct OfSplits {
    pub(super) train: Arrays,
    pub(super) others: Vec<(Split, Arrays)>,
}

impl OfSplits {
    /// Each split that there is, with its arrays.
    pub(super) fn all(&self) -> impl Iterator<Item = (Split, &Arrays)> {
        std::iter::once((Split::Train, &self.train)).chain(self.others.iter().map(|(split, arrays)| (*split, arrays)))
    }
}

/// Finds the arrays; `lacking` are the splits that a share of train or folds make.
pub(super) fn arrays(path: &Path, archive: &mut ZipArchive<File>, lacking: &[Split]) -> Result<OfSplits> {
    let mut of = |split: Split| -> Result<Arrays> {
        Ok(Arrays { x: find(path, archive, "x", split)?, y: find(path, archive, "y", split)? })
    };
    let train = of(Split::Train)?;
    let others = [Split::Valid, Split::Test].into_iter().filter(|split| !lacking.contains(split));
    Ok(OfSplits { train, others: others.map(|split| Ok((split, of(split)?))).collect::<Result<_>>()? })
}

/// Whether the archive has an array of inputs for a split.
pub(super) fn has(archive: &ZipArchive<File>, split: Split) -> bool {
    name(archive, "x", split).is_some()
}

/// The name, in any case, of the array of inputs or labels of a split.
fn name(archive: &ZipArchive<File>, what: &str, split: Split) -> Option<String> {
    let wanted: Vec<String> = endings(split).iter().map(|ending| format!("{what}_{ending}.npy")).collect();
    let exact = wanted.iter().find(|name| archive.index_for_name(name).is_some()).cloned();
    let is_wanted = |found: &str| wanted.iter().any(|name| name.eq_ignore_ascii_case(found));
    exact.or_else(|| {
        archive.file_names().filter_map(Result::ok).find(|name| is_wanted(name)).map(|name| name.to_string())
    })
}

fn endings(split: Split) -> &'static [&'static str] {
    match split {
        Split::Train => &["train"],
        Split::Valid => &["val", "valid", "validation", "dev"],
        Split::Test => &["test"],
    }
}

fn find(path: &Path, archive: &mut ZipArchive<File>, what: &str, split: Split) -> Result<Array> {
    if let Some(name) = name(archive, what, split) {
        return read_array(path, archive, &name);
    }
    let found: Vec<String> = archive
        .file_names()
        .filter_map(|name| name.ok().map(|name| shortened(name.strip_suffix(".npy").unwrap_or(&name))))
        .take(ARRAYS_SHOWN)
        .collect();
    let way = match split {
        Split::Train => String::new(),
        split => format!("; without it, --{} 0.1 takes such a share of train", split.name()),
    };
    Err(Error::input(format!(
        "{}: there is no array {what}_{}: expected x_train, y_train, x_val, y_val, x_test and y_test, found {}{way}",
        path.display(),
        endings(split).join(&format!(" or {what}_")),
        if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
    )))
}
