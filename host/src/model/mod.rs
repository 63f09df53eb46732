//! A trained network, opened from the folder of a run or from one that `genomenas export` wrote.
//!
//! Every file is compared with its SHA-256 before anything is computed from it.

mod about;
mod record;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::{Store, files as disk};
use genomenas_plugin::message::Plan;
use genomenas_plugin::space::Architecture;

pub use about::About;
pub use record::{EXPORT, ExportRecord};

use crate::run::data::{digest, locate};
use crate::run::settings::{Settings, files};
use crate::run::{RunResult, State, check_architecture, check_weights, own_plan};

/// A trained network.
#[derive(Clone, Debug)]
pub struct Model {
    /// Where it lies.
    pub folder: PathBuf,
    /// What the folder is.
    pub origin: Origin,
    /// The architecture.
    pub architecture: Architecture,
    /// The file of the weights, which is as it was written.
    pub weights: PathBuf,
    /// What it predicts, from what, and how it came to be.
    pub about: About,
}

/// What the folder of a model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A run that is over, whose data lie in this store.
    Run {
        /// The store.
        store: PathBuf,
    },
    /// What `genomenas export` wrote; it needs no data.
    Export,
}

impl Model {
    /// Opens the model in `folder`. What the data of a run are called is known to its store alone, which is looked for where
    /// the run notes it, unless it is given as `data`.
    ///
    /// # Errors
    ///
    /// There is no run and no export, the run is not over, failed or trained nothing, a file was changed or cut off, or the
    /// data of the run are not there.
    pub fn open(folder: &Path, data: Option<&Path>) -> Result<Self> {
        if !folder.exists() {
            return Err(Error::input(format!(
                "{} does not exist: expected the folder of a run that is over, or one that `genomenas export` wrote",
                folder.display()
            )));
        }
        let model = if folder.join(EXPORT).exists() {
            Self::of_export(folder)
        } else if folder.join(files::SETTINGS).exists() {
            Self::of_run(folder, data)
        } else {
            Err(Error::input(format!(
                "{} holds no model: it has neither {} (the folder of a run) nor {EXPORT} (what `genomenas export` wrote)",
                folder.display(),
                files::SETTINGS
            )))
        }?;
        model.check()?;
        Ok(model)
    }

    fn of_export(folder: &Path) -> Result<Self> {
        let record = ExportRecord::read(folder)?;
        for name in [files::ARCHITECTURE, files::WEIGHTS] {
            if !record.files.contains_key(name) {
                let what = format!("it names no {name}; export the model again");
                return Err(Error::file("use", &folder.join(EXPORT), what));
            }
        }
        record.check_files(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            origin: Origin::Export,
            architecture: read_architecture(&folder.join(files::ARCHITECTURE))?,
            weights: folder.join(files::WEIGHTS),
            about: record.model,
        })
    }

    fn of_run(folder: &Path, data: Option<&Path>) -> Result<Self> {
        let (shown, settings) = (folder.display(), Settings::read(folder)?);
        let Some(result) = RunResult::read(folder)? else {
            return Err(Error::input(format!("the run in {shown} is not over: `genomenas run {shown}` continues it")));
        };
        if result.state == State::Failed {
            let reason = result.reason.as_deref().unwrap_or("for no known reason");
            return Err(Error::input(format!("the run in {shown} failed and left no model: {reason}")));
        }
        let weights = folder.join(files::WEIGHTS);
        if !weights.exists() {
            let why = if settings.final_training.is_none() {
                format!(
                    "it searched without a training at the end: `genomenas train --run {shown} --out NEW` trains what it found"
                )
            } else {
                format!("its {} is missing: put it back from a copy", files::WEIGHTS)
            };
            return Err(Error::input(format!("the run in {shown} holds no trained network: {why}")));
        }
        let architecture = read_architecture(&folder.join(files::ARCHITECTURE))?;
        check_architecture(folder, &architecture)?;
        check_weights(folder)?;
        let store = locate(&settings.data, data, folder, "the training", &digest)?;
        let recipe = trained_by(folder, &settings, &result, &architecture)?;
        let shape = Store::open(&store)?.info().shape.clone();
        let about = About {
            task: shape.task,
            length: shape.length,
            labels: shape.labels,
            groups: shape.groups,
            both_strands: recipe.as_ref().is_some_and(|plan| plan.average_strands),
            single_strand: shape.single_strand,
            data_digest: settings.data.digest,
            fold: settings.data.fold,
            strategy: result.strategy,
            seed: settings.seed,
            architecture_hash: architecture.canonical_hash()?,
            recipe,
            valid: result.valid,
            test: result.test,
        };
        Ok(Self { folder: folder.to_owned(), origin: Origin::Run { store }, architecture, weights, about })
    }

    /// Refuses an architecture that is another than the description says.
    fn check(&self) -> Result<()> {
        let fits =
            self.architecture.layers().and_then(|layers| layers.expect_io(self.about.length, self.about.labels.len()));
        fits.map_err(|error| Error::file("use", &self.folder, error))
    }
}

/// The plan that a run which is over trained its network by.
pub(crate) fn trained_by(
    folder: &Path,
    settings: &Settings,
    result: &RunResult,
    architecture: &Architecture,
) -> Result<Option<Plan>> {
    // The optimum of a convex loss is a part of what was found, and no recipe.
    let optimum = if result.trained_to_optimum { own_plan(folder, architecture)? } else { None };
    Ok(optimum.or_else(|| result.final_plan.clone()).or_else(|| settings.final_training.clone()))
}

fn read_architecture(path: &Path) -> Result<Architecture> {
    Architecture::from_json(&disk::read_text(path)?).map_err(|error| Error::file("use", path, error))
}
