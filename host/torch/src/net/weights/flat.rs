//! The weights and buffers of a network, allocated: reading and writing them, and their gradients.

use tch::{Kind, Tensor, no_grad};

use super::entry::{BufferId, Entry, Part, WeightId};
use crate::error::{Error, Result};
use crate::kernels::{self, Piece};

/// The weights and buffers of a network on one device.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(super) entries: Vec<Entry>,
    pub(super) flat: Vec<Tensor>,
    pub(super) views: Vec<Tensor>,
    pub(super) buffers: Vec<(String, Tensor)>,
}

impl Weights {
    /// A weight, as the view that gradients flow to.
    pub(crate) fn get(&self, id: WeightId) -> &Tensor {
        &self.views[id.0]
    }

    /// A buffer.
    pub(crate) fn buffer(&self, id: BufferId) -> &Tensor {
        &self.buffers[id.0].1
    }

    /// Copies `value` into a buffer.
    ///
    /// # Errors
    ///
    /// It has another shape.
    pub(crate) fn set_buffer(&mut self, id: BufferId, value: &Tensor) -> Result<()> {
        let (name, own) = &mut self.buffers[id.0];
        if own.size() != value.size() {
            return Err(Error::failed(format!(
                "a value of {:?} for '{name}', which has {:?}",
                value.size(),
                own.size()
            )));
        }
        no_grad(|| own.f_copy_(value))?;
        Ok(())
    }

    /// The weights of a part, one after the other. What is written into it is written into the weights.
    pub(crate) fn flat(&self, part: Part) -> &Tensor {
        &self.flat[part as usize]
    }

    /// Copies `values`, in the order of [`Self::flat`], into the weights of a part.
    ///
    /// # Errors
    ///
    /// The number of values is not that of the weights.
    pub(crate) fn set_flat(&mut self, part: Part, values: &Tensor) -> Result<()> {
        let own = &mut self.flat[part as usize];
        if own.size() != values.size() {
            return Err(Error::failed(format!("{:?} values for {:?} weights", values.size(), own.size())));
        }
        no_grad(|| own.f_copy_(values))?;
        Ok(())
    }

    /// Shortens the weights that enter an output unit of a dense layer, or a filter of a convolution, to a Euclidean norm
    /// of at most `norm`. Biases, batch norms and recurrent cells have no such units, and stay as they are.
    pub(crate) fn shorten(&mut self, norm: f64) -> Result<()> {
        let units = self.entries.iter().zip(&mut self.views).filter(|(entry, _)| entry.units);
        no_grad(|| units.into_iter().try_for_each(|(_, view)| view.f_renorm_(2.0, 0, norm).map(|_| ())))?;
        Ok(())
    }

    /// Sets whether backward passes compute gradients of a part, as they do at first. Without them they save time and
    /// memory.
    pub(crate) fn require_gradients(&mut self, part: Part, required: bool) -> Result<()> {
        for (_, view) in self.of_part(part) {
            let _ = view.f_set_requires_grad(required)?;
        }
        Ok(())
    }

    /// Takes the gradients of a part, in the order of [`Self::flat`]. A weight without one has zeros.
    pub(crate) fn take_gradients(&mut self, part: Part) -> Result<Tensor> {
        let mut gradients = Vec::new();
        for (entry, view) in self.of_part(part) {
            let gradient = view.f_grad()?;
            gradients.push(if gradient.defined() {
                gradient.f_reshape([-1])?
            } else {
                Tensor::f_zeros([entry.shape.iter().product::<i64>()], (Kind::Float, view.device()))?
            });
        }
        if gradients.is_empty() {
            return Ok(Tensor::f_zeros([0], (Kind::Float, self.flat(part).device()))?);
        }
        let whole = Tensor::f_cat(&gradients, 0)?;
        drop(gradients);
        for (_, view) in self.of_part(part) {
            kernels::drop_gradient(view)?;
        }
        Ok(whole)
    }

    /// As [`Self::take_gradients`], without copies: each gradient where it lies.
    pub(crate) fn take_pieces(&mut self, part: Part) -> Result<Vec<Piece>> {
        let mut offset = 0;
        let mut take = |(entry, view): (&Entry, &mut Tensor)| {
            let (gradient, length) = (view.f_grad()?, entry.shape.iter().product::<i64>());
            let gradient = if gradient.defined() { Some(gradient.f_reshape([-1])?.f_contiguous()?) } else { None };
            kernels::drop_gradient(view)?;
            let piece = Piece { offset, length, gradient };
            offset += length;
            Ok(piece)
        };
        self.of_part(part).map(&mut take).collect()
    }

    /// The weights of a part by name, as the views that gradients flow to.
    pub(crate) fn leaves(&self, part: Part) -> impl Iterator<Item = (String, Tensor)> {
        let of_part = self.entries.iter().zip(&self.views).filter(move |(entry, _)| entry.part == part);
        of_part.map(|(entry, view)| (entry.name.clone(), view.shallow_clone()))
    }

    fn of_part(&mut self, part: Part) -> impl Iterator<Item = (&Entry, &mut Tensor)> {
        self.entries.iter().zip(&mut self.views).filter(move |(entry, _)| entry.part == part)
    }
}
