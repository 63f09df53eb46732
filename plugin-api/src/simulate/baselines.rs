//! The promises of a baseline beyond those of every strategy: it trains once, fits any data, and says what it cannot.

use super::Simulation;
use super::checking::{Build, Check, perform, sound};
use super::promises::check;
use crate::message::{Outcome, Setup, Task, TrialId};
use crate::{Error, ErrorCode, Instance, Result};

/// Every task, with the fewest labels that it can have.
const TASKS: [(Task, usize); 4] =
    [(Task::MultiLabel, 1), (Task::MultiClass, 2), (Task::Regression, 1), (Task::PoissonRegression, 1)];

/// Checks a baseline: all of [`check`], that it trains one architecture to its end, that it fits windows of `shortest`
/// bases and longer, any number of labels and every task, and that it refuses shorter windows by that length.
///
/// # Errors
///
/// The first check that the baseline does not pass: its name, what it asks for, and what was seen.
pub fn check_baseline(
    simulation: &Simulation,
    shortest: usize,
    build: impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync,
) -> Result<()> {
    check(simulation, &build)?;
    let trains_once = Check {
        name: "trains-once",
        promise: "a baseline proposes one trial, lets it end and finishes with it",
        run: trains_once,
    };
    perform(&trains_once, simulation, &build)?;
    any_data(simulation, shortest, &build)?;
    for length in [shortest.saturating_sub(1), shortest / 2].into_iter().filter(|&length| length > 0) {
        refused(&simulation.clone().data(length, 3, Task::MultiLabel), shortest, &build)?;
    }
    Ok(())
}

fn trains_once(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let simulated = sound(simulation, build(&simulation.setup)?.as_mut())?;
    let trial = simulated.finding.best.trial;
    if simulated.trials.len() != 1 || trial != Some(TrialId(0)) {
        return Err(Error::new(format!(
            "it proposes {} trials and finishes with {trial:?}: expected one trial, and that one",
            simulated.trials.len()
        )));
    }
    match simulated.reports.last().and_then(|report| report.end.as_ref()).map(|end| &end.outcome) {
        Some(Outcome::Completed { .. }) => Ok(()),
        other => Err(Error::new(format!("its trial ended with {other:?}: expected that it completes"))),
    }
}

fn any_data(simulation: &Simulation, shortest: usize, build: Build<'_>) -> Result<()> {
    for (task, fewest) in TASKS {
        for (length, labels) in [(shortest, fewest), (shortest + 1, 5), (2 * shortest + 13, 36)] {
            let simulation = simulation.clone().data(length, labels, task);
            trains_once(&simulation, build).map_err(|error| {
                error.context(format!("windows of {length} bases with {labels} labels ({task:?}) must work"))
            })?;
        }
    }
    Ok(())
}

fn refused(simulation: &Simulation, shortest: usize, build: Build<'_>) -> Result<()> {
    let length = simulation.setup.data.length;
    match build(&simulation.setup) {
        Err(error)
            if error.code == ErrorCode::InvalidInput && error.message.contains(&format!("at least {shortest} ")) =>
        {
            Ok(())
        }
        Err(error) => Err(Error::new(format!(
            "windows of {length} bases are refused with '{error}': expected the shortest length, {shortest}"
        ))),
        Ok(_) => Err(Error::new(format!("windows of {length} bases are not refused: expected at least {shortest}"))),
    }
}
