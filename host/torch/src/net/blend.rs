//! Which options a forward pass of a supernet computes, and how much each counts.

use genomenas_plugin::message::Mixing;
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use genomenas_plugin::space::{Layers, Selection};

use crate::error::{Error, Result};

/// How the options of each decision are mixed in one forward pass. Architectures ignore it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Blend {
    /// By the softmax of the alphas.
    #[default]
    Softmax,
    /// By the softmax of (alphas + noise) / temperature.
    Gumbel {
        /// The temperature.
        temperature: f64,
        /// Standard Gumbel draws, an option each, decision by decision.
        noise: Vec<f32>,
    },
    /// Every option counts 1.
    Sum,
    /// The mean of these options (by position) of each decision, decision by decision; zeros where there are none.
    Chosen(Vec<Vec<usize>>),
}

/// Makes the blend of each forward pass of a supernet.
#[derive(Clone, Debug)]
pub struct Mixer {
    kind: Kind,
    /// Options of each decision.
    options: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Kind {
    Softmax,
    Gumbel { start: f64, end: f64 },
    Sum,
    Cycle(Vec<Vec<Vec<usize>>>),
    Sample(Vec<Vec<Vec<usize>>>),
    Uniform(usize),
}

impl Mixer {
    /// The mixer of `mixing` over the decisions of a supernet.
    ///
    /// # Errors
    ///
    /// The mixing is not valid, or names decisions or options that the supernet does not have.
    pub(crate) fn new(mixing: &Mixing, layers: &Layers) -> Result<Self> {
        mixing.validate()?;
        let all = |selections: &[Selection]| -> Result<Vec<_>> {
            selections.iter().map(|selection| positions(selection, layers)).collect()
        };
        let kind = match mixing {
            Mixing::Softmax => Kind::Softmax,
            Mixing::Gumbel { start, end } => Kind::Gumbel { start: *start, end: *end },
            Mixing::Sum => Kind::Sum,
            Mixing::Cycle { selections } => Kind::Cycle(all(selections)?),
            Mixing::Sample { selections } => Kind::Sample(all(selections)?),
            Mixing::Uniform { options } => Kind::Uniform(*options as usize),
            _ => return Err(Error::input("this genomenas does not know this kind of mixing: update it")),
        };
        Ok(Self { kind, options: layers.decisions.iter().map(|decision| decision.options.len()).collect() })
    }

    /// The blend of a training step; `progress` is the finished part of the training.
    pub(crate) fn training(&self, seed: u64, step: u64, progress: f64) -> Blend {
        match &self.kind {
            Kind::Gumbel { start, end } => {
                let mut draws = seed::stream(seed, "gumbel", step);
                // Both logarithms need an argument in (0, 1].
                let mut gumbel =
                    || -(-(1.0 - draws.random::<f64>()).max(f64::MIN_POSITIVE).ln()).max(f64::MIN_POSITIVE).ln();
                #[expect(clippy::cast_possible_truncation, reason = "noise in the precision of the alphas")]
                let noise = (0..self.options.iter().sum()).map(|_| gumbel() as f32).collect();
                Blend::Gumbel { temperature: start * (end / start).powf(progress), noise }
            }
            _ => self.by_index(seed, step),
        }
    }

    /// The blend of a scored batch: as in training, without noise.
    pub(crate) fn scoring(&self, batch: u64) -> Blend {
        /// Constant, so that scores are of the same sub-networks after every epoch.
        const SEED: u64 = 0;
        match self.kind {
            Kind::Gumbel { .. } => Blend::Softmax,
            _ => self.by_index(SEED, batch),
        }
    }

    fn by_index(&self, seed: u64, index: u64) -> Blend {
        match &self.kind {
            Kind::Softmax | Kind::Gumbel { .. } => Blend::Softmax,
            Kind::Sum => Blend::Sum,
            Kind::Cycle(selections) => {
                let at = usize::try_from(index % selections.len() as u64).unwrap_or(0);
                Blend::Chosen(selections[at].clone())
            }
            Kind::Sample(selections) => {
                let at = seed::stream(seed, "sub-network", index).random_range(0..selections.len());
                Blend::Chosen(selections[at].clone())
            }
            Kind::Uniform(count) => {
                let mut draws = seed::stream(seed, "options", index);
                let mut drawn = |options: usize| {
                    let mut left: Vec<usize> = (0..options).collect();
                    let taken = (0..(*count).min(options)).map(|_| left.swap_remove(draws.random_range(0..left.len())));
                    let mut taken: Vec<usize> = taken.collect();
                    taken.sort_unstable();
                    taken
                };
                Blend::Chosen(self.options.iter().map(|&options| drawn(options)).collect())
            }
        }
    }
}

/// The chosen option of each decision, by position.
pub(super) fn positions(selection: &Selection, layers: &Layers) -> Result<Vec<Vec<usize>>> {
    if let Some(stray) = selection.0.keys().find(|id| layers.decisions.iter().all(|decision| decision.id != **id)) {
        return Err(Error::input(format!("a selection names decision '{stray}', which the supernet does not have")));
    }
    let of = |decision: &genomenas_plugin::space::Decision| match selection.0.get(&decision.id) {
        None => Ok(Vec::new()),
        Some(option) => decision.options.iter().position(|other| other == option).map(|at| vec![at]).ok_or_else(|| {
            Error::input(format!(
                "a selection takes option '{option}' of decision '{}': the supernet has {}",
                decision.id,
                decision.options.join(", ")
            ))
        }),
    };
    layers.decisions.iter().map(of).collect()
}
