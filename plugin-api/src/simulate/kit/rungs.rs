//! Runs in which the scores of architectures are dictated, and the promotions that were proposed.
//!
//! An architecture is named by its position in the [`Draws`](crate::space::Draws) of the run, from which strategies that
//! halve take their architectures.

use super::good;
use crate::message::{Epoch, Initialisation, Network, Plan, Unit, Work};
use crate::simulate::{Curves, Simulated, Simulation};
use crate::space::Selection;
use crate::{Error, Result};

/// More draws than a test makes.
const DRAWS: usize = 400;

/// What an epoch shows of the architecture at a position of the draws, after this number of samples.
pub type Shown = fn(usize, f64) -> Epoch;

/// Dictates what epochs show.
#[must_use]
pub fn showing(simulation: Simulation, shown: Shown) -> Simulation {
    let draws = draws(&simulation);
    simulation.curves(Dictated { draws, shown })
}

/// Dictates the AUPRC of the architecture at each position of the draws.
#[must_use]
pub fn scoring(simulation: Simulation, score: fn(usize) -> f64) -> Simulation {
    let draws = draws(&simulation);
    simulation.curves(Scored { draws, score })
}

#[derive(Debug)]
struct Dictated {
    draws: Vec<Selection>,
    shown: Shown,
}

impl Curves for Dictated {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        Some(position(&self.draws, selection) as f64)
    }

    fn at(&self, selection: &Selection, samples: f64) -> Epoch {
        (self.shown)(position(&self.draws, selection), samples)
    }
}

#[derive(Debug)]
struct Scored {
    draws: Vec<Selection>,
    score: fn(usize) -> f64,
}

impl Curves for Scored {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        Some((self.score)(position(&self.draws, selection)))
    }

    fn at(&self, selection: &Selection, _samples: f64) -> Epoch {
        let score = (self.score)(position(&self.draws, selection));
        Epoch { auprc: Some(score), auroc: Some(score), valid_loss: 1.0 - score, ..Epoch::default() }
    }
}

fn draws(simulation: &Simulation) -> Vec<Selection> {
    simulation.setup().space.sample_distinct(DRAWS, simulation.setup().seed)
}

fn position(draws: &[Selection], selection: &Selection) -> usize {
    // The comparison of what was found with random architectures asks for others, too.
    draws.iter().position(|drawn| drawn == selection).unwrap_or(DRAWS)
}

/// A trial that was proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// The architecture, by its position in the draws.
    pub architecture: usize,
    /// The id of the trial that it continues.
    pub from: Option<u64>,
    /// How many trials it continues, one after the other.
    pub rung: usize,
    /// What it may spend.
    pub limit: Option<u64>,
    /// In which unit.
    pub unit: Option<Unit>,
    /// How it is trained.
    pub plan: Plan,
}

/// Every trial that was proposed; the id of a trial is its position.
///
/// # Panics
///
/// A trial is not the training of a selection, from fresh weights or as a continuation.
#[track_caller]
pub fn proposed(simulation: &Simulation, simulated: &Simulated) -> Vec<Proposed> {
    good(try_proposed(simulation, simulated))
}

fn try_proposed(simulation: &Simulation, simulated: &Simulated) -> Result<Vec<Proposed>> {
    let draws = draws(simulation);
    let mut all: Vec<Proposed> = Vec::new();
    for trial in &simulated.trials {
        let Work::Train { network: Network::Selection { selection }, plan, init } = &trial.work else {
            return Err(Error::new(format!("trial {} is not the training of a selection", all.len())));
        };
        let from = match init {
            Initialisation::Fresh => None,
            Initialisation::Continue { trial } => Some(trial.0),
            Initialisation::Inherit { .. } => {
                return Err(Error::new(format!("trial {} inherits weights: expected a continuation", all.len())));
            }
        };
        let before = from.and_then(|from| all.get(usize::try_from(from).ok()?));
        let rung = before.map_or(0, |before| before.rung + 1);
        let (limit, unit, plan) = (trial.limit, trial.limit_unit, plan.clone());
        all.push(Proposed { architecture: position(&draws, selection), from, rung, limit, unit, plan });
    }
    Ok(all)
}

/// The rungs in the order in which they were proposed, each with its number of trials.
pub fn sizes(proposed: &[Proposed]) -> Vec<(usize, usize)> {
    let size = |rung: &[Proposed]| Some((rung.first()?.rung, rung.len()));
    proposed.chunk_by(|a, b| a.rung == b.rung).filter_map(size).collect()
}

/// The architectures that were found, by their positions in the draws, the best first.
///
/// # Panics
///
/// As [`kit::found`](super::found).
#[track_caller]
pub fn found(simulation: &Simulation, simulated: &Simulated) -> Vec<usize> {
    let draws = draws(simulation);
    super::found(simulated).into_iter().map(|selection| position(&draws, selection)).collect()
}
