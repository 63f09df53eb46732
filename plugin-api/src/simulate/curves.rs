//! What is true of architectures: the landscape, or curves that a test gives in its place.

use std::fmt;

use super::landscape::Landscape;
use crate::message::{Epoch, Network, TrialId};
use crate::space::{Architecture, Selection, Space};
use crate::{Error, Result};

/// Spaces of at most so many architectures are compared with all of them.
const ALL_COMPARED: f64 = 5000.0;

/// Learning curves of the architectures of a space, for instance of networks that were once trained.
///
/// Given to [`Simulation::curves`](super::Simulation::curves), they take the place of the landscape for every trial that
/// trains an architecture. Supernets, and what is scored of them, stay the landscape's.
pub trait Curves: fmt::Debug + Send + Sync {
    /// How good an architecture is in the end; more is better. `None` where there is no curve for it: the simulation
    /// refuses trials and findings of such an architecture.
    fn quality(&self, selection: &Selection) -> Option<f64>;

    /// What an architecture of some [`quality`](Self::quality) shows after training on `samples` samples, half of those
    /// that it inherited included. The simulation numbers the epochs.
    fn at(&self, selection: &Selection, samples: f64) -> Epoch;
}

/// How good an architecture is.
#[derive(Clone, Debug)]
pub(super) enum Good {
    /// In the landscape.
    Hidden(f64),
    /// By the curve of this selection.
    Curve(Selection),
}

/// What is true of the architectures of a space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Truth<'a> {
    pub(super) space: &'a Space,
    pub(super) landscape: Landscape,
    pub(super) curves: Option<&'a dyn Curves>,
}

impl Truth<'_> {
    /// How good the architecture of a trial or a finding is.
    pub(super) fn of_network(&self, network: &Network) -> Result<Good> {
        match network {
            Network::Architecture { architecture } => self.of_architecture(architecture),
            Network::Selection { selection } => self.of_selection(selection),
            Network::Supernet { .. } => Err(Error::invalid("a supernet is not an architecture")),
        }
    }

    /// How good the architecture of a selection is.
    fn of_selection(&self, selection: &Selection) -> Result<Good> {
        match self.curves {
            None => Ok(Good::Hidden(self.landscape.of_selection(selection))),
            Some(curves) if curves.quality(selection).is_some() => Ok(Good::Curve(selection.clone())),
            Some(_) => Err(Error::invalid("the simulation's curves have none for this architecture: add it")),
        }
    }

    /// How good an architecture is: by its selection where it is one of the space.
    fn of_architecture(&self, architecture: &Architecture) -> Result<Good> {
        match &architecture.selection {
            Some(selection) if self.space.check_selection(selection).is_ok() => self.of_selection(selection),
            _ if self.curves.is_some() => {
                Err(Error::invalid("the simulation has curves, and the architecture is not of its space"))
            }
            _ => self.landscape.of_stranger(architecture).map(Good::Hidden),
        }
    }

    /// What is measured after training on `samples` of a split of `rows`.
    pub(super) fn epoch(&self, good: &Good, samples: f64, rows: u64, trial: TrialId, number: u32) -> Epoch {
        match (good, self.curves) {
            (Good::Curve(selection), Some(curves)) => Epoch { number, ..curves.at(selection, samples) },
            (Good::Curve(_), None) => Epoch { number, ..Epoch::default() },
            (Good::Hidden(good), _) => self.landscape.epoch(*good, samples, rows, trial, number),
        }
    }

    /// The share of random architectures, or of all where these are few, that are no better.
    pub(super) fn percentile(&self, good: &Good) -> f64 {
        match (good, self.curves) {
            (Good::Curve(selection), Some(curves)) => {
                let few = self.space.architectures().min(ALL_COMPARED);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to ALL_COMPARED")]
                let all = self.space.sample_distinct(few as usize, self.landscape.seed);
                let no_better = all.iter().filter(|other| curves.quality(other) <= curves.quality(selection)).count();
                no_better as f64 / all.len().max(1) as f64
            }
            (Good::Curve(_), None) => 0.0,
            (Good::Hidden(good), _) => self.landscape.percentile(*good, self.space),
        }
    }
}
