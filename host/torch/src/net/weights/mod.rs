//! The weights of a network, kept so that an optimizer step is a handful of tensor operations.
//!
//! All weights of one [`Part`] lie in one flat tensor; each weight is a view of it. Clipping, updating, copying and
//! saving then work on one tensor a part, however many layers there are.

mod declared;
mod saved;

use tch::{Kind, Tensor, no_grad};

use declared::Entry;
pub use declared::{Declared, Draw};

use crate::error::{Error, Result};

/// The parts of a network that may have optimizers of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything outside recurrent cells.
    Cnn,
    /// The matrices of recurrent cells.
    Rnn,
    /// The alphas of a supernet, decision by decision.
    Arch,
}

/// The parts that weight steps train, in the order in which they are stored.
pub const WEIGHTS: [Part; 2] = [Part::Cnn, Part::Rnn];

/// All parts, in the order in which they are stored.
pub const PARTS: [Part; 3] = [Part::Cnn, Part::Rnn, Part::Arch];

/// Which weight of a network.
#[derive(Clone, Copy, Debug)]
pub struct WeightId(usize);

/// Which buffer (a running statistic) of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BufferId(usize);

/// The weights and buffers of a network on one device.
#[derive(Debug)]
pub struct Weights {
    entries: Vec<Entry>,
    flat: Vec<Tensor>,
    views: Vec<Tensor>,
    buffers: Vec<(String, Tensor)>,
}

impl Weights {
    /// A weight, as the view that gradients flow to.
    pub fn get(&self, id: WeightId) -> &Tensor {
        &self.views[id.0]
    }

    /// A buffer.
    pub fn buffer(&self, id: BufferId) -> &Tensor {
        &self.buffers[id.0].1
    }

    /// Copies `value` into a buffer.
    ///
    /// # Errors
    ///
    /// It has another shape.
    pub fn set_buffer(&mut self, id: BufferId, value: &Tensor) -> Result<()> {
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
    pub fn flat(&self, part: Part) -> &Tensor {
        &self.flat[part as usize]
    }

    /// Copies `values`, in the order of [`Self::flat`], into the weights of a part.
    ///
    /// # Errors
    ///
    /// There are more or fewer values than weights.
    pub fn set_flat(&mut self, part: Part, values: &Tensor) -> Result<()> {
        let own = &mut self.flat[part as usize];
        if own.size() != values.size() {
            return Err(Error::failed(format!("{:?} values for {:?} weights", values.size(), own.size())));
        }
        no_grad(|| own.f_copy_(values))?;
        Ok(())
    }

    /// Shortens the weights that enter an output unit of a dense layer, or a filter of a convolution, to a Euclidean norm
    /// of at most `norm`. Biases, batch norms and recurrent cells have no such units, and stay as they are.
    pub fn shorten(&mut self, norm: f64) -> Result<()> {
        let units = self.entries.iter().zip(&mut self.views).filter(|(entry, _)| entry.units);
        no_grad(|| units.into_iter().try_for_each(|(_, view)| view.f_renorm_(2.0, 0, norm).map(|_| ())))?;
        Ok(())
    }

    /// Whether backward passes compute gradients of a part; they do at first. What needs none saves time and memory.
    pub fn require_gradients(&mut self, part: Part, required: bool) -> Result<()> {
        for (_, view) in self.of_part(part) {
            let _ = view.f_set_requires_grad(required)?;
        }
        Ok(())
    }

    /// The gradients of a part in the order of [`Self::flat`], and forgets them. A weight without one has zeros.
    pub fn take_gradients(&mut self, part: Part) -> Result<Tensor> {
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
            view.zero_grad();
        }
        Ok(whole)
    }

    /// How many weights there are.
    pub fn count(&self) -> i64 {
        self.flat.iter().map(|flat| flat.size().iter().product::<i64>()).sum()
    }

    fn of_part(&mut self, part: Part) -> impl Iterator<Item = (&Entry, &mut Tensor)> {
        self.entries.iter().zip(&mut self.views).filter(move |(entry, _)| entry.part == part)
    }
}
