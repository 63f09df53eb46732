//! What the rows of a store look like.

use serde::{Deserialize, Serialize};

use super::task::Task;
use crate::bases::bit_bytes;
use crate::error::{Error, Result};
use crate::text::{grouped, shortened};

/// Labels a store may have; more means that something else than labels was read.
pub(crate) const MOST_LABELS: usize = 20_000;
/// Bases a row may have.
pub(crate) const LONGEST: usize = 16_777_216;

/// Bytes of the name of a label, a group or a chromosome that a new store may have.
pub(crate) const LONGEST_NAME: usize = 1000;

/// What the rows of a store look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Bases a row.
    pub length: usize,
    /// Names of the labels or classes.
    pub labels: Vec<String>,
    /// What is predicted.
    pub task: Task,
    /// Names of the chromosomes that rows come from; empty where rows have no place in a genome.
    pub chromosomes: Vec<String>,
    /// The group of each label, such as "tf", in the order of the labels, empty for a label of no group; nothing at all
    /// where no label has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether rows are of one strand, as RNA and guides are: the other strand of a row is no sample of its labels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single_strand: bool,
}

impl Shape {
    /// Bytes of the labels of a row.
    pub(crate) fn label_bytes(&self) -> usize {
        match self.task {
            Task::MultiLabel => bit_bytes(self.labels.len()),
            Task::MultiClass | Task::NextNucleotide => 4,
            Task::Regression | Task::PoissonRegression => 4 * self.labels.len(),
        }
    }

    /// Refuses names that are none. Stores of earlier versions may have them.
    pub(super) fn check_names(&self) -> Result<()> {
        let names = [("label", &self.labels), ("group", &self.groups), ("chromosome", &self.chromosomes)];
        for (what, names) in names {
            if let Some(name) = names.iter().find(|name| name.len() > LONGEST_NAME) {
                return Err(Error::input(format!(
                    "the name of a {what} has {} bytes ({:?}): expected at most {LONGEST_NAME}",
                    grouped(name.len() as u64),
                    shortened(name)
                )));
            }
        }
        Ok(())
    }

    /// Whether rows can look like this at all.
    pub(crate) fn check(&self) -> Result<()> {
        if self.length == 0 || self.length > LONGEST {
            return Err(Error::input(format!("rows of {} bases: expected 1 to {LONGEST}", self.length)));
        }
        if self.labels.is_empty() || self.labels.len() > MOST_LABELS {
            return Err(Error::input(format!("{} labels: expected 1 to {MOST_LABELS}", self.labels.len())));
        }
        if !self.groups.is_empty() && self.groups.len() != self.labels.len() {
            return Err(Error::input(format!(
                "groups of {} labels: expected {}",
                self.groups.len(),
                self.labels.len()
            )));
        }
        if self.task == Task::NextNucleotide && self.labels != ["A", "C", "G", "T"] {
            return Err(Error::input("the next nucleotide is A, C, G or T, and its classes are others"));
        }
        Ok(())
    }
}
