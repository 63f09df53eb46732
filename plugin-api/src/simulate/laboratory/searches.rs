//! What a search comes to on the table.

use super::place::{BUDGET, Laboratory, SEEDS};
use super::runs::{LaboratoryRun, LaboratoryRuns};
use crate::message::{Network, Trial, Work};
use crate::simulate::{Curves as _, Simulated, Simulation};
use crate::space::Selection;
use crate::{Error, Result};

impl Laboratory {
    /// Runs a search with every seed: `run` makes the search for each simulation, and runs it.
    ///
    /// # Errors
    ///
    /// A run ended with an error, or found what is not an architecture of the table.
    pub fn runs(&self, search: &str, mut run: impl FnMut(Simulation) -> Result<Simulated>) -> Result<LaboratoryRuns> {
        let of_seed = |seed| {
            let simulated = run(self.simulation(seed)).and_then(|simulated| LaboratoryRun::of(self, seed, &simulated));
            simulated.map_err(|error: Error| error.context(format!("{search}, seed {seed}")))
        };
        Ok(LaboratoryRuns { search: search.to_owned(), runs: SEEDS.map(of_seed).collect::<Result<_>>()? })
    }
}

impl LaboratoryRun {
    /// What a simulated run came to.
    fn of(laboratory: &Laboratory, seed: u64, simulated: &Simulated) -> Result<Self> {
        let answer = simulated.finding.best.selection().and_then(|selection| laboratory.table().quality(selection));
        let answer =
            answer.ok_or_else(|| Error::invalid("it found a network that is not an architecture of the table"))?;
        Ok(Self { seed, samples: until_the_top(laboratory, simulated), answer })
    }
}

/// Samples that were trained until the incumbent, the architecture with the best score of any epoch so far, was one of the
/// best.
fn until_the_top(laboratory: &Laboratory, simulated: &Simulated) -> Option<u64> {
    let mut best = f64::NEG_INFINITY;
    for report in &simulated.reports {
        let trial = usize::try_from(report.trial.0).ok().and_then(|at| simulated.trials.get(at));
        let (Some(selection), Some(score)) =
            (trial.and_then(trained), report.epoch.as_ref().and_then(|epoch| epoch.auprc))
        else {
            continue;
        };
        if score > best {
            best = score;
            if laboratory.is_top(selection) {
                return Some(BUDGET.amount - report.remaining);
            }
        }
    }
    None
}

/// The architecture that a trial trains, where it is one of the space: a supernet is no incumbent.
fn trained(trial: &Trial) -> Option<&Selection> {
    match &trial.work {
        Work::Train { network: Network::Selection { selection }, .. } => Some(selection),
        _ => None,
    }
}
