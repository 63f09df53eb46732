//! The promises of every strategy.

use super::checking::{Build, Check, perform, sound};
use super::watched::Watched;
use super::{Simulation, run};
use crate::message::{Ask, Cost, Proposal, Setup, TrialId};
use crate::{Error, Instance, Result};

/// Checks a baseline, whose proposals need not depend on the seed.
///
/// # Errors
///
/// The first check that the strategy does not pass: its name, what it asks for, and what was seen.
pub fn check(simulation: &Simulation, build: impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync) -> Result<()> {
    let checks: [Check; 10] = [
        Check {
            name: "no-mistakes",
            promise: "no trial fails by the strategy's own fault, and it names only what there is",
            run: no_mistakes,
        },
        Check {
            name: "same-seed",
            promise: "the same seed and the same reports lead to the same proposals and discards, byte for byte",
            run: same_seed,
        },
        Check {
            name: "save-and-load",
            promise: "a fresh instance that loads a saved state goes on as the saved one would have",
            run: save_and_load,
        },
        Check { name: "foreign-state", promise: "a state that it did not save is refused", run: foreign_state },
        Check {
            name: "failed-trials",
            promise: "when every trial fails it finishes or ends with an error that says so",
            run: failed_trials,
        },
        Check {
            name: "stray-reports",
            promise: "reports of trials that it did not propose change nothing",
            run: stray_reports,
        },
        Check {
            name: "budget-of-one",
            promise: "it finishes when the first trial spends the budget",
            run: budget_of_one,
        },
        Check {
            name: "any-budget",
            promise: "it finishes wherever the budget ends, with one trial under way or with several",
            run: any_budget,
        },
        Check {
            name: "several-at-once",
            promise: "with several trials under way it finishes, and keeps the promises above",
            run: several_at_once,
        },
        Check { name: "no-budget", promise: "it finishes at once when nothing is left", run: no_budget },
    ];
    checks.iter().try_for_each(|check| perform(check, simulation, &build))
}

/// Checks a search: all of [`check`], and that another seed leads elsewhere.
///
/// # Errors
///
/// As [`check`].
pub fn check_search(simulation: &Simulation, build: impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync) -> Result<()> {
    check(simulation, &build)?;
    let other_seed = Check { name: "other-seed", promise: "another seed leads to other proposals", run: other_seed };
    perform(&other_seed, simulation, &build)
}

fn no_mistakes(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let mut strategy = build(&simulation.setup)?;
    match run::run(simulation, strategy.as_mut()).mistakes.first() {
        Some(mistake) => Err(Error::invalid(mistake)),
        None => Ok(()),
    }
}

fn same_seed(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let (first, second) = (answers(simulation, build, false)?, answers(simulation, build, false)?);
    equal(&first, &second)
}

fn other_seed(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let seed = simulation.setup.seed;
    let first = answers(simulation, build, false)?;
    for other in [seed ^ 1, seed ^ 2, seed ^ 4] {
        if answers(&simulation.clone().seed(other), build, false)? != first {
            return Ok(());
        }
    }
    Err(Error::new(format!(
        "seeds {seed}, {}, {} and {} gave equal proposals and discards",
        seed ^ 1,
        seed ^ 2,
        seed ^ 4
    )))
}

fn save_and_load(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let (through, reloaded) = (answers(simulation, build, false)?, answers(simulation, build, true)?);
    equal(&through, &reloaded)
}

fn foreign_state(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    for state in [b"\xff\x00 not a state".as_slice(), b"[[[["] {
        if build(&simulation.setup)?.load(state).is_ok() {
            return Err(Error::new(format!("load() took '{}' for a state", state.escape_ascii())));
        }
    }
    Ok(())
}

fn failed_trials(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let mut watched = Watched::new(&simulation.setup, build, false)?;
    match (simulation.clone().failing(|_| true).run(&mut watched), watched.error) {
        (Err(_), Some(own)) if own.message.is_empty() => Err(Error::new("it ended with an error without a message")),
        (Err(refused), None) => Err(refused),
        (Ok(_), _) | (Err(_), Some(_)) => Ok(()),
    }
}

fn stray_reports(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let without = answers(simulation, build, false)?;
    equal(&without, &answers(&simulation.clone().stray_reports(), build, false)?)
}

fn budget_of_one(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let mut simulation = simulation.clone();
    simulation.setup.budget.amount = 1;
    answers(&simulation, build, false).map(|_| ())
}

fn any_budget(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let whole = simulation.setup.budget.amount;
    for (amount, slots) in [(2, 1), (2, 3), (101, 3), (whole / 7, 1), (whole / 7 * 3 + 1, 3)] {
        let mut simulation = simulation.clone().slots(slots);
        simulation.setup.budget.amount = amount.max(1);
        answers(&simulation, build, false)
            .map_err(|error| error.context(format!("a budget of {}, {slots} at once", simulation.setup.budget)))?;
    }
    Ok(())
}

fn several_at_once(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let simulation = simulation.clone().slots(3);
    let first = answers(&simulation, build, false)?;
    equal(&first, &answers(&simulation, build, true)?)?;
    equal(&first, &answers(&simulation.clone().stray_reports(), build, false)?)?;
    failed_trials(&simulation, build)
}

fn no_budget(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let budget = simulation.setup.budget;
    let (used, next_trial, slots) = (Cost::default(), TrialId(0), simulation.slots);
    let ask = Ask { budget, remaining: 0, used, next_trial, in_flight: Vec::new(), slots };
    match build(&simulation.setup)?.propose(&ask)? {
        Proposal::Finish { .. } => Ok(()),
        other => Err(Error::new(format!("asked with remaining = 0 it proposes {}", serde_json::to_string(&other)?))),
    }
}

/// Every proposal of a run, and every list of discards that is not empty; with `reload`, each hook is answered by a fresh instance that loaded the last one's state.
fn answers(simulation: &Simulation, build: Build<'_>, reload: bool) -> Result<Vec<String>> {
    let mut watched = Watched::new(&simulation.setup, build, reload)?;
    sound(simulation, &mut watched)?;
    Ok(watched.answers)
}

fn equal(first: &[String], second: &[String]) -> Result<()> {
    let differs = first.iter().zip(second).position(|(first, second)| first != second);
    match differs {
        Some(at) => Err(Error::new(format!(
            "answer {} differs: first {}, then {}",
            at + 1,
            shown(&first[at]),
            shown(&second[at])
        ))),
        None if first.len() != second.len() => {
            Err(Error::new(format!("first there were {} proposals and discards, then {}", first.len(), second.len())))
        }
        None => Ok(()),
    }
}

fn shown(text: &str) -> String {
    if text.chars().count() > 300 { text.chars().take(300).chain(" …".chars()).collect() } else { text.to_owned() }
}
