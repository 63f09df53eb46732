//! Files as people bring them: what is in them is read, or refused in words, and never taken for something else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

mod printed;
mod splits;
mod tables;

use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::{draws, write};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;

/// A folder for files, and the store that an import writes in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        write(self.0.path(), name, bytes)
    }

    fn import(&self, importer: &str, paths: &[&Path], arguments: &str) -> Command {
        let mut command = genomenas();
        command.args(["data", "import", importer]).args(paths).args(arguments.split_whitespace());
        command.arg("--overwrite").arg("--out").arg(self.path("store.arrow"));
        command
    }

    /// Imports a table, which must end well; what the store holds.
    fn table(&self, name: &str, text: impl AsRef<[u8]>, arguments: &str) -> Value {
        Outcome::json(self.import("table", &[&self.write(name, text)], arguments).arg("--json"))
    }

    /// Why a table is refused; nothing is written.
    fn refused(&self, name: &str, text: impl AsRef<[u8]>, arguments: &str) -> String {
        let file = self.write(name, text);
        self.refusal(&mut self.import("table", &[&file], arguments))
    }

    fn refusal(&self, command: &mut Command) -> String {
        let before = listing(self.0.path());
        let error = Outcome::refusal(command, 2);
        assert_eq!(listing(self.0.path()), before, "{command:?}");
        error.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// So many different sequences of 24 bases.
fn sequences(count: usize) -> Vec<String> {
    let mut draw = draws(5);
    (0..count).map(|_| (0..24).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect()).collect()
}

fn rows(store: &Value) -> u64 {
    ["train", "valid", "test"].iter().map(|split| store["rows"][split].as_u64().unwrap()).sum()
}

/// The labels of a store, one after another.
fn labels(store: &Value) -> String {
    store["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn warnings(store: &Value) -> String {
    let warnings = store["import"]["warnings"].as_array().unwrap();
    warnings.iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}
