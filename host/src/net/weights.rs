//! The weights of a network, kept so that an optimizer step is a handful of tensor operations.
//!
//! All weights of one [`Part`] lie in one flat tensor; each weight is a view of it. Clipping, updating, copying and
//! saving then work on one tensor a part, however many layers there are.

use tch::{Device, Kind, Tensor, no_grad};

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

/// How a weight is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw {
    /// U(−r, r).
    Uniform(f64),
    /// N(0, s²).
    Normal(f64),
    /// A constant.
    Constant(f64),
}

/// Which weight of a network.
#[derive(Clone, Copy, Debug)]
pub struct WeightId(usize);

/// Which buffer (a running statistic) of a network.
#[derive(Clone, Copy, Debug)]
pub struct BufferId(usize);

#[derive(Debug)]
struct Entry {
    name: String,
    shape: Vec<i64>,
    part: Part,
    draw: Draw,
}

/// Collects the weights of a network while its modules are built.
#[derive(Debug, Default)]
pub struct Declared {
    weights: Vec<Entry>,
    buffers: Vec<Entry>,
}

impl Declared {
    /// A trained weight.
    pub fn weight(&mut self, name: String, shape: &[i64], part: Part, draw: Draw) -> WeightId {
        self.weights.push(Entry { name, shape: shape.to_vec(), part, draw });
        WeightId(self.weights.len() - 1)
    }

    /// A running statistic: saved with the weights, changed by forward passes and not by optimizers.
    pub fn buffer(&mut self, name: String, shape: &[i64], value: f64) -> BufferId {
        self.buffers.push(Entry { name, shape: shape.to_vec(), part: Part::Cnn, draw: Draw::Constant(value) });
        BufferId(self.buffers.len() - 1)
    }

    /// Allocates everything on `device`. Each weight is drawn on the CPU from a stream of its own, a function of
    /// `seed` and its name: the same on every device, and whatever other weights the network has.
    pub fn allocate(self, seed: u64, device: Device) -> Result<Weights> {
        let _guard = tch::no_grad_guard();
        let mut flat = Vec::new();
        let mut views: Vec<Option<Tensor>> = self.weights.iter().map(|_| None).collect();
        for part in PARTS {
            let of_part = || self.weights.iter().enumerate().filter(move |(_, entry)| entry.part == part);
            let drawn: Vec<Tensor> =
                of_part().map(|(_, entry)| Ok(entry.drawn(seed)?.f_flatten(0, -1)?)).collect::<Result<_>>()?;
            let whole = if drawn.is_empty() {
                Tensor::f_zeros([0], (Kind::Float, device))?
            } else {
                Tensor::f_cat(&drawn, 0)?.f_to_device(device)?
            };
            let mut at = 0;
            for (id, entry) in of_part() {
                let size = entry.shape.iter().product();
                let view = whole.f_narrow(0, at, size)?.f_view(entry.shape.as_slice())?.f_detach()?;
                views[id] = Some(view.f_set_requires_grad(true)?);
                at += size;
            }
            flat.push(whole);
        }
        let buffers = self
            .buffers
            .iter()
            .map(|entry| Ok((entry.name.clone(), entry.drawn(seed)?.f_to_device(device)?)))
            .collect::<Result<_>>()?;
        Ok(Weights { entries: self.weights, flat, views: views.into_iter().flatten().collect(), buffers })
    }
}

impl Entry {
    fn drawn(&self, seed: u64) -> Result<Tensor> {
        let options = (Kind::Float, Device::Cpu);
        Ok(match self.draw {
            Draw::Constant(value) => Tensor::f_full(self.shape.as_slice(), value, options)?,
            Draw::Uniform(range) => {
                tch::manual_seed(seed_for_libtorch(seed, &self.name));
                Tensor::f_empty(self.shape.as_slice(), options)?.f_uniform_(-range, range)?
            }
            Draw::Normal(deviation) => {
                tch::manual_seed(seed_for_libtorch(seed, &self.name));
                Tensor::f_empty(self.shape.as_slice(), options)?.f_normal_(0.0, deviation)?
            }
        })
    }
}

fn seed_for_libtorch(seed: u64, name: &str) -> i64 {
    i64::try_from(genomenas_plugin::seed::derive(seed, name, 0)).unwrap_or(i64::MAX)
}

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

    /// The weights of a part, one after the other.
    pub fn flat(&self, part: Part) -> &Tensor {
        &self.flat[part as usize]
    }

    /// The gradients of a part in the order of [`Self::flat`], and forgets them. A weight without one has zeros.
    pub fn take_gradients(&mut self, part: Part) -> Result<Tensor> {
        let mut gradients = Vec::new();
        for (entry, view) in self.entries.iter().zip(&mut self.views).filter(|(entry, _)| entry.part == part) {
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
        for (_, view) in self.entries.iter().zip(&mut self.views).filter(|(entry, _)| entry.part == part) {
            view.zero_grad();
        }
        Ok(whole)
    }

    /// How many weights there are.
    pub fn count(&self) -> i64 {
        self.flat.iter().map(|flat| flat.size().iter().product::<i64>()).sum()
    }

    /// Copies of all weights and buffers on the CPU, by name.
    pub fn snapshot(&self) -> Result<Vec<(String, Tensor)>> {
        no_grad(|| {
            let weights = self.entries.iter().map(|entry| entry.name.as_str()).zip(&self.views);
            let buffers = self.buffers.iter().map(|(name, tensor)| (name.as_str(), tensor));
            weights
                .chain(buffers)
                .map(|(name, tensor)| {
                    Ok((name.to_owned(), tensor.f_detach()?.f_to_device_(Device::Cpu, Kind::Float, false, true)?))
                })
                .collect()
        })
    }

    /// Takes over values by name. With `exact` every weight and buffer must be there and nothing else; otherwise what
    /// matches in name and shape is taken. Gives how many were.
    pub fn restore(&mut self, values: &[(String, Tensor)], exact: bool) -> Result<usize> {
        let by_name: std::collections::BTreeMap<&str, &Tensor> =
            values.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let own = self.entries.iter().map(|entry| entry.name.as_str()).zip(&mut self.views);
        let buffers = self.buffers.iter_mut().map(|(name, tensor)| (name.as_str(), tensor));
        let mut taken = 0;
        no_grad(|| {
            for (name, tensor) in own.chain(buffers) {
                match by_name.get(name) {
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
        if exact && taken != by_name.len() {
            return Err(Error::input(format!(
                "the file holds {} tensors, the architecture has {taken}: they do not belong together",
                by_name.len()
            )));
        }
        Ok(taken)
    }
}
