//! `result.json`: how a run ended. Written last; its presence says that the run is over.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{read_own, write_atomically};
use genomenas_data::hash::sha256;
use genomenas_data::store::SplitLeakage;
use genomenas_data::text::{bounded, printable};
use genomenas_data::{Precision, StoreInfo};
use genomenas_plugin::engine::Tuned;
use genomenas_plugin::message::{Cost, Plan};
use genomenas_report::metrics::Metrics;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The fold that was the test, from 1; absent where the data has splits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
    /// The seed.
    pub seed: u64,
    /// How precisely networks computed; absent for float32.
    #[serde(default, skip_serializing_if = "Precision::is_default")]
    pub precision: Precision,
    /// Whether the plugin ran without confinement, so that nothing but its good will kept it from the test split.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unconfined: bool,
    /// Rows of the data that are in more than one split, which scores on them do not tell of; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub straddling: Option<SplitLeakage>,
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
    /// Whether the final training was one to the optimum of a convex loss, in place of the recipe of the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trained_to_optimum: bool,
    /// The plan of the final training, where it is not the recipe of the run: that of the search's trials, or the one that was
    /// kept of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_plan: Option<Plan>,
    /// The final trainings that ended, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tuned: Vec<Tuned>,
    /// The best epoch of the final training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<u32>,
    /// Scores on the validation split, with the final weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<Metrics>,
    /// Scores on the sealed test split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Metrics>,
    /// SHA-256 of `architecture.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture_sha256: Option<String>,
    /// SHA-256 of the file of the final weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_sha256: Option<String>,
    /// SHA-256 of the file of the test split's resamples. Earlier versions kept none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_resamples_sha256: Option<String>,
    /// What the last line of the journal ended with. Earlier versions wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// SHA-256 of all the rest but measured times and the chain, which no other number depends on. Earlier versions wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
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
    pub(super) fn of(settings: &Settings, data: &StoreInfo) -> Self {
        Self {
            state: State::Done,
            reason: None,
            strategy: settings.search.as_ref().map(|search| search.strategy.clone()),
            fold: settings.data.fold,
            seed: settings.seed,
            precision: settings.precision,
            unconfined: settings.search.as_ref().is_some_and(|search| search.unconfined),
            straddling: data.leakage,
            trials: 0,
            search: None,
            final_training: None,
            parameters: None,
            multiply_adds: None,
            architecture_hash: None,
            trained_to_optimum: false,
            final_plan: None,
            tuned: Vec::new(),
            best_epoch: None,
            valid: None,
            test: None,
            architecture_sha256: None,
            weights_sha256: None,
            test_resamples_sha256: None,
            chain: None,
            sha256: None,
        }
    }

    /// The result in a run folder; `None` while the run is not over.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not as it was written.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let again = || {
            format!(
                "put it back, or remove it, then `genomenas run {}` does the end of the run again",
                folder.display()
            )
        };
        Self::look(folder).map_err(|unreadable| {
            Error::file("understand", &folder.join(files::RESULT), format!("{}; {}", unreadable.why, again()))
        })
    }

    /// As [`read`](Self::read), with the cause alone where it cannot be read.
    pub(crate) fn look(folder: &Path) -> Result<Option<Self>, Unreadable> {
        /// A result has some hundred bytes a label.
        const MOST: u64 = 1 << 30;
        /// Letters of a cause, which may quote what is in the file.
        const LONGEST: usize = 400;
        let bytes = match read_own(&folder.join(files::RESULT), MOST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Unreadable { damaged: error.kind() == ErrorKind::InvalidData, why: error.to_string() });
            }
        };
        let damaged =
            |error: &dyn Display| Unreadable { why: bounded(&printable(&error.to_string()), LONGEST), damaged: true };
        let result: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
        let found = digest(&bytes).map_err(|error| damaged(&error))?;
        match &result.sha256 {
            Some(expected) if *expected != found => Err(damaged(&format!(
                "it was changed since the run ended: expected the SHA-256 {expected}, found {found}"
            ))),
            _ => Ok(Some(result)),
        }
    }

    pub(super) fn write(&mut self, folder: &Path) -> Result<()> {
        let unwritable = |error: serde_json::Error| Error::failed(format!("cannot write the result: {error}"));
        self.sha256 = None;
        let text = serde_json::to_vec(self).map_err(unwritable)?;
        self.sha256 = Some(digest(&text).map_err(unwritable)?);
        let mut text = serde_json::to_vec_pretty(self).map_err(unwritable)?;
        text.push(b'\n');
        write_atomically(&folder.join(files::RESULT), &text)
    }
}

/// The digest of a result: of everything but the digest itself, seconds and memory. So two runs that came to the same
/// have the same digest.
fn digest(text: &[u8]) -> Result<String, serde_json::Error> {
    let mut document: Value = serde_json::from_slice(text)?;
    if let Value::Object(members) = &mut document {
        members.remove("sha256");
    }
    remove_measured(&mut document);
    document.sort_all_objects();
    Ok(sha256(document.to_string().as_bytes()))
}

fn remove_measured(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !matches!(name.as_str(), "seconds" | "peak_memory" | "chain"));
            members.values_mut().for_each(remove_measured);
        }
        Value::Array(values) => values.iter_mut().for_each(remove_measured),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> RunResult {
        RunResult {
            state: State::Done,
            reason: None,
            strategy: Some("danq".to_owned()),
            fold: None,
            seed: 7,
            precision: Precision::Fp32,
            unconfined: false,
            straddling: None,
            trials: 2,
            search: Some(Cost { samples: 10, seconds: 1.5, ..Cost::default() }),
            final_training: None,
            parameters: Some(5),
            multiply_adds: None,
            architecture_hash: None,
            trained_to_optimum: false,
            final_plan: None,
            tuned: Vec::new(),
            best_epoch: Some(3),
            valid: None,
            test: None,
            architecture_sha256: None,
            weights_sha256: None,
            test_resamples_sha256: None,
            chain: None,
            sha256: None,
        }
    }

    fn put(folder: &Path, bytes: &[u8]) {
        write_atomically(&folder.join(files::RESULT), bytes).unwrap();
    }

    #[test]
    fn every_flipped_bit_is_found_but_in_a_measured_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut written = result();
        written.write(folder.path()).unwrap();
        assert_eq!(RunResult::read(folder.path()).unwrap().unwrap(), written);
        let whole = std::fs::read(folder.path().join(files::RESULT)).unwrap();
        let mut found = 0;
        for bit in 0..8 * whole.len() {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            put(folder.path(), &flipped);
            match RunResult::read(folder.path()) {
                Ok(read) => {
                    let mut read = read.unwrap();
                    read.search = written.search;
                    // Without its digest it is one of an earlier version, and all the rest is as it was.
                    read.sha256.clone_from(&written.sha256);
                    assert_eq!(read, written);
                }
                Err(error) => {
                    assert!(error.to_string().contains("result.json"), "{error}");
                    found += 1;
                }
            }
        }
        assert!(found > 8 * whole.len() / 2, "{found}");
    }

    #[test]
    fn a_result_of_an_earlier_version_is_read() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), br#"{"state":"done","seed":7,"trials":2}"#);
        assert_eq!(RunResult::read(folder.path()).unwrap().unwrap().seed, 7);
    }
}
