//! The strategy of a run, made anew or taken to where the journal says it stood; and where its state is kept.

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files::write_atomically;
use genomenas_plugin::engine::{Log, Record, calls};
use genomenas_plugin::message::{PROTOCOL, Setup};
use genomenas_plugin::space::Space;
use sha2::{Digest, Sha256};

use super::context::Context;
use super::journal::Journal;
use super::settings::{Search, files};
use crate::plugins::{Limits, PluginInstance, pinned};

/// The strategy as it stands after `records`.
pub(super) fn resume(context: &Context, search: &Search, space: &Space, records: &[Record]) -> Result<PluginInstance> {
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
    let (state, since) = saved_state(&context.folder, records)?;
    PluginInstance::resume(&choice, &setup, Limits::default(), state, calls(since))
}

/// The log of a search: its journal, and beside it the state of the strategy.
pub(super) struct RunLog<'a> {
    pub(super) folder: &'a Path,
    pub(super) journal: &'a mut Journal,
}

impl Log for RunLog<'_> {
    type Error = Error;

    fn append(&mut self, record: &Record) -> Result<()> {
        self.journal.append(record)
    }

    fn save(&mut self, state: &[u8]) -> Result<()> {
        let mut bytes = self.journal.records().to_le_bytes().to_vec();
        bytes.extend(state);
        // A strategy cannot be asked whether a state is its own, so damage is found by the digest.
        let digest = Sha256::digest(&bytes);
        write_atomically(&state_path(self.folder), &[digest.as_slice(), &bytes].concat())
    }
}

/// The state that was saved last, and the records since. Without one, the strategy goes through all records again.
fn saved_state<'a>(folder: &Path, records: &'a [Record]) -> Result<(Option<Vec<u8>>, &'a [Record])> {
    let path = state_path(folder);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((None, records)),
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    let parts = bytes.split_first_chunk::<32>().and_then(|(digest, content)| {
        let (count, state) = content.split_first_chunk::<8>()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let whole = Sha256::digest(content).as_slice() == digest;
        Some((state, records.get(count..).filter(|_| whole)?))
    });
    let (state, since) = parts.ok_or_else(|| {
        let what = "it is damaged or of another run; remove it, then the strategy goes through the whole journal again";
        Error::file("go on from", &path, what)
    })?;
    Ok((Some(state.to_vec()), since))
}

fn state_path(folder: &Path) -> PathBuf {
    folder.join(files::CHECKPOINTS).join(files::STATE)
}
