//! Starting the process that a plugin will live in.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdout, Command, Stdio};
use std::result::Result as Outcome;
use std::time::Duration;

use genomenas_data::error::{Error, Result};
use genomenas_data::text::printable;
use genomenas_plugin_host::arguments::{Arguments, Mechanism, Role};
use genomenas_plugin_host::descriptors;
use genomenas_plugin_host::protections::Protections;

use super::limits::Limits;
use super::site;
use super::supervisor::{self, Supervisor};
use crate::orphans;

/// The variable that names the binary, for unusual installations.
pub const VARIABLE: &str = "GENOMENAS_PLUGIN_HOST";

/// The variable that names mechanisms of the kernel to do without, as if it did not have them: `landlock,seccomp`. For
/// tests.
const WITHOUT: &str = "GENOMENAS_WITHOUT";

/// The binary's name.
const NAME: &str = "genomenas-plugin-host";

/// What a plugin sees of the environment; the rest could make two runs differ. `TMPDIR` becomes its scratch folder, and
/// `HOME` of a confined one, too.
const ENVIRONMENT: [&str; 7] = ["HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ"];

/// The binary that plugins are loaded in: what [`VARIABLE`] names, or the one beside this program.
///
/// # Errors
///
/// It does not exist.
pub fn plugin_host() -> Result<PathBuf> {
    let missing = |path: &Path| {
        Error::input(format!(
            "there is no {NAME} at {}: it belongs beside genomenas; build it with `cargo build --release -p {NAME}`, or \
             name it in {VARIABLE}",
            path.display()
        ))
    };
    if let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        return if path.is_file() { Ok(path) } else { Err(missing(&path)) };
    }
    let program =
        std::env::current_exe().map_err(|error| Error::failed(format!("cannot find this program: {error}")))?;
    let beside = program.with_file_name(NAME);
    if beside.is_file() {
        return Ok(beside);
    }
    // A test binary lies one folder below.
    let folder = program.parent().filter(|folder| folder.file_name() == Some(OsStr::new("deps")));
    let above = folder.and_then(Path::parent).map(|folder| folder.join(NAME)).filter(|path| path.is_file());
    above.ok_or_else(|| missing(&beside))
}

/// Starts a supervisor, which starts the process for the library, and returns the socket for calls to that process.
///
/// # Errors
///
/// The system refuses; in words, with the limit that it is likely to be.
pub(super) fn start(
    binary: &Path,
    library: &Path,
    limits: &Limits,
) -> Outcome<(Supervisor, Outputs, UnixStream), String> {
    let arguments = Arguments {
        memory: Some(limits.memory),
        library: Some(library.to_owned()),
        confined: limits.confined,
        traceable: limits.debugger,
        ..arguments(Role::Supervise)
    };
    let begin = || -> io::Result<_> {
        let (control, its_control) = UnixStream::pair()?;
        let (here, there) = UnixStream::pair()?;
        descriptors::send(&control, &there)?;
        supervisor::watch(control.try_clone()?, here.try_clone()?)?;
        let mut command = command(binary, &arguments);
        // Ctrl-C is for the host, which then ends its plugins in order.
        command.stdin(Stdio::from(OwnedFd::from(its_control))).process_group(0);
        let mut process = orphans::spawn(&mut command)?;
        let outputs = (process.stdout.take(), process.stderr.take());
        Ok((Supervisor::new(process, control), outputs, here))
    };
    begin().map_err(|error| format!("cannot start {}: {error}{}", binary.display(), site::reason(&error)))
}

/// The two outputs of a process.
pub(super) type Outputs = (Option<ChildStdout>, Option<ChildStderr>);

/// What a plugin is protected from here, as its process finds it.
///
/// # Errors
///
/// The process cannot be started, or the system refuses to confine it.
pub fn protections(confined: bool) -> Result<Protections> {
    let binary = plugin_host()?;
    let mut command = command(&binary, &Arguments { confined, ..arguments(Role::Protections) });
    let said = orphans::spawn(command.stdin(Stdio::null())).and_then(|child| {
        let pid = child.id();
        let said = child.wait_with_output();
        orphans::ended(pid, Duration::ZERO);
        said
    });
    let said = said.map_err(|error| Error::failed(format!("cannot start {}: {error}", binary.display())))?;
    serde_json::from_slice(&said.stdout).map_err(|_| {
        let why = String::from_utf8_lossy(&said.stderr);
        Error::failed(format!("cannot find out what plugins are protected from: {}", printable(why.trim())))
    })
}

fn arguments(role: Role) -> Arguments {
    let without = std::env::var(WITHOUT).unwrap_or_default();
    let without = without.split(',').filter_map(Mechanism::from_name).collect();
    Arguments { role, memory: None, library: None, confined: true, traceable: false, without }
}

fn command(binary: &Path, arguments: &Arguments) -> Command {
    let mut command = Command::new(binary);
    command
        .args(arguments.to_list())
        .env_clear()
        .envs(ENVIRONMENT.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))))
        .env("GENOMENAS_PLUGIN_LOG", log::max_level().as_str())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
