//! A run: one strategy (or a given architecture) × data set × seed, in one folder.
//!
//! A run needs nothing but its folder and the data. Killed at any moment and executed again, it goes on where it was
//! and ends as if it had never been killed.

mod backend;
mod context;
pub(crate) mod data;
mod finish;
pub(crate) mod folder;
pub mod journal;
mod observe;
mod result;
pub mod settings;
mod strategy;

use std::fs::File;
use std::path::Path;

use genomenas_plugin::space::{Architecture, Space};
use serde::Serialize;

pub use observe::{Event, Observer};
pub use result::{RunResult, State};
pub use settings::Settings;

use context::Context;
use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;
use settings::files;

use crate::difference;
use crate::lock::try_lock;

/// Makes a run folder, or accepts one that was made with the same settings.
///
/// A run searches `space`, or trains `architecture`.
pub fn create(
    folder: &Path,
    settings: &Settings,
    space: Option<&Space>,
    architecture: Option<&Architecture>,
) -> Result<()> {
    if std::fs::symlink_metadata(folder.join(files::SETTINGS)).is_ok() {
        return accept(folder, settings, space);
    }
    let space = space.map(Space::to_toml).transpose()?;
    let architecture = architecture.map(Architecture::to_json).transpose()?;
    let documents = [(files::SPACE, space), (files::ARCHITECTURE, architecture)];
    let documents: Vec<_> =
        documents.iter().filter_map(|(name, text)| Some((*name, text.as_ref()?.as_bytes()))).collect();
    folder::expect_free(folder, &documents)?;
    disk::create_folder(folder)?;
    documents.iter().try_for_each(|(name, text)| disk::write_atomically(&folder.join(name), text))?;
    // Last: a folder with settings is a whole run.
    settings.write(folder)
}

/// Accepts a run that was made with the same settings, and notes where its data and its plugin are now.
fn accept(folder: &Path, settings: &Settings, space: Option<&Space>) -> Result<()> {
    let there = Made::read(folder)?;
    let mut here = Made { settings: settings.placed_as(&there.settings), space: space.cloned() };
    // One space may be called by several paths.
    if let (Some(search), Some(noted)) = (&mut here.settings.search, &there.settings.search)
        && here.space == there.space
    {
        search.space.clone_from(&noted.space);
    }
    if let Some(difference) = difference::first(&there, &here, &[])? {
        return Err(Error::input(format!(
            "{} holds another run: {difference}; choose another folder, or remove it",
            folder.display()
        )));
    }
    let mut moved = there.settings.clone();
    moved.data.store.clone_from(&settings.data.store);
    if let (Some(moved), Some(search)) = (&mut moved.search, &settings.search) {
        moved.plugin_file.clone_from(&search.plugin_file);
    }
    if moved == there.settings { Ok(()) } else { moved.write(folder) }
}

/// Makes the run in `folder` anew: removes what it made, and writes its settings. Files that no run makes stay.
///
/// Returns `false`, and leaves the folder as it is, while another process works on it.
pub(crate) fn begin_again(folder: &Path, settings: &Settings, space: &Space) -> Result<bool> {
    let Some(_lock) = try_lock(&folder.join(files::LOCK))? else { return Ok(false) };
    folder::clear(folder)?;
    folder::remove_unless_file(&folder.join(files::SPACE))?;
    folder::remove_unless_file(&folder.join(files::SETTINGS))?;
    disk::write_atomically(&folder.join(files::SPACE), space.to_toml()?.as_bytes())?;
    settings.write(folder)?;
    Ok(true)
}

/// What a run folder is made with.
#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    settings: Settings,
    space: Option<Space>,
}

impl Made {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(files::SPACE);
        let read = || {
            let text = disk::read_own_text(&path, files::MOST_TEXT)?;
            Space::from_text(&text).map_err(|error| Error::file("use", &path, error))
        };
        let space = path.exists().then(read).transpose()?;
        Ok(Self { settings: Settings::read(folder)?, space })
    }
}

/// Executes the run in `folder`, from where it is to its end. A run that ended before gives its result again. `data` is
/// where its data are now, if they are not where they were.
///
/// # Errors
///
/// [`Error::Input`] if the run cannot begin: no settings, other data than it was made for, another process at work
/// in the folder. A run that began and failed is no error: its result says so.
pub fn execute(folder: &Path, data: Option<&Path>, observer: &mut dyn Observer) -> Result<RunResult> {
    let mut settings = Settings::read(folder)?;
    let _lock = lock(folder)?;
    if let Some(result) = RunResult::read(folder)? {
        observer.event(&Event::Message(format!("{} is over: this is its result", folder.display())));
        return Ok(result);
    }
    let store = data::locate(&settings.data, data, folder, "the run", &data::digest)?;
    if store != settings.data.store {
        // The same command without a place finds it again.
        settings.data.store = store;
        settings.write(folder)?;
    }
    let context = Context::open(folder, settings)?;
    let mut result = RunResult::of(&context.settings);
    match finish::run(&context, observer, &mut result) {
        Ok(()) => {}
        Err(error) if error.is_failure() => {
            result.state = State::Failed;
            result.reason = Some(error.to_string());
        }
        Err(error) => return Err(error),
    }
    result.write(folder)?;
    if result.state == State::Done {
        folder::remove_checkpoints(folder)?;
    }
    Ok(result)
}

/// Locks a run folder for this process.
fn lock(folder: &Path) -> Result<File> {
    try_lock(&folder.join(files::LOCK))?.ok_or_else(|| {
        Error::input(format!(
            "another process is working on {}: wait for it, or choose another folder",
            folder.display()
        ))
    })
}
