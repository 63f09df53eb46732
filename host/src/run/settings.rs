//! `run.toml`: everything a run needs to know, resolved, so that its folder and the data are enough to run it anywhere.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use genomenas_data::Precision;
use genomenas_data::error::{Error, Result};
use genomenas_data::files::{parse_toml, read_text};
use genomenas_data::hash::sha256;
use genomenas_plugin::message::{Budget, Plan};
use genomenas_plugin::serde_json;
use serde::{Deserialize, Serialize};

use crate::spec::hook_deadline::HookDeadline;
use crate::spec::tune::Tune;

/// The settings of one run: one strategy (or one architecture) × data set × seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Version of this document: 1.
    pub version: u32,
    /// The genomenas that wrote it.
    pub genomenas: String,
    /// The seed of every random draw.
    pub seed: u64,
    /// `auto`, `cpu` or `cuda[:i]`.
    pub device: String,
    /// Threads of libtorch and of the data loader together.
    pub threads: u32,
    /// How precisely networks compute; absent for float32.
    #[serde(default, skip_serializing_if = "Precision::is_default")]
    pub precision: Precision,
    /// Whether the sealed test split is scored at the end.
    pub test: bool,
    /// Whether what was found is trained by the plan that the trials of the search had, if they had one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_recipe: bool,
    /// SHA-256 of `architecture.json`, where one was given; [`create`](super::create) fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture_sha256: Option<String>,
    /// The data set.
    pub data: Data,
    /// The search; absent when a given architecture is trained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// The recipes of which the best is kept; absent where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune: Option<Tune>,
    /// The final training of what was found (or given); absent for a search alone.
    #[serde(rename = "final", skip_serializing_if = "Option::is_none")]
    pub final_training: Option<Plan>,
}

/// The data set of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The store, as an absolute path.
    pub store: PathBuf,
    /// Its digest: the run refuses another store at the same path.
    pub digest: String,
    /// The fold that is the test, from 1; absent where the store has splits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
}

/// The search of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Id of the strategy.
    pub strategy: String,
    /// Id of its plugin.
    pub plugin: String,
    /// Version of its plugin.
    pub plugin_version: String,
    /// SHA-256 of the plugin's file.
    pub plugin_sha256: String,
    /// The plugin's file.
    pub plugin_file: PathBuf,
    /// The budget.
    pub budget: Budget,
    /// Trials that take turns; more than one is of use to a strategy that decides while others are under way.
    #[serde(default = "one")]
    pub in_flight: u32,
    /// Name of the space; the document itself lies beside this file, in `space.toml`.
    pub space: String,
    /// SHA-256 of `space.toml`; [`create`](super::create) fills it in. Runs of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space_sha256: Option<String>,
    /// The longest that a call of the plugin may take; absent for the usual time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook_deadline: Option<HookDeadline>,
    /// Whether the plugin ran without confinement, at any time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unconfined: bool,
    /// Parameters of the strategy that differ from its defaults.
    #[serde(default)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// What documents mean that were written before trials could take turns.
pub(crate) const fn one() -> u32 {
    1
}

/// Names of the files in a run folder.
pub mod files {
    /// [`super::Settings`].
    pub const SETTINGS: &str = "run.toml";
    /// The space that is searched.
    pub const SPACE: &str = "space.toml";
    /// Every hook call and reply, every epoch: one JSON object a line.
    pub const JOURNAL: &str = "journal.jsonl";
    /// What was found, or the given architecture.
    pub const ARCHITECTURE: &str = "architecture.json";
    /// The weights of the final training.
    pub const WEIGHTS: &str = "weights.safetensors";
    /// The averages of the test split in each of its resamples.
    pub const TEST_RESAMPLES: &str = "test-resamples.parquet";
    /// How the run ended; written last.
    pub const RESULT: &str = "result.json";
    /// The run's page.
    pub const PAGE: &str = "report.html";
    /// What the run would have logged to a terminal.
    pub const LOG: &str = "run.log";
    /// Held while a process works on the folder.
    pub const LOCK: &str = "run.lock";
    /// Why the run's process ended without a result; the comparer writes it, and removes it when the run goes on.
    pub const CRASH: &str = "crash.txt";
    /// Checkpoints of the trial and of the final training that are under way.
    pub const CHECKPOINTS: &str = "checkpoints";
    /// The checkpoint of the final training, in [`CHECKPOINTS`].
    pub const FINAL_CHECKPOINT: &str = "final.safetensors";
    /// The state of the strategy, in [`CHECKPOINTS`].
    pub const STATE: &str = "strategy.state";
}

/// `run.toml` as it was read, with its digest.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The settings.
    pub settings: Settings,
    /// The digest of all that a result depends on; the journal begins with it.
    pub digest: String,
    /// Whether the document names that digest: those of earlier versions do not.
    pub verified: bool,
}

/// What `run.toml` begins with: the digest of what follows.
const DIGEST: &str = "sha256 = ";

/// What no result depends on, so that it may change: who wrote it, where files lie, how a plugin is watched.
const FREE: [&[&str]; 5] = [
    &["genomenas"],
    &["data", "store"],
    &["search", "plugin_file"],
    &["search", "hook_deadline"],
    &["search", "unconfined"],
];

impl Settings {
    /// Reads `run.toml` of a run folder.
    pub fn read(folder: &Path) -> Result<Self> {
        Ok(Self::kept(folder)?.settings)
    }

    /// Reads `run.toml` of a run folder, which must be as it was written.
    pub fn kept(folder: &Path) -> Result<Kept> {
        let path = folder.join(files::SETTINGS);
        if matches!(path.try_exists(), Ok(false)) {
            return Err(Error::input(format!(
                "{} is not a run: it has no {}; `genomenas search`, `train` and `compare` make runs",
                folder.display(),
                files::SETTINGS
            )));
        }
        let text = read_text(&path)?;
        let (stated, rest) = split(&text);
        let settings = parse_toml(rest, &path)?;
        let digest = digest(&parse_toml(rest, &path)?)?;
        if let Some(stated) = stated.filter(|stated| *stated != digest) {
            let what = format!(
                "it was changed since the run was made: expected the SHA-256 {stated}, found {digest}; put it back as \
                 it was, or make a new run in another folder"
            );
            return Err(Error::file("use", &path, what));
        }
        Ok(Kept { settings, digest, verified: stated.is_some() })
    }

    /// These settings with what no result depends on as `there` has it, so that the rest can be compared: the version that
    /// wrote it, where the data and the plugin with this very content lie, how long the plugin's calls may take, whether it
    /// is confined.
    #[must_use]
    pub(crate) fn placed_as(&self, there: &Self) -> Self {
        let mut placed = Self { genomenas: there.genomenas.clone(), ..self.clone() };
        if placed.data.digest == there.data.digest {
            placed.data.store.clone_from(&there.data.store);
        }
        if let (Some(search), Some(there)) = (&mut placed.search, &there.search) {
            if search.plugin_sha256 == there.plugin_sha256 {
                search.plugin_file.clone_from(&there.plugin_file);
            }
            search.hook_deadline = there.hook_deadline;
            search.unconfined = there.unconfined;
            // Spaces are compared themselves.
            search.space_sha256.clone_from(&there.space_sha256);
        }
        placed.architecture_sha256.clone_from(&there.architecture_sha256);
        placed
    }

    /// These settings with the places of the data and of the plugin in `later` ones of the same run.
    #[must_use]
    pub(super) fn moved_to(&self, later: &Self) -> Self {
        let mut settings = self.clone();
        settings.data.store.clone_from(&later.data.store);
        if let (Some(search), Some(now)) = (&mut settings.search, &later.search) {
            search.plugin_file.clone_from(&now.plugin_file);
        }
        settings
    }

    /// These settings of a run that goes on, with what a `later` start of it changes of that.
    #[must_use]
    pub(super) fn adapted_to(&self, later: &Self) -> Self {
        let mut settings = self.moved_to(later);
        if let (Some(search), Some(now)) = (&mut settings.search, &later.search) {
            search.hook_deadline = now.hook_deadline.or(search.hook_deadline);
            search.unconfined |= now.unconfined;
        }
        settings
    }

    /// Writes `run.toml` into a run folder.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        genomenas_data::files::write_atomically(&folder.join(files::SETTINGS), self.to_toml()?.as_bytes())
    }

    /// The text of `run.toml`.
    pub fn to_toml(&self) -> Result<String> {
        let unwritable = |error: &dyn Display| Error::failed(format!("cannot write the run's settings: {error}"));
        let text = toml::to_string(self).map_err(|error| unwritable(&error))?;
        let digest = digest(&toml::from_str(&text).map_err(|error| unwritable(&error))?)?;
        Ok(format!("{DIGEST}\"{digest}\"\n{text}"))
    }
}

/// The digest in the first line, and the rest, which begins with the end of that line: lines keep their numbers.
fn split(text: &str) -> (Option<&str>, &str) {
    let Some(after) = text.strip_prefix(DIGEST) else { return (None, text) };
    let (stated, rest) = after.split_at(after.find('\n').unwrap_or(after.len()));
    (Some(stated.trim().trim_matches('"')), rest)
}

/// The digest of a document, whatever its layout and the order of its keys. It is taken over what stands there, so that
/// settings which a later version adds change nothing.
fn digest(document: &toml::Table) -> Result<String> {
    let mut document = serde_json::to_value(document)
        .map_err(|error| Error::bug(format!("settings cannot be written as JSON: {error}")))?;
    for path in FREE {
        let Some((last, tables)) = path.split_last() else { continue };
        let table = tables.iter().try_fold(&mut document, |table, key| table.get_mut(*key));
        if let Some(serde_json::Value::Object(table)) = table {
            table.remove(*last);
        }
    }
    document.sort_all_objects();
    Ok(sha256(document.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use genomenas_data::files::write_atomically;

    use super::*;

    fn settings() -> Settings {
        let search = Search {
            strategy: "danq".to_owned(),
            plugin: "danq".to_owned(),
            plugin_version: "0.1.0".to_owned(),
            plugin_sha256: "ab".to_owned(),
            plugin_file: "/plugins/libdanq.so".into(),
            budget: "100samples".parse().unwrap(),
            in_flight: 1,
            space: "genomenas".to_owned(),
            space_sha256: Some("cd".to_owned()),
            hook_deadline: None,
            unconfined: false,
            parameters: serde_json::Map::new(),
        };
        Settings {
            version: 1,
            genomenas: "0.1.0".to_owned(),
            seed: 1,
            device: "cpu".to_owned(),
            threads: 2,
            precision: Precision::Fp32,
            test: false,
            data: Data { store: "/data/yeast.arrow".into(), digest: "ef".to_owned(), fold: None },
            search: Some(search),
            architecture_sha256: None,
            own_recipe: false,
            tune: None,
            final_training: Some(Plan::default()),
        }
    }

    fn kept(text: &str) -> Result<Kept> {
        let folder = tempfile::tempdir().unwrap();
        write_atomically(&folder.path().join(files::SETTINGS), text.as_bytes()).unwrap();
        Settings::kept(folder.path())
    }

    #[test]
    fn what_is_written_reads_back_and_is_verified() {
        let kept = kept(&settings().to_toml().unwrap()).unwrap();
        assert_eq!(kept.settings, settings());
        assert!(kept.verified);
    }

    #[test]
    fn a_setting_that_a_result_depends_on_may_not_change() {
        let text = settings().to_toml().unwrap();
        let changes = [
            ("seed = 1", "seed = 2"),
            ("amount = 100", "amount = 101"),
            ("version = 1", "version = 3"),
            ("threads = 2", "threads = 1"),
            ("epochs = ", "epochs = 1"),
            ("cd", "ce"),
        ];
        for (before, after) in changes {
            assert!(text.contains(before), "{before}: {text}");
            let error = kept(&text.replacen(before, after, 1)).unwrap_err().to_string();
            assert!(error.contains("run.toml") && error.contains("was changed since the run was made"), "{error}");
        }
        // A cut at the beginning of a table leaves a whole document, of another run.
        let cut = &text[..text.find("\n[final").unwrap()];
        assert!(kept(cut).unwrap_err().to_string().contains("was changed"));
    }

    #[test]
    fn float32_is_left_out_and_another_precision_is_a_setting() {
        assert!(!settings().to_toml().unwrap().contains("precision"));
        let text = Settings { precision: Precision::Bf16, ..settings() }.to_toml().unwrap();
        assert_eq!(kept(&text).unwrap().settings.precision, Precision::Bf16);
        assert!(kept(&text.replacen("precision = \"bf16\"\n", "", 1)).is_err(), "a result depends on it");
    }

    #[test]
    fn where_files_lie_and_who_wrote_them_may_change() {
        let text = settings().to_toml().unwrap();
        let digest = kept(&text).unwrap().digest;
        let moved =
            text.replace("/data/", "/moved/").replace("/plugins/", "/moved/").replace("0.1.0\"\nseed", "9\"\nseed");
        assert_ne!(moved, text);
        assert_eq!(kept(&format!("{moved}\n# a comment\n")).unwrap().digest, digest);
    }

    #[test]
    fn a_document_of_an_earlier_version_has_no_digest_and_is_read_unverified() {
        let text = settings().to_toml().unwrap();
        let (_, rest) = split(&text);
        let old = kept(rest).unwrap();
        assert!(!old.verified);
        assert_eq!(old.digest, kept(&text).unwrap().digest);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let text = settings().to_toml().unwrap();
        let line = text.lines().position(|line| line.starts_with("seed")).unwrap() + 1;
        let error = kept(&text.replacen("seed = 1", "seed = one", 1)).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}:")), "{error}");
    }
}
