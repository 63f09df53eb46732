//! What a store keeps of the files that it was imported from.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::formats::source::open;
use crate::hash::hexadecimal;
use crate::progress::{OnProgress, Progress};
use crate::store::Source;

/// Reads a whole file once for its size and SHA-256.
pub(crate) fn describe(path: &Path, progress: OnProgress<'_>) -> Result<Source> {
    let mut file = open(path)?;
    let total = file.metadata().ok().map(|about| about.len());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stage = format!("reading {name}");
    let mut digest = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).map_err(|error| Error::io("read", path, error))?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        digest.update(part);
        bytes += read as u64;
        progress(Progress { stage: &stage, done: bytes, total, unit: "bytes" });
    }
    Ok(Source { name, bytes, sha256: hexadecimal(&digest.finalize()) })
}
