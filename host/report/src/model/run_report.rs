//! A run by itself: the input of a run's page, and what `genomenas report --json` prints of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::data::{DataSummary, Setting};
use super::options::OptionHistory;
use super::run::RunSummary;
use crate::metrics::Metrics;

/// A run by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// What was run: "danq on yeast.arrow, seed 1".
    pub title: String,
    /// The terms of the search; `None` for a training of a given architecture.
    #[serde(default)]
    pub search: Option<SearchTerms>,
    /// The data; path and digest only where it can no longer be read.
    pub data: DataSummary,
    /// The final training; empty for a search alone.
    #[serde(default)]
    pub recipe: Vec<Setting>,
    /// Its state and results.
    pub run: RunSummary,
    /// The metrics of the kept weights on the validation split, label by label.
    #[serde(default)]
    pub valid: Option<Metrics>,
    /// The program and its version: "genomenas 0.1.0".
    pub generated_by: String,
    /// Versions and machine facts worth keeping: device, threads.
    #[serde(default)]
    pub environment: Vec<Setting>,
    /// Its entry's place in the comparison that it belongs to; `None` for a run by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What became of the options of its search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<OptionHistory>,
}

/// The place of an entry in the plan of a comparison, which decides its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From 0.
    pub slot: usize,
    /// Whether it is one of the controls.
    #[serde(default)]
    pub control: bool,
}

/// The terms of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchTerms {
    /// The strategy's id.
    pub strategy: String,
    /// The strategy's parameters that differ from their defaults.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// The plugin's id.
    pub plugin: String,
    /// The plugin's version.
    pub plugin_version: String,
    /// The space.
    pub space: String,
    /// The budget in words.
    pub budget: String,
}
