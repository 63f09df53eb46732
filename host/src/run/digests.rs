//! Whether the files that a run reads again are those that it wrote.

use std::fmt::Display;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files::read_text;
use genomenas_data::hash::sha256;
use genomenas_plugin::space::Architecture;

use super::result::RunResult;
use super::settings::files;

/// The text of a file with which a run was made, if it is as it was then. `expected` is its SHA-256, which runs of
/// earlier versions do not know.
///
/// # Errors
///
/// It was changed, or cannot be read.
pub fn unchanged(path: &Path, expected: Option<&str>) -> Result<String> {
    let text = read_text(path)?;
    let Some(expected) = expected else {
        log::info!("{} is not verified: the run is of an earlier version", path.display());
        return Ok(text);
    };
    let found = sha256(text.as_bytes());
    if found == expected {
        return Ok(text);
    }
    let what = format!(
        "it was changed since the run began: expected the SHA-256 {expected}, found {found}; put it back as it was, or \
         begin a new run in another folder"
    );
    Err(Error::file("use", path, what))
}

/// The error of a journal that `holds` less than was there when `saved` was saved, `after` so much; once that is removed,
/// something is done again.
pub fn cut_off(journal: &Path, holds: impl Display, saved: &Path, after: impl Display, again: impl Display) -> Error {
    let saved = saved.display();
    let what = format!(
        "records are missing at its end: it holds {holds}, and {saved} was saved after {after}; put the journal back from \
         a copy, or remove {saved}, then {again}"
    );
    Error::file("go on from", journal, what)
}

/// Whether the weights of a run are those that it ended with.
///
/// # Errors
///
/// They, or the result, were changed or cannot be read.
pub fn check_weights(folder: &Path) -> Result<()> {
    let Some(expected) = RunResult::read(folder)?.and_then(|result| result.weights_sha256) else { return Ok(()) };
    let path = folder.join(files::WEIGHTS);
    let found = sha256(&std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?);
    if found == expected {
        return Ok(());
    }
    let what = format!(
        "it was changed since the run ended: expected the SHA-256 {expected}, found {found}; put it back, or remove it and \
         {}, then `genomenas run {}` trains it again",
        files::RESULT,
        folder.display()
    );
    Err(Error::file("use", &path, what))
}

/// Whether `architecture`, read from a run's folder, is the one that the run ended with.
///
/// # Errors
///
/// It is another one, or the result was changed or cannot be read.
pub fn check_architecture(folder: &Path, architecture: &Architecture) -> Result<()> {
    let Some(result) = RunResult::read(folder)? else { return Ok(()) };
    let path = folder.join(files::ARCHITECTURE);
    let (expected, found) = match (result.architecture_sha256, result.architecture_hash) {
        (Some(expected), _) => {
            (expected, sha256(&std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?))
        }
        // An earlier version recorded the hash of what it is, whatever its nodes are called.
        (None, Some(expected)) => (expected, architecture.canonical_hash()?),
        (None, None) => return Ok(()),
    };
    if found == expected {
        return Ok(());
    }
    let what = format!(
        "it was changed since the run ended: expected the hash {expected}, found {found}; put it back from a copy"
    );
    Err(Error::file("use", &path, what))
}
