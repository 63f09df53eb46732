//! A run: one strategy (or a given architecture) × data set × seed, in one folder.
//!
//! A run needs nothing but its folder and the data. Killed at any moment and executed again, it goes on where it was
//! and ends as if it had never been killed.

mod backend;
mod context;
mod digests;
mod finish;
pub mod journal;
mod observe;
mod result;
mod saved_state;
pub mod settings;
mod strategy;

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use genomenas_plugin::space::{Architecture, Space};
use serde::Serialize;

pub use digests::{check_architecture, check_weights};
pub use observe::{Event, Observer};
pub use result::{RunResult, State};
pub use settings::Settings;

use context::Context;
use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;
use genomenas_data::hash::sha256;
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
    let path = folder.join(files::SETTINGS);
    if path.exists() {
        let there = Made::read(folder)?;
        let given = architecture.filter(|_| there.settings.architecture_sha256.is_some());
        let architecture_sha256 = given.map(digest_of).transpose()?;
        let here = Made { settings: Settings { architecture_sha256, ..settings.clone() }, space: space.cloned() };
        return match difference::first(&there, &here, &[])? {
            None => Ok(()),
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
    let mut settings = settings.clone();
    if let Some(space) = space {
        let text = space.to_toml()?;
        disk::write_atomically(&folder.join(files::SPACE), text.as_bytes())?;
        if let Some(search) = &mut settings.search {
            search.space_sha256 = Some(sha256(text.as_bytes()));
        }
    }
    if let Some(architecture) = architecture {
        disk::write_atomically(&folder.join(files::ARCHITECTURE), architecture.to_json()?.as_bytes())?;
        settings.architecture_sha256 = Some(digest_of(architecture)?);
    }
    // Last: a folder with settings is a whole run.
    disk::write_atomically(&path, settings.to_toml()?.as_bytes())
}

/// The digest of the file of an architecture.
fn digest_of(architecture: &Architecture) -> Result<String> {
    Ok(sha256(architecture.to_json()?.as_bytes()))
}

/// A file in a folder that a making of a run, killed before its end, would not have left there.
fn stray_file(folder: &Path) -> Result<Option<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
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
        let mut settings = Settings::read(folder)?;
        // Spaces are compared themselves.
        let expected = settings.search.as_mut().and_then(|search| search.space_sha256.take());
        let space = (expected.is_some() || path.exists()).then(|| {
            let text = digests::unchanged(&path, expected.as_deref())?;
            Space::from_text(&text).map_err(|error| Error::file("use", &path, error))
        });
        Ok(Self { settings, space: space.transpose()? })
    }
}

/// Executes the run in `folder`, from where it is to its end. A run that ended before gives its result again.
///
/// # Errors
///
/// [`Error::Input`] if the run cannot begin: no settings, other data than it was made for, another process at work
/// in the folder. A run that began and failed is no error: its result says so.
pub fn execute(folder: &Path, observer: &mut dyn Observer) -> Result<RunResult> {
    let kept = Settings::kept(folder)?;
    let _lock = lock(folder)?;
    if let Some(result) = RunResult::read(folder)? {
        if result.state == State::Done {
            tidy(folder)?;
        }
        observer.event(&Event::Message(format!("{} is over: this is its result", folder.display())));
        return Ok(result);
    }
    let context = Context::open(folder, kept, observer)?;
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
        tidy(folder)?;
    }
    Ok(result)
}

/// Removes what a run that is done has no more use for. A kill after the result was written leaves it there.
pub fn tidy(folder: &Path) -> Result<()> {
    disk::remove_unfinished(folder)?;
    let checkpoints = folder.join(files::CHECKPOINTS);
    match std::fs::remove_dir_all(&checkpoints) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", &checkpoints, error)),
        _ => Ok(()),
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
