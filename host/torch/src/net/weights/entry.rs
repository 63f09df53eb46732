//! One weight or running statistic of a network: its name, shape and part, and how it is drawn.

use genomenas_plugin::seed;
use tch::{Device, Kind, Tensor};

use crate::error::Result;

/// The parts of a network that can have optimizers of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything outside recurrent cells.
    Cnn,
    /// The matrices of recurrent cells.
    Rnn,
    /// The alphas of a supernet, decision by decision.
    Arch,
}

/// The parts that weight steps train, in the order in which they are stored.
pub(crate) const WEIGHTS: [Part; 2] = [Part::Cnn, Part::Rnn];

/// All parts, in the order in which they are stored.
pub(crate) const PARTS: [Part; 3] = [Part::Cnn, Part::Rnn, Part::Arch];

/// Which weight of a network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WeightId(pub(super) usize);

/// Which buffer (a running statistic) of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BufferId(pub(super) usize);

/// How a weight is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Draw {
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
    /// Whether its first axis is the output units of a dense layer or the filters of a convolution.
    pub(super) units: bool,
    /// The names of the values, where each is drawn and saved on its own; otherwise none.
    pub(super) values: Vec<String>,
}

impl Entry {
    pub(super) fn drawn(&self, seed: u64) -> Result<Tensor> {
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
