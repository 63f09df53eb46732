//! A plan on disk: `comparison.toml` with the space beside it, and how damage to them is found.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Component, Path};

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_data::hash::sha256;
use genomenas_plugin::space::Space;

use super::plan::{ComparisonPlan, FILE, RUNS, SPACE_FILE, is_of_run};
use super::summed::{self, Verified};
use crate::difference;
use crate::foreign::holds;
use crate::run::settings::{Settings, files as run_files};

impl ComparisonPlan {
    /// Reads the plan in a comparison's folder; `None` if there is none.
    ///
    /// # Errors
    ///
    /// It cannot be read, is not a plan, or is not what was written.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let is_none = std::fs::symlink_metadata(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        if is_none || (folder.exists() && !folder.is_dir()) {
            return Ok(None);
        }
        let text = files::read_text(&path)?;
        let verified = summed::check(&text, &path)?;
        let table: toml::Table = files::parse_toml(&text, &path)?;
        if table.get("version").and_then(toml::Value::as_integer) != Some(Self::VERSION.into()) {
            return Err(Error::file(
                "use",
                &path,
                format!(
                    "expected the plan that a comparison left here (version = {}): give another folder with --out",
                    Self::VERSION
                ),
            ));
        }
        let plan: Self = files::parse_toml(&text, &path)?;
        if let Some(entry) = plan.entries.iter().find(|entry| !is_name(&entry.folder)) {
            let what = format!("the folder of {} is {:?}: expected a name", entry.name, entry.folder);
            return Err(Error::file("use", &path, what));
        }
        if verified == Verified::Unknown {
            log::info!(
                "{} has no SHA-256 of its own, as an earlier version wrote it: compared with its runs",
                path.display()
            );
            plan.expect_runs_to_agree(folder)?;
        }
        Ok(Some(plan))
    }

    /// Refuses a plan that all runs of an entry contradict, or that does not know a run that lies there.
    fn expect_runs_to_agree(&self, folder: &Path) -> Result<()> {
        let damaged = |what: String| {
            let what = format!("{what}: it was changed or damaged since the runs were made; put a copy of it back");
            Err(Error::file("use", &folder.join(FILE), what))
        };
        let runs = self.all_runs();
        for (entry, planned) in self.entries.iter().enumerate() {
            let of_entry = runs.iter().filter(|run| run.entry == entry);
            // What cannot be read says nothing of the plan.
            let differences = of_entry.filter_map(|run| {
                let (there, planned) = (Settings::read(&folder.join(&run.folder)).ok()?, self.settings(run)?);
                difference::first(&there, &planned.placed_as(&there), &[]).ok()
            });
            let differences: Vec<_> = differences.collect();
            if let Some(Some(first)) = differences.first()
                && differences.iter().all(Option::is_some)
            {
                let count = differences.len();
                return damaged(format!("in {count} of {count} runs of {} {first}", planned.name));
            }
            let known: BTreeSet<_> = runs
                .iter()
                .filter(|run| run.entry == entry)
                .filter_map(|run| Some(run.folder.file_name()?.to_string_lossy().into_owned()))
                .collect();
            let seeds = folder.join(RUNS).join(&planned.folder).read_dir().into_iter().flatten().flatten();
            for seed in seeds.filter(|seed| seed.path().join(run_files::SETTINGS).exists()) {
                let name = seed.file_name().to_string_lossy().into_owned();
                if is_of_run(&name) && !known.contains(&name) {
                    return damaged(format!("it knows nothing of the run {}", seed.path().display()));
                }
            }
        }
        Ok(())
    }

    /// The text of the plan's file.
    ///
    /// # Errors
    ///
    /// It holds what TOML cannot.
    pub fn to_text(&self) -> Result<String> {
        let text = toml::to_string(self).map_err(|error| {
            Error::input(format!(
                "the plan cannot be written as TOML ({error}): use numbers, texts and lists as parameters"
            ))
        })?;
        Ok(summed::with_sum(&text))
    }

    /// Writes the plan and its space into `folder`, unless they lie there already.
    pub fn write(&self, folder: &Path, space: &Space) -> Result<()> {
        // The plan comes last: a folder that has one is complete.
        for (name, text) in [(SPACE_FILE, space.to_toml()?), (FILE, self.to_text()?)] {
            let path = folder.join(name);
            if !holds(&path, text.as_bytes()) {
                files::write_atomically(&path, text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// The space that lies beside the plan in `folder`, or, where that is gone, beside one of its runs.
    ///
    /// # Errors
    ///
    /// There is none, or it is another one than the plan's.
    pub fn space(&self, folder: &Path) -> Result<Space> {
        let read = |path: &Path| -> Result<Space> {
            let text = files::read_text(path)?;
            let space = Space::from_text(&text).map_err(|error| Error::file("use", path, error))?;
            let sum = sha256(space.to_toml()?.as_bytes());
            if sum == self.space.sha256 {
                return Ok(space);
            }
            let what = format!(
                "it was changed since the comparison began: its SHA-256 is {sum}, and {FILE} says {}; put it back (each run folder has a copy)",
                self.space.sha256
            );
            Err(Error::file("use", path, what))
        };
        let own = folder.join(SPACE_FILE);
        match read(&own) {
            Err(error) if !own.exists() => {
                let mut copies = self.all_runs().into_iter().map(|run| folder.join(run.folder).join(run_files::SPACE));
                let copy = copies.find_map(|path| read(&path).ok());
                copy.inspect(|_| log::warn!("{} was gone: it is made anew from a run's copy", own.display()))
                    .ok_or(error)
            }
            other => other,
        }
    }
}

/// Whether a text names something in a folder, and is not a path that leads out of it.
fn is_name(text: &str) -> bool {
    let mut components = Path::new(text).components();
    matches!((components.next(), components.next()), (Some(Component::Normal(name)), None) if name == text)
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::plan;
    use super::*;
    use crate::spec::space;

    fn space() -> Space {
        space::resolve(&"genomenas cells=1 nodes=1".parse().unwrap(), 200, 1).unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan();
        plan.space.sha256 = sha256(space().to_toml().unwrap().as_bytes());
        assert_eq!(ComparisonPlan::read(folder.path()).unwrap(), None);
        plan.write(folder.path(), &space()).unwrap();
        assert_eq!(ComparisonPlan::read(folder.path()).unwrap().unwrap(), plan);
        let beside = files::read_text(&folder.path().join(SPACE_FILE)).unwrap();
        assert_eq!(Space::from_text(&beside).unwrap(), space());
    }

    #[test]
    fn a_comparison_file_of_the_persons_own_in_the_folder_is_not_taken_for_a_plan() {
        let folder = tempfile::tempdir().unwrap();
        files::write_atomically(&folder.path().join(FILE), b"seeds = [1]").unwrap();
        let error = ComparisonPlan::read(folder.path()).unwrap_err();
        assert!(error.to_string().contains("--out"), "{error}");
    }

    #[test]
    fn a_plan_whose_runs_would_lie_elsewhere_is_refused() {
        for elsewhere in ["", ".", "..", "../danq", "/danq", "a/b", "danq/"] {
            let folder = tempfile::tempdir().unwrap();
            let mut plan = plan();
            plan.entries[0].folder = elsewhere.to_owned();
            plan.write(folder.path(), &space()).unwrap();
            let error = ComparisonPlan::read(folder.path()).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().ends_with(&format!("is {elsewhere:?}: expected a name")), "{error}");
        }
    }

    #[test]
    fn a_plan_that_changed_is_blamed_by_its_name_and_one_without_a_sum_is_compared_with_its_runs() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let plan = plan();
        plan.write(folder, &space()).unwrap();
        let path = folder.join(FILE);
        let text = files::read_text(&path).unwrap();
        let write = |text: &str| files::write_atomically(&path, text.as_bytes()).unwrap();
        let refused = || ComparisonPlan::read(folder).unwrap_err().to_string();
        write(&text.replace("plugin_sha256 = \"ef\"", "plugin_sha256 = \"ee\""));
        assert!(refused().contains("comparison.toml: it has changed since genomenas wrote it"), "{}", refused());
        // As an earlier version wrote it.
        let bare = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        write(&bare);
        assert_eq!(ComparisonPlan::read(folder).unwrap().unwrap(), plan);
        for run in plan.runs() {
            let settings = plan.settings(&run).unwrap().to_toml().unwrap();
            files::create_folder(&folder.join(&run.folder)).unwrap();
            files::write_atomically(&folder.join(&run.folder).join(run_files::SETTINGS), settings.as_bytes()).unwrap();
        }
        assert_eq!(ComparisonPlan::read(folder).unwrap().unwrap(), plan);
        write(&bare.replace("plugin_sha256 = \"ef\"", "plugin_sha256 = \"ee\""));
        assert!(
            refused().contains("in 2 of 2 runs of danq width=0.1 search.plugin_sha256 is \"ef\" there"),
            "{}",
            refused()
        );
        write(&bare.replace("seeds = [1, 2]", "seeds = [1, 3]"));
        assert!(refused().contains("it knows nothing of the run") && refused().contains("seed-2"), "{}", refused());
    }

    #[test]
    fn a_space_that_is_gone_is_found_beside_a_run_and_one_that_changed_is_blamed_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mut plan = plan();
        plan.space.sha256 = sha256(space().to_toml().unwrap().as_bytes());
        plan.write(folder, &space()).unwrap();
        assert_eq!(plan.space(folder).unwrap(), space());
        let other = space::resolve(&"genomenas cells=1 nodes=2".parse().unwrap(), 200, 1).unwrap();
        let own = folder.join(SPACE_FILE);
        files::write_atomically(&own, other.to_toml().unwrap().as_bytes()).unwrap();
        let refused = plan.space(folder).unwrap_err().to_string();
        assert!(refused.contains("space.toml: it was changed since the comparison began"), "{refused}");
        std::fs::remove_file(&own).unwrap();
        assert!(plan.space(folder).unwrap_err().to_string().contains("space.toml"));
        let run = folder.join(&plan.runs()[1].folder);
        files::create_folder(&run).unwrap();
        files::write_atomically(&run.join(run_files::SPACE), space().to_toml().unwrap().as_bytes()).unwrap();
        assert_eq!(plan.space(folder).unwrap(), space());
    }
}
