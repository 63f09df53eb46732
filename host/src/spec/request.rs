//! What a person asks of a comparison: a file, and flags that win over it.

use std::path::{Path, PathBuf};

use genomenas_data::Precision;
use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_report::model::{Published, Ranking, Recipes};
use serde::Deserialize;

use super::budget::BudgetSpec;
use super::hook_deadline::HookDeadline;
use super::seeds::Seeds;
use super::tune::Grid;
use super::{Spec, recipe, space};

/// A comparison as a person writes it; what is absent is decided later.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// Its title.
    pub title: Option<String>,
    /// The store. In a file, relative to the file's folder, as every path is.
    pub data: Option<PathBuf>,
    /// The comparison's folder.
    pub out: Option<PathBuf>,
    /// The strategies.
    pub strategies: Option<Vec<Spec>>,
    /// The seeds.
    pub seeds: Option<Seeds>,
    /// What every search may spend.
    pub budget: Option<BudgetSpec>,
    /// `genomenas` and its sizes, or the file of a space.
    pub space: Option<Spec>,
    /// Whether the controls are added where they are missing.
    pub control: Option<bool>,
    /// Whether the best architecture that anyone found is trained again with every seed.
    pub ceiling: Option<bool>,
    /// What others reported on this data.
    pub published: Option<Vec<Published>>,
    /// What the leaderboard is sorted by.
    pub ranked_by: Option<Ranking>,
    /// Trials of a run that take turns.
    #[serde(alias = "in_flight")]
    pub concurrent_trials: Option<u32>,
    /// Runs at once.
    pub jobs: Option<u32>,
    /// Threads of all runs together.
    pub threads: Option<u32>,
    /// `auto`, `cpu` or `cuda[:i]`.
    pub device: Option<String>,
    /// How precisely networks compute.
    pub precision: Option<Precision>,
    /// The longest that a call of a plugin may take.
    pub hook_deadline: Option<HookDeadline>,
    /// By which recipe what each run found is trained.
    pub recipe: Option<Recipes>,
    /// The values of which the best are kept, where that is tuned.
    pub tune: Option<Grid>,
    /// What differs from the default final recipe.
    #[serde(rename = "final")]
    pub final_training: Option<toml::Table>,
}

impl Request {
    /// Reads a comparison file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = files::read_text(path)?;
        let table: toml::Table = files::parse_toml(&text, path)?;
        if table.contains_key("entries") {
            let what = "it is the plan that a comparison left: go on with `genomenas compare --out` and its folder";
            return Err(Error::file("begin a comparison from", path, what));
        }
        let mut request: Self = files::parse_toml(&text, path)?;
        let beside = |written: &mut PathBuf| {
            if let Some(folder) = path.parent() {
                *written = folder.join(&*written);
            }
        };
        request.data.iter_mut().for_each(beside);
        request.out.iter_mut().for_each(beside);
        if let Some(spec) = request.space.as_mut().filter(|spec| spec.id != space::GENOMENAS) {
            let mut file = PathBuf::from(&spec.id);
            beside(&mut file);
            spec.id = file.to_string_lossy().into_owned();
        }
        Ok(request)
    }

    /// This request where it says something, and `other` where it does not.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let final_training = match (self.final_training, other.final_training) {
            (Some(over), Some(mut under)) => {
                recipe::lay_over(&mut under, &over);
                Some(under)
            }
            (over, under) => over.or(under),
        };
        let tune = match (self.tune, other.tune) {
            (Some(over), Some(under)) => Some(over.or(under)),
            (over, under) => over.or(under),
        };
        Self {
            title: self.title.or(other.title),
            data: self.data.or(other.data),
            out: self.out.or(other.out),
            strategies: self.strategies.or(other.strategies),
            seeds: self.seeds.or(other.seeds),
            budget: self.budget.or(other.budget),
            space: self.space.or(other.space),
            control: self.control.or(other.control),
            ceiling: self.ceiling.or(other.ceiling),
            published: self.published.or(other.published),
            ranked_by: self.ranked_by.or(other.ranked_by),
            concurrent_trials: self.concurrent_trials.or(other.concurrent_trials),
            jobs: self.jobs.or(other.jobs),
            threads: self.threads.or(other.threads),
            device: self.device.or(other.device),
            precision: self.precision.or(other.precision),
            hook_deadline: self.hook_deadline.or(other.hook_deadline),
            recipe: self.recipe.or(other.recipe),
            tune,
            final_training,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, Result<Request>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("comparison.toml");
        files::write_atomically(&path, text.as_bytes()).unwrap();
        let request = Request::read(&path);
        (folder, request)
    }

    #[test]
    fn paths_are_relative_to_the_file_that_holds_them() {
        let (folder, request) = written("data = 'yeast.arrow'\nout = '/tmp/x'\nspace = 'my.toml'");
        let request = request.unwrap();
        assert_eq!(request.data.unwrap(), folder.path().join("yeast.arrow"));
        assert_eq!(request.out.unwrap(), Path::new("/tmp/x"));
        assert_eq!(Path::new(&request.space.unwrap().id), folder.path().join("my.toml"));
    }

    #[test]
    fn the_genomenas_space_is_not_a_path() {
        let (_folder, request) = written("space = 'genomenas cells=3'");
        assert_eq!(request.unwrap().space, Some("genomenas cells=3".parse().unwrap()));
    }

    #[test]
    fn concurrent_trials_may_be_called_by_their_former_name() {
        for key in ["concurrent_trials", "in_flight"] {
            let (_folder, request) = written(&format!("{key} = 3"));
            assert_eq!(request.unwrap().concurrent_trials, Some(3));
        }
    }

    #[test]
    fn a_hook_deadline_is_a_time_with_its_unit() {
        let (_folder, request) = written("hook_deadline = '5m'");
        assert_eq!(request.unwrap().hook_deadline, Some("300s".parse().unwrap()));
        let told = written("hook_deadline = '5'").1.unwrap_err().to_string();
        assert!(told.contains("comparison.toml") && told.contains("for instance 90s"), "{told}");
    }

    #[test]
    fn flags_win_over_the_file() {
        let (_folder, file) = written("budget = '5samples'\njobs = 2\n[final]\nepochs = 3\nbatch = 8");
        let flags = Request {
            budget: Some("7samples".parse().unwrap()),
            final_training: Some("epochs = 4".parse().unwrap()),
            ..Request::default()
        };
        let both = flags.or(file.unwrap());
        assert_eq!(both.budget, Some("7samples".parse().unwrap()));
        assert_eq!(both.jobs, Some(2));
        assert_eq!(both.final_training, Some("epochs = 4\nbatch = 8".parse().unwrap()));
    }

    #[test]
    fn an_unknown_key_and_a_budget_without_unit_are_refused_with_the_file_named() {
        let error = written("version = 1\nentries = []").1.unwrap_err().to_string();
        assert!(error.contains("comparison.toml: it is the plan that a comparison left"), "{error}");
        for text in ["strategy = 'danq'", "budget = '20000'", "seeds = [1, 1]", "jobs = -1", "precision = 'fp16'", "\0"]
        {
            let error = written(text).1.unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains("comparison.toml"), "{error}");
        }
    }
}
