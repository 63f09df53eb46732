//! Weights and checkpoints in safetensors files: readable from Python, whole or absent, never trusted.

use std::collections::HashMap;
use std::path::Path;

use genomenas_data::files;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tch::Tensor;

use crate::error::{Error, Result};

/// Tensors by name.
pub type Tensors = Vec<(String, Tensor)>;

/// The metadata entry that holds our own JSON.
const METADATA: &str = "genomenas";

/// Writes tensors and one JSON value to `path`, atomically.
pub fn write<T: Serialize>(path: &Path, tensors: &Tensors, metadata: &T) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Error::failed(format!("cannot write {}: {error}", path.display()));
    let mut data: Vec<(&str, Vec<usize>, Vec<u8>)> = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let shape: Vec<usize> = tensor.size().iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect();
        let mut values = vec![0.0_f32; tensor.numel()];
        if !values.is_empty() {
            tensor.f_to_device(tch::Device::Cpu)?.f_contiguous()?.f_copy_data(&mut values, tensor.numel())?;
        }
        data.push((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()));
    }
    let mut views: Vec<(&str, TensorView<'_>)> = Vec::with_capacity(data.len());
    for (name, shape, bytes) in &data {
        views.push((name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(|error| failed(&error))?));
    }
    let json = serde_json::to_string(metadata).map_err(|error| failed(&error))?;
    let bytes = safetensors::serialize(views, Some(HashMap::from([(METADATA.to_owned(), json)])))
        .map_err(|error| failed(&error))?;
    Ok(files::write_atomically(path, &bytes)?)
}

/// Reads a file that [`write()`] wrote (or, for the tensors, anybody's f32 safetensors).
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<(Tensors, Option<T>)> {
    read_group(path, "")
}

/// Reads the tensors whose names begin with `prefix`, without it, and the JSON value.
pub fn read_group<T: DeserializeOwned>(path: &Path, prefix: &str) -> Result<(Tensors, Option<T>)> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let unusable =
        |error: &dyn std::fmt::Display| Error::file("use", path, format!("not a safetensors file of f32: {error}"));
    let file = SafeTensors::deserialize(&bytes).map_err(|error| unusable(&error))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| unusable(&error))?;
    let metadata = match header.metadata().as_ref().and_then(|entries| entries.get(METADATA)) {
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
    // The file's own order is by size; ours is by name, so that nothing depends on it.
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok((tensors, metadata))
}
