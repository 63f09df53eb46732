//! Weights by name, as checkpoints hold them.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor, no_grad};

use super::{Entry, Part, Weights};
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
        let taken = self.take_over(values, exact)?;
        if exact && taken != values.len() {
            return Err(Error::input(format!(
                "the file holds {} tensors, the architecture has {taken}: they do not belong together",
                values.len()
            )));
        }
        Ok(taken)
    }

    /// Takes over all values by name from those of a network that has these weights and buffers among others.
    ///
    /// # Errors
    ///
    /// One of them is not there, or has another shape.
    pub fn restore_part_of(&mut self, values: &[(String, Tensor)]) -> Result<()> {
        self.take_over(values, true).map(|_| ())
    }

    /// Gives how many values were taken; with `all`, each weight and buffer must be there.
    fn take_over(&mut self, values: &[(String, Tensor)], all: bool) -> Result<usize> {
        let given: BTreeMap<&str, &Tensor> = values.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut taken = 0;
        no_grad(|| {
            for (name, mut tensor) in self.by_name()? {
                match given.get(name) {
                    Some(value) if value.size() == tensor.size() => {
                        tensor.f_copy_(value)?;
                        taken += 1;
                    }
                    Some(value) if all => {
                        return Err(Error::input(format!(
                            "weight '{name}' has shape {:?}: the architecture expects {:?}",
                            value.size(),
                            tensor.size()
                        )));
                    }
                    None if all => return Err(Error::input(format!("weight '{name}' is missing from the file"))),
                    _ => {}
                }
            }
            Ok(())
        })?;
        Ok(taken)
    }

    /// Values that lie as those of a part in [`Self::flat`], by the names under which these weights are saved: views of
    /// `values`, which may be written to. There are none for a part without values.
    pub fn by_name_of(&self, part: Part, values: &Tensor) -> Result<Vec<(&str, Tensor)>> {
        let mut all = Vec::new();
        if values.numel() == 0 {
            return Ok(all);
        }
        let mut at = 0;
        for entry in self.entries.iter().filter(|entry| entry.part == part) {
            let size = entry.shape.iter().product::<i64>();
            let own = values.f_narrow(0, at, size)?.f_view(entry.shape.as_slice())?;
            push_named(&mut all, entry, &own)?;
            at += size;
        }
        Ok(all)
    }

    /// Views of everything that is saved.
    fn by_name(&self) -> Result<Vec<(&str, Tensor)>> {
        let mut all = Vec::new();
        for (entry, view) in self.entries.iter().zip(&self.views) {
            push_named(&mut all, entry, view)?;
        }
        all.extend(self.buffers.iter().map(|(name, tensor)| (name.as_str(), tensor.shallow_clone())));
        Ok(all)
    }
}

/// The value of an entry under its name, or its values under theirs.
fn push_named<'a>(all: &mut Vec<(&'a str, Tensor)>, entry: &'a Entry, value: &Tensor) -> Result<()> {
    if entry.values.is_empty() {
        all.push((entry.name.as_str(), value.shallow_clone()));
    }
    for (at, name) in (0..).zip(&entry.values) {
        all.push((name.as_str(), value.f_select(0, at)?));
    }
    Ok(())
}
