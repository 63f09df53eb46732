//! The supervisor of a plugin's process, as the run sees it: waiting for it, and giving the order to end.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use genomenas_plugin_host::{scratch, supervise};
use rustix::process::{Pid, Signal, kill_process};

use crate::orphans;

/// How long a supervisor may take to end a family, before it is killed and the family ended from here.
const PATIENCE: Duration = Duration::from_secs(5);

/// The process. Dropping it ends the plugin's process and everything that this started.
#[derive(Debug)]
pub(super) struct Supervisor {
    process: Child,
    control: UnixStream,
    status: Option<ExitStatus>,
}

/// Hangs up on the plugin once nobody listens at the other end of `control`: a plugin whose supervisor was killed may
/// still hold its socket, and would be waited for until its deadline.
pub(super) fn watch(mut control: UnixStream, calls: UnixStream) -> io::Result<()> {
    let watch = move || {
        let mut byte = [0];
        while matches!(control.read(&mut byte), Err(error) if error.kind() == io::ErrorKind::Interrupted) {}
        // Answers that have arrived can still be read.
        let _ = calls.shutdown(Shutdown::Both);
    };
    thread::Builder::new().name("plugin-watch".to_owned()).spawn(watch)?;
    Ok(())
}

impl Supervisor {
    /// For the process that listens at the other end of `control`.
    pub(super) fn new(process: Child, control: UnixStream) -> Self {
        Self { process, control, status: None }
    }

    /// How it ended, which is how the plugin's process did; `None` if it still runs after `time`.
    pub(super) fn wait(&mut self, time: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + time;
        let mut pause = Duration::from_micros(100);
        while self.status.is_none() {
            match self.process.try_wait() {
                Ok(Some(status)) => self.finish(status),
                Ok(None) if Instant::now() < until => thread::sleep(pause),
                Ok(None) | Err(_) => return None,
            }
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        self.status
    }

    /// Ends the plugin's process and everything that it started.
    pub(super) fn end(&mut self) {
        // Whatever fails below means that it has ended by itself.
        let _ = self.control.write(&[supervise::ORDER]);
        let _ = self.control.shutdown(Shutdown::Both);
        // One that was stopped could not follow.
        let _ = kill_process(Pid::from_child(&self.process), Signal::CONT);
        if self.wait(PATIENCE).is_none() && self.status.is_none() {
            let _ = self.process.kill();
            if let Ok(status) = self.process.wait() {
                self.finish(status);
            }
        }
    }

    fn finish(&mut self, status: ExitStatus) {
        self.status = Some(status);
        orphans::ended(self.process.id(), Duration::ZERO);
        if status.signal() == Some(Signal::KILL.as_raw()) {
            // It may have been killed itself, before it could tidy up.
            scratch::sweep();
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.end();
        }
    }
}
