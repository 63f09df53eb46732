//! The promises that every strategy makes to the host, as checks for its own `cargo test`.
//!
//! ```ignore
//! #[test]
//! fn it_keeps_the_promises_of_a_strategy() {
//!     conformance::check_registered("my-nas").unwrap();
//! }
//! ```
//!
//! `genomenas plugin check` makes the same checks of a built plugin, with a process for each instance. The other functions
//! here make them on a space, with a budget and parameters of the test's choice.

mod baselines;
mod budgets;
mod check;
mod course;
mod damage;
mod findings;
mod kinds;
mod list;
mod manifest;
mod messages;
mod process;
mod reach;
mod repeatable;
mod reports;
mod subject;
mod worlds;

use serde_json::Map;

use super::Simulation;
use crate::message::{Setup, StrategyKind};
use crate::{Instance, Result, strategy};

pub use check::{Check, Verdict};
pub use list::CHECKS;
pub use reach::{Hook, Reach, Wire};
pub use subject::Subject;
pub use worlds::{SPACES, TASKS};

pub(super) use course::{Course, Reload, Treatment, equal};
pub(super) use reach::Near;
pub(super) use subject::{home, refused};
pub(super) use worlds::{World, space, task};

/// Checks a strategy that is registered in this binary, with its defaults, as `genomenas plugin check` does.
///
/// # Errors
///
/// The first check that it does not pass: its name, what is promised, what was seen and what to do.
pub fn check_registered(id: &str) -> Result<()> {
    let registered = strategy(id)?;
    let reach = Near(|setup: &Setup| registered.build(setup));
    perform(&Subject::new(&reach, &registered.info()?, &Map::new())?)
}

/// Checks a baseline, whose proposals need not depend on the seed.
///
/// # Errors
///
/// As [`check_registered`].
pub fn check(simulation: &Simulation, build: impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync) -> Result<()> {
    perform(&Subject::on(&Near(build), StrategyKind::Other, simulation.clone()))
}

/// Checks a search: all of [`check`], that another seed leads elsewhere, and that it finishes where a space runs out.
///
/// # Errors
///
/// As [`check_registered`].
pub fn check_search(simulation: &Simulation, build: impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync) -> Result<()> {
    perform(&Subject::on(&Near(build), StrategyKind::Search, simulation.clone()))
}

/// Checks a baseline: all of [`check`], that it trains one architecture to its end, that it fits windows of `shortest`
/// bases and longer, any number of labels and every task, and that it refuses shorter windows by that length.
///
/// # Errors
///
/// As [`check_registered`].
pub fn check_baseline(
    simulation: &Simulation,
    shortest: usize,
    build: impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync,
) -> Result<()> {
    perform(&Subject::on(&Near(build), StrategyKind::Baseline, simulation.clone()).shortest(shortest))
}

fn perform(subject: &Subject<'_>) -> Result<()> {
    for check in CHECKS.iter().filter(|check| check.is_asked_of(subject.kind)) {
        check.perform(subject).map_err(|error| check.broken(error))?;
    }
    Ok(())
}
