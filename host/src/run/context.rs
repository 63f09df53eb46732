//! What every phase of a run needs: its settings, its data and its device.

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::{Device, Rows, Store, files as disk};
use genomenas_torch::device;

use super::Handling;
use super::settings::{Settings, files};

/// What every phase of a run needs.
pub(super) struct Context {
    pub(super) folder: PathBuf,
    pub(super) settings: Settings,
    pub(super) handling: Handling,
    pub(super) store: Store,
    pub(super) train: Rows,
    pub(super) valid: Rows,
    pub(super) device: Device,
}

impl Context {
    /// Opens the data of the run in `folder`, and makes the folder ready for it.
    pub(super) fn open(folder: &Path, settings: Settings, handling: Handling) -> Result<Self> {
        let device = device::resolve(settings.device.parse()?)?;
        let store = Store::open(&settings.data.store)?;
        if store.info().digest != settings.data.digest {
            return Err(Error::input(format!(
                "{} is not the data that the run was made for: its digest is {}, expected {}; put the data back, or begin a new run",
                settings.data.store.display(),
                store.info().digest,
                settings.data.digest
            )));
        }
        let checkpoints = folder.join(files::CHECKPOINTS);
        disk::create_folder(&checkpoints)?;
        [folder, &checkpoints].into_iter().try_for_each(disk::remove_unfinished)?;
        let (train, valid) = (store.train(), store.valid());
        Ok(Self { folder: folder.to_owned(), settings, handling, train, valid, store, device })
    }
}
