//! Comparisons that are hit at random instants, in every way that a machine or a person can, and go on afterwards.
//!
//! Whatever happens: nothing that is finished is lost or done twice, the bytes at the end are those of a comparison that was
//! never disturbed, and no process, temporary file or lock is left. A tenth of a campaign by default; the whole of it:
//!
//! `GENOMENAS_KILLS=100 cargo test --release --workspace --test integration -- kills:: --nocapture --test-threads 1`
//!
//! `GENOMENAS_KILLS_SEED` draws other instants. The clock of the machine is nobody's to set in a test, so what a clock that
//! is set leaves behind is made instead: files from the past and from the future.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

mod blows;
mod campaign;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use genomenas_tests::project::skip;
use genomenas_tests::{limited, listing, wrapped};
use rustix::process::Signal;

use blows::{Blow, Target};
use campaign::{Campaign, Scene};

#[test]
fn the_comparer_is_killed() {
    Campaign::new("comparer").hit(&Blow::of(Signal::KILL, Target::Comparer));
}

#[test]
fn the_group_of_the_comparer_is_killed() {
    Campaign::new("group").hit(&Blow::of(Signal::KILL, Target::Group));
}

#[test]
fn a_run_is_killed() {
    Campaign::new("run").hit(&Blow::of(Signal::KILL, Target::Run));
}

#[test]
fn a_plugin_host_is_killed() {
    Campaign::new("plugin host").hit(&Blow::of(Signal::KILL, Target::Host));
}

#[test]
fn a_run_and_its_plugin_host_are_killed_at_once() {
    Campaign::new("run and plugin host").hit(&Blow::of(Signal::KILL, Target::RunAndHost));
}

#[test]
fn the_comparer_is_asked_to_end() {
    for (name, signal) in [("SIGTERM", Signal::TERM), ("SIGHUP", Signal::HUP), ("SIGINT", Signal::INT)] {
        Campaign::new(name).hit(&Blow::of(signal, Target::Comparer));
    }
}

#[test]
fn the_comparer_is_asked_to_end_twice() {
    for (name, signal) in [("SIGTERM", Signal::TERM), ("SIGHUP", Signal::HUP), ("SIGINT", Signal::INT)] {
        Campaign::new(&format!("{name} twice")).hit(&Blow { twice: true, ..Blow::of(signal, Target::Comparer) });
    }
}

#[test]
fn any_process_is_stopped_and_continued() {
    Campaign::new("SIGSTOP and SIGCONT").hit(&Blow { continued: true, ..Blow::of(Signal::STOP, Target::Any) });
}

/// Files of the past and of the future, as a clock that is set back and forth leaves them.
#[test]
fn files_have_the_times_of_a_clock_that_was_set() {
    let mut campaign = Campaign::new("clock set");
    campaign.between = Some(|out, draw| {
        for name in listing(out) {
            let Ok(file) = fs::File::open(out.join(name)) else { continue };
            let seconds = Duration::from_secs(draw(10_000_000) as u64);
            let now = SystemTime::now();
            file.set_modified(if draw(2) == 0 { now - seconds } else { now + seconds }).unwrap();
        }
    });
    campaign.hit(&Blow::of(Signal::KILL, Target::Comparer));
}

/// No file can grow beyond a size: the journal, a checkpoint, the weights, a result or a page cannot be written.
#[test]
fn files_cannot_grow() {
    let mut campaign = Campaign::new("files cannot grow");
    campaign.start_often(|draw, command| limited(&format!("trap '' XFSZ; ulimit -f {}", 1 + draw(80)), &command));
}

/// With 64 open files a comparison works; with less it may refuse, in words, and goes on with more.
#[test]
fn few_files_can_be_open() {
    let mut campaign = Campaign::new("ulimit -n");
    campaign.start_often(|draw, command| limited(&format!("ulimit -n {}", 12 + draw(53)), &command));
    let mut campaign = Campaign::new("ulimit -n 64");
    campaign.kills = 1;
    campaign.last(|command| limited("ulimit -n 64", &command));
}

/// Folders in which nobody may write, root included.
#[test]
fn folders_become_read_only() {
    let unprivileged = |command: Command| {
        let drop = ["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];
        if rustix::process::geteuid().is_root() { wrapped("setpriv", &drop, &command) } else { command }
    };
    if !unprivileged(Command::new("true")).status().is_ok_and(|status| status.success()) {
        return skip("rights cannot be given up here (setpriv)");
    }
    let mut campaign = Campaign::new("read-only folders");
    campaign.wrap = Some(Box::new(unprivileged));
    let set = |folder: &Path, mode: u32| drop(fs::set_permissions(folder, fs::Permissions::from_mode(mode)));
    campaign.hit(&Blow {
        disturbs: Some(&|folder, on| set(folder, if on { 0o555 } else { 0o755 })),
        ..Blow::of(Signal::CONT, Target::Folder)
    });
}

/// A disk that is full, more and more of it later.
#[test]
fn the_disk_is_full() {
    let mut campaign = Campaign::new("disk full");
    let disk = campaign.folder().join("disk");
    fs::create_dir(&disk).unwrap();
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "none"]).arg(&disk);
    if !probe.output().is_ok_and(|output| output.status.success()) {
        return skip("a small disk cannot be mounted here (unshare --mount --map-root-user)");
    }
    let sizes = campaign.sizes(8, Scene::get().size_in_kib());
    let script = format!(
        "mount -t tmpfs -o size=4k none \"$DISK\"; full=0; \
         for size in {sizes}; do mount -o remount,size=${{size}}k \"$DISK\"; \"$0\" \"$@\" 2>\"$DISK.err\" >/dev/null; code=$?; \
         cat \"$DISK.err\" >&2; test $code = 0 || full=$((full + 1)); done; \
         mount -o remount,size=64m \"$DISK\"; \"$0\" \"$@\" >/dev/null; code=$?; echo \"$full\"; cp -r \"$DISK/out\" \"$DISK.out\"; exit $code"
    );
    let command = campaign.comparison(&disk.join("out"));
    let mut shell = wrapped("unshare", &["--mount", "--map-root-user", "sh", "-c", &script], &command);
    let output = shell.env("DISK", &disk).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let full: usize = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    campaign.ended(&campaign.folder().join("disk.out"));
    campaign.told(full);
    assert!(full >= campaign.kills / 2, "the disk was full {full} times only");
}
