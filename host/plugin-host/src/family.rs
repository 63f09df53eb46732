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
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process, wait, waitid, waitpid,
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
                kill_all(&descendants(&children(&BTreeSet::new())));
                thread::sleep(PAUSE);
            }
        }
    }
}

/// Ends the children of this process that are not among `own`, with all their descendants: what it took over as a child
/// subreaper. Those that end by themselves within `patience` are left to it.
pub fn end_strangers(own: &BTreeSet<u32>, patience: Duration) {
    let begun = Instant::now();
    while has_children() {
        let mut strangers = children(own);
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

/// Children of this process that are not among `own`.
fn children(own: &BTreeSet<u32>) -> Vec<Pid> {
    let here = std::process::id().cast_signed();
    let stranger = |pid: &i32| !own.contains(&pid.cast_unsigned());
    let children = parents().into_iter().filter(|&(_, parent)| parent == here).map(|(pid, _)| pid);
    children.filter(stranger).filter_map(Pid::from_raw).collect()
}

/// `roots` and all that descends from them.
fn descendants(roots: &[Pid]) -> Vec<Pid> {
    let parents = parents();
    let mut found: BTreeSet<i32> = roots.iter().map(|pid| pid.as_raw_nonzero().get()).collect();
    loop {
        let before = found.len();
        found.extend(
            parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(pid, _)| *pid).collect::<Vec<_>>(),
        );
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

/// Every process that can be seen, with its parent.
fn parents() -> Vec<(i32, i32)> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let processes = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    processes
        .filter_map(|pid| Some((pid, parent_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)))
        .collect()
}

/// The parent in a line of `/proc/PID/stat`. The name before it may hold spaces and parentheses.
fn parent_in(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name() {
        assert_eq!(parent_in("7 (a) S 3 7 7 0 -1"), Some(3));
        assert_eq!(parent_in("7 (a) R 1 (b) S 9 7"), Some(9));
        assert_eq!(parent_in("7"), None);
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
