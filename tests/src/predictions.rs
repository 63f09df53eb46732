//! A small trained network over the made-up genome, and the tables that it writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::made_up::{self, write};
use crate::outcome::Outcome;
use crate::runs::{architecture, quietly};

/// A network that was trained on windows of 200 bases of the made-up genome, in a folder of its own.
pub struct Trained {
    folder: tempfile::TempDir,
}

impl Trained {
    /// Trains it for an epoch.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = made_up::store(folder.path());
        let mut train = quietly("train", "--epochs 1 --batch 8 --learning-rate 0.01 --test");
        train.arg("--architecture").arg(architecture(folder.path(), 200, 2)).arg("--data").arg(store);
        Outcome::text(train.arg("--out").arg(folder.path().join("model")));
        Self { folder }
    }

    /// A file in the folder: `model` is the network, `store.arrow` the data and `genome.fa` the genome.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        write(self.folder.path(), name, text)
    }

    /// A verb with the network and arguments, in which `@` stands for the folder.
    pub fn command(&self, verb: &str, arguments: &str) -> Command {
        let folder = format!("{}/", self.folder.path().display());
        quietly(verb, &format!("@model {arguments}").replace('@', &folder))
    }

    /// The rows of the table that `predict` writes.
    pub fn predictions(&self, arguments: &str) -> Vec<Row> {
        let out = self.path("predictions.tsv");
        Outcome::text(self.command("predict", arguments).arg("--overwrite").arg("--out").arg(&out));
        rows(&out)
    }

    /// What is said in place of doing it, without the folder.
    pub fn refusal(&self, verb: &str, arguments: &str) -> String {
        let error = Outcome::refusal(&mut self.command(verb, arguments), 2);
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

impl Default for Trained {
    fn default() -> Self {
        Self::new()
    }
}

/// A row of a table, by the names of its columns.
pub type Row = BTreeMap<String, String>;

/// The rows of a table of tab-separated values with a header.
pub fn rows(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| header.iter().zip(line.split('\t')).map(|(name, cell)| ((*name).into(), cell.into())).collect())
        .collect()
}

/// A number of a row.
pub fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|error| panic!("{column}: {error}: {row:?}"))
}
