//! A run that a comparer started ends with it, however the comparer ends.

use std::process::Command;

use genomenas_data::error::{Error, Result};
use rustix::process::Signal;

/// Set for a worker to the comparer's process id.
const COMPARER: &str = "GENOMENAS_COMPARER";

/// Makes the process that `command` starts end with this one; it must call [`end_with_comparer`].
pub(super) fn tie(command: &mut Command) {
    command.env(COMPARER, std::process::id().to_string());
}

/// In a process that a comparer started: asks the kernel to end this process when the comparer ends.
///
/// # Errors
///
/// The comparer has ended already, or the kernel refuses.
pub fn end_with_comparer() -> Result<()> {
    let Some(comparer) = std::env::var(COMPARER).ok().and_then(|id| id.parse::<u32>().ok()) else {
        return Ok(());
    };
    let failed = |error: rustix::io::Errno| Error::failed(format!("cannot ask to end with the comparison: {error}"));
    // A signal that also ends a run that was stopped; a run may be killed at any moment.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed)?;
    // It may have ended before the kernel was asked.
    let parent = std::os::unix::process::parent_id();
    if parent == comparer {
        Ok(())
    } else {
        Err(Error::failed("the comparison that started this run has ended: start the comparison again to go on"))
    }
}
