//! Commands whose processes can be counted: whatever descends from them carries a mark in its environment. Their plugin
//! tries what it is ordered to.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::runs::{motif_store, search, start, wait_until};
use crate::{genomenas, hostile_plugin};

/// A mark that no other command of this machine has.
#[derive(Clone, Debug)]
pub struct Mark(String);

/// A process with a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Its number.
    pub pid: u32,
    /// Its arguments, with spaces between.
    pub line: String,
}

impl Mark {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "no two are equal")]
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // A variable that plugins get to see; what it names is not a time zone and therefore UTC.
        Self(format!("mark-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Marks what `command` starts.
    pub fn put(&self, command: &mut Command) {
        command.env("TZ", &self.0);
    }

    /// The processes with this mark that have not ended.
    pub fn living(&self) -> Vec<Marked> {
        let variable = format!("TZ={}", self.0);
        let processes =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let marked = processes.filter(|pid: &u32| {
            // That of a process that has ended is empty, also while nobody has waited for it.
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|one| one == variable.as_bytes())
        });
        let line = |pid: u32| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let text = |pid: u32| String::from_utf8_lossy(&line(pid)).replace('\0', " ");
        marked.map(|pid| Marked { pid, line: text(pid) }).collect()
    }

    /// Those of them whose arguments contain `part`.
    pub fn with(&self, part: &str) -> Vec<u32> {
        self.living().into_iter().filter(|process| process.line.contains(part)).map(|process| process.pid).collect()
    }

    /// Asserts that nothing with this mark is left, now or in a moment.
    pub fn expect_none(&self, case: &str) {
        wait_until(&format!("nothing was left: {case}: {:?}", self.living()), || self.living().is_empty());
    }
}

/// Sends a signal.
pub fn signal(name: &str, pid: u32) {
    // It may have ended.
    let _ = Command::new("kill").args([&format!("-{name}"), "--", &pid.to_string()]).output().unwrap();
}

/// A store, and a mark for all that is started there.
pub struct Scene {
    /// Where all lies.
    pub folder: TempDir,
    /// The store.
    pub store: PathBuf,
    /// The mark.
    pub mark: Mark,
    confined: bool,
}

impl Scene {
    /// Plugins are confined as far as the kernel can.
    #[expect(clippy::new_without_default, reason = "it makes files")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = motif_store(folder.path());
        Self { folder, store, mark: Mark::new(), confined: true }
    }

    /// As on a kernel without Landlock and seccomp, and with temporary files in the scene.
    pub fn unconfined() -> Self {
        let scene = Self { confined: false, ..Self::new() };
        fs::create_dir(scene.temporary()).unwrap();
        scene
    }

    fn temporary(&self) -> PathBuf {
        self.out("temporary")
    }

    /// A place for files.
    pub fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a command one of this scene.
    pub fn mark(&self, command: &mut Command) {
        self.mark.put(command);
        if !self.confined {
            command.env("GENOMENAS_WITHOUT", "landlock,seccomp").env("TMPDIR", self.temporary());
        }
    }

    /// A search by the strategy `reaching` under `orders`, into the folder `name`.
    pub fn search(&self, name: &str, orders: &[(&str, &str)]) -> Command {
        self.reaching(search(&self.store, &self.out(name), "--strategy reaching --budget 480samples"), orders)
    }

    /// The first network of the strategy `reaching` under `orders`: it proposes once, and nothing is trained.
    pub fn describe(&self, orders: &[(&str, &str)]) -> Command {
        let mut command = genomenas();
        command.args(["describe", "--strategy", "reaching", "--length", "60", "--labels", "2"]);
        self.reaching(command, orders)
    }

    fn reaching(&self, mut command: Command, orders: &[(&str, &str)]) -> Command {
        for (name, value) in orders {
            command.args(["--set", &format!("{name}={value}")]);
        }
        command.arg("--plugins").arg(hostile_plugin());
        self.mark(&mut command);
        command
    }

    /// Asserts that of plugins that are not confined nothing is left: no process, and no temporary file.
    pub fn nothing_is_left(&self, case: &str) {
        self.mark.expect_none(case);
        wait_until("no scratch folder was left", || fs::read_dir(self.temporary()).unwrap().count() == 0);
    }
}

/// Starts a command and waits until as many processes of its plugin live, in families of their own.
pub fn started(command: &mut Command, mark: &Mark, processes: usize) -> Child {
    let child = start(command);
    wait_until("the plugin had done what it was told", || mark.living().len() >= processes);
    child
}
