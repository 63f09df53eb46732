//! What the checks of [`conformance`](super::conformance) are made of.

use super::{Simulated, Simulation, run};
use crate::message::Setup;
use crate::{Error, Instance, Result};

/// Makes a fresh instance.
pub(super) type Build<'a> = &'a (dyn Fn(&Setup) -> Result<Box<dyn Instance>> + Sync);

/// A check: its name, what it asks for, and how it is done.
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) promise: &'static str,
    pub(super) run: fn(&Simulation, Build<'_>) -> Result<()>,
}

pub(super) fn perform(check: &Check, simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let Check { name, promise, run } = check;
    run(simulation, build).map_err(|error| error.context(format!("conformance check '{name}' ({promise})")))
}

/// The run of a strategy that makes no mistakes: a trial that fails by the strategy's own fault is reported before what
/// may follow from it.
pub(super) fn sound(simulation: &Simulation, strategy: &mut dyn Instance) -> Result<Simulated> {
    let played = run::run(simulation, strategy);
    match played.mistakes.first() {
        Some(mistake) => Err(Error::invalid(mistake)),
        None => played.result,
    }
}
