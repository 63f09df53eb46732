//! A plugin's process with one instance of one strategy in it.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use genomenas_data::text::{LONGEST_MESSAGE, bounded, printable};
use genomenas_plugin::ErrorCode;
use genomenas_plugin::message::Manifest;
use genomenas_plugin_host::protections::Protections;
use genomenas_plugin_host::wire::{Create, Kind, code};
use log::Level;

use super::connection::{Answer, Connection, ConnectionError};
use super::limits::{Limits, during, late};
use super::relay::{Allowance, Counted, Relay};
use super::supervisor::Supervisor;
use super::{debugger, launch, site};
use crate::exit;

/// The exit code of a process that fails before it has anything to do with a plugin.
const CANNOT_BEGIN: i32 = 2;

/// What to start.
#[derive(Clone, Debug)]
pub struct Start {
    /// The `genomenas-plugin-host` binary.
    pub binary: PathBuf,
    /// The library, a copy that nobody writes to.
    pub library: PathBuf,
    /// The manifest in the library's file; once loaded, the library must report the same.
    pub manifest: Manifest,
    /// The id of the strategy.
    pub strategy: String,
    /// The setup message.
    pub setup: String,
    /// What the process may use.
    pub limits: Limits,
    /// What it may still print.
    pub output: Allowance,
    /// Counts the bytes that it prints on standard output.
    pub printed: Arc<AtomicU64>,
}

/// The process.
#[derive(Debug)]
pub struct Child {
    plugin: String,
    supervisor: Supervisor,
    connection: Connection,
    output: Relay,
    errors: Relay,
    limits: Limits,
    protections: Protections,
    pid: u32,
    crashed: bool,
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The instance is lost by what the plugin did: its process died, or a hook panicked. The message says how.
    Crash(String),
    /// The system refused what the process needs, which is not the plugin's doing. The message says what.
    System(String),
    /// The instance is lost, and the plugin may not be why: its process was killed, by a person, for memory or because it
    /// was late, as it can be on a busy machine. The message says how.
    Stopped(String),
    /// The plugin refused the call; its state has not changed.
    Refused {
        /// The code of the plugin or of its process.
        code: u32,
        /// Why.
        message: String,
    },
}

impl Child {
    /// Starts the process, loads the library and makes the instance.
    ///
    /// # Errors
    ///
    /// The process died on the way, or the library or the strategy refused.
    pub fn start(start: &Start) -> Result<Self, Fault> {
        let Start { binary, library, manifest, strategy, setup, limits, output, printed } = start;
        let plugin = manifest.id.clone();
        let (supervisor, outputs, socket) = launch::start(binary, library, limits).map_err(Fault::System)?;
        let relays = match outputs {
            (Some(out), Some(errors)) => Relay::start(&plugin, Level::Info, output, Counted::new(out, printed))
                .and_then(|out| Ok((out, Relay::start(&plugin, Level::Warn, output, errors)?))),
            _ => Err(io::Error::other("it has no standard output")),
        };
        // The supervisor ends with its value.
        let (output, errors) = relays.map_err(|error| {
            Fault::System(format!("cannot listen to plugin {plugin}: {error}{}", site::reason(&error)))
        })?;
        let protections = Protections::default();
        let connection = Connection::new(socket);
        let mut child = Self {
            plugin,
            supervisor,
            connection,
            output,
            errors,
            limits: *limits,
            protections,
            pid: 0,
            crashed: false,
        };
        let greeted = child.connection.greet(limits.deadlines.start);
        let hello = greeted.map_err(|error| child.crash(Kind::Hello, error))?;
        if let Some(why) = hello.refused {
            return Err(Fault::System(format!(
                "cannot make a process ready for plugin {}: {}",
                child.plugin,
                printable(&why)
            )));
        }
        child.pid = hello.pid;
        child.protections = hello.protections.unwrap_or_default();
        child.open(library, manifest)?;
        if limits.debugger {
            debugger::wait(&child.plugin, child.pid);
        }
        let order = Create { strategy: strategy.clone(), setup: setup.clone() };
        let order = serde_json::to_vec(&order)
            .map_err(|error| Fault::Refused { code: code::MISUSE, message: error.to_string() })?;
        child.call(Kind::Create, order)?;
        Ok(child)
    }

    /// Calls the plugin.
    ///
    /// # Errors
    ///
    /// The instance is lost, or the plugin refused.
    pub fn call(&mut self, kind: Kind, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
        match self.connection.call(kind, body, self.limits.deadlines.of(kind)) {
            Ok(Answer::Reply(reply)) => Ok(reply),
            Ok(Answer::Failure(code, message)) => {
                let message = self.explained(printable(&bounded(&message, LONGEST_MESSAGE)));
                match ErrorCode::from_u32(code) {
                    ErrorCode::Panic | ErrorCode::Poisoned => {
                        Err(Fault::Crash(format!("plugin {} {message} {}", self.plugin, during(kind))))
                    }
                    _ => Err(Fault::Refused { code, message }),
                }
            }
            Err(error) => Err(self.crash(kind, error)),
        }
    }

    /// The process of the plugin.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What the plugin is protected from, as its process found it.
    pub fn protections(&self) -> &Protections {
        &self.protections
    }

    /// A message of the plugin with what it cannot know: which limit of memory holds, and that it is confined.
    fn explained(&self, mut message: String) -> String {
        message += &site::of_memory(&message, self.limits.memory);
        let denied = ["os error 1)", "os error 13)", "Permission denied", "Operation not permitted"];
        if self.limits.confined && denied.iter().any(|words| message.contains(words)) {
            message += "; plugins are kept from files, the network and other programs: --unconfined allows them";
        }
        message
    }

    fn open(&mut self, library: &Path, manifest: &Manifest) -> Result<(), Fault> {
        let records = self.call(Kind::Open, library.as_os_str().as_bytes().to_vec())?;
        if Manifest::from_records(&records).as_ref() == Ok(manifest) {
            return Ok(());
        }
        let message = "once loaded it describes itself otherwise than its file does: it is damaged or was altered";
        Err(Fault::Refused { code: code::OPEN, message: message.to_owned() })
    }

    /// Ends the process, if it still lives, and reports how the call failed.
    fn crash(&mut self, kind: Kind, error: ConnectionError) -> Fault {
        self.crashed = true;
        let plugin = &self.plugin;
        let during = during(kind);
        let mut stopped = false;
        let end_of_process = match error {
            ConnectionError::Late => {
                self.supervisor.end();
                return Fault::Stopped(format!("plugin {plugin} {}", late(kind, self.limits.deadlines.of(kind))));
            }
            ConnectionError::Garbage(why) => {
                self.supervisor.end();
                return Fault::Crash(format!("plugin {plugin} sent something that is not an answer {during}: {why}"));
            }
            ConnectionError::HungUp => {
                if let Some(status) = self.supervisor.wait(Duration::from_secs(2)) {
                    if kind == Kind::Hello && status.code() == Some(CANNOT_BEGIN) {
                        let why = self.errors.last_line();
                        return Fault::System(format!("the process for plugin {plugin} could not begin: {why}"));
                    }
                    stopped = exit::from_outside(status);
                    exit::in_words(status)
                } else {
                    self.supervisor.end();
                    "closed its connection".to_owned()
                }
            }
        };
        let last = self.errors.last_line();
        let said = if last.is_empty() { String::new() } else { format!("; its last words: {last}") };
        let how = format!("plugin {plugin} {end_of_process} {during}{}", self.explained(said));
        if stopped { Fault::Stopped(how) } else { Fault::Crash(how) }
    }
}

impl Drop for Child {
    /// Hangs up, gives the plugin a moment to end by itself, then ends it with everything that it started.
    fn drop(&mut self) {
        if !self.crashed {
            self.connection.hang_up();
            match self.supervisor.wait(Duration::from_secs(1)) {
                Some(status) if status.success() => {}
                Some(status) => log::warn!("plugin {} {} when it was ended", self.plugin, exit::in_words(status)),
                None => {
                    log::warn!("plugin {} did not end by itself and was killed", self.plugin);
                    self.supervisor.end();
                }
            }
        }
        // What it printed at its end is in the log before this returns.
        self.output.last_line();
        self.errors.last_line();
    }
}
