//! What a strategy does to the process that it lives in.

use std::time::{Duration, Instant};

use super::check::{Verdict, kept, skipped};
use super::course::{Course, Treatment};
use super::reach::Wired;
use super::subject::{Long, Subject};
use crate::engine::Call;
use crate::{Error, Instance as _, Result};

/// Where a process is not the strategy's own.
const ELSEWHERE: &str = "`genomenas plugin check` looks at it, where the strategy has a process of its own";

pub(super) fn silence(subject: &Subject<'_>) -> Result<Verdict> {
    Course::of(subject.reach, &subject.home, &Treatment::default())?;
    match subject.reach.printed() {
        None => skipped(ELSEWHERE),
        Some(0) => kept("nothing was printed on standard output"),
        Some(bytes) => Err(Error::new(format!("it printed {bytes} bytes on standard output"))),
    }
}

/// What a strategy may grow by.
const MOST_GROWTH: u64 = 8 << 20;

pub(super) fn memory(subject: &Subject<'_>) -> Result<Verdict> {
    let Long { calls, grown, .. } = *subject.long(call_on)?;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    match grown {
        None => skipped(ELSEWHERE),
        Some(bytes) if bytes > MOST_GROWTH => Err(Error::new(format!(
            "over {calls} calls, each run begun anew from the first state, its process grew by {:.1} MiB: expected at most {:.0}",
            mib(bytes),
            mib(MOST_GROWTH)
        ))),
        Some(bytes) => kept(format!("over {calls} calls its process grew by {:.1} MiB", mib(bytes))),
    }
}

pub(super) fn latency(subject: &Subject<'_>) -> Result<Verdict> {
    let Long { calls, slowest, hook, .. } = *subject.long(call_on)?;
    if slowest > subject.slow {
        return Err(Error::new(format!(
            "{hook} took {:.1} s once in {calls} calls: expected at most {:.1} s",
            slowest.as_secs_f64(),
            subject.slow.as_secs_f64()
        )));
    }
    kept(format!("the slowest of {calls} calls took {:.0} ms ({hook})", slowest.as_secs_f64() * 1000.0))
}

/// So many calls are made.
const CALLS: usize = 10_000;
/// As long as they take no longer than this.
const PATIENCE: Duration = Duration::from_secs(15);

/// Makes the calls of the run again and again, each time from the first state.
fn call_on(subject: &Subject<'_>) -> Result<Long> {
    let calls = &subject.plain()?.calls;
    let mut instance = Wired::new(subject.reach.open(&serde_json::to_vec(&subject.home.setup)?)?);
    let start = instance.save()?;
    let begun = Instant::now();
    let mut long = Long { calls: 0, slowest: Duration::ZERO, hook: "load", grown: None };
    let mut before = None;
    while long.calls < CALLS && begun.elapsed() < PATIENCE {
        let round = long.calls;
        timed(&mut long, "load", || instance.load(&start))?;
        for call in calls {
            let name = match call {
                Call::Propose { .. } => "propose",
                Call::Update { .. } => "update",
                Call::Discard { .. } => "discard",
            };
            timed(&mut long, name, || instance.repeat(call).map(|_| ()))?;
        }
        timed(&mut long, "save", || instance.save().map(|_| ()))?;
        // What a run needs, and what the allocator keeps of it, is there after some.
        let settled = long.calls > CALLS / 10 || begun.elapsed() > PATIENCE / 3;
        if before.is_none() && (round > 0 || calls.len() > CALLS / 10) && settled {
            before = instance.memory();
        }
    }
    long.grown = before.and_then(|before| Some(instance.memory()?.saturating_sub(before)));
    Ok(long)
}

fn timed(long: &mut Long, hook: &'static str, call: impl FnOnce() -> Result<()>) -> Result<()> {
    let begun = Instant::now();
    call()?;
    let took = begun.elapsed();
    long.calls += 1;
    if took > long.slowest {
        (long.slowest, long.hook) = (took, hook);
    }
    Ok(())
}
