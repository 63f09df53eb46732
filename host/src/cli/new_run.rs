//! What `search` and `train` share: they make a run folder, or accept the one they made before, and do the run.

use std::path::{Path, PathBuf};

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_data::files::read_text;
use genomenas_data::{Precision, Store};
use genomenas_plugin::space::{Architecture, Space};

use super::options::{MachineOptions, PrecisionOption};
use super::straddling::tell_straddling;
use super::{run, threads};
use crate::run::settings::{Data, Settings, files};
use crate::run::trainer::Trainer;
use crate::run::{Handling, create, digests};
use crate::spec::Spec;
use crate::spec::space::GENOMENAS;

/// Where a run is done, and on what.
#[derive(Args, Debug)]
pub(crate) struct NewRunOptions {
    /// The run's folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Of data with folds: the one that is the test; the next one validates, and the others train
    #[arg(long, value_name = "F")]
    pub(crate) fold: Option<u32>,
    /// The seed of every random draw; the same seed gives the same result
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=i64::MAX.unsigned_abs()))]
    pub(crate) seed: u64,
    #[command(flatten)]
    machine: MachineOptions,
    #[command(flatten)]
    precision: PrecisionOption,
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
}

/// A run that is not made yet, in a process whose threads are settled.
pub(crate) struct NewRun<'a> {
    options: &'a NewRunOptions,
    threads: u32,
    trainer: &'a dyn Trainer,
    pub(crate) store: Store,
    data: Data,
}

impl NewRunOptions {
    /// Settles the threads and opens the store at its fold. A run keeps its threads when it goes on and nobody says otherwise.
    ///
    /// The process may become another program: nothing should be done before.
    pub(crate) fn begin<'a>(
        &'a self,
        trainer: Option<&'a dyn Trainer>,
        store: impl FnOnce() -> Result<(PathBuf, Option<u32>)>,
    ) -> Result<NewRun<'a>> {
        let earlier = Settings::read(&self.out).ok().map(|settings| settings.threads);
        let threads = self.machine.threads_or(earlier);
        let trainer = threads::ensure(threads, trainer)?;
        let (path, fold) = store()?;
        let (store, data) = open(&path, fold)?;
        let run = NewRun { options: self, threads, trainer, store, data };
        // A run that is over is shown anywhere.
        if !run.goes_on() && !run.precision().is_default() {
            run.precision().check_on(trainer.device(self.machine.device.parse()?)?)?;
        }
        Ok(run)
    }
}

impl NewRun<'_> {
    /// Whether the run was made before.
    pub(crate) fn goes_on(&self) -> bool {
        self.options.out.join(files::SETTINGS).exists()
    }

    /// The space of a run that was made before by this name: sizes that followed from the data may do so otherwise now.
    ///
    /// # Errors
    ///
    /// It was changed since, or cannot be read.
    pub(crate) fn space_of(&self, spec: &Spec) -> Result<Option<Space>> {
        let made = if self.goes_on() { Settings::read(&self.options.out)?.search } else { None };
        let Some(search) = made.filter(|search| spec.id == GENOMENAS && search.space == spec.to_string()) else {
            return Ok(None);
        };
        let path = self.options.out.join(files::SPACE);
        let text = digests::unchanged(&path, search.space_sha256.as_deref())?;
        Space::from_text(&text).map(Some).map_err(|error| Error::file("use", &path, error))
    }

    /// The architecture of a run that was made before.
    pub(crate) fn architecture(&self) -> Option<Architecture> {
        let text = read_text(&self.options.out.join(files::ARCHITECTURE)).ok().filter(|_| self.goes_on())?;
        Architecture::from_json(&text).ok()
    }

    fn precision(&self) -> Precision {
        self.options.precision.given.unwrap_or_default()
    }

    /// Settings of this run, with neither a search nor a final training.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            version: 1,
            genomenas: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.options.seed,
            device: self.options.machine.device.clone(),
            threads: self.threads,
            precision: self.precision(),
            test: false,
            data: self.data.clone(),
            search: None,
            architecture_sha256: None,
            own_recipe: false,
            tune: None,
            final_training: None,
        }
    }

    /// Makes the run folder, does the run and prints its result.
    pub(crate) fn execute(
        &self,
        settings: &Settings,
        handling: &Handling,
        space: Option<&Space>,
        architecture: Option<&Architecture>,
    ) -> Result<()> {
        create(&self.options.out, settings, space, architecture)?;
        run::execute(self.trainer, &self.options.out, handling, self.options.json)
    }
}

fn open(path: &Path, fold: Option<u32>) -> Result<(Store, Data)> {
    let store = Store::open(path)?.at(fold)?;
    tell_straddling(store.info());
    let path = path.canonicalize().map_err(|error| Error::io("open", path, error))?;
    let data = Data { store: path, digest: store.info().digest.clone(), fold };
    Ok((store, data))
}
