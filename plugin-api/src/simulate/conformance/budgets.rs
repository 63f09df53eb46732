//! Ends of a run: budgets of any size, and spaces that run out.

use super::check::{Verdict, first_mend, kept, skipped};
use super::course::{Course, Treatment};
use super::reach::Wired;
use super::subject::{ONE_RUN, Subject, refused};
use super::worlds;
use crate::message::Proposal;
use crate::{Error, Instance as _, Result};

pub(super) fn budget_of_one(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.plain()?.sound().is_err() {
        return first_mend("no-mistakes");
    }
    ends(subject, 1, 1)?;
    kept("it finished once its first trial had spent everything")
}

pub(super) fn any_budget(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.plain()?.sound().is_err() {
        return first_mend("no-mistakes");
    }
    let whole = subject.home.setup.budget.amount;
    let several = subject.several().is_ok_and(|course| course.sound().is_ok());
    let budgets = [(2, 1), (2, 3), (101, 3), (whole / 7, 1), (whole / 7 * 3 + 1, 3)];
    for (amount, slots) in budgets.into_iter().filter(|(_, slots)| *slots == 1 || several) {
        ends(subject, amount.max(1), slots)?;
    }
    kept(format!("it finished with 2, 101, {} and {} of the budget", whole / 7, whole / 7 * 3 + 1))
}

fn ends(subject: &Subject<'_>, amount: u64, slots: u32) -> Result<()> {
    let mut simulation = subject.home.clone().slots(slots);
    simulation.setup.budget.amount = amount;
    // What it refuses in words before anything is spent is not a run.
    if refused(subject.reach, &simulation)?.is_some() {
        return Ok(());
    }
    let course = Course::of(subject.reach, &simulation, &Treatment::default())?;
    let budget = simulation.setup.budget;
    course.sound().map_err(|error| error.context(format!("a budget of {budget}, {slots} at once")))
}

pub(super) fn no_budget(subject: &Subject<'_>) -> Result<Verdict> {
    let mut instance = Wired::new(subject.reach.open(&serde_json::to_vec(&subject.home.setup)?)?);
    let ask = crate::message::Ask { remaining: 0, ..subject.home.first_ask() };
    match instance.propose(&ask)? {
        Proposal::Finish { .. } => kept("asked with nothing left, it finished"),
        other => Err(Error::new(format!("asked with remaining = 0 it proposes {}", serde_json::to_string(&other)?))),
    }
}

/// The most times the usual budget that a space of few architectures gets.
const PLENTY: u64 = 20;

pub(super) fn finite_space(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.info.is_none() {
        return skipped(ONE_RUN);
    }
    if subject.plain()?.sound().is_err() {
        return first_mend("no-mistakes");
    }
    let mut said = Vec::new();
    let mut run = 0;
    for name in ["four-architectures", "one-decision", "no-decisions"] {
        let mut simulation = subject.at(&worlds::space(name)?);
        simulation.setup.budget.amount *= PLENTY;
        if let Some(why) = refused(subject.reach, &simulation)? {
            said.push(format!("{name}: {why}"));
            continue;
        }
        let course = Course::of(subject.reach, &simulation, &Treatment::default())?;
        course
            .sound()
            .map_err(|error| error.context(format!("the space {name} and a budget of {}", simulation.setup.budget)))?;
        run += 1;
    }
    match run {
        0 => skipped(format!("it refuses small spaces in words: {}", said.join("; "))),
        _ => kept(format!("it finished on {run} spaces of at most four architectures, with {PLENTY} times the budget")),
    }
}
