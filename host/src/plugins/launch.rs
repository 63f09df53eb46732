//! Starting the process that a plugin will live in.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use genomenas_data::error::{Error, Result};

/// The variable that names the binary, for unusual installations.
pub const VARIABLE: &str = "GENOMENAS_PLUGIN_HOST";

/// The binary's name.
const NAME: &str = "genomenas-plugin-host";

/// What a plugin sees of the environment; the rest could make two runs differ.
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

/// Starts the process with one end of a socket and returns the other.
///
/// # Errors
///
/// The system refuses.
pub(super) fn start(binary: &Path, memory: u64) -> io::Result<(Child, UnixStream)> {
    let (here, there) = UnixStream::pair()?;
    let mut command = Command::new(binary);
    command
        .args(["--memory", &memory.to_string()])
        .env_clear()
        .envs(ENVIRONMENT.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))))
        .env("GENOMENAS_PLUGIN_LOG", log::max_level().as_str())
        .stdin(Stdio::from(OwnedFd::from(there)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C is for the host, which then ends its plugins in order.
        .process_group(0);
    Ok((spawn(command)?, here))
}

type Order = (Command, Sender<io::Result<Child>>);

/// Spawns on a thread that lives as long as this process: the child asks the kernel to be killed when the *thread* that
/// started it ends, and an instance may outlive the thread that makes it.
fn spawn(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, received) = channel::<Order>();
        let serve = move || {
            for (mut command, answer) in received {
                // Whoever asked may have gone.
                let _ = answer.send(command.spawn());
            }
        };
        if let Err(error) = thread::Builder::new().name("plugin-spawner".to_owned()).spawn(serve) {
            log::error!("cannot start the thread that starts plugins: {error}");
        }
        Mutex::new(orders)
    });
    let gone = || io::Error::other("the thread that starts plugins is gone");
    let (answer, answered) = channel();
    spawner.lock().unwrap_or_else(PoisonError::into_inner).send((command, answer)).map_err(|_| gone())?;
    answered.recv().map_err(|_| gone())?
}
