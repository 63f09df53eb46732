//! The space, its table, and the terms.

use std::ops::RangeInclusive;

use super::runs::{LaboratoryRuns, from_text};
use super::table::Table;
use crate::Result;
use crate::message::{Budget, Unit};
use crate::simulate::{Curves as _, Simulation};
use crate::space::{Selection, Space};

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
pub(super) const SEEDS: RangeInclusive<u64> = 1..=20;

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

    /// Whether an architecture is one of the best.
    pub(super) fn is_top(&self, selection: &Selection) -> bool {
        self.table.quality(selection).is_some_and(|quality| self.table.percentile(quality) > TOP)
    }
}
