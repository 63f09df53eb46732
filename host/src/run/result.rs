//! `result.json`: how a run ended. Written last; its presence says that the run is over.

use std::io::ErrorKind;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{read_own, write_atomically};
use genomenas_data::text::printable;
use genomenas_plugin::message::Cost;
use genomenas_report::metrics::Metrics;
use serde::{Deserialize, Serialize};

use super::settings::{Settings, files};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// Done or failed.
    pub state: State,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The strategy, if it searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The seed.
    pub seed: u64,
    /// Trials of the search.
    #[serde(default)]
    pub trials: u64,
    /// What the search cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Cost>,
    /// What the final training cost.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub final_training: Option<Cost>,
    /// Weights of what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// Multiply-adds of one sample's forward pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiply_adds: Option<u64>,
    /// The canonical hash of what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture_hash: Option<String>,
    /// The best epoch of the final training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<u32>,
    /// Scores on the validation split, with the final weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<Metrics>,
    /// Scores on the sealed test split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Metrics>,
}

/// The ways to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It did all it should.
    Done,
    /// It could not.
    Failed,
}

/// Why a result cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// In words.
    pub(crate) why: String,
    /// Whether it is the file that is damaged, and not the machine that cannot read it now.
    pub(crate) damaged: bool,
}

impl RunResult {
    /// A run with nothing to show yet.
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            state: State::Done,
            reason: None,
            strategy: settings.search.as_ref().map(|search| search.strategy.clone()),
            seed: settings.seed,
            trials: 0,
            search: None,
            final_training: None,
            parameters: None,
            multiply_adds: None,
            architecture_hash: None,
            best_epoch: None,
            valid: None,
            test: None,
        }
    }

    /// The result in a run folder; `None` while the run is not over.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        Self::look(folder).map_err(|unreadable| Error::file("understand", &folder.join(files::RESULT), unreadable.why))
    }

    /// As [`read`](Self::read), with the cause alone where it cannot be read.
    pub(crate) fn look(folder: &Path) -> Result<Option<Self>, Unreadable> {
        /// A result has some hundred bytes a label.
        const MOST: u64 = 1 << 30;
        /// Letters of a cause, which may quote what is in the file.
        const LONGEST: usize = 200;
        match read_own(&folder.join(files::RESULT), MOST) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let why = printable(&error.to_string()).chars().take(LONGEST).collect();
                Unreadable { why, damaged: true }
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unreadable { damaged: error.kind() == ErrorKind::InvalidData, why: error.to_string() }),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::failed(format!("cannot write the result: {error}")))?;
        text.push(b'\n');
        write_atomically(&folder.join(files::RESULT), &text)
    }
}
