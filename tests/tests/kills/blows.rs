//! What hits a comparison.

use std::path::{Path, PathBuf};
use std::time::Duration;

use genomenas_tests::processes::{Process, family};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Draws a number below its argument.
pub(super) type Draw<'a> = &'a mut dyn FnMut(u64) -> usize;

/// Does something to a folder, or undoes it.
pub(super) type Disturbance<'a> = &'a dyn Fn(&Path, bool);

/// What is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Comparer,
    Group,
    Run,
    Host,
    RunAndHost,
    Any,
    /// A folder of a run, in which something is changed for a while.
    Folder,
}

/// A hit.
pub(super) struct Blow<'a> {
    pub(super) signal: Signal,
    pub(super) target: Target,
    /// The same signal again, a moment later.
    pub(super) twice: bool,
    /// A stopped process goes on after a while.
    pub(super) continued: bool,
    /// What is done to a folder, and undone.
    pub(super) disturbs: Option<Disturbance<'a>>,
}

impl Blow<'_> {
    pub(super) fn of(signal: Signal, target: Target) -> Self {
        Self { signal, target, twice: false, continued: false, disturbs: None }
    }

    /// Whether the comparer is to end of it.
    pub(super) fn ends_the_comparer(&self) -> bool {
        matches!(self.target, Target::Comparer | Target::Group)
    }

    /// Hits something of the comparer's family. `hosts` are the runs whose plugin hosts were hit, which happens twice at
    /// most: after a third crash a run is given up. Returns whether there was something to hit.
    pub(super) fn hit(&self, comparer: u32, hosts: &mut Vec<u32>, draw: Draw<'_>) -> bool {
        let family = family(comparer);
        let of = |is: &dyn Fn(&Process) -> bool| -> Vec<Process> {
            family.iter().filter(|process| is(process)).cloned().collect()
        };
        // The supervisor of a plugin's process stands between it and its run.
        let run_of = |process: &Process| {
            let parent = |of: &Process| family.iter().find(|process| process.id == of.parent);
            std::iter::successors(Some(process), |process| parent(process)).find(|one| one.is_run()).map(|run| run.id)
        };
        let mut one_of = |from: Vec<Process>| (!from.is_empty()).then(|| from[draw(from.len() as u64)].clone());
        let hit: Vec<Process> = match self.target {
            Target::Comparer | Target::Group => of(&|process| process.id == comparer),
            Target::Run => one_of(of(&Process::is_run)).into_iter().collect(),
            Target::Any => one_of(family.clone()).into_iter().collect(),
            Target::Host => {
                let hit_before = |run: u32| hosts.iter().filter(|hit| **hit == run).count();
                let may_be_hit = |process: &Process| run_of(process).is_some_and(|run| hit_before(run) < 2);
                let host = one_of(of(&|process| process.is_plugin_host() && may_be_hit(process)));
                hosts.extend(host.iter().filter_map(run_of));
                host.into_iter().collect()
            }
            Target::RunAndHost => {
                let host = one_of(of(&|process| process.is_plugin_host() && run_of(process).is_some()));
                let both = |host: &Process| of(&|process| process.id == host.id || Some(process.id) == run_of(host));
                host.iter().flat_map(both).collect()
            }
            Target::Folder => {
                let Some(folder) = one_of(of(&Process::is_run)).as_ref().and_then(folder_of) else { return false };
                let Some(disturb) = self.disturbs else { return false };
                let folders = [folder.join("checkpoints"), folder];
                for folder in &folders {
                    disturb(folder, true);
                }
                std::thread::sleep(Duration::from_millis(draw(1500) as u64));
                for folder in &folders {
                    disturb(folder, false);
                }
                return true;
            }
        };
        let times = if self.twice { 2 } else { 1 };
        for time in 0..times {
            if time > 0 {
                std::thread::sleep(Duration::from_millis(draw(60) as u64));
            }
            for process in &hit {
                send(process, self.target, self.signal);
            }
        }
        if self.continued {
            std::thread::sleep(Duration::from_millis(draw(600) as u64));
            for process in &hit {
                send(process, self.target, Signal::CONT);
            }
        }
        !hit.is_empty()
    }
}

/// The folder of a run, from its command line.
fn folder_of(run: &Process) -> Option<PathBuf> {
    let (_, arguments) = run.command.split_once("genomenas run ")?;
    Some(PathBuf::from(arguments.split(" --").next()?.trim()))
}

fn send(process: &Process, target: Target, signal: Signal) {
    let Some(id) = i32::try_from(process.id).ok().and_then(Pid::from_raw) else { return };
    // It may have ended by itself in this moment.
    let _ = if target == Target::Group { kill_process_group(id, signal) } else { kill_process(id, signal) };
}
