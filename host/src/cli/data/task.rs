//! What is predicted, as a flag of the importers whose files do not say it.

use clap::ValueEnum;

use genomenas_data::Task;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TaskName {
    /// Any number of labels apply to a row
    MultiLabel,
    /// Exactly one class applies to a row
    MultiClass,
    /// Each label is a number
    Regression,
    /// Each label is a count or a rate, 0 or more
    PoissonRegression,
}

impl TaskName {
    /// The task of a store.
    pub(super) fn task(self) -> Task {
        match self {
            Self::MultiLabel => Task::MultiLabel,
            Self::MultiClass => Task::MultiClass,
            Self::Regression => Task::Regression,
            Self::PoissonRegression => Task::PoissonRegression,
        }
    }
}
