//! The digest of a store's contents, by which equal data is recognised whatever it was imported from.

use sha2::{Digest, Sha256};

use super::shape::Shape;
use crate::error::{Error, Result};
use crate::hash::hexadecimal;

/// The digest of a store's contents: its shape and the rows of each split.
pub(super) fn content_digest(shape: &Shape, splits: [Sha256; 3]) -> Result<String> {
    let text = serde_json::to_string(shape).map_err(|error| Error::failed(format!("a shape as JSON: {error}")))?;
    let mut digest = Sha256::new();
    digest.update(text.as_bytes());
    for split in splits {
        digest.update(split.finalize());
    }
    Ok(hexadecimal(&digest.finalize()))
}
