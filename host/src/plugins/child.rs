//! A plugin's process with one instance of one strategy in it.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use genomenas_data::text::{LONGEST_MESSAGE, bounded, printable};
use genomenas_plugin::ErrorCode;
use genomenas_plugin::message::Manifest;
use genomenas_plugin_host::wire::{Create, Kind, code};
use log::Level;

use super::connection::{Answer, Connection, ConnectionError};
use super::launch;
use super::limits::{Limits, call_name};
use super::relay::Relay;
use crate::exit;

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
}

/// The process.
#[derive(Debug)]
pub struct Child {
    plugin: String,
    process: std::process::Child,
    connection: Connection,
    errors: Relay,
    limits: Limits,
    crashed: bool,
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The instance is lost: its process died or was killed, or a hook panicked. The message says how.
    Crash(String),
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
        let mut child = Self { plugin, process, connection, errors, limits: *limits, crashed: false };
        let greeted = child.connection.greet(limits.deadlines.create);
        greeted.map_err(|error| child.crash(Kind::Hello, error))?;
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
                let message = printable(&bounded(&message, LONGEST_MESSAGE));
                match ErrorCode::from_u32(code) {
                    ErrorCode::Panic | ErrorCode::Poisoned => {
                        Err(Fault::Crash(format!("plugin {} {message} in {}", self.plugin, call_name(kind))))
                    }
                    _ => Err(Fault::Refused { code, message }),
                }
            }
            Err(error) => Err(self.crash(kind, error)),
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

    /// Ends the process, if it still lives, and reports how the call failed.
    fn crash(&mut self, kind: Kind, error: ConnectionError) -> Fault {
        self.crashed = true;
        let plugin = &self.plugin;
        let during = call_name(kind);
        let end_of_process = match error {
            ConnectionError::Late => {
                end(&mut self.process);
                let seconds = self.limits.deadlines.of(kind).as_secs_f64();
                return Fault::Crash(format!(
                    "plugin {plugin} did not answer {during} within {seconds} s and was killed"
                ));
            }
            ConnectionError::Garbage(why) => {
                end(&mut self.process);
                return Fault::Crash(format!(
                    "plugin {plugin} sent something that is not an answer in {during}: {why}"
                ));
            }
            ConnectionError::HungUp => {
                if let Some(status) = wait(&mut self.process, Duration::from_secs(2)) {
                    exit::in_words(status)
                } else {
                    end(&mut self.process);
                    "closed its connection".to_owned()
                }
            }
        };
        let last = self.errors.last_line();
        let said = if last.is_empty() { String::new() } else { format!("; its last words: {last}") };
        Fault::Crash(format!("plugin {plugin} {end_of_process} in {during}{said}"))
    }
}

impl Drop for Child {
    /// Hangs up, gives the plugin a moment to end by itself, then kills it.
    fn drop(&mut self) {
        if self.crashed {
            // It has been reaped and reported.
            return;
        }
        self.connection.hang_up();
        match wait(&mut self.process, Duration::from_secs(1)) {
            Some(status) if status.success() => {}
            Some(status) => log::warn!("plugin {} {} when it was ended", self.plugin, exit::in_words(status)),
            None => {
                log::warn!("plugin {} did not end by itself and was killed", self.plugin);
                end(&mut self.process);
            }
        }
        // What it printed at its end is in the log before this returns.
        self.errors.last_line();
    }
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
