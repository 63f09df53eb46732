//! The digest of a store's contents, by which equal data is recognised whatever it was imported from.

use sha2::{Digest, Sha256};

use super::parts::Parts;
use super::shape::Shape;
use crate::error::{Error, Result};
use crate::hash::hexadecimal;

/// The digest of a store's contents: its shape and the rows of each part.
pub(super) fn content_digest(shape: &Shape, parts: Parts, rows: Vec<Sha256>) -> Result<String> {
    let text = serde_json::to_string(shape).map_err(|error| Error::failed(format!("a shape as JSON: {error}")))?;
    let mut digest = Sha256::new();
    digest.update(text.as_bytes());
    // Three folds with the rows of three splits are other data.
    if let Parts::Folds(count) = parts {
        digest.update(count.to_le_bytes());
    }
    for rows in rows {
        digest.update(rows.finalize());
    }
    Ok(hexadecimal(&digest.finalize()))
}
