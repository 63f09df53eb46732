//! Random runs of a strategy, and the shortest that repeats what went wrong in one.
//!
//! A [`Case`] is a run of the engine with everything that may differ between runs: the space, the budget, how many trials
//! are at once, which of them fail, which reports are late or in another order; and what a sound strategy does not mind:
//! that it is saved and loaded, and sent damaged messages. The same seed draws the same cases.

use std::fmt;

use rand::RngExt as _;
use serde_json::{Map, Value};

use super::conformance::{Course, Near, Reach, Reload, Treatment, equal, home, refused};
use super::{Simulation, case::Case};
use crate::message::{Setup, StrategyInfo, TrialId};
use crate::{Error, Result, seed, strategy};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A hook panicked, its process died, or it did not answer in time.
    Lost,
    /// The engine refused an answer.
    Refused,
    /// A trial failed by the strategy's own fault, or it named what is not there.
    Mistake,
    /// It answered otherwise after it was saved and loaded.
    Differs,
}

/// A case in which something went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The case.
    pub case: Case,
    /// What kind of fault it is.
    pub wrong: Wrong,
    /// In words.
    pub what: String,
    /// The calls in order, the one that went wrong last.
    pub calls: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = match self.wrong {
            Wrong::Lost => "it was lost",
            Wrong::Refused => "the engine refused its answer",
            Wrong::Mistake => "it made a mistake",
            Wrong::Differs => "it answered otherwise after its state was saved and loaded",
        };
        write!(f, "{wrong}: {}", self.what)
    }
}

/// A strategy under random runs.
pub struct Fuzz<'a> {
    reach: &'a dyn Reach,
    parameters: &'a Map<String, Value>,
    length: usize,
}

impl<'a> Fuzz<'a> {
    /// For a strategy with these parameters.
    ///
    /// # Errors
    ///
    /// It refuses every space, or is lost at once.
    pub fn new(reach: &'a dyn Reach, info: &StrategyInfo, parameters: &'a Map<String, Value>) -> Result<Self> {
        let length = home(reach, info, parameters)?.setup().data.length;
        Ok(Self { reach, parameters, length })
    }

    /// Runs a case. Returns whether the strategy took part, or refused it in words.
    ///
    /// # Errors
    ///
    /// What went wrong.
    pub fn run(&self, case: &Case) -> std::result::Result<bool, Box<Failure>> {
        let failure = |wrong, what: &Error, calls| {
            Box::new(Failure { case: case.clone(), wrong, what: what.message.clone(), calls })
        };
        let lost = |error: Error| failure(Wrong::Lost, &error, vec!["it is built".to_owned()]);
        let simulation = self.simulation(case).map_err(lost)?;
        if refused(self.reach, &simulation).map_err(lost)?.is_some() {
            return Ok(false);
        }
        let plain = Treatment { late: case.late, shuffled: case.order, told: true, ..Treatment::default() };
        let course = Course::to_the_end(self.reach, &simulation, &plain).map_err(lost)?;
        if let Some(error) = &course.lost {
            return Err(failure(Wrong::Lost, error, course.told));
        }
        if let Some(mistake) = course.mistakes.first() {
            return Err(failure(Wrong::Mistake, &Error::new(mistake), course.told));
        }
        if let Some(error) = course.ended.as_ref().filter(|_| !course.own_word) {
            return Err(failure(Wrong::Refused, error, course.told));
        }
        if case.load.is_empty() && case.damage.is_empty() {
            return Ok(true);
        }
        let treated = Treatment { reload: Reload::Before(case.load.clone()), damage: case.damage.clone(), ..plain };
        let again = Course::to_the_end(self.reach, &simulation, &treated).map_err(lost)?;
        if let Some(error) = &again.lost {
            return Err(failure(Wrong::Lost, error, again.told));
        }
        equal(&course.answers, &again.answers).map_err(|error| failure(Wrong::Differs, &error, again.told))?;
        Ok(true)
    }

    fn simulation(&self, case: &Case) -> Result<Simulation> {
        let mut simulation = case.world(self.length)?.simulation.parameters(self.parameters).seed(case.seed);
        simulation.setup.budget.amount = case.budget;
        let fails: Vec<_> = case.fail.iter().copied().map(TrialId).collect();
        let simulation = simulation.slots(case.slots).failing_these(&fails);
        Ok(if case.strays { simulation.stray_reports() } else { simulation })
    }

    /// Makes a case smaller as long as the same goes wrong in it, in no more calls, and `goes_on`.
    pub fn shrink(&self, failure: Failure, goes_on: &dyn Fn() -> bool) -> Failure {
        let mut smallest = failure;
        'smaller: loop {
            for case in smallest.case.smaller() {
                if !goes_on() {
                    return smallest;
                }
                if let Err(other) = self.run(&case)
                    && other.wrong == smallest.wrong
                    && other.calls.len() <= smallest.calls.len()
                {
                    smallest = *other;
                    continue 'smaller;
                }
            }
            return smallest;
        }
    }
}

/// Tries a strategy that is registered in this binary in so many cases of a seed.
///
/// # Errors
///
/// What went wrong in one, with the smallest case that repeats it and its calls.
pub fn check_registered(id: &str, seed: u64, cases: u64) -> Result<()> {
    let registered = strategy(id)?;
    let reach = Near(|setup: &Setup| registered.build(setup));
    let parameters = Map::new();
    let fuzz = Fuzz::new(&reach, &registered.info()?, &parameters)?;
    for number in 0..cases {
        if let Err(failure) = fuzz.run(&Case::draw(seed, number)) {
            let smallest = fuzz.shrink(*failure, &|| true);
            let calls = smallest.calls.join("; ");
            return Err(Error::new(format!("{smallest}, in the case '{}': {calls}", smallest.case)));
        }
    }
    Ok(())
}

impl Case {
    /// The case of a number in the list of a seed.
    pub fn draw(from: u64, number: u64) -> Self {
        let mut draws = seed::stream(from, "case", number);
        let worlds = Self::worlds();
        let world = worlds[draws.random_range(0..worlds.len())];
        let some = |draws: &mut rand_chacha::ChaCha8Rng, most: u64| {
            let count = draws.random_range(0..=4);
            let mut numbers: Vec<u64> = (0..count).map(|_| draws.random_range(0..most)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        // From one sample to a million, as many of each size.
        let size = 1 << draws.random_range(0..20);
        let budget = size + draws.random_range(0..size);
        let fail = match draws.random_range(0..4) {
            0 => (0..20).collect(),
            1 => some(&mut draws, 10),
            _ => Vec::new(),
        };
        let hooks = |numbers: Vec<u64>| numbers.into_iter().filter_map(|number| usize::try_from(number).ok());
        let load = hooks(some(&mut draws, 60)).collect();
        let damage = hooks(some(&mut draws, 60)).map(|hook| (hook, draws.random())).collect();
        Self {
            world,
            seed: draws.random_range(0..1000),
            budget,
            slots: draws.random_range(1..=4),
            fail,
            strays: draws.random_range(0..4) == 0,
            late: draws.random_range(0..4) == 0,
            order: (draws.random_range(0..4) == 0).then(|| draws.random_range(0..1000)),
            load,
            damage,
        }
    }
}
