//! That a run can be repeated: by its seed, from a saved state, and beside another instance.

use super::check::{Verdict, first_mend, kept, skipped};
use super::course::{Course, Treatment};
use super::reach::{Wired, is_lost};
use super::subject::Subject;
use crate::{Error, Result};

pub(super) fn same_seed(subject: &Subject<'_>) -> Result<Verdict> {
    subject.again()?;
    kept(format!("{} answers came out the same twice", subject.plain()?.answers.len()))
}

pub(super) fn other_seed(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.home.setup.space.architectures() < 2.0 {
        return skipped("the space has a single architecture, so there is nothing to draw");
    }
    let seed = subject.home.setup.seed;
    let first = subject.plain()?;
    let others = [seed ^ 1, seed ^ 2, seed ^ 4];
    for other in others {
        if Course::of(subject.reach, &subject.home.clone().seed(other), &Treatment::default())?.answers != first.answers
        {
            return kept(format!("seeds {seed} and {other} led to other answers"));
        }
    }
    let [one, two, four] = others;
    Err(Error::new(format!("seeds {seed}, {one}, {two} and {four} gave equal proposals and discards")))
}

pub(super) fn save_and_load(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.again().is_err() {
        return first_mend("same-seed");
    }
    subject.reloaded()?;
    kept(format!("{} answers came out the same through fresh instances", subject.plain()?.answers.len()))
}

/// Two instances, called in turns, answer as each alone.
pub(super) fn side_by_side(subject: &Subject<'_>) -> Result<Verdict> {
    if subject.again().is_err() {
        return first_mend("same-seed");
    }
    let setup = serde_json::to_vec(&subject.home.setup)?;
    let mut two = subject.reach.open_two(&setup)?.map(Wired::new);
    let mut count = 0;
    for (number, call) in subject.plain()?.calls.iter().enumerate() {
        for (which, instance) in (1..).zip(&mut two) {
            let same = instance.repeat(call).map_err(|error| {
                if is_lost(&error) { error } else { error.context(format!("call {}, instance {which}", number + 1)) }
            })?;
            if !same {
                return Err(Error::new(format!(
                    "with two instances in one process, instance {which} answered call {} otherwise than alone",
                    number + 1
                )));
            }
            count += 1;
        }
    }
    kept(format!("two instances in one process gave {count} answers as each alone"))
}
