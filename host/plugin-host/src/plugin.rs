//! The process of the plugin: limits, confinement, then calls.

use std::io;
use std::path::PathBuf;

use rustix::process::{PTracer, Pid, Signal, getppid, set_parent_process_death_signal, set_ptracer};

use crate::arguments::Arguments;
use crate::protections::Protections;
use crate::{confine, descriptors, limits, serve};

/// Limits this process, confines it, and answers calls until the run hangs up.
///
/// # Errors
///
/// As [`serve::serve`], or standard input is not a socket.
pub fn run(arguments: &Arguments) -> io::Result<()> {
    let socket = descriptors::take_socket()?;
    let protections = prepare(arguments);
    serve::serve(socket, protections)
}

/// What a plugin would be protected from here; this process is confined from then on.
///
/// # Errors
///
/// The system refuses something, in words.
pub fn protections(arguments: &Arguments) -> Result<Protections, String> {
    if arguments.confined {
        confine::confine(arguments.library.as_deref(), None, &arguments.without)
    } else {
        Ok(Protections::none())
    }
}

fn prepare(arguments: &Arguments) -> Result<Protections, String> {
    let refused = |what: &'static str| move |error: io::Error| format!("the system refuses {what}: {error}");
    // The supervisor started this process from the thread that it ends with.
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| refused("to end it with its supervisor")(error.into()))?;
    if getppid().is_none_or(Pid::is_init) {
        return Err("the process that started it is gone".to_owned());
    }
    if arguments.traceable {
        // A kernel without Yama refuses, and lets any process of the user attach.
        let _ = set_ptracer(PTracer::Any);
    }
    limits::no_core().map_err(refused("a limit of core dumps"))?;
    if let Some(memory) = arguments.memory {
        limits::addresses(memory).map_err(refused("a limit of memory"))?;
    }
    if !arguments.confined {
        return Ok(Protections::none());
    }
    limits::files().map_err(refused("a limit of file sizes"))?;
    let scratch = std::env::var_os("TMPDIR").map(PathBuf::from);
    confine::confine(arguments.library.as_deref(), scratch.as_deref(), &arguments.without)
}
