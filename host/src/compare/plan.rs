//! The resolved plan of a comparison: `comparison.toml`, from which every run folder and every report is made.

use std::path::{Path, PathBuf};

use genomenas_data::Precision;
use genomenas_data::error::{Error, Result};
use genomenas_data::store::SplitLeakage;
use genomenas_plugin::message::{self, Budget};
use genomenas_report::model::{FoldSummary, Published, Ranking, Recipes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::difference;
use crate::run::settings::{Data, Search, Settings, one};
use crate::spec::Spec;
use crate::spec::hook_deadline::HookDeadline;
use crate::spec::request::Request;
use crate::spec::seeds::Seeds;
use crate::spec::tune::Tune;

/// The name of the plan in a comparison's folder.
pub const FILE: &str = "comparison.toml";
/// The name of the space beside it.
pub const SPACE_FILE: &str = "space.toml";
/// The folder of the run folders.
pub const RUNS: &str = "runs";
/// The version of the document.
const VERSION: u32 = 1;

/// Everything that a comparison needs to know, resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonPlan {
    /// Version of this document: 1.
    pub version: u32,
    /// The genomenas that wrote it.
    pub genomenas: String,
    /// Its title.
    pub title: String,
    /// The command line that asked for it.
    pub command: String,
    /// Runs at once; the one thing that may change when a comparison is continued.
    pub jobs: u32,
    /// The seeds of every entry.
    pub seeds: Vec<u64>,
    /// Whether the controls are added where they are missing.
    pub control: bool,
    /// Whether the best architecture that anyone found is trained again with every seed; absent where it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ceiling: bool,
    /// What the leaderboard is sorted by.
    pub ranked_by: Ranking,
    /// What every search may spend.
    pub budget: Budget,
    /// Trials of a run that take turns.
    #[serde(rename = "in_flight", default = "one")]
    pub concurrent_trials: u32,
    /// The space that is searched.
    pub space: SpacePlan,
    /// The longest that a call of a plugin may take; absent for the usual time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook_deadline: Option<HookDeadline>,
    /// Whether plugins ran without confinement, at any time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unconfined: bool,
    /// By which recipe what each run found is trained; absent where one is for all.
    #[serde(default, skip_serializing_if = "Recipes::is_common")]
    pub recipe: Recipes,
    /// What every run runs on.
    pub machine: Machine,
    /// The data.
    pub data: DataPlan,
    /// What others reported on this data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<Published>,
    /// The strategies.
    pub entries: Vec<EntryPlan>,
    /// The recipes of which the best is kept for each run; absent where none is tuned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune: Option<Tune>,
    /// The final training of whatever is found, where it has no recipe of its own.
    #[serde(rename = "final")]
    pub final_training: message::Plan,
}

/// The space of a comparison; the document itself lies beside the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpacePlan {
    /// How the person named it.
    pub name: String,
    /// SHA-256 of the document.
    pub sha256: String,
    /// The sizes that followed from the data, as they would be given; absent where none did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sizes: String,
}

/// What every run runs on. Nothing of it may change, since all of it changes the last digits of a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// `auto`, `cpu` or `cuda[:i]`.
    pub device: String,
    /// Threads of one run.
    pub threads: u32,
    /// How precisely networks compute; absent for float32.
    #[serde(default, skip_serializing_if = "Precision::is_default")]
    pub precision: Precision,
}

/// The data of a comparison, with what a report says about it, so that a report needs no data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPlan {
    /// The store, as an absolute path.
    pub store: PathBuf,
    /// The digest of its content.
    pub digest: String,
    /// Bases a window.
    pub length: u64,
    /// Rows of the training, validation and test splits; means over the folds, where there are some.
    pub rows: [u64; 3],
    /// The labels' names.
    pub labels: Vec<String>,
    /// Rows that are in more than one split; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub straddling: Option<SplitLeakage>,
    /// The splits of each run, where folds take turns as the test; none where the data has splits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<FoldSummary>,
}

/// A strategy of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryPlan {
    /// A name that no other entry has.
    pub name: String,
    /// The folder of its runs, within [`RUNS`].
    pub folder: String,
    /// Whether it is one of the controls.
    pub control: bool,
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
    /// Parameters that differ from the strategy's defaults.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The day on which it was added to a comparison that had begun, as `2026-12-31`; absent where it was there from the
    /// beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// Whether it is shown nowhere and nothing of it is done, until it is added again. What was done stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// One run of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRun {
    /// Its entry's place in [`ComparisonPlan::entries`].
    pub entry: usize,
    /// The fold that is its test, from 1, where the data has folds.
    pub fold: Option<u32>,
    /// Its seed.
    pub seed: u64,
    /// A name that no other run has, for a person.
    pub name: String,
    /// Its folder, relative to the comparison's.
    pub folder: PathBuf,
}

impl ComparisonPlan {
    /// The version of the documents that this genomenas writes and reads.
    pub const VERSION: u32 = VERSION;

    /// All runs of entries that are not hidden, seed by seed, and fold by fold within a seed, so that every strategy has a
    /// result early.
    pub fn runs(&self) -> Vec<PlannedRun> {
        let is_hidden = |run: &PlannedRun| self.entries.get(run.entry).is_some_and(|entry| entry.hidden);
        self.all_runs().into_iter().filter(|run| !is_hidden(run)).collect()
    }

    /// The same with those of hidden entries.
    pub fn all_runs(&self) -> Vec<PlannedRun> {
        let folds: Vec<Option<u32>> = match self.data.folds.len() {
            0 => vec![None],
            _ => self.data.folds.iter().zip(1..).map(|(_, number)| Some(number)).collect(),
        };
        let turns = self.seeds.iter().flat_map(|seed| folds.iter().map(move |fold| (*fold, *seed)));
        let of_turn = |(fold, seed): (Option<u32>, u64)| {
            self.entries.iter().enumerate().map(move |(entry, planned)| PlannedRun {
                entry,
                fold,
                seed,
                name: match fold {
                    None => format!("{} seed {seed}", planned.name),
                    Some(fold) => format!("{} fold {fold} seed {seed}", planned.name),
                },
                folder: Path::new(RUNS).join(&planned.folder).join(folder_of(fold, seed)),
            })
        };
        turns.flat_map(of_turn).collect()
    }

    /// Runs of each entry.
    pub fn turns(&self) -> usize {
        self.seeds.len() * self.data.folds.len().max(1)
    }

    /// The settings of one run.
    pub fn settings(&self, run: &PlannedRun) -> Option<Settings> {
        let entry = self.entries.get(run.entry)?;
        Some(Settings {
            version: 1,
            genomenas: self.genomenas.clone(),
            seed: run.seed,
            device: self.machine.device.clone(),
            threads: self.machine.threads,
            precision: self.machine.precision,
            test: true,
            data: Data { store: self.data.store.clone(), digest: self.data.digest.clone(), fold: run.fold },
            search: Some(entry.search(self)),
            architecture_sha256: None,
            own_recipe: self.recipe == Recipes::Own,
            tune: self.tune.clone(),
            final_training: Some(self.final_training.clone()),
        })
    }

    /// The request that asks for this plan again, except for its data and its space, which the plan knows by their digests.
    pub fn request(&self) -> Result<Request> {
        let recipe = toml::Table::try_from(&self.final_training)
            .map_err(|error| Error::bug(format!("the plan's final training cannot be read again: {error}")))?;
        Ok(Request {
            title: Some(self.title.clone()),
            data: None,
            out: None,
            // What was added is in its place after them.
            strategies: Some(self.entries.iter().filter(|of| of.added.is_none()).map(EntryPlan::spec).collect()),
            seeds: Some(Seeds::new(self.seeds.clone())?),
            budget: Some(self.budget.into()),
            space: None,
            control: Some(self.control),
            ceiling: Some(self.ceiling),
            published: Some(self.published.clone()),
            ranked_by: Some(self.ranked_by),
            concurrent_trials: Some(self.concurrent_trials),
            jobs: Some(self.jobs),
            threads: None,
            device: Some(self.machine.device.clone()),
            precision: Some(self.machine.precision),
            hook_deadline: self.hook_deadline,
            recipe: Some(self.recipe),
            tune: self.tune.as_ref().map(Tune::grid),
            final_training: Some(recipe),
        })
    }

    /// The first thing in which `self`, the plan in a folder, differs from `new` and may not; for a person to read. Where
    /// things lie, and what they are called, is no difference as long as they are the same by their digests; nor is what
    /// was added behind the entries, or which of them are hidden.
    pub fn first_difference(&self, new: &Self) -> Result<Option<String>> {
        let mut new = Self { genomenas: self.genomenas.clone(), ..new.clone() };
        if new.data.digest == self.data.digest {
            new.data.store.clone_from(&self.data.store);
            // Earlier versions recorded less of the same data.
            new.data.straddling = self.data.straddling;
        }
        if new.space.sha256 == self.space.sha256 {
            new.space = self.space.clone();
        }
        while new.entries.len() > self.entries.len() && new.entries.last().is_some_and(|entry| entry.added.is_some()) {
            new.entries.pop();
        }
        for (entry, before) in new.entries.iter_mut().zip(&self.entries) {
            entry.hidden = before.hidden;
            if entry.plugin_sha256 == before.plugin_sha256 {
                entry.plugin_file.clone_from(&before.plugin_file);
            }
        }
        difference::first(self, &new, &FREE)
    }
}

/// The name of the folder of a run, within that of its entry.
pub(super) fn folder_of(fold: Option<u32>, seed: u64) -> String {
    fold.map_or_else(|| format!("seed-{seed}"), |fold| format!("fold-{fold}-seed-{seed}"))
}

/// Whether this is the name of the folder of some run of some plan.
pub(super) fn is_of_run(name: &str) -> bool {
    let (fold, seed) = match name.strip_prefix("fold-").map(|rest| rest.split_once('-')) {
        None => (None, name),
        Some(Some((fold, rest))) => (fold.parse().ok(), rest),
        Some(None) => return false,
    };
    let seed = seed.strip_prefix("seed-").and_then(|seed| seed.parse().ok());
    seed.is_some_and(|seed| folder_of(fold, seed) == name)
}

impl EntryPlan {
    /// The search settings of a run of this entry in `plan`.
    pub fn search(&self, plan: &ComparisonPlan) -> Search {
        Search {
            strategy: self.strategy.clone(),
            plugin: self.plugin.clone(),
            plugin_version: self.plugin_version.clone(),
            plugin_sha256: self.plugin_sha256.clone(),
            plugin_file: self.plugin_file.clone(),
            budget: plan.budget,
            in_flight: plan.concurrent_trials,
            space: plan.space.name.clone(),
            space_sha256: None,
            hook_deadline: plan.hook_deadline,
            unconfined: plan.unconfined,
            parameters: self.parameters.clone(),
        }
    }

    /// The strategy and its parameters as a person writes them: with its plugin where they did or gave it a name.
    pub fn spec(&self) -> Spec {
        let id = self.name.split_whitespace().next().unwrap_or(&self.strategy);
        let spec = Spec { id: id.to_owned(), parameters: self.parameters.clone(), name: None };
        let with_plugin = format!("{}/{}", self.plugin, self.strategy);
        // A name of one word looks like a strategy without parameters.
        if (id == self.strategy || id == with_plugin) && spec.to_string() == self.name {
            return spec;
        }
        Spec { id: with_plugin, name: Some(self.name.clone()), ..spec }
    }
}

/// What a comparison may change when it is continued: how it is shown, what comes after its runs, how it is spread over the machine, and how its
/// plugins are held, on which no result depends.
const FREE: [&str; 8] =
    ["jobs", "published", "title", "command", "ceiling", "ranked_by", "hook_deadline", "unconfined"];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::spec::recipe;
    use genomenas_data::store::PerSplit;

    pub(in crate::compare) fn plan() -> ComparisonPlan {
        let danq: Spec = "danq width=0.1".parse().unwrap();
        ComparisonPlan {
            version: VERSION,
            genomenas: "0.1.0".to_owned(),
            title: "yeast".to_owned(),
            command: "genomenas compare".to_owned(),
            jobs: 1,
            seeds: vec![1, 2],
            control: true,
            ceiling: false,
            ranked_by: Ranking::Auroc,
            budget: "100samples".parse().unwrap(),
            concurrent_trials: 1,
            space: SpacePlan { name: "genomenas cells=1".to_owned(), sha256: "ab".to_owned(), sizes: String::new() },
            hook_deadline: None,
            unconfined: false,
            machine: Machine { device: "cpu".to_owned(), threads: 2, precision: Precision::Fp32 },
            data: DataPlan {
                store: "/data/yeast.arrow".into(),
                digest: "cd".to_owned(),
                length: 200,
                rows: [10, 5, 5],
                labels: vec!["gene".to_owned()],
                straddling: None,
                folds: Vec::new(),
            },
            published: Vec::new(),
            entries: vec![EntryPlan {
                name: danq.to_string(),
                folder: danq.folder(),
                control: false,
                strategy: danq.id.clone(),
                plugin: "danq".to_owned(),
                plugin_version: "0.1.0".to_owned(),
                plugin_sha256: "ef".to_owned(),
                plugin_file: "/plugins/libdanq.so".into(),
                parameters: danq.parameters,
                added: None,
                hidden: false,
            }],
            recipe: Recipes::Common,
            tune: None,
            final_training: recipe::default(),
        }
    }

    #[test]
    fn an_entry_may_be_added_behind_the_others_or_hidden_and_nothing_else() {
        let mut new = plan();
        let entry = new.entries[0].clone();
        new.entries.push(EntryPlan { name: "danq".to_owned(), added: Some("2026-12-31".to_owned()), ..entry.clone() });
        new.entries[0].hidden = true;
        assert_eq!(plan().first_difference(&new).unwrap(), None);
        assert!(new.first_difference(&plan()).unwrap().unwrap().ends_with("and absent here"), "nothing is taken out");
        new.entries[1].added = None;
        assert!(plan().first_difference(&new).unwrap().is_some());
        assert_eq!((new.runs().len(), new.all_runs().len()), (2, 4));
        assert!(new.runs().iter().all(|run| run.entry == 1));
    }

    #[test]
    fn where_things_lie_may_change_while_their_digests_stay() {
        let mut new = ComparisonPlan { genomenas: "0.2.0".to_owned(), ..plan() };
        new.data.store = "/elsewhere/yeast.arrow".into();
        new.space.name = "/elsewhere/space.toml".to_owned();
        new.entries[0].plugin_file = "/elsewhere/libdanq.so".into();
        assert_eq!(plan().first_difference(&new).unwrap(), None);
        new.data.digest = "00".to_owned();
        assert!(plan().first_difference(&new).unwrap().unwrap().starts_with("data."));
    }

    #[test]
    fn a_name_of_one_word_is_no_strategy() {
        let entry = |name: &str, parameters: Map<String, Value>| EntryPlan {
            name: name.to_owned(),
            parameters,
            ..plan().entries.remove(0)
        };
        let small = entry("small", Map::new()).spec();
        assert_eq!((small.id.as_str(), small.title().as_str()), ("danq/danq", "small"));
        for name in ["danq", "danq/danq"] {
            let plain = entry(name, Map::new()).spec();
            assert_eq!((plain.id.as_str(), plain.name), (name, None));
        }
    }

    #[test]
    fn jobs_title_and_how_plugins_are_held_may_change() {
        let hook_deadline = Some("5m".parse().unwrap());
        let new = ComparisonPlan { jobs: 7, title: "other".to_owned(), hook_deadline, unconfined: true, ..plan() };
        assert_eq!(plan().first_difference(&new).unwrap(), None);
    }

    #[test]
    fn the_first_difference_names_the_field_and_both_values() {
        let changed = |change: fn(&mut EntryPlan)| {
            let mut new = plan();
            change(&mut new.entries[0]);
            plan().first_difference(&new).unwrap().unwrap()
        };
        assert_eq!(
            changed(|entry| entry.plugin_sha256 = "00".to_owned()),
            "entries['danq width=0.1'].plugin_sha256 is \"ef\" there and \"00\" here"
        );
        assert_eq!(
            changed(|entry| entry.name = "deepsea".to_owned()),
            "entries[0].name is \"danq width=0.1\" there and \"deepsea\" here"
        );
        let new = ComparisonPlan { seeds: vec![1], ..plan() };
        assert_eq!(plan().first_difference(&new).unwrap().unwrap(), "seeds is [1,2] there and [1] here");
        let new = ComparisonPlan { entries: Vec::new(), ..plan() };
        assert!(plan().first_difference(&new).unwrap().unwrap().ends_with("and absent here"));
    }

    #[test]
    fn every_fold_has_a_run_with_every_seed() {
        let (straddling, rows) = (SplitLeakage::default(), PerSplit { train: 10, valid: 5, test: 5 });
        let mut plan = plan();
        plan.data.folds = vec![FoldSummary { rows, straddling }; 3];
        let runs = plan.runs();
        assert_eq!((runs.len(), plan.turns()), (6, 6));
        assert_eq!((runs[1].fold, runs[1].seed, runs[1].name.as_str()), (Some(2), 1, "danq width=0.1 fold 2 seed 1"));
        assert_eq!(runs[4].folder.display().to_string(), "runs/danq-width=0.1/fold-2-seed-2");
        assert_eq!(plan.settings(&runs[4]).unwrap().data.fold, Some(2));
        let names = runs.iter().map(|run| run.folder.file_name().unwrap().to_str().unwrap());
        assert!(names.into_iter().all(is_of_run) && is_of_run("seed-7"));
        assert!(
            ["seed-7.abc", "fold-2", "fold-2-seed-x", "fold-x-seed-2", "notes"].iter().all(|name| !is_of_run(name))
        );
    }

    #[test]
    fn runs_come_seed_by_seed_each_in_a_folder_of_its_own() {
        let mut plan = plan();
        let mut other = plan.entries[0].clone();
        other.name = "deepsea".to_owned();
        other.folder = "deepsea".to_owned();
        plan.entries.push(other);
        let folders: Vec<_> = plan.runs().into_iter().map(|run| run.folder.display().to_string()).collect();
        assert_eq!(
            folders,
            ["runs/danq-width=0.1/seed-1", "runs/deepsea/seed-1", "runs/danq-width=0.1/seed-2", "runs/deepsea/seed-2"]
        );
    }
}
