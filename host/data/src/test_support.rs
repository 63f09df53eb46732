//! For tests of importers: files in a folder of their own, and what an importer refuses.

use std::fmt::Debug;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::Result;

/// Writes a file, and the folders it lies in.
pub(crate) fn file(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(&path).unwrap().write_all(bytes.as_ref()).unwrap();
    path
}

/// The words of a refusal of wrong input, after which nothing named `store` is left in the folder.
pub(crate) fn refusal(folder: &Path, result: Result<impl Debug>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let left: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("store")), "{left:?}");
    error.to_string().replace(&format!("{}/", folder.display()), "")
}
