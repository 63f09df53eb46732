//! Reports that a strategy would rather not get: of failed trials, of strangers, late, in another order.

use super::check::{Verdict, first_mend, kept};
use super::course::{Course, Reload, Treatment, equal};
use super::subject::Subject;
use crate::{Error, Result};

pub(super) fn failed_trials(subject: &Subject<'_>) -> Result<Verdict> {
    when_all_fail(subject, 1)?;
    kept("with every trial failing it came to an end of its own")
}

fn when_all_fail(subject: &Subject<'_>, slots: u32) -> Result<()> {
    let simulation = subject.home.clone().slots(slots).failing(|_| true);
    let course = Course::of(subject.reach, &simulation, &Treatment::default())?;
    match course.ended {
        Some(own) if course.own_word && own.message.trim().is_empty() => {
            Err(Error::new("it ended with an error without a message"))
        }
        Some(fault) if !course.own_word => Err(fault),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn stray_reports(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.again().is_err() {
        return first_mend("same-seed");
    }
    let strays = Course::of(subject.reach, &subject.home.clone().stray_reports(), &Treatment::default())?;
    equal(&subject.plain()?.answers, &strays.answers)?;
    kept("reports of trials that it never proposed changed none of its answers")
}

pub(super) fn late_reports(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.plain()?.sound().is_err() {
        return first_mend("no-mistakes");
    }
    let treatment = Treatment { late: true, ..Treatment::default() };
    let course = Course::of(subject.reach, &subject.home, &treatment)?;
    course.sound().map_err(|error| error.context("with reports of a trial that arrive after its end"))?;
    kept("it finished though reports of trials arrived after their end")
}

pub(super) fn shuffled_reports(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.several()?.sound().is_err() {
        return first_mend("several-at-once");
    }
    for order in 1..=3 {
        let treatment = Treatment { shuffled: Some(order), ..Treatment::default() };
        let course = Course::of(subject.reach, &subject.home.clone().slots(3), &treatment)?;
        course.sound().map_err(|error| error.context("with the reports of three trials in another order"))?;
    }
    kept("it finished with the reports of three trials in three other orders")
}

pub(super) fn several_at_once(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.plain()?.sound().is_err() {
        return first_mend("no-mistakes");
    }
    let several = subject.several()?;
    several.sound().map_err(|error| error.context("with three trials at once"))?;
    let simulation = subject.home.clone().slots(3);
    if subject.again().is_ok() && subject.reloaded().is_ok() {
        let treatment = Treatment { reload: Reload::Often, ..Treatment::default() };
        let reloaded = Course::of(subject.reach, &simulation, &treatment)?;
        let through = "with three trials at once, through fresh instances that load its state";
        equal(&several.answers, &reloaded.answers).map_err(|error| error.context(through))?;
    }
    if subject.again().is_ok() && stray_reports(subject).is_ok() {
        let strays = Course::of(subject.reach, &simulation.clone().stray_reports(), &Treatment::default())?;
        let among = "with three trials at once, and reports of trials that it never proposed";
        equal(&several.answers, &strays.answers).map_err(|error| error.context(among))?;
    }
    if when_all_fail(subject, 1).is_ok() {
        when_all_fail(subject, 3).map_err(|error| error.context("with three trials at once, all of which fail"))?;
    }
    kept(format!("with three trials at once it finished after {} answers", several.answers.len()))
}
