//! The strategy of a run, made anew or taken to where the journal says it stood.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::{Record, calls};
use genomenas_plugin::message::{PROTOCOL, Setup};
use genomenas_plugin::space::Space;

use super::context::Context;
use super::journal::Journal;
use super::saved_state;
use super::settings::Search;
use crate::plugins::{Limits, PluginInstance, pinned};

/// The strategy as it stands after `records`, which are those of `journal`.
pub(super) fn resume(
    context: &Context,
    search: &Search,
    space: &Space,
    journal: &Journal,
    records: &[Record],
) -> Result<PluginInstance> {
    let found = pinned(&search.plugin_file, &search.plugin_sha256)?;
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
    PluginInstance::resume(&choice, &setup, Limits::default(), state, calls(since))
}
