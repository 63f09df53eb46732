//! Becoming the program that trains, which lies beside this one.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{printable, shortened};

/// The name of the program that trains.
const NAME: &str = "genomenas-train";

/// Says to that program who it was: the number of the process, which stays the same, and the version.
const MARK: &str = "GENOMENAS_BECAME";

/// The argument with which that program only says how many CUDA devices there are.
pub const COUNT_DEVICES: &str = "--count-devices";

/// The argument with which that program only says which libtorch it is linked with.
pub const LIBTORCH_VERSION: &str = "--libtorch-version";

/// Becomes the program that trains, with the same arguments and these variables in its environment. Returns only the
/// reason why it cannot.
pub(super) fn become_trainer(environment: impl IntoIterator<Item = (&'static str, String)>) -> Error {
    let program = match trainer() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut arguments = std::env::args_os();
    let mut command = Command::new(&program);
    // Whoever lists processes sees the command that was given.
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    cannot_start(&program, &command.args(arguments).envs(environment).env(MARK, mark()).exec())
}

/// The number of CUDA devices that libtorch sees.
pub(super) fn cuda_devices() -> Result<usize> {
    let (program, said) = asked(COUNT_DEVICES, Stdio::inherit())?;
    let count = said.and_then(|said| said.parse().ok());
    count.ok_or_else(|| Error::failed(format!("{} does not say how many devices there are", program.display())))
}

/// The version of libtorch that the program that trains is linked with; `None` where it cannot tell.
pub(super) fn libtorch() -> Option<String> {
    let (_, said) = asked(LIBTORCH_VERSION, Stdio::null()).ok()?;
    said.map(|said| printable(&shortened(&said))).filter(|said| !said.is_empty())
}

/// What that program says when it is started with this argument, if it ends well.
fn asked(argument: &str, errors: Stdio) -> Result<(PathBuf, Option<String>)> {
    let program = trainer()?;
    let said = Command::new(&program).arg(argument).stdin(Stdio::null()).stderr(errors).output();
    let said = said.map_err(|error| cannot_start(&program, &error))?;
    let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    Ok((program, said.status.success().then_some(text)))
}

/// Whether the program that trains was started by the one of its version.
///
/// # Errors
///
/// It was not; in words.
pub(super) fn check_mark() -> Result<()> {
    checked(std::env::var(MARK).ok().as_deref(), &mark())
}

fn checked(told: Option<&str>, expected: &str) -> Result<()> {
    match told.and_then(|told| told.split_once(' ')).zip(expected.split_once(' ')) {
        Some(((process, version), (own, expected))) if process == own => {
            let other = Error::input(format!(
                "{NAME} is of version {expected}, and genomenas beside it of version {}: install the files of one build together",
                printable(&shortened(version))
            ));
            if version == expected { Ok(()) } else { Err(other) }
        }
        _ => Err(Error::input(format!("{NAME} is what genomenas becomes to train: start genomenas"))),
    }
}

fn mark() -> String {
    format!("{} {}", std::process::id(), env!("CARGO_PKG_VERSION"))
}

/// Where the program that trains lies: beside this one.
fn trainer() -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(|error| Error::failed(format!("cannot find this program: {error}")))?;
    Ok(own.with_file_name(NAME))
}

fn cannot_start(program: &Path, error: &io::Error) -> Error {
    let place = program.display();
    if error.kind() == io::ErrorKind::NotFound {
        return Error::input(format!(
            "{place} is missing, which trains and scores on libtorch: install it beside genomenas, from the same build (`make build`)"
        ));
    }
    Error::failed(format!("cannot start {place}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_trains_begins_only_for_the_program_of_its_version() {
        assert!(checked(Some("7 0.2.0"), "7 0.2.0").is_ok());
        let refused = |told| checked(told, "7 0.2.0").unwrap_err().to_string();
        let other = refused(Some("7 0.1.9"));
        assert!(other.contains("of version 0.2.0, and genomenas beside it of version 0.1.9"), "{other}");
        for told in [None, Some(""), Some("8 0.2.0"), Some("7")] {
            assert!(refused(told).contains("start genomenas"));
        }
    }
}
