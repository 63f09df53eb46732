//! Weights by name, as checkpoints hold them.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor, no_grad};

use super::Weights;
use crate::error::{Error, Result};

impl Weights {
    /// Copies of all weights and buffers on the CPU, by name. Alphas are scalars, one an option.
    pub fn snapshot(&self) -> Result<Vec<(String, Tensor)>> {
        no_grad(|| {
            let copy = |(name, tensor): (&str, Tensor)| {
                Ok((name.to_owned(), tensor.f_detach()?.f_to_device_(Device::Cpu, Kind::Float, false, true)?))
            };
            self.by_name()?.into_iter().map(copy).collect()
        })
    }

    /// Takes over values by name. With `exact` every weight and buffer must be there and nothing else; otherwise what
    /// matches in name and shape is taken. Gives how many were.
    pub fn restore(&mut self, values: &[(String, Tensor)], exact: bool) -> Result<usize> {
        let given: BTreeMap<&str, &Tensor> = values.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut taken = 0;
        no_grad(|| {
            for (name, mut tensor) in self.by_name()? {
                match given.get(name) {
                    Some(value) if value.size() == tensor.size() => {
                        tensor.f_copy_(value)?;
                        taken += 1;
                    }
                    Some(value) if exact => {
                        return Err(Error::input(format!(
                            "weight '{name}' has shape {:?}: the architecture expects {:?}",
                            value.size(),
                            tensor.size()
                        )));
                    }
                    None if exact => return Err(Error::input(format!("weight '{name}' is missing from the file"))),
                    _ => {}
                }
            }
            Ok(())
        })?;
        if exact && taken != given.len() {
            return Err(Error::input(format!(
                "the file holds {} tensors, the architecture has {taken}: they do not belong together",
                given.len()
            )));
        }
        Ok(taken)
    }

    /// Views of everything that is saved.
    fn by_name(&self) -> Result<Vec<(&str, Tensor)>> {
        let mut all = Vec::new();
        for (entry, view) in self.entries.iter().zip(&self.views) {
            if entry.values.is_empty() {
                all.push((entry.name.as_str(), view.shallow_clone()));
            }
            for (at, name) in (0..).zip(&entry.values) {
                all.push((name.as_str(), view.f_select(0, at)?));
            }
        }
        all.extend(self.buffers.iter().map(|(name, tensor)| (name.as_str(), tensor.shallow_clone())));
        Ok(all)
    }
}
