//! What is predicted for a row.

use genomenas_plugin::message;
use serde::{Deserialize, Serialize};

/// What is predicted for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Task {
    /// Any number of labels apply to a row.
    MultiLabel,
    /// Exactly one class applies to a row.
    MultiClass,
    // Trained by mean squared error.
    /// Each label is a number.
    Regression,
    // Trained by Poisson's likelihood.
    /// Each label is a count or a rate, 0 or more.
    PoissonRegression,
    // No flag names it: the importer `next` alone makes it.
    /// The class is the base after the row: A, C, G or T.
    #[cfg_attr(feature = "clap", value(skip))]
    NextNucleotide,
}

impl Task {
    /// The task in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::MultiLabel => "multi-label",
            Self::MultiClass => "multi-class",
            Self::Regression => "regression",
            Self::PoissonRegression => "poisson-regression",
            Self::NextNucleotide => "next-nucleotide",
        }
    }

    /// Whether labels are numbers.
    pub fn is_regression(self) -> bool {
        matches!(self, Self::Regression | Self::PoissonRegression)
    }

    /// Whether exactly one class applies to a row.
    pub fn is_classes(self) -> bool {
        matches!(self, Self::MultiClass | Self::NextNucleotide)
    }

    /// The task as a plugin knows it: what the network's outputs mean.
    pub fn of_outputs(self) -> message::Task {
        match self {
            Self::MultiLabel => message::Task::MultiLabel,
            Self::MultiClass | Self::NextNucleotide => message::Task::MultiClass,
            Self::Regression => message::Task::Regression,
            Self::PoissonRegression => message::Task::PoissonRegression,
        }
    }
}

#[cfg(feature = "clap")]
impl Task {
    /// The parser of a flag that takes only these tasks.
    pub(crate) fn one_of(tasks: &'static [Self]) -> impl clap::builder::TypedValueParser<Value = Self> {
        use clap::ValueEnum;
        use clap::builder::{PossibleValuesParser, TypedValueParser};
        let values = tasks.iter().filter_map(ValueEnum::to_possible_value);
        PossibleValuesParser::new(values).try_map(|name| <Self as ValueEnum>::from_str(&name, false))
    }
}
