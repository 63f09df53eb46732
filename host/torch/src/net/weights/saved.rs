//! Weights by name, as checkpoints hold them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use genomenas_plugin::engine::Naming;
use genomenas_plugin::message::DrawnAnew;
use tch::{Device, Kind, Tensor, no_grad};

use super::entry::{Entry, Part};
use super::flat::Weights;
use crate::error::{Error, Result};

impl Weights {
    /// Copies of all weights and buffers on the CPU, by name. Alphas are scalars, one an option.
    pub(crate) fn snapshot(&self) -> Result<Vec<(String, Tensor)>> {
        no_grad(|| {
            let copy = |(name, tensor): (&str, Tensor)| {
                Ok((name.to_owned(), tensor.f_detach()?.f_to_device_(Device::Cpu, Kind::Float, false, true)?))
            };
            self.by_name()?.into_iter().map(copy).collect()
        })
    }

    /// Restores values by name: every weight and buffer must be there, and nothing else. Returns how many they are.
    ///
    /// # Errors
    ///
    /// They do not belong together.
    pub(crate) fn restore(&mut self, values: &[(String, Tensor)]) -> Result<usize> {
        let taken = self.take_over(values)?;
        if taken != values.len() {
            return Err(Error::input(format!(
                "the file holds {} tensors, the architecture has {taken}: they do not belong together",
                values.len()
            )));
        }
        Ok(taken)
    }

    /// Restores those values of another network that have the same name and shape. Returns what was not found, and stays
    /// as it was drawn.
    pub(crate) fn inherit(&mut self, values: &[(String, Tensor)], naming: &Naming) -> Result<Option<DrawnAnew>> {
        let given: BTreeMap<Cow<'_, str>, &Tensor> =
            values.iter().map(|(name, tensor)| (naming.parents(name), tensor)).collect();
        let mut drawn_anew = DrawnAnew::default();
        no_grad(|| -> Result<()> {
            for (name, mut tensor) in self.by_name()? {
                match given.get(&naming.own(name)) {
                    Some(value) if value.size() == tensor.size() => tensor.f_copy_(value)?,
                    other => drawn_anew.add(name, other.is_some()),
                }
            }
            Ok(())
        })?;
        Ok(drawn_anew.some())
    }

    /// Restores all weights and buffers by name from a larger network, which has others besides.
    ///
    /// # Errors
    ///
    /// One of them is missing, or has another shape.
    pub(crate) fn restore_part_of(&mut self, values: &[(String, Tensor)]) -> Result<()> {
        self.take_over(values).map(|_| ())
    }

    /// Returns how many values were taken; each weight and buffer must be there.
    fn take_over(&mut self, values: &[(String, Tensor)]) -> Result<usize> {
        let given: BTreeMap<&str, &Tensor> = values.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut taken = 0;
        no_grad(|| {
            for (name, mut tensor) in self.by_name()? {
                match given.get(name) {
                    Some(value) if value.size() == tensor.size() => {
                        tensor.f_copy_(value)?;
                        taken += 1;
                    }
                    Some(value) => {
                        return Err(Error::input(format!(
                            "weight '{name}' has shape {:?}: the architecture expects {:?}",
                            value.size(),
                            tensor.size()
                        )));
                    }
                    None => return Err(Error::input(format!("weight '{name}' is missing from the file"))),
                }
            }
            Ok(())
        })?;
        Ok(taken)
    }

    /// Views of `values`, which are in the order of [`Self::flat`] of a part, by the names under which its weights are
    /// saved. What is written to a view is written to `values`. Without values there are no views.
    pub(crate) fn by_name_of(&self, part: Part, values: &Tensor) -> Result<Vec<(&str, Tensor)>> {
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
