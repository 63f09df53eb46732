//! The library files in the plugin folders: the plugins among them, and why the others are refused.

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_plugin::closest;
use genomenas_plugin::message::{Manifest, StrategyInfo};
use serde_json::{Map, Value};

use super::crashes::{self, Record};
use super::folders::{self, Folder, Reach};
use super::inspect::{Inspection, Refusal};
use super::library;
use super::trust::Trust;
use crate::spec::Spec;

/// How many files that may be the one that is meant are named where a strategy is not found.
const MOST_NAMED: usize = 3;

/// A library file in a plugin folder.
#[derive(Clone, Debug, PartialEq)]
pub struct DiscoveredPlugin {
    /// Its path.
    pub path: PathBuf,
    /// The hash of its content in hexadecimal; empty where it is not a plugin.
    pub sha256: String,
    /// The compiler that built it, if it says.
    pub rustc: Option<String>,
    /// Its manifest, or why it cannot be used.
    pub manifest: Result<Manifest, Refusal>,
    /// Where its crashes are kept, and which there were; `None` where nobody keeps them.
    pub record: Option<Record>,
}

impl DiscoveredPlugin {
    /// Reads the library at `path`. Nothing of it runs, and only what is a plugin is read whole.
    pub fn at(path: PathBuf) -> Self {
        match library::read(&path) {
            Ok((Inspection { manifest, rustc }, sha256)) => {
                Self { path, sha256, rustc, manifest: Ok(manifest), record: None }
            }
            Err(refusal) => Self::refused(path, refusal),
        }
    }

    fn refused(path: PathBuf, refusal: Refusal) -> Self {
        Self { path, sha256: String::new(), rustc: None, manifest: Err(refusal), record: None }
    }

    /// The same, with the crashes that are kept for this user.
    #[must_use]
    pub fn with_record(mut self) -> Self {
        self.record =
            crashes::folder().filter(|_| self.manifest.is_ok()).map(|folder| Record::read(&folder, &self.sha256));
        self
    }

    /// One of its strategies.
    pub fn strategy(&self, id: &str) -> Option<StrategyRef<'_>> {
        let manifest = self.manifest.as_ref().ok()?;
        let strategy = manifest.strategies.iter().find(|strategy| strategy.id == id)?;
        Some(StrategyRef { plugin: self, manifest, strategy })
    }
}

/// All library files of the plugin folders, in the order of the search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StrategyRegistry {
    /// Every file, and every folder that is refused.
    found: Vec<DiscoveredPlugin>,
    /// The folders and files that a person named.
    named: Vec<PathBuf>,
}

/// A strategy of a discovered plugin.
#[derive(Clone, Copy, Debug)]
pub struct StrategyRef<'a> {
    /// The plugin's file.
    pub plugin: &'a DiscoveredPlugin,
    /// The plugin's manifest.
    pub manifest: &'a Manifest,
    /// What the manifest says of the strategy.
    pub strategy: &'a StrategyInfo,
}

/// A strategy, its parameters and the plugin file that provides it: all that a run needs to start it.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedStrategy {
    /// Id of the strategy within its plugin.
    pub strategy: String,
    /// Id of the plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Its file, as an absolute path.
    pub file: PathBuf,
    /// The strategy's parameters that differ from their defaults.
    pub parameters: Map<String, Value>,
}

impl StrategyRegistry {
    /// Reads every library in the plugin folders: those of `explicit` first, then the usual ones, last the files `also`.
    /// Nothing of any plugin runs.
    ///
    /// # Errors
    ///
    /// An explicit folder does not exist.
    pub fn open(explicit: &[PathBuf], also: &[PathBuf]) -> Result<Self> {
        let mut folders = folders::search_path(explicit)?;
        folders.extend(also.iter().map(|path| Folder { path: path.clone(), reach: Reach::Beside }));
        let mut registry = Self::scan(&folders);
        registry.found = registry.found.into_iter().map(DiscoveredPlugin::with_record).collect();
        registry.named = explicit.iter().cloned().chain(folders::of_variable()).collect();
        Ok(registry)
    }

    /// Reads every library in `folders`. Nothing of any plugin runs.
    pub fn scan(folders: &[Folder]) -> Self {
        let trust = Trust::of_this_process();
        let mut registry = Self::default();
        for folder in folders {
            let folders::Contents { libraries, refused } = folders::contents(folder);
            for path in libraries {
                let found = DiscoveredPlugin::at(path);
                let refusal = if found.manifest.is_ok() { trust.check(&found.path).err() } else { None };
                let found = match refusal {
                    Some(refusal) => DiscoveredPlugin::refused(found.path, refusal),
                    None => found,
                };
                // Beside the program lie other things, too.
                let is_something_else = found.manifest.as_ref().is_err_and(|refusal| !refusal.hides());
                if folder.reach == Reach::Tree || !is_something_else {
                    registry.add(found);
                }
            }
            for (path, refusal) in refused {
                registry.add(DiscoveredPlugin::refused(path, refusal));
            }
        }
        registry
    }

    /// Every file, usable or not, and every folder that is refused.
    pub fn found(&self) -> &[DiscoveredPlugin] {
        &self.found
    }

    /// The folders and files that a person named.
    pub fn named(&self) -> &[PathBuf] {
        &self.named
    }

    /// Every usable strategy, in the order of the search. Of two with one id the first is used by that id alone; the
    /// other goes by `plugin/strategy`.
    pub fn strategies(&self) -> impl Iterator<Item = StrategyRef<'_>> {
        self.found.iter().flat_map(|found| {
            let manifest = found.manifest.as_ref().ok();
            manifest.into_iter().flat_map(move |manifest| {
                manifest.strategies.iter().map(move |strategy| StrategyRef { plugin: found, manifest, strategy })
            })
        })
    }

    /// The strategy called `name`: its id, or its plugin's and its own as `plugin/strategy`.
    ///
    /// # Errors
    ///
    /// No plugin has it; the message lists the known strategies and mentions files that were refused. Or a file that a
    /// person named, and that may have it, cannot be used: they would not expect that of another folder in its place.
    pub fn strategy(&self, name: &str) -> Result<StrategyRef<'_>> {
        let wanted = |known: &StrategyRef<'_>| match name.split_once('/') {
            Some((plugin, strategy)) => known.manifest.id == plugin && known.strategy.id == strategy,
            None => known.strategy.id == name,
        };
        let choice = self.strategies().find(wanted).ok_or_else(|| self.unknown(name))?;
        let before = self.found.iter().take_while(|found| !std::ptr::eq(*found, choice.plugin));
        let meant = |found: &&DiscoveredPlugin| self.named.iter().any(|named| found.path.starts_with(named));
        for found in before.filter(meant) {
            if let Some(refusal) = found.manifest.as_ref().err().filter(|refusal| refusal.hides()) {
                return Err(Error::input(format!("{} cannot be used: {refusal}", found.path.display())));
            }
        }
        Ok(choice)
    }

    /// The strategy that `spec` names, with the parameters that it sets.
    ///
    /// # Errors
    ///
    /// As [`strategy`](Self::strategy), or its file has gone since.
    pub fn resolve(&self, spec: &Spec) -> Result<ResolvedStrategy> {
        let StrategyRef { plugin, manifest, strategy } = self.strategy(&spec.id)?;
        let file = plugin.path.canonicalize().map_err(|error| Error::io("open", &plugin.path, error))?;
        Ok(ResolvedStrategy {
            strategy: strategy.id.clone(),
            plugin: manifest.id.clone(),
            version: manifest.version.clone(),
            sha256: plugin.sha256.clone(),
            file,
            parameters: spec.parameters.clone(),
        })
    }

    fn unknown(&self, name: &str) -> Error {
        let ids: Vec<_> = self.strategies().map(|known| known.strategy.id.as_str()).collect();
        let hint = closest(name, ids.iter().copied()).map(|meant| format!(" (did you mean `{meant}`?)"));
        let there_is = if ids.is_empty() {
            format!("no plugin was found: name their folder with --plugins or in {}", folders::VARIABLE)
        } else {
            format!("the plugins found have {}", ids.join(", "))
        };
        let refused = |hides: bool| {
            let of = move |found: &&DiscoveredPlugin| found.manifest.as_ref().is_err_and(|why| why.hides() == hides);
            self.found.iter().filter(of)
        };
        let hidden: String = refused(true)
            .take(MOST_NAMED)
            .filter_map(|found| Some(format!("; {}: {}", found.path.display(), found.manifest.as_ref().err()?)))
            .collect();
        let more = match refused(false).count() + refused(true).count().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            1 if hidden.is_empty() => "; one file was refused, see `genomenas plugin list`".to_owned(),
            1 => "; one more was refused, see `genomenas plugin list`".to_owned(),
            count if hidden.is_empty() => format!("; {count} files were refused, see `genomenas plugin list`"),
            count => format!("; {count} more were refused, see `genomenas plugin list`"),
        };
        Error::input(format!("there is no strategy `{name}`{}; {there_is}{hidden}{more}", hint.unwrap_or_default()))
    }

    /// Adds a file, unless the same file is there already; a plugin whose id is taken is refused.
    fn add(&mut self, mut found: DiscoveredPlugin) {
        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.found.iter().any(|other| canonical(&other.path) == canonical(&found.path)) {
            return;
        }
        if let Ok(manifest) = &found.manifest {
            let is_same =
                |other: &&DiscoveredPlugin| other.manifest.as_ref().is_ok_and(|other| other.id == manifest.id);
            if let Some(first) = self.found.iter().find(is_same) {
                let same = if first.sha256 == found.sha256 { "a copy of" } else { "shadowed by" };
                found.manifest = Err(Refusal::new(format!("it is {same} {}, found before it", first.path.display())));
            }
        }
        self.found.push(found);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs::File;

    use super::*;

    /// A plugin at `path` with the id `id` and these strategies.
    pub(crate) fn plugin(path: &str, id: &str, strategies: &[&str]) -> DiscoveredPlugin {
        let strategies: Vec<_> = strategies
            .iter()
            .map(|id| serde_json::json!({"id": id, "kind": "search", "about": "A.", "parameters": {}}))
            .collect();
        let manifest = serde_json::json!({
            "id": id, "version": "1.0.0", "abi": 1, "protocol": "1.0", "strategies": strategies,
        });
        let manifest = Ok(serde_json::from_value(manifest).unwrap());
        DiscoveredPlugin { path: path.into(), sha256: path.to_owned(), rustc: None, manifest, record: None }
    }

    pub(crate) fn registry(plugins: impl IntoIterator<Item = DiscoveredPlugin>) -> StrategyRegistry {
        let mut registry = StrategyRegistry::default();
        plugins.into_iter().for_each(|plugin| registry.add(plugin));
        registry
    }

    #[test]
    fn a_strategy_is_found_by_its_id_and_by_its_plugins() {
        let registry = registry([plugin("/a", "first", &["darts"]), plugin("/b", "second", &["darts"])]);
        assert_eq!(registry.strategy("darts").unwrap().manifest.id, "first");
        assert_eq!(registry.strategy("second/darts").unwrap().manifest.id, "second");
    }

    #[test]
    fn of_two_plugins_with_one_id_the_first_wins_and_the_second_is_reported() {
        let registry = registry([plugin("/a", "same", &["x"]), plugin("/b", "same", &["x"])]);
        assert_eq!(registry.strategies().count(), 1);
        assert_eq!(registry.found[1].manifest, Err(Refusal::new("it is shadowed by /a, found before it")));
    }

    #[test]
    fn an_unknown_strategy_is_reported_with_the_known_ones() {
        let mut refused = plugin("/c", "c", &[]);
        refused.manifest = Err(Refusal::new("it is not a library"));
        let registry = registry([plugin("/a", "first", &["random-search", "deepsea"]), refused]);
        assert_eq!(
            registry.strategy("random_serch").unwrap_err().to_string(),
            "there is no strategy `random_serch` (did you mean `random-search`?); the plugins found have \
             random-search, deepsea; one file was refused, see `genomenas plugin list`"
        );
        assert_eq!(
            StrategyRegistry::default().strategy("darts").unwrap_err().to_string(),
            "there is no strategy `darts`; no plugin was found: name their folder with --plugins or in \
             GENOMENAS_PLUGINS"
        );
    }

    #[test]
    fn a_file_that_may_be_the_one_that_is_meant_is_named_with_the_reason() {
        let refused = |path: &str| {
            let why = Refusal::hidden("it cannot be read: Permission denied (os error 13)");
            DiscoveredPlugin::refused(path.into(), why)
        };
        let told = registry([plugin("/a", "first", &["danq"]), refused("/b.so")]).strategy("darts").unwrap_err();
        assert_eq!(
            told.to_string(),
            "there is no strategy `darts`; the plugins found have danq; /b.so: it cannot be read: Permission denied (os \
             error 13)"
        );
        let many = ["/1", "/2", "/3", "/4", "/5"].map(refused);
        assert!(registry(many).strategy("darts").unwrap_err().to_string().contains("; 2 more were refused"));
    }

    #[test]
    fn a_file_that_is_not_a_plugin_is_listed_in_a_plugin_folder_and_passed_over_beside_the_binary() {
        let folder = tempfile::tempdir().unwrap();
        File::create(folder.path().join("x.so")).unwrap();
        let scan = |reach| StrategyRegistry::scan(&[Folder { path: folder.path().to_owned(), reach }]).found.len();
        assert_eq!((scan(Reach::Tree), scan(Reach::Beside)), (1, 0));
    }
}
