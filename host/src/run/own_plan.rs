//! The plan of what a run found, where that is a part of it.

use std::path::Path;

use genomenas_data::error::Result;
use genomenas_plugin::engine::{SearchState, check};
use genomenas_plugin::message::Plan;
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
