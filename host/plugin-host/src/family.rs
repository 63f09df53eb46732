//! Families of processes: who descends from whom, and ending all of them.
//!
//! A process that forks twice and makes a session of its own is in no group that could be signalled. What it cannot
//! change is that its parent, once gone, is replaced by the nearest ancestor that is a *child subreaper*
//! (`PR_SET_CHILD_SUBREAPER`). So whoever is one can always find its descendants by their parents.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpgrp, kill_process, wait, waitid, waitpid,
};

/// How long ended processes are waited for before the next look.
const PAUSE: Duration = Duration::from_millis(2);
/// How long a family may resist, such as a process in a system call that cannot be interrupted.
const RESISTANCE: Duration = Duration::from_secs(10);

/// Ends every descendant of this process, which must be a child subreaper. Returns how `watched` ended, if it is among
/// those that ended here.
pub fn end_all(watched: Pid) -> Option<WaitStatus> {
    let until = Instant::now() + RESISTANCE;
    let mut status = None;
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, how))) if pid == watched => status = Some(how),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            // Whatever descended from this process and lost its parent would be a child of it now.
            Err(_) => return status,
            Ok(None) if Instant::now() > until => return status,
            Ok(None) => {
                kill_all(&descendants(&children(|_| true)));
                thread::sleep(PAUSE);
            }
        }
    }
}

/// Ends the children of this process that are not among `own`, with all their descendants: what it took over as a child
/// subreaper. Those that end by themselves within `patience` are left to it, and so is what a library started here: it
/// is in this process's own group, which every family has left.
pub fn end_strangers(own: &BTreeSet<u32>, patience: Duration) {
    let begun = Instant::now();
    while has_children() {
        let mut strangers = strangers(own);
        // A child that has ended stays in the list until it was waited for.
        strangers.retain(|&pid| matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(None)));
        if strangers.is_empty() || begun.elapsed() > patience + RESISTANCE {
            return;
        }
        if begun.elapsed() >= patience {
            kill_all(&descendants(&strangers));
        }
        thread::sleep(PAUSE);
    }
}

/// Whether this process has any child, running or not waited for.
pub fn has_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(Errno::CHILD))
}

/// Children of this process that are in no group of its own and not among `own`.
fn strangers(own: &BTreeSet<u32>) -> Vec<Pid> {
    let group = getpgrp().as_raw_nonzero().get();
    children(|one| one.group != group && !own.contains(&one.pid.cast_unsigned()))
}

/// The children of this process of which `wanted` is true.
fn children(wanted: impl Fn(&Seen) -> bool) -> Vec<Pid> {
    let here = std::process::id().cast_signed();
    let children = seen().into_iter().filter(|one| one.parent == here && wanted(one));
    children.filter_map(|one| Pid::from_raw(one.pid)).collect()
}

/// `roots` and all that descends from them.
fn descendants(roots: &[Pid]) -> Vec<Pid> {
    let seen = seen();
    let mut found: BTreeSet<i32> = roots.iter().map(|pid| pid.as_raw_nonzero().get()).collect();
    loop {
        let before = found.len();
        let next: Vec<i32> = seen.iter().filter(|one| found.contains(&one.parent)).map(|one| one.pid).collect();
        found.extend(next);
        if found.len() == before {
            return found.into_iter().filter_map(Pid::from_raw).collect();
        }
    }
}

fn kill_all(processes: &[Pid]) {
    for &pid in processes {
        // It may have ended meanwhile.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// A process, as a look at it found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    pid: i32,
    parent: i32,
    group: i32,
}

/// Every process that can be seen.
fn seen() -> Vec<Seen> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let processes = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    processes.filter_map(|pid| read(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// Reads `/proc/PID/stat`. The name in it may hold spaces and parentheses.
fn read(pid: i32, stat: &str) -> Option<Seen> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
    Some(Seen { pid, parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name() {
        assert_eq!(read(7, "7 (a) S 3 5 7 0 -1"), Some(Seen { pid: 7, parent: 3, group: 5 }));
        assert_eq!(read(7, "7 (a) R 1 (b) S 9 7"), Some(Seen { pid: 7, parent: 9, group: 7 }));
        assert_eq!(read(7, "7"), None);
    }

    #[test]
    fn descendants_are_found_through_every_generation() {
        let mut shell = std::process::Command::new("sh").args(["-c", "(sleep 100 & wait) & wait"]).spawn().unwrap();
        let root = Pid::from_child(&shell);
        let begun = Instant::now();
        while descendants(&[root]).len() < 3 {
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", descendants(&[root]));
            thread::sleep(PAUSE);
        }
        kill_all(&descendants(&[root]));
        shell.wait().unwrap();
    }
}
