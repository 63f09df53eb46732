//! A comparison: `comparison.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::data::{DataSummary, Setting};
use super::published::Published;
use super::ranking::Ranking;
use super::recipes::Recipes;
use super::run::RunSummary;
use super::statistics::Statistics;
use crate::metrics::Metrics;

/// A set of runs on equal terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The title of the page.
    pub title: String,
    /// The data every run used.
    pub data: DataSummary,
    /// The budget every run had, in words: "200,000 training samples".
    pub budget: String,
    /// That budget as a number of training splits, where it counts samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_epochs: Option<f64>,
    /// By which recipe each run is trained in the end; absent where one is for all.
    #[serde(default, skip_serializing_if = "Recipes::is_common")]
    pub recipes: Recipes,
    /// The final training of every found architecture, or what its recipes have in common.
    pub recipe: Vec<Setting>,
    /// What the leaderboard is sorted by.
    pub ranked_by: Ranking,
    /// The strategies, in the order of the plan.
    pub entries: Vec<Entry>,
    /// The best architecture that anyone found, trained again; absent where nobody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Ceiling>,
    /// How many more there are that a person hid.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden: u64,
    /// What follows from the results for the differences between entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
    /// What others reported on this data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<Published>,
    /// The program and its version: "genomenas 0.1.0".
    pub generated_by: String,
    /// The command line that repeats this comparison.
    pub command: String,
    /// Versions and machine facts worth keeping: libtorch, device, threads.
    #[serde(default)]
    pub environment: Vec<Setting>,
}

/// The best architecture that any entry found, by its score on the validation split, trained again from scratch with every
/// seed. It is no strategy and is never ranked: all entries together paid for its search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// The runs that found it: "danq width=0.1, seed 2"; one for each fold. None while runs are open.
    pub found_by: Vec<String>,
    /// Its runs, as those of an entry.
    pub entry: Entry,
}

/// A strategy on the data of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, different from those of all other entries: "danq" or "danq width=0.1".
    pub name: String,
    /// The strategy's id within its plugin.
    pub strategy: String,
    /// The plugin's id.
    pub plugin: String,
    /// The plugin's version.
    pub plugin_version: String,
    /// The strategy's parameters that differ from their defaults.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Whether this is one of the controls.
    #[serde(default)]
    pub control: bool,
    /// The day on which it was added to a comparison that had begun; absent where it was there from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// One run per seed, for each fold where the data has folds.
    pub runs: Vec<RunSummary>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Comparison {
    /// The columns of the leaderboard: those of the task, as the first result shows it or, without one, `ranked_by`.
    pub(crate) fn columns(&self) -> [Ranking; 3] {
        let measured = self.entries.iter().flat_map(|entry| &entry.runs).find_map(RunSummary::result);
        let is = |of: fn(&Metrics) -> bool| measured.is_some_and(of);
        if Ranking::OF_VALUES.contains(&self.ranked_by) || is(|metrics| !metrics.averages.mse.is_absent()) {
            Ranking::OF_VALUES
        } else if self.ranked_by == Ranking::Accuracy || is(|metrics| metrics.accuracy.is_some()) {
            Ranking::OF_CLASSES
        } else {
            Ranking::OF_LABELS
        }
    }
}
