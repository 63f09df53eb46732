//! The tensors of a safetensors file, each of the shape that the architecture has for it.

use std::collections::BTreeMap;

use genomenas_data::error::{Error, Result};
use genomenas_plugin::space::Layers;
use safetensors::tensor::{Dtype, SafeTensors};

/// Weights and running statistics by name.
#[derive(Clone, Debug)]
pub(crate) struct Weights(BTreeMap<String, Tensor>);

/// A tensor of float32, the last axis first in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Weights {
    /// The tensors of a safetensors file: those that `layers` have, and no others.
    ///
    /// # Errors
    ///
    /// It is not such a file, or file and architecture do not belong together.
    pub(crate) fn read(bytes: &[u8], layers: &Layers) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| Error::input(format!("not a safetensors file of f32: {error}")))?;
        let mut tensors = BTreeMap::new();
        for (name, shape) in layers.weights() {
            let view = file.tensor(&name).map_err(|_| {
                Error::input(format!("weight '{name}' is missing: file and architecture do not belong together"))
            })?;
            if view.dtype() != Dtype::F32 || view.shape() != shape {
                return Err(Error::input(format!(
                    "weight '{name}' is {:?} of shape {:?}: the architecture expects F32 of shape {shape:?}",
                    view.dtype(),
                    view.shape()
                )));
            }
            let value = |bytes: &[u8]| Some(f32::from_le_bytes(*bytes.first_chunk()?));
            let values = view.data().chunks_exact(4).filter_map(value).collect();
            tensors.insert(name, Tensor { shape, values });
        }
        if tensors.len() != file.len() {
            return Err(Error::input(format!(
                "the file holds {} tensors, the architecture has {}: they do not belong together",
                file.len(),
                tensors.len()
            )));
        }
        Ok(Self(tensors))
    }

    /// The tensor of this name, which the architecture has.
    pub(crate) fn get(&self, name: &str) -> Result<&Tensor> {
        self.0.get(name).ok_or_else(|| Error::bug(format!("an architecture has no weight '{name}'")))
    }
}

impl Tensor {
    /// The tensor with parts of its first axis in another order: equal parts, `order[i]` of this one at place i.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let part = self.values.len() / order.len().max(1);
        let parts = order.iter().filter_map(|&from| self.values.get(from * part..(from + 1) * part));
        Self { shape: self.shape.clone(), values: parts.flatten().copied().collect() }
    }

    /// The two halves of its first axis.
    pub(crate) fn halves(&self) -> [Self; 2] {
        let mut shape = self.shape.clone();
        if let Some(first) = shape.first_mut() {
            *first /= 2;
        }
        let (first, second) = self.values.split_at(self.values.len() / 2);
        [first, second].map(|values| Self { shape: shape.clone(), values: values.to_vec() })
    }

    /// The same values under another shape of the same size.
    pub(crate) fn reshaped(&self, shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), values: self.values.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_first_axis_change_places_with_all_that_is_in_them() {
        let tensor = Tensor { shape: vec![4, 2], values: (0_u8..8).map(f32::from).collect() };
        assert_eq!(tensor.reordered(&[0, 3, 1, 2]).values, [0.0, 1.0, 6.0, 7.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(tensor.reordered(&[1, 0]).values, [4.0, 5.0, 6.0, 7.0, 0.0, 1.0, 2.0, 3.0]);
        let [first, second] = tensor.halves();
        assert_eq!((first.shape, first.values), (vec![2, 2], vec![0.0, 1.0, 2.0, 3.0]));
        assert_eq!(second.values, [4.0, 5.0, 6.0, 7.0]);
    }
}
