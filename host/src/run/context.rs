//! What every phase of a run needs: its settings, its data and its device.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use genomenas_data::error::{Error, Result};
use genomenas_data::{Device, Rows, Store, files as disk};

use super::handling::Handling;
use super::observe::{Event, Observer};
use super::settings::{Kept, Settings, files};
use crate::verified;

/// A verification that takes longer is a phase of the run.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// What every phase of a run needs.
pub struct Context {
    /// The run's folder.
    pub folder: PathBuf,
    /// What it says.
    pub settings: Settings,
    pub(super) handling: Handling,
    /// The digest of the settings.
    pub digest: String,
    /// The data.
    pub store: Store,
    /// The rows to train on.
    pub train: Rows,
    /// The rows to validate on.
    pub valid: Rows,
    /// Where to compute.
    pub device: Device,
}

impl Context {
    /// Opens the data of the run in `folder`, and makes the folder ready for it.
    pub(super) fn open(
        folder: &Path,
        kept: Kept,
        handling: Handling,
        device: Device,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let Kept { settings, digest, verified } = kept;
        if !verified {
            log::info!("{} is not verified: it names no digest", folder.join(files::SETTINGS).display());
        }
        let store = Store::open(&settings.data.store)?;
        if store.info().digest != settings.data.digest {
            return Err(Error::input(format!(
                "{} is not the data that the run was made for: its digest is {}, expected {}; put the data back, or begin a new run",
                settings.data.store.display(),
                store.info().digest,
                settings.data.digest
            )));
        }
        let store = store.at(settings.data.fold)?;
        verify(&store, observer)?;
        let checkpoints = folder.join(files::CHECKPOINTS);
        disk::create_folder(&checkpoints)?;
        [folder, &checkpoints].into_iter().try_for_each(disk::remove_unfinished)?;
        let (train, valid) = (store.train(), store.valid());
        Ok(Self { folder: folder.to_owned(), settings, handling, digest, train, valid, store, device })
    }
}

/// Reads the whole store, unless it is known to be as it was imported.
fn verify(store: &Store, observer: &mut dyn Observer) -> Result<()> {
    let (began, rows) = (Instant::now(), store.info().total_rows() as f64);
    let mut told = false;
    verified::verify(store, &mut |done| {
        // Nobody has to hear of what takes a moment.
        if began.elapsed() < WORTH_TELLING {
            return;
        }
        if !told {
            observer.event(&Event::Phase("verifying the data".to_owned()));
            told = true;
        }
        let done = done as f64;
        observer.event(&Event::Progress { done: done / rows, rate: done / began.elapsed().as_secs_f64() });
    })
}
