//! `comparison.lock`: all that a comparison was made of, so that a stranger can tell what to fetch, and the program what
//! differs.
//!
//! It lies in the comparison's folder, and on request beside the comparison file. It is written from the plan and from what
//! is known of plugins, data and libtorch when the comparison begins. The plan pins the plugins; where the two differ,
//! somebody changed one of them, and nothing is done before that is settled. Folders of earlier versions have `plugins.lock`
//! in its place, which says less.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::store::{ImportRecord, Source};
use genomenas_data::{Precision, files};
use genomenas_plugin::message::Plan;
use genomenas_report::model::Recipes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plan::{ComparisonPlan, EntryPlan, FILE};
use crate::plugins::StrategyRegistry;
use crate::spec::tune::Tune;

/// The name of the file in a comparison's folder.
pub const LOCK_FILE: &str = "comparison.lock";
/// What earlier versions called it.
const FORMER: &str = "plugins.lock";
const VERSION: u32 = 2;
const HEADING: &str = "# What this comparison was made of. Written by genomenas; `genomenas compare … --locked` refuses what differs.\n\n";

/// `comparison.lock`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockFile {
    pub(super) version: u32,
    /// The version of the program that began the comparison, and what it was built for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) genomenas: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<String>,
    /// The libtorch that it trained on; absent where it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) libtorch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) terms: Option<Terms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) space: Option<LockedSpace>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) data: Vec<LockedData>,
    #[serde(rename = "plugin")]
    pub(super) plugins: Vec<LockedPlugin>,
    #[serde(rename = "entry", skip_serializing_if = "Vec::is_empty")]
    pub(super) entries: Vec<LockedEntry>,
}

/// The terms that all entries have, with every default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Terms {
    pub(super) seeds: Vec<u64>,
    pub(super) budget: String,
    pub(super) concurrent_trials: u32,
    pub(super) precision: Precision,
    pub(super) recipe: Recipes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tune: Option<Tune>,
    #[serde(rename = "final")]
    pub(super) final_training: Plan,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedSpace {
    pub(super) name: String,
    pub(super) sha256: String,
}

/// A store: what it holds, and what it was imported from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedData {
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) importer: String,
    #[serde(default)]
    pub(super) sources: Vec<Source>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedPlugin {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) sha256: String,
    pub(super) file: PathBuf,
    /// The compiler that built it, if it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rustc: Option<String>,
}

/// An entry with every parameter of its strategy, defaults included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedEntry {
    pub(super) name: String,
    pub(super) strategy: String,
    pub(super) plugin: String,
    #[serde(default)]
    pub(super) parameters: Map<String, Value>,
}

impl LockFile {
    /// What a plan is made of, here and now.
    pub fn of(
        plan: &ComparisonPlan,
        known: &StrategyRegistry,
        import: &ImportRecord,
        libtorch: Option<String>,
    ) -> Self {
        let mut plugins: Vec<_> = plan.entries.iter().map(|entry| plugin(entry, known)).collect();
        plugins.sort();
        plugins.dedup();
        let name = plan.data.store.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            version: VERSION,
            genomenas: Some(plan.genomenas.clone()),
            target: Some(target()),
            libtorch,
            terms: Some(Terms {
                seeds: plan.seeds.clone(),
                budget: plan.budget.to_string(),
                concurrent_trials: plan.concurrent_trials,
                precision: plan.machine.precision,
                recipe: plan.recipe,
                tune: plan.tune.clone(),
                final_training: plan.final_training.clone(),
            }),
            space: Some(LockedSpace { name: plan.space.name.clone(), sha256: plan.space.sha256.clone() }),
            data: vec![LockedData {
                name,
                digest: plan.data.digest.clone(),
                importer: import.importer.clone(),
                sources: import.sources.clone(),
            }],
            plugins,
            entries: plan.entries.iter().map(|of| entry(of, known)).collect(),
        }
    }

    /// The lock in a comparison's folder, also under its former name; `None` where there is none.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn in_folder(folder: &Path) -> Result<Option<Self>> {
        let there = [LOCK_FILE, FORMER].map(|name| folder.join(name)).into_iter().find(|path| is_there(path));
        there.map(|path| Self::read(&path)).transpose()
    }

    /// Reads a lock.
    ///
    /// # Errors
    ///
    /// It is none, or cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let lock: Self = files::parse_toml(&files::read_text(path)?, path)?;
        if (1..=VERSION).contains(&lock.version) {
            return Ok(lock);
        }
        let what = format!("its version is {}: expected {VERSION}, as this genomenas writes it", lock.version);
        Err(Error::file("use", path, what))
    }

    /// Refuses a lock in `folder` that pins other plugins than `plan`, the plan in it. Comparisons of early versions have
    /// none.
    ///
    /// # Errors
    ///
    /// It does, or cannot be read.
    pub fn check(folder: &Path, plan: &ComparisonPlan) -> Result<()> {
        for name in [LOCK_FILE, FORMER] {
            let path = folder.join(name);
            if !is_there(&path) {
                continue;
            }
            let is_other = |locked: &&LockedPlugin| !plan.entries.iter().any(|entry| locked.is_of(entry));
            if let Some(other) = Self::read(&path)?.plugins.iter().find(is_other) {
                let what = format!(
                    "it pins plugin {} with SHA-256 {}, and {FILE} beside it does not: one of the two was changed; put it \
                     back, or remove {name}, which is then written again from {FILE}",
                    other.id, other.sha256
                );
                return Err(Error::file("use", &path, what));
            }
        }
        Ok(())
    }

    /// Writes it into the folder of its comparison. Of what the comparison began with, what the lock there says is kept.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(self, folder: &Path, before: Option<&Self>) -> Result<()> {
        let path = folder.join(LOCK_FILE);
        let text = self.completed(before).to_text()?;
        if !files::read_text(&path).is_ok_and(|there| there == text) {
            files::write_atomically(&path, text.as_bytes())?;
        }
        remove_file(&folder.join(FORMER))
    }

    /// Copies the lock of the comparison in `folder` to `path`, beside the file that it was made from.
    ///
    /// # Errors
    ///
    /// Something else lies there, or it cannot be written.
    pub fn copy(folder: &Path, path: &Path) -> Result<()> {
        Self::expect_replaceable(path)?;
        files::write_atomically(path, files::read_text(&folder.join(LOCK_FILE))?.as_bytes())
    }

    /// Refuses to write a lock over anything but a lock.
    ///
    /// # Errors
    ///
    /// Something else lies there.
    pub fn expect_replaceable(path: &Path) -> Result<()> {
        if !is_there(path) || files::read_text(path).is_ok_and(|text| text.starts_with(HEADING)) {
            return Ok(());
        }
        Err(Error::file("write", path, "it exists and is no lock of a comparison: move it away"))
    }

    /// What a comparison is made of that goes on, or begins, with this program: in place of what it began with.
    #[must_use]
    pub fn by_this_program(self) -> Self {
        Self { genomenas: Some(env!("CARGO_PKG_VERSION").to_owned()), ..self }
    }

    /// With what `before`, the lock of the same comparison, says of its beginning, and of plugins that are gone since.
    fn completed(mut self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        if before.version == VERSION {
            self.target.clone_from(&before.target);
            self.libtorch.clone_from(&before.libtorch);
        } else {
            // Nobody knows what an earlier version began with.
            (self.target, self.libtorch) = (None, None);
        }
        for plugin in &mut self.plugins {
            let is_same = |other: &&LockedPlugin| other.id == plugin.id && other.sha256 == plugin.sha256;
            if plugin.rustc.is_none()
                && let Some(other) = before.plugins.iter().find(is_same)
            {
                plugin.rustc.clone_from(&other.rustc);
            }
        }
        for entry in &mut self.entries {
            // Another build may have other defaults.
            let is_new = |plugin: &LockedPlugin| plugin.id == entry.plugin && !before.plugins.contains(plugin);
            if self.plugins.iter().any(is_new) {
                continue;
            }
            let is_same = |other: &&LockedEntry| other.name == entry.name && other.plugin == entry.plugin;
            if let Some(other) = before.entries.iter().find(is_same) {
                *entry = other.clone();
            }
        }
        self
    }

    fn to_text(&self) -> Result<String> {
        let text = toml::to_string(self)
            .map_err(|error| Error::bug(format!("the lock of a comparison cannot be written: {error}")))?;
        Ok(format!("{HEADING}{text}"))
    }
}

impl LockedPlugin {
    fn is_of(&self, entry: &EntryPlan) -> bool {
        (&self.id, &self.version, &self.sha256, &self.file)
            == (&entry.plugin, &entry.plugin_version, &entry.plugin_sha256, &entry.plugin_file)
    }
}

/// Removes the lock in a folder, before a plan with other pins is written: a kill between the two must not look like a
/// change by hand.
///
/// # Errors
///
/// It is there and cannot be removed.
pub fn remove(folder: &Path) -> Result<()> {
    [LOCK_FILE, FORMER].iter().try_for_each(|name| remove_file(&folder.join(name)))
}

fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", path, error)),
        _ => Ok(()),
    }
}

/// Whether something lies there, even what cannot be read.
fn is_there(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
}

fn plugin(entry: &EntryPlan, known: &StrategyRegistry) -> LockedPlugin {
    let found = known.found().iter().find(|found| found.sha256 == entry.plugin_sha256);
    LockedPlugin {
        id: entry.plugin.clone(),
        version: entry.plugin_version.clone(),
        sha256: entry.plugin_sha256.clone(),
        file: entry.plugin_file.clone(),
        rustc: found.and_then(|found| found.rustc.clone()),
    }
}

/// With the defaults of its strategy, as far as its plugin is there to say them.
fn entry(entry: &EntryPlan, known: &StrategyRegistry) -> LockedEntry {
    let found = known.found().iter().find(|found| found.sha256 == entry.plugin_sha256);
    let strategy = found.and_then(|found| found.strategy(&entry.strategy));
    let mut parameters = strategy.map_or_else(|| entry.parameters.clone(), |of| of.strategy.resolve(&entry.parameters));
    // TOML has no null.
    parameters.retain(|_, value| !value.is_null());
    LockedEntry { name: entry.name.clone(), strategy: entry.strategy.clone(), plugin: entry.plugin.clone(), parameters }
}

/// What this program was built for, as rustc calls it.
fn target() -> String {
    let vendor = if cfg!(target_vendor = "apple") { "apple" } else { "unknown" };
    let environment = match () {
        () if cfg!(target_env = "gnu") => "-gnu",
        () if cfg!(target_env = "musl") => "-musl",
        () => "",
    };
    format!("{}-{vendor}-{}{environment}", std::env::consts::ARCH, std::env::consts::OS)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::plan::tests::plan;
    use super::*;

    pub(in crate::compare) fn lock(plan: &ComparisonPlan) -> LockFile {
        let source = Source { name: "yeast.2bit".to_owned(), bytes: 7, sha256: "0123456789abcdef".to_owned() };
        let import = ImportRecord { importer: "windows".to_owned(), sources: vec![source], ..ImportRecord::default() };
        LockFile::of(plan, &StrategyRegistry::default(), &import, Some("2.11.0+cpu".to_owned()))
    }

    #[test]
    fn a_lock_names_all_that_a_stranger_needs_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        lock(&plan()).write(folder.path(), None).unwrap();
        let read = LockFile::in_folder(folder.path()).unwrap().unwrap();
        assert_eq!(read, lock(&plan()));
        let text = files::read_text(&folder.path().join(LOCK_FILE)).unwrap();
        // The recipe is long.
        let (before, after) = (text.find("\n[terms.final").unwrap(), text.find("\n[space]").unwrap());
        let short = format!("{}{}", &text[..before], &text[after..]).replace(&target(), "TARGET");
        insta::assert_snapshot!(short);
        LockFile::check(folder.path(), &plan()).unwrap();
    }

    #[test]
    fn a_comparison_that_goes_on_keeps_what_its_lock_says_of_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        lock(&plan()).write(folder, None).unwrap();
        let before = LockFile::in_folder(folder).unwrap();
        let newer = LockFile { libtorch: Some("3.0.0".to_owned()), ..lock(&plan()) };
        newer.write(folder, before.as_ref()).unwrap();
        assert_eq!(LockFile::in_folder(folder).unwrap(), before);
    }

    #[test]
    fn the_lock_of_an_earlier_version_is_read_checked_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let former = |sha256: &str| {
            let text = format!(
                "version = 1\n\n[[plugin]]\nid = \"danq\"\nversion = \"0.1.0\"\nsha256 = \"{sha256}\"\nfile = \"/plugins/libdanq.so\"\n"
            );
            files::write_atomically(&folder.join(FORMER), text.as_bytes()).unwrap();
        };
        former("00");
        let told = LockFile::check(folder, &plan()).unwrap_err().to_string();
        assert!(told.contains("plugins.lock: it pins plugin danq with SHA-256 00"), "{told}");
        former("ef");
        LockFile::check(folder, &plan()).unwrap();
        let before = LockFile::in_folder(folder).unwrap();
        lock(&plan()).write(folder, before.as_ref()).unwrap();
        let now = LockFile::in_folder(folder).unwrap().unwrap();
        assert!(!folder.join(FORMER).exists() && now.libtorch.is_none() && now.entries.len() == 1);
        remove(folder).unwrap();
        assert_eq!(LockFile::in_folder(folder).unwrap(), None);
    }

    #[test]
    fn a_file_of_the_persons_own_is_not_overwritten_by_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.lock");
        lock(&plan()).write(folder.path(), None).unwrap();
        for _ in 0..2 {
            LockFile::copy(folder.path(), &path).unwrap();
        }
        files::write_atomically(&path, b"mine").unwrap();
        let told = LockFile::copy(folder.path(), &path).unwrap_err().to_string();
        assert!(told.contains("mine.lock: it exists and is no lock"), "{told}");
        assert_eq!(files::read_text(&path).unwrap(), "mine");
    }
}
