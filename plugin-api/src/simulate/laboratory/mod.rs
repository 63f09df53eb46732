//! A laboratory: a space of which every architecture was trained once, on which a search takes milliseconds, and what the
//! searches of this project came to on it.
//!
//! **The space** has 240 architectures, which were trained for 27 epochs on a made-up task with DNA words. What a trial
//! reports are the scores that were measured then; a supernet is trained on the made-up landscape of
//! [`Simulation`](super::Simulation), because no table holds it.
//!
//! **What is counted.** A search is asked at any time for its incumbent: the architecture with the best validation score
//! that it was told of so far, after however many samples. What is counted is the training samples, of all trials
//! together, until the incumbent is for the first time one of the best tenth of the space by its score at the end of its
//! whole training. So no search is asked at a budget that it did not plan for, and none has the luck of many attempts.
//! Beside that stands how good its answer is: the share of architectures that are no better, and the regret, by how much
//! its AUPRC is below the best one's.
//!
//! **Equal terms.** All have the budget of forty whole trainings, a whole training is the same number of samples for all,
//! and the seeds are 1 to 20. A search that divides its budget into equal shares plans forty trials.

mod ranking;
mod runs;
mod table;

use std::ops::RangeInclusive;

use super::{Curves as _, Simulated, Simulation};
use crate::message::{Budget, Unit};
use crate::space::{Selection, Space};
use crate::{Error, Result};

pub use ranking::{Ranking, Standing};
pub use runs::{LaboratoryRun, LaboratoryRuns, from_text, to_text};
pub use table::{MEASURED, Point, Table};

/// The space, as TOML.
pub const SPACE: &str = include_str!("space.toml");
/// What was measured.
const CURVES: &str = include_str!("curves.tsv");
/// What the searches of this project came to.
const KNOWN: &str = include_str!("known.tsv");

/// Rows of the training split: samples an epoch.
pub const TRAIN_ROWS: u64 = 800;
/// Rows of the validation split.
pub const VALID_ROWS: u64 = 400;
/// Epochs that every architecture was trained for.
pub const EPOCHS: u64 = 27;
/// Samples that every architecture was trained on.
pub const WHOLE: u64 = EPOCHS * TRAIN_ROWS;
/// What each search may spend.
pub const BUDGET: Budget = Budget { amount: 40 * WHOLE, unit: Unit::Samples };
/// An architecture is one of the best if more than this share is no better.
const TOP: f64 = 0.9;
const SEEDS: RangeInclusive<u64> = 1..=20;

/// The space, its table, and the terms on which searches are compared.
#[derive(Clone, Debug)]
pub struct Laboratory {
    table: Table,
    simulation: Simulation,
    known: Vec<LaboratoryRuns>,
}

impl Laboratory {
    /// The laboratory.
    ///
    /// # Errors
    ///
    /// Its files are damaged.
    pub fn new() -> Result<Self> {
        let table = Table::from_text(CURVES)?;
        let simulation = Simulation::new(Space::from_text(SPACE)?)?
            .rows(TRAIN_ROWS, VALID_ROWS)
            .budget(BUDGET)
            .curves(table.clone());
        Ok(Self { table, simulation, known: from_text(KNOWN)? })
    }

    /// What was measured of each architecture.
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// The run of one seed, to which a search's parameters are added.
    pub fn simulation(&self, seed: u64) -> Simulation {
        self.simulation.clone().seed(seed)
    }

    /// What the searches of this project came to.
    pub fn known(&self) -> &[LaboratoryRuns] {
        &self.known
    }

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

    /// These searches and no others, beside each other.
    pub fn ranking(&self, runs: &[LaboratoryRuns]) -> Ranking {
        Ranking::new(self, runs)
    }

    /// These searches beside those of this project; one of the same name takes the other's place.
    pub fn ranking_beside_known(&self, runs: &[LaboratoryRuns]) -> Ranking {
        let others = self.known.iter().filter(|known| runs.iter().all(|own| own.search != known.search));
        Ranking::new(self, &others.chain(runs).cloned().collect::<Vec<_>>())
    }

    /// Whether an architecture is one of the best.
    fn is_top(&self, selection: &Selection) -> bool {
        self.table.quality(selection).is_some_and(|quality| self.table.percentile(quality) > TOP)
    }
}
