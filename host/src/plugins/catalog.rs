//! The plugins that were found, and why the rest of the files are none.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::hash::sha256;
use genomenas_plugin::closest;
use genomenas_plugin::message::{Manifest, StrategyInfo};

use super::folders::{self, Folder, Reach};
use super::inspect::{Inspection, inspect};

/// The largest file that is taken for a plugin.
const MAX_FILE: u64 = 1 << 30;

/// A library file in a plugin folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Where it lies.
    pub path: PathBuf,
    /// The hash of its content in hexadecimal; empty where it could not be read.
    pub sha256: String,
    /// The compiler that built it, if it says.
    pub rustc: Option<String>,
    /// Its manifest, or in one line why it cannot be used.
    pub outcome: Result<Manifest, String>,
}

impl Found {
    /// The library at `path`. Nothing of it runs.
    pub fn at(path: PathBuf) -> Self {
        look_at(path)
    }

    /// One of its strategies.
    pub fn strategy(&self, id: &str) -> Option<Choice<'_>> {
        let manifest = self.outcome.as_ref().ok()?;
        let strategy = manifest.strategies.iter().find(|strategy| strategy.id == id)?;
        Some(Choice { found: self, manifest, strategy })
    }
}

/// All library files of the plugin folders, in the order of the search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    found: Vec<Found>,
}

/// A strategy and the plugin that it is in.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The plugin's file.
    pub found: &'a Found,
    /// The plugin.
    pub manifest: &'a Manifest,
    /// The strategy.
    pub strategy: &'a StrategyInfo,
}

impl Catalog {
    /// Looks at every library in `folders`. Nothing of any plugin runs.
    pub fn scan(folders: &[Folder]) -> Self {
        let mut catalog = Self::default();
        for folder in folders {
            for path in folders::libraries(folder) {
                let found = look_at(path);
                if folder.reach == Reach::Beside && found.outcome.is_err() {
                    continue;
                }
                catalog.add(found);
            }
        }
        catalog
    }

    /// Every file, usable or not.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// Every usable strategy, in the order of the search. Of two with one id the first is used by that id alone; the
    /// other goes by `plugin/strategy`.
    pub fn strategies(&self) -> impl Iterator<Item = Choice<'_>> {
        self.found.iter().flat_map(|found| {
            let manifest = found.outcome.as_ref().ok();
            manifest.into_iter().flat_map(move |manifest| {
                manifest.strategies.iter().map(move |strategy| Choice { found, manifest, strategy })
            })
        })
    }

    /// The strategy that `name` stands for: its id, or its plugin's and its own as `plugin/strategy`.
    ///
    /// # Errors
    ///
    /// There is none; the message lists what there is, and files that were refused.
    pub fn strategy(&self, name: &str) -> Result<Choice<'_>> {
        let wanted = |choice: &Choice<'_>| match name.split_once('/') {
            Some((plugin, strategy)) => choice.manifest.id == plugin && choice.strategy.id == strategy,
            None => choice.strategy.id == name,
        };
        self.strategies().find(wanted).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Error {
        let ids: Vec<_> = self.strategies().map(|choice| choice.strategy.id.as_str()).collect();
        let hint = closest(name, ids.iter().copied()).map(|meant| format!(" (did you mean `{meant}`?)"));
        let there_is = if ids.is_empty() {
            format!("no plugin was found: name their folder with --plugins or in {}", folders::VARIABLE)
        } else {
            format!("the plugins found have {}", ids.join(", "))
        };
        let refused = match self.found.iter().filter(|found| found.outcome.is_err()).count() {
            0 => String::new(),
            1 => "; one file was refused, see `genomenas plugin list`".to_owned(),
            count => format!("; {count} files were refused, see `genomenas plugin list`"),
        };
        Error::input(format!("there is no strategy `{name}`{}; {there_is}{refused}", hint.unwrap_or_default()))
    }

    /// Adds a file, unless the same file is there already; a plugin whose id is taken is refused.
    fn add(&mut self, mut found: Found) {
        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.found.iter().any(|other| canonical(&other.path) == canonical(&found.path)) {
            return;
        }
        if let Ok(manifest) = &found.outcome {
            let taken = self.found.iter().find(|other| other.outcome.as_ref().is_ok_and(|m| m.id == manifest.id));
            if let Some(first) = taken {
                let same = if first.sha256 == found.sha256 { "a copy of" } else { "shadowed by" };
                found.outcome = Err(format!("it is {same} {}, found before it", first.path.display()));
            }
        }
        self.found.push(found);
    }
}

fn look_at(path: PathBuf) -> Found {
    let refused = |path, why| Found { path, sha256: String::new(), rustc: None, outcome: Err(why) };
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(why) => return refused(path, why),
    };
    let sha256 = sha256(&bytes);
    match inspect(&bytes) {
        Ok(Inspection { manifest, rustc }) => Found { path, sha256, rustc, outcome: Ok(manifest) },
        Err(why) => Found { path, sha256, rustc: None, outcome: Err(why) },
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.len() as u64 > MAX_FILE => Err("it is larger than 1 GiB, which no plugin is".to_owned()),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(path: &str, id: &str, strategies: &[&str]) -> Found {
        let strategies: Vec<_> = strategies
            .iter()
            .map(|id| serde_json::json!({"id": id, "kind": "search", "about": "A.", "parameters": {}}))
            .collect();
        let manifest = serde_json::json!({
            "id": id, "version": "1.0.0", "abi": 1, "protocol": "1.0", "strategies": strategies,
        });
        let outcome = Ok(serde_json::from_value(manifest).unwrap());
        Found { path: path.into(), sha256: path.to_owned(), rustc: None, outcome }
    }

    fn catalog(found: impl IntoIterator<Item = Found>) -> Catalog {
        let mut catalog = Catalog::default();
        for found in found {
            catalog.add(found);
        }
        catalog
    }

    #[test]
    fn a_strategy_is_found_by_its_id_and_by_its_plugins() {
        let catalog = catalog([plugin("/a", "first", &["darts"]), plugin("/b", "second", &["darts"])]);
        assert_eq!(catalog.strategy("darts").unwrap().manifest.id, "first");
        assert_eq!(catalog.strategy("second/darts").unwrap().manifest.id, "second");
    }

    #[test]
    fn of_two_plugins_with_one_id_the_first_wins_and_the_second_is_reported() {
        let catalog = catalog([plugin("/a", "same", &["x"]), plugin("/b", "same", &["x"])]);
        assert_eq!(catalog.strategies().count(), 1);
        assert_eq!(catalog.found[1].outcome, Err("it is shadowed by /a, found before it".to_owned()));
    }

    #[test]
    fn a_strategy_that_is_not_there_is_told_with_what_there_is() {
        let mut refused = plugin("/c", "c", &[]);
        refused.outcome = Err("it is not a library".to_owned());
        let catalog = catalog([plugin("/a", "first", &["random-search", "deepsea"]), refused]);
        assert_eq!(
            catalog.strategy("random_serch").unwrap_err().to_string(),
            "there is no strategy `random_serch` (did you mean `random-search`?); the plugins found have \
             random-search, deepsea; one file was refused, see `genomenas plugin list`"
        );
        assert_eq!(
            Catalog::default().strategy("darts").unwrap_err().to_string(),
            "there is no strategy `darts`; no plugin was found: name their folder with --plugins or in \
             GENOMENAS_PLUGINS"
        );
    }

    #[test]
    fn a_file_that_is_no_plugin_is_listed_in_a_plugin_folder_and_passed_over_beside_the_binary() {
        let folder = tempfile::tempdir().unwrap();
        File::create(folder.path().join("x.so")).unwrap();
        let scan = |reach| Catalog::scan(&[Folder { path: folder.path().to_owned(), reach }]).found.len();
        assert_eq!((scan(Reach::Tree), scan(Reach::Beside)), (1, 0));
    }
}
