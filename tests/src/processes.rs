//! The processes that a command started, and theirs, as `/proc` shows them.

use std::fs;
use std::path::Path;

/// A process, told from a later one of the same id by when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u32,
    /// That of the process that started it.
    pub parent: u32,
    /// Its command line, words separated by spaces.
    pub command: String,
    began: u64,
}

impl Process {
    /// The process of this id, unless it has ended. One that has ended and waits for its parent counts as ended.
    pub fn of(id: u32) -> Option<Self> {
        let folder = Path::new("/proc").join(id.to_string());
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        // The name, in parentheses, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        if matches!(*fields.first()?, "Z" | "X") {
            return None;
        }
        let command = fs::read(folder.join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        Some(Self { id, parent: fields.get(1)?.parse().ok()?, command, began: fields.get(19)?.parse().ok()? })
    }

    /// Whether it still is.
    pub fn lives(&self) -> bool {
        Self::of(self.id).is_some_and(|now| now.began == self.began)
    }

    /// What the kernel says of it: its state, its signals, what it waits for in the kernel.
    pub fn state(&self) -> String {
        let folder = Path::new("/proc").join(self.id.to_string());
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        let told = ["State", "PPid", "Threads", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"];
        let told = status.lines().filter(|line| told.iter().any(|field| line.starts_with(field)));
        let waits = ["wchan", "syscall"].map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default());
        format!("{}, {}", told.collect::<Vec<_>>().join(", ").replace('\t', " "), waits.join(" ").trim())
    }

    /// Whether it is a run: `genomenas run FOLDER`.
    pub fn is_run(&self) -> bool {
        self.command.contains("genomenas run ")
    }

    /// Whether a plugin lives in it.
    pub fn is_plugin_host(&self) -> bool {
        self.command.contains("genomenas-plugin-host")
    }
}

/// The process of this id and all that it and its children started.
pub fn family(id: u32) -> Vec<Process> {
    let ids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let all: Vec<Process> = ids.filter_map(Process::of).collect();
    let mut family: Vec<Process> = all.iter().filter(|process| process.id == id).cloned().collect();
    let mut at = 0;
    while let Some(parent) = family.get(at).map(|process| process.id) {
        family.extend(all.iter().filter(|process| process.parent == parent).cloned());
        at += 1;
    }
    family
}
