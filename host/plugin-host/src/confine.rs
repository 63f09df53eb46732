//! The limits that the process puts on itself before it loads a plugin.
//!
//! This protects a run from a plugin's mistakes. It is not a sandbox: a plugin runs with the rights of its user.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;

use rustix::process::{Resource, Rlimit, Signal, setrlimit};

/// Makes this process die with its parent, never dump core, and have at most `memory` bytes of addresses.
///
/// # Errors
///
/// The system refuses one of them.
pub fn limits(memory: Option<u64>) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    if memory.is_some() {
        setrlimit(Resource::As, Rlimit { current: memory, maximum: memory })?;
    }
    Ok(())
}

/// The socket that the parent put on standard input, moved out of the plugin's way: a plugin that reads standard input
/// then reads nothing.
///
/// # Errors
///
/// Standard input is not a socket, or cannot be replaced.
pub fn take_socket() -> io::Result<UnixStream> {
    use std::os::fd::AsFd as _;
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    if !file.metadata()?.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "standard input is not a socket: this program is started by genomenas, not by hand",
        ));
    }
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(UnixStream::from(std::os::fd::OwnedFd::from(file)))
}
