//! The promises of a baseline beyond those of every strategy: it trains once, fits any data, and says what it cannot.

use super::check::{Verdict, first_mend, kept};
use super::course::{Course, Treatment};
use super::reach::{is_lost, is_refusal};
use super::subject::Subject;
use crate::engine::Call;
use crate::message::{Outcome, Proposal, Task, TrialId};
use crate::simulate::Simulation;
use crate::{Error, ErrorCode, Result};

/// Every task, with the fewest labels that it can have.
const TASKS: [(Task, usize); 4] =
    [(Task::MultiLabel, 1), (Task::MultiClass, 2), (Task::Regression, 1), (Task::PoissonRegression, 1)];

pub(super) fn trains_once(subject: &Subject<'_>) -> Result<Verdict> {
    once(subject, &subject.home)?;
    kept("it proposed one trial, let it end, and finished with it")
}

fn once(subject: &Subject<'_>, simulation: &Simulation) -> Result<()> {
    let course = Course::of(subject.reach, simulation, &Treatment::default())?;
    course.sound()?;
    let (mut trials, mut found, mut last) = (0, None, None);
    for call in &course.calls {
        match call {
            Call::Propose { proposal: Proposal::Trials { trials: more }, .. } => trials += more.len(),
            Call::Propose { proposal: Proposal::Finish { finding }, .. } => found = finding.best.trial,
            Call::Update { report } => last = report.end.as_ref().map(|end| &end.outcome),
            _ => {}
        }
    }
    if trials != 1 || found != Some(TrialId(0)) {
        return Err(Error::new(format!(
            "it proposes {trials} trials and finishes with {found:?}: expected one trial, and that one"
        )));
    }
    match last {
        Some(Outcome::Completed { .. }) => Ok(()),
        other => Err(Error::new(format!("its trial ended with {other:?}: expected that it completes"))),
    }
}

pub(super) fn any_data(subject: &Subject<'_>) -> Result<Verdict> {
    if once(subject, &subject.home).is_err() {
        return first_mend("trains-once");
    }
    let shortest = subject.shortest.unwrap_or(subject.home.setup.data.length);
    for (task, fewest) in TASKS {
        for (length, labels) in [(shortest, fewest), (shortest + 1, 5), (2 * shortest + 13, 36)] {
            let simulation = subject.home.clone().data(length, labels, task);
            once(subject, &simulation).map_err(|error| {
                error.context(format!("windows of {length} bases with {labels} labels ({task:?}) must work"))
            })?;
        }
    }
    let mut short = vec![shortest.saturating_sub(1), shortest / 2, 1];
    short.retain(|&length| length > 0 && length < shortest);
    for length in short {
        short_windows(subject, &subject.home.clone().data(length, 3, Task::MultiLabel))?;
    }
    kept(format!("it fits windows of {shortest} bases and more, 1 to 36 labels, and every kind of label"))
}

/// Refuses a baseline that neither fits short windows nor refuses them in words that name the shortest.
fn short_windows(subject: &Subject<'_>, simulation: &Simulation) -> Result<()> {
    let length = simulation.setup.data.length;
    let opened = subject.reach.open(&serde_json::to_vec(&simulation.setup)?).map(|_| ());
    let named = |message: &str| match subject.shortest {
        Some(shortest) => message.contains(&format!("at least {shortest} ")),
        None => message.contains("at least "),
    };
    match opened {
        Err(error) if error.code == ErrorCode::InvalidInput && named(&error.message) => Ok(()),
        Err(error) if is_lost(&error) => Err(error.context(format!("windows of {length} bases"))),
        Err(error) if subject.shortest.is_none() && is_refusal(&error) => Ok(()),
        Err(error) => Err(Error::new(format!(
            "windows of {length} bases are refused with '{error}': expected the shortest length{}",
            subject.shortest.map(|shortest| format!(", {shortest}")).unwrap_or_default()
        ))),
        Ok(()) => match subject.shortest {
            Some(shortest) => {
                Err(Error::new(format!("windows of {length} bases are not refused: expected at least {shortest}")))
            }
            None => once(subject, simulation)
                .map_err(|error| error.context(format!("windows of {length} bases, which it did not refuse"))),
        },
    }
}
