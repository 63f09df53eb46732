//! The promises that every strategy makes to the host, as checks for its own `cargo test`.
//!
//! ```ignore
//! #[test]
//! fn it_keeps_the_promises_of_a_strategy() {
//!     let simulation = Simulation::new(GenomeNas::new(100, 3).space().unwrap()).unwrap();
//!     conformance::check_search(&simulation, |setup| genomenas_plugin::strategy("my-nas")?.build(setup)).unwrap();
//! }
//! ```

use super::Simulation;
use crate::message::{Ask, Cost, Discard, Proposal, Report, Setup, TrialId};
use crate::{Error, Result, Strategy};

/// Makes a fresh instance.
type Build<'a> = &'a (dyn Fn(&Setup) -> Result<Box<dyn Strategy>> + Sync);

/// A check: its name, what it asks for, and how it is done.
struct Check {
    name: &'static str,
    promise: &'static str,
    run: fn(&Simulation, Build<'_>) -> Result<()>,
}

/// Checks a baseline, whose proposals need not depend on the seed.
///
/// # Errors
///
/// The first check that the strategy does not pass: its name, what it asks for, and what was seen.
pub fn check(simulation: &Simulation, build: impl Fn(&Setup) -> Result<Box<dyn Strategy>> + Sync) -> Result<()> {
    let checks: [Check; 7] = [
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
        Check { name: "no-budget", promise: "it finishes at once when nothing is left", run: no_budget },
    ];
    checks.iter().try_for_each(|check| perform(check, simulation, &build))
}

/// Checks a search: all of [`check`], and that another seed leads elsewhere.
///
/// # Errors
///
/// As [`check`].
pub fn check_search(simulation: &Simulation, build: impl Fn(&Setup) -> Result<Box<dyn Strategy>> + Sync) -> Result<()> {
    check(simulation, &build)?;
    let other_seed = Check { name: "other-seed", promise: "another seed leads to other proposals", run: other_seed };
    perform(&other_seed, simulation, &build)
}

fn perform(check: &Check, simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let Check { name, promise, run } = check;
    run(simulation, build).map_err(|error| error.context(format!("conformance check '{name}' ({promise})")))
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

fn no_budget(simulation: &Simulation, build: Build<'_>) -> Result<()> {
    let budget = simulation.setup.budget;
    let ask = Ask { budget, remaining: 0, used: Cost::default(), next_trial: TrialId(0), in_flight: Vec::new() };
    match build(&simulation.setup)?.propose(&ask)? {
        Proposal::Finish { .. } => Ok(()),
        other => Err(Error::new(format!("asked with remaining = 0 it proposes {}", serde_json::to_string(&other)?))),
    }
}

/// Every proposal of a run, and every list of discards that is not empty; with `reload`, each hook is answered by a fresh instance that loaded the last one's state.
fn answers(simulation: &Simulation, build: Build<'_>, reload: bool) -> Result<Vec<String>> {
    let mut watched = Watched::new(&simulation.setup, build, reload)?;
    simulation.run(&mut watched)?;
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

/// A strategy that is watched, and if wanted replaced before every hook by one that loaded its state.
struct Watched<'a> {
    setup: &'a Setup,
    build: Build<'a>,
    reload: bool,
    inner: Box<dyn Strategy>,
    answers: Vec<String>,
    error: Option<Error>,
}

impl<'a> Watched<'a> {
    fn new(setup: &'a Setup, build: Build<'a>, reload: bool) -> Result<Self> {
        Ok(Self { setup, build, reload, inner: build(setup)?, answers: Vec::new(), error: None })
    }

    fn hook<T>(&mut self, call: impl FnOnce(&mut dyn Strategy) -> Result<T>) -> Result<T> {
        if self.reload {
            let state = self.inner.save()?;
            self.inner = (self.build)(self.setup)?;
            self.inner.load(&state)?;
        }
        let answer = call(self.inner.as_mut());
        self.error = answer.as_ref().err().cloned().or(self.error.take());
        answer
    }
}

impl Strategy for Watched<'_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let proposal = self.hook(|inner| inner.propose(ask))?;
        self.answers.push(serde_json::to_string(&proposal)?);
        Ok(proposal)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.hook(|inner| inner.update(report))
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let discards = self.hook(|inner| inner.discard(report))?;
        if !discards.is_empty() {
            self.answers.push(serde_json::to_string(&discards)?);
        }
        Ok(discards)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }
}
