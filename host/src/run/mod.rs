//! A run: one strategy (or a given architecture) × data set × seed, in one folder.
//!
//! A run needs nothing but its folder and the data. Killed at any moment and executed again, it goes on where it was
//! and ends as if it had never been killed.

mod context;
pub(crate) mod data;
pub mod digests;
pub(crate) mod folder;
mod handling;
pub mod journal;
mod observe;
mod own_plan;
pub mod resamples;
mod result;
pub mod saved_state;
pub mod settings;
pub mod strategy;
pub mod trainer;

use std::fs::File;
use std::path::Path;

use genomenas_plugin::space::{Architecture, Space};
use serde::Serialize;

pub use context::Context;
pub use digests::{check_architecture, check_weights};
pub use handling::Handling;
pub(crate) use observe::SEARCH_SHARE;
pub use observe::{Event, Observer, relay, span};
pub(crate) use own_plan::from_scratch;
pub use own_plan::{own_plan, plan_of_search};
pub use result::{RunResult, State};
pub use settings::Settings;

use genomenas_data::Kernels;
use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;
use genomenas_data::hash::sha256;
use settings::{Kept, files};
use trainer::Trainer;

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
        return accept(folder, settings, space, architecture);
    }
    let space = space.map(Space::to_toml).transpose()?;
    let architecture = architecture.map(Architecture::to_json).transpose()?;
    let settings = with_digests(settings, space.as_deref(), architecture.as_deref());
    let documents = [(files::SPACE, space), (files::ARCHITECTURE, architecture)];
    let documents: Vec<_> =
        documents.iter().filter_map(|(name, text)| Some((*name, text.as_ref()?.as_bytes()))).collect();
    folder::expect_free(folder, &documents)?;
    disk::create_folder(folder)?;
    documents.iter().try_for_each(|(name, text)| disk::write_atomically(&folder.join(name), text))?;
    // Last: a folder with settings is a whole run.
    settings.write(folder)
}

/// The settings with the digests of the documents that the run is made with.
fn with_digests(settings: &Settings, space: Option<&str>, architecture: Option<&str>) -> Settings {
    let mut settings = settings.clone();
    if let Some(search) = &mut settings.search {
        search.space_sha256 = space.map(|text| sha256(text.as_bytes()));
    }
    settings.architecture_sha256 = architecture.map(|text| sha256(text.as_bytes()));
    settings
}

/// Refuses to go on with another plugin than the run began with, and says how to go on.
fn check_plugin(folder: &Path, earlier: &Settings, later: &Settings) -> Result<()> {
    match (&earlier.search, &later.search) {
        (Some(then), Some(now)) if then.plugin == now.plugin && then.plugin_sha256 != now.plugin_sha256 => {
            Err(Error::input(format!(
                "{} holds a run of another plugin {}: its SHA-256 is {} there, and {} of {}. `genomenas run {}` goes on with \
                 the plugin of then, where it or its copy still exists; for that of now choose another folder",
                folder.display(),
                then.plugin,
                then.plugin_sha256,
                now.plugin_sha256,
                now.plugin_file.display(),
                folder.display()
            )))
        }
        _ => Ok(()),
    }
}

/// Accepts a run that was made with the same settings, and notes what a later start changes of what no result depends on. Of
/// a run that is over only places change.
fn accept(
    folder: &Path,
    settings: &Settings,
    space: Option<&Space>,
    architecture: Option<&Architecture>,
) -> Result<()> {
    let there = Made::read(folder)?;
    check_plugin(folder, &there.settings, settings)?;
    let mut here = Made { settings: settings.placed_as(&there.settings), space: space.cloned() };
    if let (Some(_), Some(architecture)) = (&there.settings.architecture_sha256, architecture) {
        here.settings.architecture_sha256 = Some(sha256(architecture.to_json()?.as_bytes()));
    }
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
    let over = folder.join(files::RESULT).exists();
    let adapted = if over { there.settings.moved_to(settings) } else { there.settings.adapted_to(settings) };
    if adapted == there.settings { Ok(()) } else { adapted.write(folder) }
}

/// Makes the run in `folder` anew: removes what it made, and writes its settings. Files that no run makes stay.
///
/// Returns `false`, and leaves the folder as it is, while another process works on it.
pub(crate) fn begin_again(
    folder: &Path,
    settings: &Settings,
    space: Option<&Space>,
    architecture: Option<&Architecture>,
) -> Result<bool> {
    let Some(_lock) = try_lock(&folder.join(files::LOCK))? else { return Ok(false) };
    folder::clear(folder)?;
    folder::remove_unless_file(&folder.join(files::SPACE))?;
    folder::remove_unless_file(&folder.join(files::SETTINGS))?;
    let space = space.map(Space::to_toml).transpose()?;
    let architecture = architecture.map(Architecture::to_json).transpose()?;
    for (name, text) in [(files::SPACE, &space), (files::ARCHITECTURE, &architecture)] {
        if let Some(text) = text {
            disk::write_atomically(&folder.join(name), text.as_bytes())?;
        }
    }
    with_digests(settings, space.as_deref(), architecture.as_deref()).write(folder)?;
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
        let settings = Settings::read(folder)?;
        let expected = settings.search.as_ref().and_then(|search| search.space_sha256.clone());
        let read = || {
            let text = digests::unchanged(&path, expected.as_deref())?;
            Space::from_text(&text).map_err(|error| Error::file("use", &path, error))
        };
        let space = (expected.is_some() || path.exists()).then(read).transpose()?;
        Ok(Self { settings, space })
    }
}

/// Executes the run in `folder`, from where it is to its end. A run that ended before gives its result again.
///
/// # Errors
///
/// [`Error::Input`] if the run cannot begin: no settings, other data than it was made for, another process at work
/// in the folder. A run that began and failed is not an error: its result says so.
pub fn execute(
    trainer: &dyn Trainer,
    folder: &Path,
    handling: &Handling,
    observer: &mut dyn Observer,
) -> Result<RunResult> {
    let _lock = lock(folder)?;
    let kept = Settings::kept(folder)?;
    if let Some(result) = RunResult::read(folder)? {
        if result.state == State::Done {
            tidy(folder)?;
        }
        observer.event(&Event::Message(format!("{} is over: this is its result", folder.display())));
        return Ok(result);
    }
    let mut settings = unconfined_as_asked(folder, kept.settings, handling.unconfined)?;
    let store = data::locate(&settings.data, handling.data.as_deref(), folder, "the run", &data::digest)?;
    if store != settings.data.store {
        // The same command without a place finds it again.
        settings.data.store = store;
        settings.write(folder)?;
    }
    let device = trainer.device(settings.device.parse()?)?;
    settings.precision.check_on(device)?;
    log::info!(
        "device {device}, threads {}, precision {}, kernels {}",
        settings.threads,
        settings.precision,
        Kernels::chosen()?
    );
    let context = Context::open(folder, Kept { settings, ..kept }, handling.clone(), device, observer)?;
    let mut result = RunResult::of(&context.settings, context.store.info());
    match trainer.run(&context, observer, &mut result) {
        Ok(()) => {}
        Err(error) if error.is_failure() => {
            result.state = State::Failed;
            result.reason = Some(error.to_string());
        }
        Err(error) => return Err(error),
    }
    result.write(folder)?;
    if result.state == State::Done {
        tidy(folder)?;
    }
    Ok(result)
}

/// Confinement is off where the person who starts a run says so, and not because a folder does, which may come from anybody.
/// That it was off stays noted.
fn unconfined_as_asked(folder: &Path, mut settings: Settings, unconfined: bool) -> Result<Settings> {
    match &mut settings.search {
        Some(search) if search.unconfined && !unconfined => Err(Error::input(format!(
            "the plugin of the run in {} was not confined so far: give --unconfined to go on with it like that",
            folder.display()
        ))),
        Some(search) if !search.unconfined && unconfined => {
            search.unconfined = true;
            settings.write(folder)?;
            Ok(settings)
        }
        _ => Ok(settings),
    }
}

/// Removes what a run that is done has no more use for. A kill after the result was written leaves it there.
pub fn tidy(folder: &Path) -> Result<()> {
    disk::remove_unfinished(folder)?;
    folder::remove_checkpoints(folder)
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
