//! Spaces of every kind, and every task.

use super::check::{Verdict, first_mend, kept, skipped};
use super::course::{Course, Treatment};
use super::subject::{ONE_RUN, Subject, refused};
use super::worlds::{self, World};
use crate::message::StrategyKind;
use crate::{Error, Result};

pub(super) fn every_space(subject: &Subject<'_>) -> Result<Verdict> {
    let spaces = worlds::SPACES.into_iter().map(worlds::space).collect::<Result<Vec<_>>>()?;
    on_all(subject, "spaces", &spaces)
}

pub(super) fn every_task(subject: &Subject<'_>) -> Result<Verdict> {
    let length = subject.home.setup.data.length;
    let tasks = worlds::TASKS.into_iter().map(|name| worlds::task(name, length)).collect::<Result<Vec<_>>>()?;
    on_all(subject, "tasks", &tasks)
}

/// The share of the usual budget on each.
const SHARE: u64 = 4;

fn on_all(subject: &Subject<'_>, what: &str, worlds: &[World]) -> Result<Verdict> {
    if subject.info.is_none() {
        return skipped(ONE_RUN);
    }
    if subject.plain()?.sound().is_err() {
        return first_mend("no-mistakes");
    }
    let mut good = 0;
    let mut refusals = Vec::new();
    for world in worlds {
        let mut simulation = subject.at(world);
        simulation.setup.budget.amount = simulation.setup.budget.amount.div_ceil(SHARE);
        if let Some(why) = refused(subject.reach, &simulation)? {
            refusals.push(format!("{} ({why})", world.name));
            continue;
        }
        let course = Course::of(subject.reach, &simulation, &Treatment::default())?;
        course.sound().map_err(|error| error.context(world.name))?;
        good += 1;
    }
    let of = worlds.len();
    match (good, refusals.first()) {
        (0, Some(first)) if subject.kind == StrategyKind::Search => {
            Err(Error::new(format!("it refuses all {of} {what}, the first so: {first}")))
        }
        (0, _) => skipped(format!("it refuses all {of} {what} in words: {}", refusals.join("; "))),
        (_, None) => kept(format!("it finished on all {of} {what}")),
        (_, Some(_)) => kept(format!("it finished on {good} of {of} {what}; it refuses {}", refusals.join("; "))),
    }
}
