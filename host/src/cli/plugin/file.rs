//! The file of a plugin that a person names, and the strategies of it that they mean.

use std::path::{Path, PathBuf};

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_plugin::closest;
use genomenas_plugin::message::Manifest;
use serde_json::{Map, Value};

use crate::plugins::folders::{Folder, Reach};
use crate::plugins::{DiscoveredPlugin, StrategyRef, StrategyRegistry};
use crate::spec::Spec;

/// A plugin's file, and what of it.
#[derive(Args, Debug)]
pub(super) struct FileOptions {
    /// The built library of a plugin
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// A strategy of the file; may be given several times [default: all of them]
    #[arg(long = "strategy", value_name = "ID")]
    strategies: Vec<String>,
    /// A parameter of the strategies, such as trials=3; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl FileOptions {
    /// What lies there.
    pub(super) fn plugin(&self) -> Result<DiscoveredPlugin> {
        let shown = self.file.display();
        let looked_at =
            self.file.metadata().map_err(|error| Error::input(format!("{shown} cannot be read: {error}")))?;
        if looked_at.is_dir() {
            return Err(Error::input(format!("{shown} is a folder: name the file of a plugin (.so)")));
        }
        first(&StrategyRegistry::scan(&[Folder { path: self.file.clone(), reach: Reach::Tree }]), &self.file).cloned()
    }

    /// Its strategies, or those of them that were named.
    pub(super) fn strategies<'a>(&self, plugin: &'a DiscoveredPlugin) -> Result<Vec<StrategyRef<'a>>> {
        let manifest = plugin.manifest.as_ref().map_err(|why| not_a_plugin(&self.file, why))?;
        let ids = || manifest.strategies.iter().map(|strategy| strategy.id.as_str());
        let wanted: Vec<&str> = match self.strategies.as_slice() {
            [] => ids().collect(),
            named => named.iter().map(String::as_str).collect(),
        };
        let find = |id: &str| {
            plugin.strategy(id).ok_or_else(|| {
                let hint = closest(id, ids()).map(|meant| format!(" (did you mean `{meant}`?)")).unwrap_or_default();
                let all = ids().collect::<Vec<_>>().join(", ");
                Error::input(format!("{} has no strategy `{id}`{hint}; it has {all}", self.file.display()))
            })
        };
        wanted.into_iter().map(find).collect()
    }

    /// The parameters that were set.
    pub(super) fn parameters(&self) -> Result<Map<String, Value>> {
        Ok(Spec::new("strategy").with(&self.set)?.parameters)
    }

    /// The settings again, as they are typed.
    pub(super) fn typed_settings(&self) -> Vec<&str> {
        self.set.iter().flat_map(|set| ["--set", set.as_str()]).collect()
    }
}

/// What a registry of one file has found, and its manifest.
pub(super) fn only<'a>(registry: &'a StrategyRegistry, file: &str) -> Result<(&'a DiscoveredPlugin, &'a Manifest)> {
    let path = Path::new(file);
    let plugin = first(registry, path)?;
    Ok((plugin, plugin.manifest.as_ref().map_err(|why| not_a_plugin(path, why))?))
}

fn first<'a>(registry: &'a StrategyRegistry, file: &Path) -> Result<&'a DiscoveredPlugin> {
    registry.found().first().ok_or_else(|| Error::input(format!("{} is not a library", file.display())))
}

/// The error for a file that is something else.
pub(super) fn not_a_plugin(file: &Path, why: impl std::fmt::Display) -> Error {
    Error::input(format!("{} is not a plugin: {why}", file.display()))
}

/// Keeps what plugins under test say out of the way, unless a person wants to see more.
pub(super) fn quiet() {
    if log::max_level() < log::LevelFilter::Debug {
        log::set_max_level(log::LevelFilter::Error);
    }
}
