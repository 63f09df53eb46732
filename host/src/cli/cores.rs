//! Cores of this machine that are held for threads that spin while they wait.
//!
//! A thread that spins on a core that another needs keeps it from its work, and both wait for each other. So whoever
//! wants to spin holds as many cores as it has threads, among all processes of this program on this machine, whoever
//! started them. A core is held by binding an abstract socket of its name: nothing is written, and the kernel releases it
//! with the process. Processes in another network namespace (a container) are not seen.

use std::os::fd::AsFd as _;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::thread::{CpuSet, sched_getaffinity};

/// The cores that this process holds, until this is dropped.
#[derive(Debug)]
pub(crate) struct Cores(Vec<UnixListener>);

/// Holds `count` of the cores that this process may run on; `None`, and nothing is held, where fewer are free.
pub(crate) fn hold(count: u32) -> Option<Cores> {
    let allowed = sched_getaffinity(None).ok()?;
    let cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    hold_some("genomenas-core", cores, count)
}

fn hold_some(prefix: &str, cores: impl Iterator<Item = usize>, count: u32) -> Option<Cores> {
    let bind = |core| UnixListener::bind_addr(&SocketAddr::from_abstract_name(format!("{prefix}-{core}")).ok()?).ok();
    let held: Vec<_> = cores.filter_map(bind).take(count as usize).collect();
    (held.len() == count as usize).then_some(Cores(held))
}

impl Cores {
    /// Holds them for whatever program this process becomes, too, until the process ends.
    pub(crate) fn keep_across_exec(&self) -> rustix::io::Result<()> {
        self.0.iter().try_for_each(|core| fcntl_setfd(core.as_fd(), FdFlags::empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_is_held_by_one_at_a_time() {
        let prefix = format!("genomenas-test-{}", std::process::id());
        let hold = |count| hold_some(&prefix, 0..4, count);
        let three = hold(3).unwrap();
        assert!(hold(2).is_none(), "there is one left");
        let last = hold(1).unwrap();
        drop(three);
        assert!(hold(4).is_none());
        drop(last);
        assert!(hold(4).is_some(), "what could not have all holds none");
    }

    #[test]
    fn no_more_cores_are_held_than_this_process_may_run_on() {
        assert!(hold(100_000).is_none());
    }
}
