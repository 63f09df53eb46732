//! Weights and checkpoints in safetensors files: readable from Python, written whole or not at all, checked when read.
//!
//! A checkpoint carries the SHA-256 of all that it holds in its metadata. Weights do not, because equal weights are equal
//! files; what reads them again knows their digest from elsewhere.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;

use genomenas_data::hash::{hexadecimal, sha256};
use genomenas_data::{Error as DataError, files};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tch::{Device, Tensor};

use crate::error::{Error, Result};

/// Tensors by name.
pub(crate) type Tensors = Vec<(String, Tensor)>;

/// The metadata entry that holds our own JSON.
const METADATA: &str = "genomenas";
/// The metadata entry with the digest of all the rest.
const DIGEST: &str = "genomenas.sha256";

/// Writes tensors and one JSON value to `path`, atomically, with the digest of both.
pub(crate) fn write<T: Serialize>(path: &Path, tensors: &Tensors, metadata: &T) -> Result<()> {
    Ok(files::write_atomically(path, &bytes(path, tensors, metadata, true)?)?)
}

/// Writes tensors and one JSON value to `path`, atomically. Returns the SHA-256 of the file.
pub(crate) fn write_weights<T: Serialize>(path: &Path, tensors: &Tensors, metadata: &T) -> Result<String> {
    let bytes = bytes(path, tensors, metadata, false)?;
    files::write_atomically(path, &bytes)?;
    Ok(sha256(&bytes))
}

/// The bytes of the file `path`.
fn bytes<T: Serialize>(path: &Path, tensors: &Tensors, metadata: &T, with_digest: bool) -> Result<Vec<u8>> {
    let unwritable =
        |error: &dyn Display| Error::from(DataError::failed(format!("cannot write {}: {error}", path.display())));
    let mut data: Vec<(&str, Vec<usize>, Vec<u8>)> = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let shape: Vec<usize> = tensor.size().iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect();
        let mut values = vec![0.0_f32; tensor.numel()];
        if !values.is_empty() {
            tensor.f_to_device(Device::Cpu)?.f_contiguous()?.f_copy_data(&mut values, tensor.numel())?;
        }
        data.push((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()));
    }
    let mut views: Vec<(&str, TensorView<'_>)> = Vec::with_capacity(data.len());
    for (name, shape, bytes) in &data {
        views.push((name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(|error| unwritable(&error))?));
    }
    let json = serde_json::to_string(metadata).map_err(|error| unwritable(&error))?;
    let digest = with_digest.then(|| digest(&views, &json));
    let entries = std::iter::once((METADATA, json)).chain(digest.map(|digest| (DIGEST, digest)));
    let entries: HashMap<String, String> = entries.map(|(name, value)| (name.to_owned(), value)).collect();
    safetensors::serialize(views, Some(entries)).map_err(|error| unwritable(&error))
}

/// The digest of tensors and JSON, in whatever order a file holds the tensors. Each part is preceded by its length.
fn digest<N: AsRef<str>>(tensors: &[(N, TensorView<'_>)], json: &str) -> String {
    let mut sorted: Vec<(&str, &TensorView<'_>)> = tensors.iter().map(|(name, view)| (name.as_ref(), view)).collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(json.as_bytes());
    for (name, view) in sorted {
        part(name.as_bytes());
        part(format!("{:?} {:?}", view.dtype(), view.shape()).as_bytes());
        part(view.data());
    }
    hexadecimal(&digest.finalize())
}

/// Reads a file that [`write()`] wrote (or, for the tensors, anybody's f32 safetensors).
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<(Tensors, Option<T>)> {
    read_group(path, "")
}

/// Reads the tensors whose names begin with `prefix`, without it, and the JSON value.
pub(crate) fn read_group<T: DeserializeOwned>(path: &Path, prefix: &str) -> Result<(Tensors, Option<T>)> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let unusable = |error: &dyn Display| Error::file("use", path, format!("not a safetensors file of f32: {error}"));
    let file = SafeTensors::deserialize(&bytes).map_err(|error| unusable(&error))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| unusable(&error))?;
    let entry = |name: &str| header.metadata().as_ref().and_then(|entries| entries.get(name));
    let json = entry(METADATA);
    if let Some(expected) = entry(DIGEST) {
        let found = digest(&file.tensors(), json.map_or("", String::as_str));
        if found != *expected {
            let what = format!("it was changed since it was written: expected the SHA-256 {expected}, found {found}");
            return Err(Error::file("use", path, what));
        }
    }
    let metadata = match json {
        Some(json) => Some(serde_json::from_str(json).map_err(|error| unusable(&error))?),
        None => None,
    };
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        let Some(own_name) = name.strip_prefix(prefix) else { continue };
        if view.dtype() != Dtype::F32 {
            return Err(unusable(&format!("'{name}' is {:?}", view.dtype())));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .collect();
        let shape: Vec<i64> = view.shape().iter().map(|&n| i64::try_from(n).unwrap_or(i64::MAX)).collect();
        tensors.push((own_name.to_owned(), Tensor::f_from_slice(&values)?.f_reshape(shape.as_slice())?));
    }
    // The file is ordered by size; the result is ordered by name, so that nothing depends on the file's order.
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok((tensors, metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> Tensors {
        let tensor = |values: &[f32]| Tensor::from_slice(values);
        vec![("b".to_owned(), tensor(&[1.0, -0.0, 3.0])), ("a".to_owned(), tensor(&[0.5]).reshape([1, 1]))]
    }

    fn read_again(path: &Path) -> Result<(Tensors, Option<serde_json::Value>)> {
        read(path)
    }

    #[test]
    fn every_flipped_bit_of_a_checkpoint_is_found_or_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trial-0.safetensors");
        write(&path, &tensors(), &serde_json::json!({ "epochs": 3 })).unwrap();
        let (whole, expected) = (std::fs::read(&path).unwrap(), read_again(&path).unwrap());
        let mut kept = Vec::new();
        for bit in 0..8 * whole.len() {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            files::write_atomically(&path, &flipped).unwrap();
            match read_again(&path) {
                Ok(read) => {
                    assert_eq!((&read.0, &read.1), (&expected.0, &expected.1));
                    kept.push(bit / 8);
                }
                Err(error) => assert!(error.to_string().contains("trial-0.safetensors"), "{error}"),
            }
        }
        // Another name of the entry makes it a file of an earlier version; the rest is padding of the header.
        let header = usize::try_from(u64::from_le_bytes(*whole.first_chunk().unwrap())).unwrap();
        assert!(kept.iter().all(|at| (8..8 + header).contains(at)), "{kept:?}");
    }

    #[test]
    fn a_checkpoint_without_a_digest_is_read_and_equal_weights_are_equal_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let digests = ["one", "two"].map(|name| write_weights(&path(name), &tensors(), &Some("hash")).unwrap());
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0], sha256(&std::fs::read(path("one")).unwrap()));
        assert_eq!(read_again(&path("two")).unwrap().1, Some(serde_json::json!("hash")));
    }
}
