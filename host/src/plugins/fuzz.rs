//! Random runs of a plugin's strategy, several at once, until one goes wrong: what `genomenas plugin fuzz` does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use genomenas_data::error::{Error, Result};
use genomenas_plugin::simulate::Case;
use genomenas_plugin::simulate::fuzz::{Failure, Fuzz};
use serde_json::{Map, Value};

use super::Limits;
use super::check::{refused_parameters, workers};
use super::far::Far;
use super::registry::StrategyRef;

/// How long is looked for a shorter sequence.
const SHRINKING: Duration = Duration::from_secs(60);

/// Which cases are tried.
#[derive(Clone, Debug)]
pub enum Cases {
    /// Those of a seed.
    Of {
        /// The seed.
        seed: u64,
        /// For how long.
        time: Duration,
        /// How many at most.
        most: u64,
    },
    /// This one.
    One(Case),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Fuzzed {
    /// How many cases were tried, and how many of them the strategy refused in words.
    pub cases: u64,
    /// Those that it refused.
    pub refused: u64,
    /// The number of the case in which something went wrong, as it was drawn, and the smallest that repeats it.
    pub failure: Option<(u64, Case, Failure)>,
}

/// Tries cases until one goes wrong.
///
/// # Errors
///
/// The strategy refuses every space, or the machine refuses what is needed.
pub fn fuzz(
    strategy: &StrategyRef<'_>,
    parameters: &Map<String, Value>,
    cases: &Cases,
    limits: Limits,
) -> Result<Fuzzed> {
    let far = Far::new(strategy, limits)?;
    let id = &strategy.strategy.id;
    let fuzz = Fuzz::new(&far, strategy.strategy, parameters).map_err(|error| {
        match refused_parameters(strategy, parameters, &error) {
            Err(refused) => refused,
            Ok(()) => Error::plugin(format!("strategy `{id}` cannot be begun with: {error}")),
        }
    })?;
    let fuzzed = match cases {
        Cases::One(case) => one(&fuzz, case),
        Cases::Of { seed, time, most } => several(&fuzz, *seed, *time, *most),
    };
    match far.machine() {
        Some(why) => Err(Error::failed(why)),
        None => Ok(fuzzed),
    }
}

fn one(fuzz: &Fuzz<'_>, case: &Case) -> Fuzzed {
    match fuzz.run(case) {
        Ok(took_part) => Fuzzed { cases: 1, refused: u64::from(!took_part), failure: None },
        Err(failure) => Fuzzed { cases: 1, refused: 0, failure: Some((0, case.clone(), *failure)) },
    }
}

fn several(fuzz: &Fuzz<'_>, seed: u64, time: Duration, most: u64) -> Fuzzed {
    let begun = Instant::now();
    let (next, refused, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let tried = AtomicU64::new(0);
    // Of several the one with the lowest number, so that what is found does not depend on who was faster.
    let first: Mutex<Option<(u64, Failure)>> = Mutex::new(None);
    let work = || {
        while !stop.load(Ordering::Relaxed) && begun.elapsed() < time {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= most {
                return;
            }
            match fuzz.run(&Case::draw(seed, number)) {
                Ok(took_part) => _ = refused.fetch_add(u64::from(!took_part), Ordering::Relaxed),
                Err(failure) => {
                    stop.store(true, Ordering::Relaxed);
                    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                    if first.as_ref().is_none_or(|(other, _)| number < *other) {
                        *first = Some((number, *failure));
                    }
                }
            }
            tried.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(work);
        }
    });
    let shrinking = Instant::now();
    let failure = first.into_inner().unwrap_or_else(PoisonError::into_inner).map(|(number, failure)| {
        let drawn = failure.case.clone();
        (number, drawn, fuzz.shrink(failure, &|| shrinking.elapsed() < SHRINKING))
    });
    Fuzzed { cases: tried.into_inner(), refused: refused.into_inner(), failure }
}
