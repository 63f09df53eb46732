//! Where a strategy is looked at: spaces of different kinds, and tasks.

use crate::message::Task;
use crate::simulate::Simulation;
use crate::simulate::kit::spaces;
use crate::space::{GenomeNas, Space};
use crate::{Error, Result};

/// A space and data.
#[derive(Clone, Debug)]
pub(in crate::simulate) struct World {
    /// What it is called in messages.
    pub(in crate::simulate) name: &'static str,
    /// A run on it.
    pub(in crate::simulate) simulation: Simulation,
}

/// The names of the spaces.
pub const SPACES: [&str; 8] = [
    "small-genomenas",
    "genomenas",
    "long-windows",
    "two-cells",
    "three-convolutions",
    "one-decision",
    "four-architectures",
    "no-decisions",
];

/// The names of the tasks.
pub const TASKS: [&str; 6] =
    ["multi-label", "two-class", "multi-class", "regression", "poisson-regression", "next-nucleotide"];

/// A run on one of [`SPACES`].
///
/// # Errors
///
/// There is none of this name.
pub(in crate::simulate) fn space(name: &str) -> Result<World> {
    let (name, space) = match name {
        "small-genomenas" => (SPACES[0], spaces::small_genomenas_space()),
        "genomenas" => (SPACES[1], GenomeNas::new(100, 3).space()),
        "long-windows" => {
            (SPACES[2], GenomeNas { cells: 1, nodes: 1, rnn_nodes: 1, channels: 4, ..GenomeNas::new(1000, 36) }.space())
        }
        "two-cells" => (SPACES[3], Space::from_text(spaces::TWO_CELLS)),
        "three-convolutions" => (SPACES[4], Space::from_text(&spaces::three())),
        "one-decision" => (SPACES[5], Space::from_text(spaces::ONE)),
        "four-architectures" => (SPACES[6], Space::from_text(spaces::FOUR)),
        "no-decisions" => (SPACES[7], Space::from_text(spaces::FIXED)),
        other => return Err(Error::invalid(format!("no space '{other}': expected one of {}", SPACES.join(", ")))),
    };
    Ok(World { name, simulation: Simulation::new(space?)? })
}

/// The spaces in the order in which one is looked for that a strategy does not refuse.
pub(super) fn homes() -> Result<Vec<World>> {
    ["small-genomenas", "long-windows", "two-cells", "three-convolutions", "genomenas", "four-architectures"]
        .into_iter()
        .chain(["one-decision", "no-decisions"])
        .map(space)
        .collect()
}

/// A run on data of one of [`TASKS`], with windows of `length` bases.
///
/// # Errors
///
/// There is none of this name, or no space for such windows.
pub(in crate::simulate) fn task(name: &str, length: usize) -> Result<World> {
    let (at, labels, task) = match name {
        "multi-label" => (0, 5, Task::MultiLabel),
        "two-class" => (1, 2, Task::MultiClass),
        "multi-class" => (2, 7, Task::MultiClass),
        "regression" => (3, 3, Task::Regression),
        "poisson-regression" => (4, 2, Task::PoissonRegression),
        "next-nucleotide" => (5, 4, Task::MultiClass),
        other => return Err(Error::invalid(format!("no task '{other}': expected one of {}", TASKS.join(", ")))),
    };
    // Without skips, whose dropout plugins of the first days do not know: this is about tasks.
    let operations = ["none", "max_pool_5", "avg_pool_5", "conv_15"].map(str::to_owned).into();
    let space =
        GenomeNas { cells: 1, nodes: 1, rnn_nodes: 1, channels: 4, operations, ..GenomeNas::new(length, labels) };
    let simulation = Simulation::new(space.space()?)?.data(length, labels, task).reversible(at != 5);
    Ok(World { name: TASKS[at], simulation })
}
