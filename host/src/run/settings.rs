//! `run.toml`: everything a run needs to know, resolved, so that its folder and the data are enough to run it anywhere.

use std::path::{Path, PathBuf};

use genomenas_plugin::message::{Budget, Plan};
use genomenas_plugin::serde_json;
use serde::{Deserialize, Serialize};

use genomenas_data::error::{Error, Result};

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
    /// Whether the sealed test split is scored at the end.
    pub test: bool,
    /// The data set.
    pub data: Data,
    /// The search; absent when a given architecture is trained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
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
    /// The most bytes that are read of a document: it has some kilobytes, and an architecture at most some megabytes.
    pub const MOST_TEXT: u64 = 256 << 20;
}

impl Settings {
    /// Reads `run.toml` of a run folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(files::SETTINGS);
        let bytes = genomenas_data::files::read_own(&path, files::MOST_TEXT).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::input(format!(
                "{} is not a run: it has no {}; `genomenas search`, `train` and `compare` make runs",
                folder.display(),
                files::SETTINGS
            )),
            _ => Error::io("read", &path, error),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| Error::file("read", &path, "it is not text (UTF-8)"))?;
        genomenas_data::files::parse_toml(&text, &path)
    }

    /// These settings with the places that `there` notes for what is the same by its digest, and the version that wrote
    /// `there`: what is left differs in the run itself.
    pub(crate) fn placed_as(&self, there: &Self) -> Self {
        let mut placed = Self { genomenas: there.genomenas.clone(), ..self.clone() };
        if placed.data.digest == there.data.digest {
            placed.data.store.clone_from(&there.data.store);
        }
        if let (Some(search), Some(there)) = (&mut placed.search, &there.search)
            && search.plugin_sha256 == there.plugin_sha256
        {
            search.plugin_file.clone_from(&there.plugin_file);
        }
        placed
    }

    /// Writes `run.toml` into a run folder.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        genomenas_data::files::write_atomically(&folder.join(files::SETTINGS), self.to_toml()?.as_bytes())
    }

    /// The text of `run.toml`.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|error| Error::failed(format!("cannot write the run's settings: {error}")))
    }
}
