//! Processes that this process started, and those that it takes over from one of them that was killed.
//!
//! A supervisor ends the family of its plugin. Where it is killed, the kernel hands its children to the nearest
//! ancestor that asked for them: the run, or the comparer, which end them here. A process of the program asks once, at
//! its start; a process that only uses this library keeps its children to itself.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genomenas_plugin_host::family;
use rustix::process::{getpid, set_child_subreaper};

/// The processes that this one started itself and has not waited for yet; `None` where it takes over nothing.
static OWN: Mutex<Option<BTreeSet<u32>>> = Mutex::new(None);

/// Takes over the orphans of what this process will start. To be called before it starts anything.
///
/// Not where this process has children already, which somebody else gave it, and not as the first process of a
/// container, to which the orphans of the whole container come.
pub fn take_over() {
    let pid = getpid();
    if pid.is_init() || family::has_children() {
        return;
    }
    match set_child_subreaper(Some(pid)) {
        Ok(()) => *own() = Some(BTreeSet::new()),
        Err(error) => log::debug!("orphans of plugins would not come to this process: {error}"),
    }
}

/// Starts a process of our own.
///
/// # Errors
///
/// The system refuses.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    // Held meanwhile, so that nobody takes the child for an orphan.
    let mut own = own();
    let child = command.spawn()?;
    if let Some(own) = own.as_mut() {
        own.insert(child.id());
    }
    Ok(child)
}

/// Is told that a process of our own was waited for. Ends the orphans that it left, unless they end by themselves
/// within `patience`.
pub fn ended(pid: u32, patience: Duration) {
    if let Some(own) = own().as_mut() {
        own.remove(&pid);
        family::end_strangers(own, patience);
    }
}

fn own() -> MutexGuard<'static, Option<BTreeSet<u32>>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}
