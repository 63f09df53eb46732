//! The plan of what a run found, where that is a part of it or is asked for.

use std::path::Path;

use genomenas_data::error::Result;
use genomenas_plugin::engine::{Record, SearchState, check};
use genomenas_plugin::message::{Plan, Proposal, Work};
use genomenas_plugin::space::Architecture;

use super::journal;
use super::settings::{Settings, files};

/// The plan by which the run in `folder` trained `architecture` to an optimum; `None` where any recipe may train it.
///
/// # Errors
///
/// The run's settings or its journal cannot be read.
pub fn own_plan(folder: &Path, architecture: &Architecture) -> Result<Option<Plan>> {
    let journal = folder.join(files::JOURNAL);
    if check::convex(&architecture.layers()?).is_err() || !folder.join(files::SETTINGS).exists() {
        return Ok(None);
    }
    let settings = Settings::read(folder)?;
    if settings.search.is_some() && journal.exists() {
        return Ok(SearchState::after(1, &journal::read(&journal, None)?).own_final_plan().cloned());
    }
    Ok(settings.final_training.filter(|plan| plan.optimum.is_some()))
}

/// The plan by which the search in `folder` trained what it found, as the plan of a training from scratch; `None` where it
/// trained nothing.
///
/// # Errors
///
/// The journal cannot be read.
pub fn plan_of_search(folder: &Path) -> Result<Option<Plan>> {
    Ok(of_records(journal::read(&folder.join(files::JOURNAL), None)?))
}

fn of_records(records: Vec<Record>) -> Option<Plan> {
    let mut plans = Vec::new();
    let mut found = None;
    for record in records {
        match record {
            Record::Propose { ask, proposal: Proposal::Trials { trials }, .. } => {
                let numbered = trials.into_iter().zip(ask.next_trial.0..);
                plans.extend(numbered.filter_map(|(trial, id)| match trial.work {
                    Work::Train { plan, .. } => Some((id, plan)),
                    _ => None,
                }));
            }
            Record::Propose { proposal: Proposal::Finish { finding }, .. } => found = finding.best.trial,
            _ => {}
        }
    }
    let of_found = plans.iter().find(|(id, _)| found.is_some_and(|trial| trial.0 == *id));
    of_found.or(plans.last()).map(|(_, plan)| from_scratch(plan.clone()))
}

/// A plan without what belongs to supernets and to trials that go on from others.
pub(crate) fn from_scratch(plan: Plan) -> Plan {
    Plan { arch: None, skip_dropout: Vec::new(), horizon: None, ..plan }
}
