//! The promises of a plugin, looked at through its built file: what `genomenas plugin check` does.
//!
//! The checks are those of an author's own `cargo test`. Each instance that they make has a process of its own, so a
//! strategy that crashes or hangs in one of them ends that one alone.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use genomenas_data::error::{Error, Result};
use genomenas_plugin::simulate::conformance::{CHECKS, Check, Reach as _, Subject, Verdict};
use genomenas_plugin::{ErrorCode, closest};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Limits;
use super::far::Far;
use super::registry::StrategyRef;

/// The test of the file, whose failure leaves nothing to look at.
pub const MANIFEST: &str = "manifest";

/// A call that takes longer than this part of its deadline is slow.
const SLOW_PART: u32 = 6;

/// What came of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The promise is kept.
    Passed,
    /// It is broken.
    Failed,
    /// A process died of it.
    Crashed,
    /// A process was late and was killed, or was killed by another.
    Stopped,
    /// It was not looked at.
    Skipped,
}

impl Status {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::Stopped => "stopped",
            Self::Skipped => "skipped",
        }
    }

    /// Whether there is something to mend.
    pub const fn is_broken(self) -> bool {
        matches!(self, Self::Failed | Self::Crashed | Self::Stopped)
    }

    fn of(error: &genomenas_plugin::Error) -> Self {
        match error.code {
            ErrorCode::Panic => Self::Crashed,
            ErrorCode::Poisoned => Self::Stopped,
            _ => Self::Failed,
        }
    }
}

/// A test and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Tested {
    /// Its name.
    pub test: &'static str,
    /// What came of it.
    pub status: Status,
    /// In a sentence.
    pub said: String,
    /// What is promised.
    pub promise: &'static str,
    /// What to do, where it is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
    /// How long it took.
    pub seconds: f64,
}

impl Tested {
    fn new(check: &Check, status: Status, said: impl Into<String>, seconds: f64) -> Self {
        let advice = status.is_broken().then_some(check.advice);
        Self { test: check.name, status, said: said.into(), promise: check.promise, advice, seconds }
    }
}

/// The tests with these names; all of them where there are none.
///
/// # Errors
///
/// A name that no test has; the message lists those that there are.
pub fn chosen(names: &[String]) -> Result<Vec<&'static Check>> {
    for name in names {
        if !CHECKS.iter().any(|check| check.name == name) {
            let all = || CHECKS.iter().map(|check| check.name);
            let hint = closest(name, all()).map(|meant| format!(" (did you mean '{meant}'?)")).unwrap_or_default();
            let all = all().collect::<Vec<_>>().join(", ");
            return Err(Error::input(format!("there is no test '{name}'{hint}: expected one of {all}")));
        }
    }
    Ok(CHECKS.iter().filter(|check| names.is_empty() || names.iter().any(|name| check.name == name)).collect())
}

/// The tests of a file that is a plugin and cannot be used.
pub fn unusable(checks: &[&'static Check], why: &str, status: Status) -> Vec<Tested> {
    let of = |check: &&'static Check| match check.name {
        MANIFEST => Tested::new(check, status, why, 0.0),
        _ => Tested::new(check, Status::Skipped, "the library cannot be used: see 'manifest'", 0.0),
    };
    checks.iter().map(of).collect()
}

/// Tests a strategy, and tells of each test in the order of the list as soon as those before it are done.
///
/// # Errors
///
/// The machine refuses what is needed.
pub fn check(
    strategy: &StrategyRef<'_>,
    parameters: &Map<String, Value>,
    checks: &[&'static Check],
    limits: Limits,
    tell: &(dyn Fn(&Tested) + Sync),
) -> Result<Vec<Tested>> {
    let far = Far::new(strategy, limits)?;
    let asked: Vec<&'static Check> =
        checks.iter().copied().filter(|check| check.is_asked_of(strategy.strategy.kind)).collect();
    let tested = test(&far, strategy, parameters, &asked, limits.deadlines.propose / SLOW_PART, tell)?;
    match far.machine() {
        Some(why) => Err(Error::failed(why)),
        None => Ok(tested),
    }
}

fn test(
    far: &Far,
    strategy: &StrategyRef<'_>,
    parameters: &Map<String, Value>,
    checks: &[&'static Check],
    slow: Duration,
    tell: &(dyn Fn(&Tested) + Sync),
) -> Result<Vec<Tested>> {
    let told = |tested: Vec<Tested>| {
        tested.iter().for_each(tell);
        tested
    };
    if let Err(error) = far.library() {
        // Nothing else can be said, so this is, whatever was asked for.
        let mut checks = checks.to_vec();
        if !checks.iter().any(|check| check.name == MANIFEST) {
            checks.extend(CHECKS.iter().filter(|check| check.name == MANIFEST));
        }
        return Ok(told(unusable(&checks, &error.message, Status::of(&error))));
    }
    let subject = match Subject::new(far, strategy.strategy, parameters) {
        Ok(subject) => subject.slow(slow),
        Err(error) => {
            refused_parameters(strategy, parameters, &error)?;
            let (status, said) = (Status::of(&error), &error.message);
            return Ok(told(checks.iter().map(|check| Tested::new(check, status, said, 0.0)).collect()));
        }
    };
    let (next, done) = (AtomicUsize::new(0), Mutex::new(InOrder { ready: vec![None; checks.len()], told: 0 }));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(check) = checks.get(at) else { return };
            let begun = Instant::now();
            let verdict = check.perform(&subject);
            let seconds = begun.elapsed().as_secs_f64();
            let tested = match verdict {
                Ok(Verdict::Kept(what)) => Tested::new(check, Status::Passed, what, seconds),
                Ok(Verdict::Skipped(why)) => Tested::new(check, Status::Skipped, why, seconds),
                Err(error) => Tested::new(check, Status::of(&error), error.message.as_str(), seconds),
            };
            done.lock().unwrap_or_else(PoisonError::into_inner).add(at, tested, tell);
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(work);
        }
    });
    let InOrder { ready, .. } = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(ready.into_iter().flatten().collect())
}

/// Puts a refusal down to the parameters that a person set, if they set any.
pub(super) fn refused_parameters(
    strategy: &StrategyRef<'_>,
    parameters: &Map<String, Value>,
    error: &genomenas_plugin::Error,
) -> Result<()> {
    if parameters.is_empty() || error.code != ErrorCode::InvalidInput {
        return Ok(());
    }
    Err(Error::input(format!("strategy `{}` cannot be begun with these parameters: {error}", strategy.strategy.id)))
}

/// As many as there are cores, and two at least, because half of the work is to wait for processes.
pub(super) fn workers() -> usize {
    thread::available_parallelism().map_or(2, NonZero::get).clamp(2, 8)
}

/// What is done, and how much of it was told.
struct InOrder {
    ready: Vec<Option<Tested>>,
    told: usize,
}

impl InOrder {
    fn add(&mut self, at: usize, tested: Tested, tell: &(dyn Fn(&Tested) + Sync)) {
        if let Some(place) = self.ready.get_mut(at) {
            *place = Some(tested);
        }
        while let Some(Some(tested)) = self.ready.get(self.told) {
            tell(tested);
            self.told += 1;
        }
    }
}
