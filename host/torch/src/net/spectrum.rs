//! Counts of the words of a window.

use std::sync::{Mutex, PoisonError};

use genomenas_plugin::space::{Op, kmers};
use tch::{Device, Kind, TchError, Tensor};

use super::module::{Module, Pass, size};

#[derive(Debug)]
struct Spectrum {
    /// Bases a word.
    k: i64,
    /// Values of the spectrum.
    words: i64,
    /// The place of each word in it, \[4^k\], on the device of the last pass.
    places: Mutex<Tensor>,
}

impl Module for Spectrum {
    fn forward(&self, inputs: &[&Tensor], _: &mut Pass<'_>) -> Result<Tensor, TchError> {
        let (batch, _, length) = inputs[0].size3()?;
        let (largest, bases) = inputs[0].f_max_dim(1, false)?;
        let unknown = largest.f_ne(1.0)?;
        let positions = length - self.k + 1;
        let mut word = bases.f_narrow(1, 0, positions)?;
        let mut left_out = unknown.f_narrow(1, 0, positions)?;
        for at in 1..self.k {
            word = word.f_mul_scalar(4_i64)?.f_add(&bases.f_narrow(1, at, positions)?)?;
            left_out = left_out.f_logical_or(&unknown.f_narrow(1, at, positions)?)?;
        }
        let places = self.places_on(word.device())?.f_take(&word)?;
        // What is left out is counted behind the spectrum, and cut off.
        let places = places.f_masked_fill(&left_out, self.words)?;
        let options = (Kind::Float, word.device());
        let counts = Tensor::f_zeros([batch, self.words + 1], options)?;
        let counts = counts.f_scatter_add(1, &places, &Tensor::f_ones([batch, positions], options)?)?;
        counts.f_narrow(1, 0, self.words)?.f_contiguous()
    }
}

impl Spectrum {
    fn places_on(&self, device: Device) -> Result<Tensor, TchError> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.device() != device {
            *places = places.f_to_device(device)?;
        }
        Ok(places.shallow_clone())
    }
}

/// A [`Op::KmerSpectrum`].
pub(super) fn spectrum(op: &Op) -> Option<Box<dyn Module>> {
    let &Op::KmerSpectrum { k, both_strands } = op else {
        return None;
    };
    let places: Vec<i64> = kmers::places(k, both_strands).into_iter().map(size).collect();
    let words = places.iter().max().map_or(0, |last| last + 1);
    Some(Box::new(Spectrum { k: size(k), words, places: Mutex::new(Tensor::from_slice(&places)) }))
}
