//! What takes part in a comparison: the strategies that were asked for, and the controls.

use std::collections::BTreeSet;
use std::path::Path;

use genomenas_data::error::{Error, Result};

use super::changes::Settled;
use super::pins::needs_plugin;
use super::plan::{ComparisonPlan, EntryPlan};
use crate::plugins::{ResolvedStrategy, StrategyRegistry};
use crate::spec::{CONTROLS, Spec};

/// The entries of these strategies, and of the controls that are not among them; behind them those that were added to the
/// comparison since it began, and that are added now.
///
/// # Errors
///
/// A strategy is not known, is listed twice, or shares its name.
pub(super) fn of(
    mut strategies: Vec<Spec>,
    control: bool,
    known: &StrategyRegistry,
    earlier: Option<(&ComparisonPlan, &Path)>,
    retry_failed: bool,
    changes: &Settled,
) -> Result<Vec<EntryPlan>> {
    let added_before = || earlier.iter().flat_map(|(plan, _)| &plan.entries).filter(|entry| entry.added.is_some());
    if control {
        // A comparison that goes on keeps those that it began with: earlier versions had one.
        let began_with = |id: &str| {
            earlier.is_none_or(|(plan, _)| {
                plan.entries.iter().any(|entry| entry.control && entry.strategy == id && entry.added.is_none())
            })
        };
        // With its plugin or without.
        let of = |spec: &Spec| spec.id.rsplit('/').next().unwrap_or_default().to_owned();
        let listed: BTreeSet<String> = strategies.iter().map(of).collect();
        let wanted = CONTROLS.into_iter().filter(|id| !listed.contains(*id) && began_with(id));
        let (provided, missing): (Vec<&str>, Vec<&str>) = wanted.partition(|id| known.strategy(id).is_ok());
        strategies.extend(provided.into_iter().map(Spec::new));
        if !missing.is_empty() {
            log::warn!("no plugin provides {}: this comparison lacks these controls", missing.join(", "));
        }
    }
    let (mut names, mut alike) = (BTreeSet::new(), BTreeSet::new());
    let mut folders = BTreeSet::new();
    let mut controls = BTreeSet::new();
    let mut entries = Vec::with_capacity(strategies.len());
    let listed = strategies.into_iter().map(|spec| (spec, None));
    let before = added_before().map(|entry| (entry.spec(), entry.added.clone()));
    let now = changes.new.iter().map(|spec| (spec.clone(), Some(changes.day.clone())));
    for (strategy, added) in listed.chain(before).chain(now) {
        let found = match (known.resolve(&strategy), earlier) {
            (Err(error), Some((plan, out))) => over(plan, out, &strategy, retry_failed).ok_or(error)?,
            (found, _) => found?,
        };
        let spec = Spec { id: strategy.id, parameters: found.parameters, name: strategy.name };
        let name = spec.title();
        // Who lists all that is shown lists what was added, too.
        if added.is_none() && added_before().any(|entry| entry.name == name && entry.plugin == found.plugin) {
            continue;
        }
        if !alike.insert((found.plugin.clone(), found.strategy.clone(), spec.to_string())) {
            return Err(Error::input(format!(
                "strategy '{spec}' is listed twice: list it once, and give it more seeds for more runs"
            )));
        }
        if !names.insert(name.clone()) {
            return Err(Error::input(format!(
                "two strategies are called '{name}': give each a name of its own, name=…"
            )));
        }
        let is_control = CONTROLS.contains(&found.strategy.as_str()) && controls.insert(found.strategy.clone());
        entries.push(EntryPlan {
            hidden: changes.hidden.contains(&name),
            name,
            folder: unused_folder(&spec, &mut folders),
            added,
            control: is_control,
            strategy: found.strategy,
            plugin: found.plugin,
            plugin_version: found.version,
            plugin_sha256: found.sha256,
            plugin_file: found.file,
            parameters: spec.parameters,
        });
    }
    Ok(entries)
}

/// The plugin of an entry whose runs are all over, of which there may be nothing left.
fn over(plan: &ComparisonPlan, out: &Path, strategy: &Spec, retry_failed: bool) -> Option<ResolvedStrategy> {
    let named = strategy.title();
    let entry = plan.entries.iter().find(|entry| entry.name == named)?;
    let is_over = entry.hidden || !needs_plugin(out, plan, entry, retry_failed);
    is_over.then(|| ResolvedStrategy {
        strategy: entry.strategy.clone(),
        plugin: entry.plugin.clone(),
        version: entry.plugin_version.clone(),
        sha256: entry.plugin_sha256.clone(),
        file: entry.plugin_file.clone(),
        parameters: strategy.parameters.clone(),
    })
}

/// A folder that no other entry has, also on file systems that ignore case.
fn unused_folder(spec: &Spec, used: &mut BTreeSet<String>) -> String {
    let name = spec.folder();
    let mut folder = name.clone();
    let mut number = 2_u32;
    while !used.insert(folder.to_lowercase()) {
        folder = format!("{name}-{number}");
        number += 1;
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_what_a_folder_cannot_hold_get_folders_of_their_own() {
        let mut used = BTreeSet::new();
        let folders = ["a x=(1)", "a x=[1)", "A x=(1)"].map(|text| unused_folder(&text.parse().unwrap(), &mut used));
        assert_eq!(folders, ["a-x=-1-", "a-x=-1--2", "A-x=-1--3"]);
    }
}
