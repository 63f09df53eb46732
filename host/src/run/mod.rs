//! A run: one strategy (or a given architecture) × data set × seed, in one folder.
//!
//! A run needs nothing but its folder and the data. Killed at any moment and executed again, it goes on where it was
//! and ends as if it had never been killed.

mod backend;
mod context;
mod finish;
pub mod journal;
mod observe;
mod result;
pub mod settings;
mod strategy;

use std::fs::File;
use std::path::{Path, PathBuf};

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
use crate::spec::hook_deadline::HookDeadline;

/// Makes a run folder, or accepts one that was made with the same settings.
///
/// A run searches `space`, or trains `architecture`.
pub fn create(
    folder: &Path,
    settings: &Settings,
    space: Option<&Space>,
    architecture: Option<&Architecture>,
) -> Result<()> {
    let path = folder.join(files::SETTINGS);
    if path.exists() {
        let earlier = Made::read(folder)?;
        let same = settings.with_free_of(&earlier.settings);
        check_plugin(folder, &earlier.settings, settings)?;
        return match difference::first(&earlier, &Made { settings: same, space: space.cloned() }, &[])? {
            None => adapt(folder, &earlier.settings, settings),
            Some(difference) => Err(Error::input(format!(
                "{} holds another run: {difference}; choose another folder, or remove it",
                folder.display()
            ))),
        };
    }
    if let Some(stray) = stray_file(folder)? {
        let what = format!("it holds {stray} and no run.toml, so it is no run; choose a new folder");
        return Err(Error::file("make a run in", folder, what));
    }
    disk::create_folder(folder)?;
    if let Some(space) = space {
        disk::write_atomically(&folder.join(files::SPACE), space.to_toml()?.as_bytes())?;
    }
    if let Some(architecture) = architecture {
        disk::write_atomically(&folder.join(files::ARCHITECTURE), architecture.to_json()?.as_bytes())?;
    }
    // Last: a folder with settings is a whole run.
    disk::write_atomically(&path, settings.to_toml()?.as_bytes())
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

/// Notes what a later start of a run changes of what no result depends on. A run that is over stays as it is.
fn adapt(folder: &Path, earlier: &Settings, later: &Settings) -> Result<()> {
    let adapted = earlier.with_free_from(later);
    if adapted == *earlier || folder.join(files::RESULT).exists() {
        return Ok(());
    }
    disk::write_atomically(&folder.join(files::SETTINGS), adapted.to_toml()?.as_bytes())
}

/// A file in a folder that a making of a run, killed before its end, would not have left there.
fn stray_file(folder: &Path) -> Result<Option<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    for entry in entries {
        let name = entry.map_err(|error| Error::io("read", folder, error))?.file_name().to_string_lossy().into_owned();
        let ours = [files::SPACE, files::ARCHITECTURE, files::LOG].contains(&name.as_str());
        if !ours && !disk::is_unfinished(&name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
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
        let space = path
            .exists()
            .then(|| Space::from_text(&disk::read_text(&path)?).map_err(|error| Error::file("use", &path, error)));
        Ok(Self { settings: Settings::read(folder)?, space: space.transpose()? })
    }
}

/// How a start of a run treats its plugin, beside what the run's settings say.
#[derive(Clone, Debug, Default)]
pub struct Handling {
    /// Folders and files of plugins, searched for one that was moved.
    pub plugins: Vec<PathBuf>,
    /// The longest that a call may take; else it is that of the settings.
    pub hook_deadline: Option<HookDeadline>,
    /// Whether the plugin is not confined.
    pub unconfined: bool,
}

/// Executes the run in `folder`, from where it is to its end. A run that ended before gives its result again.
///
/// # Errors
///
/// [`Error::Input`] if the run cannot begin: no settings, other data than it was made for, another process at work
/// in the folder. A run that began and failed is no error: its result says so.
pub fn execute(folder: &Path, handling: &Handling, observer: &mut dyn Observer) -> Result<RunResult> {
    let _lock = lock(folder)?;
    let settings = Settings::read(folder)?;
    if let Some(result) = RunResult::read(folder)? {
        observer.event(&Event::Message(format!("{} is over: this is its result", folder.display())));
        return Ok(result);
    }
    let settings = unconfined_as_asked(folder, settings, handling.unconfined)?;
    let context = Context::open(folder, settings, handling.clone())?;
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
        let checkpoints = folder.join(files::CHECKPOINTS);
        std::fs::remove_dir_all(&checkpoints).map_err(|error| Error::io("remove", &checkpoints, error))?;
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
            disk::write_atomically(&folder.join(files::SETTINGS), settings.to_toml()?.as_bytes())?;
            Ok(settings)
        }
        _ => Ok(settings),
    }
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
