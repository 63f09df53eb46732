//! The supervisor: starts the process that loads the plugin, and ends everything that came of it.
//!
//! It is the child subreaper of that family and loads nothing itself, so whatever the plugin does, somebody is left to
//! end what it started: when the plugin's process ends, when the run orders it, and when the run is gone. It then ends as
//! the plugin's process did, so that the run sees how.

use std::fs;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, getppid, kill_process, set_child_subreaper,
    set_parent_process_death_signal, wait,
};
use std::os::unix::process::CommandExt as _;

use crate::arguments::{Arguments, Role};
use crate::scratch::{self, Scratch};
use crate::wire::{Frame, Hello, Kind};
use crate::{descriptors, family, limits};

/// How this process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an exit code.
    Code(u8),
    /// By a signal.
    Signal(i32),
}

/// What the run sends to have the family ended. The end of the socket without it means that the run is gone.
pub const ORDER: u8 = b'e';

/// How long a run whose sockets are closed may take until it has ended. A full machine leaves it waiting in between.
const RUN_ENDS: Duration = Duration::from_secs(30);

enum Event {
    /// The run gave the order.
    Ordered,
    /// The run is gone, or about to be: the sockets of a process are closed before its parenthood ends.
    RunGone,
    /// The process of the plugin ended.
    Ended(WaitStatus),
}

/// Does all of it.
///
/// # Errors
///
/// The system refuses something before the plugin's process is there.
pub fn supervise(arguments: &Arguments) -> io::Result<End> {
    descriptors::close_others()?;
    limits::no_core()?;
    set_child_subreaper(Some(getpid()))?;
    // A supervisor that was stopped has to go on to see that its run is gone.
    set_parent_process_death_signal(Some(Signal::CONT))?;
    outlive_hang_ups();
    let run = getppid();
    let control = descriptors::take_socket()?;
    let mut socket = UnixStream::from(descriptors::receive(&control)?);
    let begun = socket.try_clone().and_then(|socket| begin(arguments, control, socket));
    let (pid, events, scratch) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            let refused = Hello { refused: Some(error.to_string()), ..Hello::here() };
            Frame { kind: Kind::Hello, call: 0, body: serde_json::to_vec(&refused)? }.write(&mut socket)?;
            return Ok(End::Code(2));
        }
    };
    drop(socket);
    let first = events.recv();
    let mut status = match first {
        Ok(Event::Ended(status)) => Some(status),
        Ok(Event::Ordered | Event::RunGone) | Err(_) => None,
    };
    if status.is_none() {
        // It may have ended meanwhile.
        let _ = kill_process(pid, Signal::KILL);
    }
    status = family::end_all(pid).or(status);
    drop(scratch);
    if outlives(run, matches!(first, Ok(Event::RunGone))) {
        // What the run itself left in the folder for temporary files.
        scratch::sweep();
    }
    Ok(status.map_or(End::Code(0), end_of))
}

/// Starts the plugin's process, and what listens for its end and for the run's.
fn begin(
    arguments: &Arguments,
    mut control: UnixStream,
    socket: UnixStream,
) -> io::Result<(Pid, Receiver<Event>, Option<Scratch>)> {
    scratch::sweep();
    let scratch = match Scratch::make() {
        Ok(scratch) => Some(scratch),
        Err(error) => {
            use std::io::Write as _;
            let folder = std::env::temp_dir();
            // The run logs it with the plugin's name.
            let _ = writeln!(
                io::stderr(),
                "WARN it has no folder for temporary files: {} cannot be written: {error}",
                folder.display()
            );
            None
        }
    };
    let (events, received) = channel();
    let hang_up = events.clone();
    thread::Builder::new().spawn(move || {
        let mut byte = [0];
        let event = loop {
            match control.read(&mut byte) {
                Ok(1) if byte[0] == ORDER => break Event::Ordered,
                Ok(0) => break Event::RunGone,
                Err(error) if error.kind() != io::ErrorKind::Interrupted => break Event::RunGone,
                _ => {}
            }
        };
        let _ = hang_up.send(event);
    })?;
    // Started first and told of the child later, so that nothing can fail once there is one.
    let (tell, told) = channel();
    thread::Builder::new().spawn(move || {
        let Ok(plugin) = told.recv() else {
            return;
        };
        loop {
            match wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) if pid == plugin => {
                    let _ = events.send(Event::Ended(status));
                    return;
                }
                // A process that the plugin started and left.
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    })?;
    let child = command(arguments, socket, scratch.as_ref().map(Scratch::path)).spawn()?;
    let pid = Pid::from_child(&child);
    let _ = tell.send(pid);
    Ok((pid, received, scratch))
}

fn command(arguments: &Arguments, socket: UnixStream, scratch: Option<&Path>) -> Command {
    // This very file, also where another has taken its place.
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("genomenas-plugin-host")
        .args(arguments.with_role(Role::Plugin).to_list())
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .process_group(0);
    if let Some(scratch) = scratch {
        command.env("TMPDIR", scratch);
    } else {
        command.env_remove("TMPDIR");
    }
    if arguments.confined {
        let home = scratch.unwrap_or(Path::new("/nonexistent"));
        command.env("HOME", home).current_dir(scratch.unwrap_or(Path::new("/")));
    }
    command
}

/// Whether the run is gone, once it is if it is about to be: then it holds no lock any more.
fn outlives(run: Option<Pid>, hung_up: bool) -> bool {
    let until = Instant::now() + RUN_ENDS;
    loop {
        if getppid() != run {
            return true;
        }
        if !(hung_up || is_ending(run)) || Instant::now() > until {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process has given up its memory, which it does before its files: a plugin that reads the end of its socket
/// may be ended before the supervisor's own socket is closed.
fn is_ending(process: Option<Pid>) -> bool {
    let program = process.map(|pid| format!("/proc/{}/exe", pid.as_raw_nonzero()));
    program.is_some_and(|program| {
        fs::read_link(program).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            && fs::exists("/proc/self/exe").unwrap_or(false)
    })
}

fn end_of(status: WaitStatus) -> End {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => End::Code(u8::try_from(code).unwrap_or(u8::MAX)),
        (None, Some(signal)) => End::Signal(signal),
        (None, None) => End::Code(2),
    }
}

/// The kernel sends SIGHUP to a stopped process whose parent is gone, before the signal that lets it go on.
fn outlive_hang_ups() {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: the handler does nothing, so it may run at any moment. A handler, unlike "ignore", is not inherited.
    #[expect(unsafe_code, reason = "setting a handler has no safe interface")]
    unsafe {
        libc::signal(libc::SIGHUP, nothing as extern "C" fn(libc::c_int) as libc::sighandler_t);
    }
}

/// Ends this process by a signal, whatever its handler.
pub fn die_of(signal: i32) {
    // SAFETY: no handler is left that could be surprised, and the signal goes to this process alone.
    #[expect(unsafe_code, reason = "a signal by its number has no safe interface")]
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one follows from the other")]
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::kill(libc::getpid(), signal);
    }
}
