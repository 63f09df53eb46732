//! Small comparisons: four runs of a second each on rows of [`crate::runs::motif_store`], and what lies in
//! their folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::built::genomenas;
use crate::outcome::{Outcome, listing};
use crate::runs::{bytes, motif_store, result, space, timeless};

/// The folders of the entries of [`compare`].
pub const ENTRIES: [&str; 2] = ["random-search-batch=16-trials=1", "random-search-batch=16-trials=2"];

/// The command of a comparison of two entries and two seeds; what `options` does not say is the least that can be done.
pub fn compare(store: &Path, out: &Path, options: &str) -> Command {
    let mut command = genomenas();
    command.args(["compare", "--no-control", "--device", "cpu", "--threads", "1", "--seeds", "1,2"]);
    for default in ["--budget 64samples", "--epochs 1", "--batch 16", "--jobs 2"] {
        if !options.contains(default.split(' ').next().unwrap()) {
            command.args(default.split(' '));
        }
    }
    if !options.contains("--strategy ") {
        command.args([
            "--strategy",
            "random-search batch=16 trials=1",
            "--strategy",
            "random-search batch=16 trials=2",
        ]);
    }
    command.args(options.split_whitespace()).arg("--space").arg(space(store.parent().unwrap()));
    command.arg("--data").arg(store).arg("--out").arg(out);
    command
}

/// The command that goes on with a comparison, or `report`s it, by its folder alone.
pub fn go_on(out: &Path, options: &str) -> Command {
    let mut command = genomenas();
    command.args(["compare", "--out"]).arg(out).args(options.split_whitespace());
    command
}

/// `report` of a folder.
pub fn report(out: &Path) -> Command {
    let mut command = genomenas();
    command.arg("report").arg(out);
    command
}

/// The folder of a run of [`compare`].
pub fn run_folder(out: &Path, entry: usize, seed: u64) -> PathBuf {
    out.join("runs").join(ENTRIES[entry]).join(format!("seed-{seed}"))
}

/// The folders of all its runs.
pub fn run_folders(out: &Path) -> [PathBuf; 4] {
    [(0, 1), (0, 2), (1, 1), (1, 2)].map(|(entry, seed)| run_folder(out, entry, seed))
}

/// A store, and beside it in `done` a comparison that was never disturbed.
pub fn done_comparison(home: &Path) -> (PathBuf, PathBuf) {
    let (store, out) = (motif_store(home), home.join("done"));
    Outcome::text(&mut compare(&store, &out, ""));
    (store, out)
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// Takes a finished run back to before its result.
pub fn unfinish(run: &Path) {
    for name in ["result.json", "weights.safetensors"] {
        fs::remove_file(run.join(name)).unwrap();
    }
}

/// Asserts that every run of two comparisons came to the same.
pub fn same_results(one: &Path, other: &Path) {
    for (one, other) in run_folders(one).iter().zip(run_folders(other)) {
        for name in ["architecture.json", "weights.safetensors"] {
            assert!(bytes(one, name) == bytes(&other, name), "{name} of {} differs", one.display());
        }
        assert_eq!(timeless(result(one)), timeless(result(&other)), "{}", one.display());
    }
}

/// Every file of a folder with its content, except locks.
pub fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = listing(folder).into_iter().filter(|name| !name.contains(".lock") && folder.join(name).is_file());
    files.map(|name| (name.clone(), bytes(folder, &name))).collect()
}
