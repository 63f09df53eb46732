//! What weights a network has, and how they are drawn.

use genomenas_plugin::seed;
use tch::{Device, Kind, Tensor};

use super::{BufferId, PARTS, Part, WeightId, Weights};
use crate::error::Result;

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

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) shape: Vec<i64>,
    pub(super) part: Part,
    pub(super) draw: Draw,
    /// Whether its first axis are the output units of a dense layer or the filters of a convolution.
    pub(super) units: bool,
    /// The names of the values, where each is drawn and saved on its own; otherwise none.
    pub(super) values: Vec<String>,
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
        self.push(Entry { name, shape: shape.to_vec(), part, draw, units: false, values: Vec::new() })
    }

    /// A trained weight outside recurrent cells whose first axis are the output units of a dense layer or the filters of
    /// a convolution.
    pub fn units(&mut self, name: String, shape: &[i64], draw: Draw) -> WeightId {
        self.push(Entry { name, shape: shape.to_vec(), part: Part::Cnn, draw, units: true, values: Vec::new() })
    }

    /// A trained weight of one axis whose values have names: each is drawn and saved by its own, so that it is the same
    /// whatever others there are.
    pub fn named_values(&mut self, name: String, values: &[String], part: Part, draw: Draw) -> WeightId {
        let values: Vec<String> = values.iter().map(|value| format!("{name}.{value}")).collect();
        let shape = vec![i64::try_from(values.len()).unwrap_or(i64::MAX)];
        self.push(Entry { name, shape, part, draw, units: false, values })
    }

    /// A running statistic: saved with the weights, changed by forward passes and not by optimizers.
    pub fn buffer(&mut self, name: String, shape: &[i64], value: f64) -> BufferId {
        let draw = Draw::Constant(value);
        let (shape, values) = (shape.to_vec(), Vec::new());
        self.buffers.push(Entry { name, shape, part: Part::Cnn, draw, units: false, values });
        BufferId(self.buffers.len() - 1)
    }

    fn push(&mut self, entry: Entry) -> WeightId {
        self.weights.push(entry);
        WeightId(self.weights.len() - 1)
    }

    /// Allocates everything on `device`. Each weight is drawn on the CPU from a stream of its own, a function of
    /// `seed` and its name: the same on every device, and whatever other weights the network has.
    pub fn allocate(self, seed: u64, device: Device) -> Result<Weights> {
        #[cfg(test)]
        crate::train::alone::hold_generator();
        self.allocate_by(device, |entry| entry.drawn(seed))
    }

    /// Allocates everything on `device` as zeros, for weights that are taken over from elsewhere.
    pub fn allocate_blank(self, device: Device) -> Result<Weights> {
        // One zero, seen as many times as there are values: nothing is written before all lie in their place.
        let zero = Tensor::f_zeros([1], (Kind::Float, Device::Cpu))?;
        self.allocate_by(device, |entry| Ok(zero.f_expand(entry.shape.as_slice(), false)?))
    }

    fn allocate_by(self, device: Device, value: impl Fn(&Entry) -> Result<Tensor>) -> Result<Weights> {
        let _guard = tch::no_grad_guard();
        let mut flat = Vec::new();
        let mut views: Vec<Option<Tensor>> = self.weights.iter().map(|_| None).collect();
        for part in PARTS {
            let of_part = || self.weights.iter().enumerate().filter(move |(_, entry)| entry.part == part);
            let drawn: Vec<Tensor> =
                of_part().map(|(_, entry)| Ok(value(entry)?.f_flatten(0, -1)?)).collect::<Result<_>>()?;
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
            .map(|entry| Ok((entry.name.clone(), value(entry)?.f_contiguous()?.f_to_device(device)?)))
            .collect::<Result<_>>()?;
        Ok(Weights { entries: self.weights, flat, views: views.into_iter().flatten().collect(), buffers })
    }
}

impl Entry {
    fn drawn(&self, seed: u64) -> Result<Tensor> {
        if self.values.is_empty() {
            return draw(self.draw, &self.shape, &self.name, seed);
        }
        let values: Vec<Tensor> =
            self.values.iter().map(|name| draw(self.draw, &[1], name, seed)).collect::<Result<_>>()?;
        Ok(Tensor::f_cat(&values, 0)?)
    }
}

fn draw(draw: Draw, shape: &[i64], name: &str, seed: u64) -> Result<Tensor> {
    let options = (Kind::Float, Device::Cpu);
    let by_name = || tch::manual_seed(i64::try_from(seed::derive(seed, name, 0)).unwrap_or(i64::MAX));
    Ok(match draw {
        Draw::Constant(value) => Tensor::f_full(shape, value, options)?,
        Draw::Uniform(range) => {
            by_name();
            Tensor::f_empty(shape, options)?.f_uniform_(-range, range)?
        }
        Draw::Normal(deviation) => {
            by_name();
            Tensor::f_empty(shape, options)?.f_normal_(0.0, deviation)?
        }
    })
}
