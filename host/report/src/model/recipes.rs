//! By which recipe each run of a comparison is trained in the end.

use serde::{Deserialize, Serialize};

use super::data::Setting;

/// By which recipe what each run found is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recipes {
    /// One for all.
    #[default]
    Common,
    /// The plan that the trials of its search had.
    Own,
    /// The best of a few, for each run.
    Tuned,
}

impl Recipes {
    /// Those that a person can ask for.
    pub const ALL: [Self; 3] = [Self::Common, Self::Own, Self::Tuned];

    /// The word for it, on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Own => "own",
            Self::Tuned => "tuned",
        }
    }

    /// Whether one recipe is for all.
    pub fn is_common(&self) -> bool {
        *self == Self::Common
    }
}

/// The recipe by which a run was trained, where those of a comparison differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecipe {
    /// Its settings.
    pub settings: Vec<Setting>,
    /// The trainings of which this one was kept; none where it was the only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<TriedRecipe>,
}

/// One of several final trainings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriedRecipe {
    /// Its learning rate.
    pub learning_rate: f64,
    /// Its weight decay.
    pub weight_decay: f64,
    /// What it reached on the validation split, in the metric that decides.
    pub score: Option<f64>,
    /// Why it reached nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Whether it was kept.
    pub kept: bool,
}

impl TriedRecipe {
    /// "learning rate 0.001, weight decay 0".
    pub fn in_words(&self) -> String {
        format!("learning rate {}, weight decay {}", self.learning_rate, self.weight_decay)
    }
}
