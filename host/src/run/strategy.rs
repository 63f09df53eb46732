//! The strategy of a run, made anew or taken to where the journal says it stood.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::{Record, calls};
use genomenas_plugin::message::{PROTOCOL, Setup};
use genomenas_plugin::space::Space;

use super::context::Context;
use super::journal::Journal;
use super::saved_state;
use super::settings::Search;
use crate::plugins::pinned::pinned;
use crate::plugins::{Limits, PluginInstance, folders};

/// The strategy as it stands after `records`, which are those of `journal`.
///
/// # Errors
///
/// Its plugin is not found, cannot be started, or does not repeat what it did.
pub fn resume(
    context: &Context,
    search: &Search,
    space: &Space,
    journal: &Journal,
    records: &[Record],
) -> Result<PluginInstance> {
    let handling = &context.handling;
    let found = pinned(&search.plugin_file, &search.plugin_sha256, &folders::search_path(&handling.plugins)?)?;
    let choice = found.strategy(&search.strategy).ok_or_else(|| {
        Error::input(format!("{} has no strategy '{}'", search.plugin_file.display(), search.strategy))
    })?;
    let setup = Setup {
        protocol: PROTOCOL.to_owned(),
        seed: context.settings.seed,
        parameters: search.parameters.clone(),
        space: space.clone(),
        data: context.store.info().for_plugins(),
        budget: search.budget,
        threads: context.settings.threads,
    };
    let (state, since) = saved_state::read(&context.folder, journal, records)?;
    if search.unconfined {
        log::warn!("plugin {} is not confined (--unconfined): it can do whatever you can", search.plugin);
    }
    let limits = Limits::new(handling.hook_deadline.or(search.hook_deadline), !search.unconfined);
    let instance = PluginInstance::resume(&choice, &setup, limits, state, calls(since))?;
    instance.tell_protections();
    Ok(instance)
}
