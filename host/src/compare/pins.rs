//! The plugins of a comparison: which files its plan pins, and what becomes of it when one of them is not what it was.
//!
//! A plugin that lies elsewhere now is found by its hash. One whose file was changed is refused until the person accepts
//! it, and then all runs of its entries begin anew: an entry half of whose runs are another plugin's is not on equal terms
//! with anything. What was done with the earlier plugin is set aside, not removed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};

use super::lock_file;
use super::plan::{ComparisonPlan, EntryPlan, PlannedRun};
use crate::plugins::folders::{Folder, Reach};
use crate::plugins::{StrategyRegistry, pinned};
use crate::run::{RunResult, State};

/// The option that accepts plugins that were changed.
const ACCEPT: &str = "--accept-plugins";

/// What a person asks for where a comparison goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// That plugins whose files were changed are accepted.
    pub accept: bool,
    /// That failed runs begin again.
    pub retry_failed: bool,
    /// That plugins are not confined.
    pub unconfined: bool,
}

/// Puts the pins of `earlier`, the plan in the folder `out`, into `plan`, which goes on with it.
///
/// # Errors
///
/// The file of a plugin that is still needed was changed, and that is not accepted; or it is gone, and no copy of it is left.
pub fn keep_pins(
    plan: &mut ComparisonPlan,
    earlier: &ComparisonPlan,
    out: &Path,
    known: &StrategyRegistry,
    wishes: Wishes,
) -> Result<()> {
    // Several entries may be of one file.
    let mut settled: BTreeMap<(&Path, &str), Option<PathBuf>> = BTreeMap::new();
    for entry in &mut plan.entries {
        let before = earlier.entries.iter().find(|before| before.name == entry.name && before.plugin == entry.plugin);
        let Some(before) = before else { continue };
        let pin = (before.plugin_file.as_path(), before.plugin_sha256.as_str());
        // One that is shown again has runs to do, too.
        let shown = EntryPlan { hidden: entry.hidden, ..before.clone() };
        if !needs_plugin(out, earlier, &shown, wishes.retry_failed) {
            // Nothing of it is loaded any more.
            take_over(entry, before, before.plugin_file.clone());
            continue;
        }
        let place = match settled.get(&pin) {
            Some(place) => place.clone(),
            None => settled.entry(pin).or_insert(place(before, known)).clone(),
        };
        match place {
            Some(file) => take_over(entry, before, file),
            None if entry.plugin_sha256 == before.plugin_sha256 => {}
            None if wishes.accept => log::warn!(
                "plugin {} was changed: all runs of {} begin anew with the new one",
                entry.plugin,
                entry.name
            ),
            None => return Err(changed(before, entry)),
        }
    }
    Ok(())
}

/// Where the plugin of an entry lies now, with its content of then. A file that was changed in its place is replaced only
/// by one that the person names, and not by any that is equal to what it was: they have to know.
fn place(before: &EntryPlan, known: &StrategyRegistry) -> Option<PathBuf> {
    let was_changed = before.plugin_file.exists();
    let is_named = |path: &Path| known.named().iter().any(|named| path.starts_with(named));
    let others = known.found().iter().map(|found| &found.path).filter(|path| !was_changed || is_named(path));
    let files = std::iter::once(&before.plugin_file).chain(others);
    let folders: Vec<_> = files.map(|path| Folder { path: path.clone(), reach: Reach::Beside }).collect();
    let moved = pinned::moved(&before.plugin_sha256, &folders);
    let moved = moved.map(|plugin| plugin.path.canonicalize().unwrap_or(plugin.path));
    let copy = pinned::kept(&before.plugin_sha256).filter(|_| !before.plugin_file.exists());
    if copy.is_some() && (moved.is_none() || moved == copy) {
        log::warn!("{} is gone: its copy in the cache is used, with the same content", before.plugin_file.display());
        return Some(before.plugin_file.clone());
    }
    if let Some(path) = moved.as_ref().filter(|path| **path != before.plugin_file) {
        log::info!("plugin {} lies at {} now", before.plugin, path.display());
    }
    moved
}

/// The plan with the plugins of an earlier one: which they are was settled before, so that the rest can be compared.
pub fn with_pins_of(plan: &ComparisonPlan, earlier: &ComparisonPlan) -> ComparisonPlan {
    let mut plan = plan.clone();
    for entry in &mut plan.entries {
        let same = |before: &&EntryPlan| before.name == entry.name && before.plugin == entry.plugin;
        if let Some(before) = earlier.entries.iter().find(same) {
            entry.plugin_version.clone_from(&before.plugin_version);
            entry.plugin_sha256.clone_from(&before.plugin_sha256);
            entry.plugin_file.clone_from(&before.plugin_file);
        }
    }
    plan
}

fn take_over(entry: &mut EntryPlan, before: &EntryPlan, file: PathBuf) {
    entry.plugin_version.clone_from(&before.plugin_version);
    entry.plugin_sha256.clone_from(&before.plugin_sha256);
    entry.plugin_file = file;
}

fn changed(before: &EntryPlan, now: &EntryPlan) -> Error {
    let back = match pinned::kept(&before.plugin_sha256) {
        Some(copy) => format!("put it back (or name its copy: --plugins {})", copy.display()),
        None => "put it back".to_owned(),
    };
    Error::input(format!(
        "plugin {} of '{}' was changed since the comparison began: SHA-256 {} then, {} now ({}). To go on with the plugin of \
         then, {back}; with {ACCEPT} all runs of its strategies begin anew with the plugin of now, and what was done so far \
         is set aside",
        before.plugin,
        before.name,
        short(&before.plugin_sha256),
        short(&now.plugin_sha256),
        now.plugin_file.display()
    ))
}

/// Whether a run of an entry is still to be done, or to be done again. Of one that is hidden, none is.
pub fn needs_plugin(out: &Path, plan: &ComparisonPlan, entry: &EntryPlan, retry_failed: bool) -> bool {
    let over = |run: &PlannedRun| match RunResult::read(&out.join(&run.folder)) {
        Ok(Some(result)) => result.state == State::Done || !retry_failed,
        _ => false,
    };
    !entry.hidden && !runs_of(plan, entry).all(|run| over(&run))
}

/// Sets the runs of all entries aside whose plugin is another one in `plan` than in `earlier`, and takes the lock file away.
///
/// # Errors
///
/// A folder cannot be renamed.
pub fn set_aside(folder: &Path, earlier: &ComparisonPlan, plan: &ComparisonPlan) -> Result<()> {
    for entry in &plan.entries {
        let Some(before) = earlier.entries.iter().find(|before| before.name == entry.name) else { continue };
        if before.plugin_sha256 == entry.plugin_sha256 {
            continue;
        }
        for run in runs_of(earlier, before) {
            let run = folder.join(run.folder);
            let name = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut aside = run.with_file_name(format!("{name}.{}", short(&before.plugin_sha256)));
            let mut number = 2_u32;
            while aside.exists() {
                aside.set_file_name(format!("{name}.{}-{number}", short(&before.plugin_sha256)));
                number += 1;
            }
            if run.exists() {
                std::fs::rename(&run, &aside).map_err(|error| Error::io("rename", &run, error))?;
                log::warn!("the run of the earlier plugin lies in {} now", aside.display());
            }
        }
    }
    lock_file::remove(folder)
}

/// The runs of an entry.
fn runs_of(plan: &ComparisonPlan, entry: &EntryPlan) -> impl Iterator<Item = PlannedRun> {
    let is_of = |run: &PlannedRun| plan.entries.get(run.entry).is_some_and(|of| of.name == entry.name);
    plan.all_runs().into_iter().filter(is_of).collect::<Vec<_>>().into_iter()
}

/// Enough of a hash to tell two files apart.
fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}
