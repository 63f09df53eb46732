//! A plugin's process with one instance of one strategy in it.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use genomenas_plugin::ErrorCode;
use genomenas_plugin::message::Manifest;
use genomenas_plugin_host::wire::{Create, Kind, code};
use log::Level;

use super::connection::{Answer, Broken, Connection};
use super::launch;
use super::limits::{Limits, call_name};
use super::relay::Relay;

/// What to start.
#[derive(Clone, Debug)]
pub struct Start {
    /// The `genomenas-plugin-host` binary.
    pub binary: PathBuf,
    /// The library, a copy that nobody writes to.
    pub library: PathBuf,
    /// What the library says of itself; it must say the same once it is loaded.
    pub manifest: Manifest,
    /// The id of the strategy.
    pub strategy: String,
    /// The setup message.
    pub setup: String,
    /// What the process may use.
    pub limits: Limits,
}

/// The process.
#[derive(Debug)]
pub struct Child {
    plugin: String,
    process: std::process::Child,
    connection: Connection,
    errors: Relay,
    limits: Limits,
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The instance is lost: its process died or was killed, or a hook panicked. The message tells how.
    Crash(String),
    /// The plugin refused the call and is as it was.
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
        let Start { binary, library, manifest, strategy, setup, limits } = start;
        let plugin = manifest.id.clone();
        let unable = |error: io::Error| Fault::Refused {
            code: code::OPEN,
            message: format!("cannot start {}: {error}", binary.display()),
        };
        let (mut process, socket) = launch::start(binary, limits.memory).map_err(unable)?;
        let relays = match (process.stdout.take(), process.stderr.take()) {
            (Some(out), Some(errors)) => {
                Relay::start(&plugin, Level::Info, out).and_then(|_| Relay::start(&plugin, Level::Warn, errors))
            }
            _ => Err(io::Error::other("it has no standard output")),
        };
        let errors = match relays {
            Ok(errors) => errors,
            Err(error) => {
                end(&mut process);
                return Err(unable(error));
            }
        };
        let connection = Connection::new(socket);
        let mut child = Self { plugin, process, connection, errors, limits: *limits };
        let greeted = child.connection.greet(limits.deadlines.create);
        greeted.map_err(|broken| child.crash(Kind::Hello, broken))?;
        child.open(library, manifest)?;
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
                let message = plain(&message);
                match ErrorCode::from_u32(code) {
                    ErrorCode::Panic | ErrorCode::Poisoned => {
                        Err(Fault::Crash(format!("plugin {} {message} in {}", self.plugin, call_name(kind))))
                    }
                    _ => Err(Fault::Refused { code, message }),
                }
            }
            Err(broken) => Err(self.crash(kind, broken)),
        }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    fn open(&mut self, library: &Path, manifest: &Manifest) -> Result<(), Fault> {
        let records = self.call(Kind::Open, library.as_os_str().as_bytes().to_vec())?;
        if Manifest::from_records(&records).as_ref() == Ok(manifest) {
            return Ok(());
        }
        let message = "once loaded it describes itself otherwise than its file does: it is damaged or was altered";
        Err(Fault::Refused { code: code::OPEN, message: message.to_owned() })
    }

    /// Ends the process and tells what became of it.
    fn crash(&mut self, kind: Kind, broken: Broken) -> Fault {
        let plugin = &self.plugin;
        let during = call_name(kind);
        let told = match broken {
            Broken::Late => {
                end(&mut self.process);
                let seconds = self.limits.deadlines.of(kind).as_secs_f64();
                return Fault::Crash(format!(
                    "plugin {plugin} did not answer {during} within {seconds} s and was killed"
                ));
            }
            Broken::Garbage(why) => {
                end(&mut self.process);
                return Fault::Crash(format!(
                    "plugin {plugin} sent something that is not an answer in {during}: {why}"
                ));
            }
            Broken::HungUp => {
                if let Some(status) = wait(&mut self.process, Duration::from_secs(2)) {
                    fate(status)
                } else {
                    end(&mut self.process);
                    "closed its connection".to_owned()
                }
            }
        };
        let last = self.errors.last_line();
        let said = if last.is_empty() { String::new() } else { format!("; its last words: {last}") };
        Fault::Crash(format!("plugin {plugin} {told} in {during}{said}"))
    }
}

impl Drop for Child {
    /// Hangs up, gives the plugin a moment to end by itself, then kills it.
    fn drop(&mut self) {
        self.connection.hang_up();
        if wait(&mut self.process, Duration::from_secs(1)).is_none() {
            log::warn!("plugin {} did not end by itself and was killed", self.plugin);
            end(&mut self.process);
        }
    }
}

/// What the exit status of a process tells a person.
fn fate(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return format!("ended by itself with exit code {}", status.code().unwrap_or_default());
    };
    let name = match signal {
        4 => "illegal instruction",
        5 => "trap",
        6 => "abort",
        7 => "bus error",
        8 => "arithmetic error",
        9 => "killed, by a person or for memory",
        11 => "segmentation fault",
        15 => "terminated",
        _ => return format!("died with signal {signal}"),
    };
    format!("died with signal {signal} ({name})")
}

fn wait(process: &mut std::process::Child, time: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + time;
    loop {
        match process.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(2)),
            Ok(None) | Err(_) => return None,
        }
    }
}

fn end(process: &mut std::process::Child) {
    // It may have ended by itself meanwhile, which is as well.
    let _ = process.kill();
    let _ = process.wait();
}

/// A plugin's message on one line, without control characters.
fn plain(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(2000).collect()
}
